// What follows once a reading is there, whatever it was read from: the quality gate, the energy of intervals, both outputs
// (reading; energy of the interval), the status, and the memory that lets no interval be lost between two lives of a node.
import { counterQualityOf, missingReading, type Reading } from '../../src/devices/reading.ts';
import { addPower, giveUpPower } from '../../src/meter/integrate.ts';
import { addReading, giveUp, type IntervalEnergy, lastRead } from '../../src/meter/interval-energy.ts';
import { judge } from '../../src/meter/quality.ts';
import type { CounterReading } from '../../src/meter/reading.ts';
import { intervalAt, intervalEnd, intervalStart } from '../../src/time/interval.ts';
import { formatEnergy, formatPower, type Reason } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { Message, NodeContext } from './define-node.ts';
import { readPayload } from './messages.ts';
import { type MeterMemory, meterMemory, noMemory } from './meter-memory.ts';
import { stateFile } from './state-file.ts';
import { degraded, failed, idle, working } from './status.ts';

/** Values that stay the same for so long while power flows are a meter that hangs, ms. */
const STUCK_AFTER_MS = 900_000;
/** Longest silence over which the boundaries of intervals are interpolated, ms. */
const LONGEST_GAP_MS = 1_800_000;
/** Longest silence over which power is integrated while no counter was seen, ms. */
const LONGEST_INTEGRATION_MS = 300_000;
/** How long after its end an interval may wait for a reading before it is given up as missing, ms. */
const PATIENCE_MS = 600_000;
/** Interval energies that are told again after a restart: they may not have reached the ledger. */
const TOLD_AGAIN = 2;

export type MeterRole = 'grid' | 'pv' | 'load';

export interface MeteringOptions {
  readonly context: Pick<NodeContext<unknown>, 'node' | 'directory' | 'status' | 'send' | 'run'>;
  readonly member: Member;
  readonly role: MeterRole;
  /** What the connection carries, W. */
  readonly connectionW: number;
  /** Oldest reading that still counts, ms of the community's clock. */
  readonly maxAgeMs?: number;
  /** Called when the memory is there and readings may come: after the start, and after each reset. */
  begun?(): void;
  /** Called when a reset takes the ground from what was begun. */
  ended?(): void;
}

export interface Metering {
  /** Counts starts and resets: what was asked before one shows the counters of the old epoch. */
  readonly generation: number;
  /** Whether the memory is there: before, nothing may be taken. */
  readonly ready: boolean;
  /** Takes a reading as it came from its source. */
  take(raw: Reading): void;
  /** Takes the lack of one; `silent` is what the status then says. */
  miss(source: string, reason: Reason, silent: string): void;
  /** Waits for the readings of an interval that a payload ends. @returns false for any other payload @throws Error for a malformed one */
  endInterval(payload: unknown): boolean;
  close(): void;
}

export function startMetering(options: MeteringOptions): Metering {
  const { context, member, role, connectionW } = options;
  const { node, status, send, run } = context;
  const { community } = member;
  const { clock } = community;
  const now = () => clock.now();
  /** Which counter counts a power above 0. */
  const positive = role === 'pv' ? 'export' : 'import';
  const memory = stateFile(
    context.directory,
    'meters',
    [community.rules.origin, member.id, node.id],
    meterMemory,
    (sentence) => node.warn(sentence),
  );
  let kept = noMemory(community.epoch);
  let begun = false;
  let generation = 0;
  let cancelPatience = () => {};
  status(idle('not read yet'));

  const take = (raw: Reading, silent?: string) => {
    // On a fast clock the way to the device and back takes long in its time.
    const maxAgeMs = Math.max(options.maxAgeMs ?? 60_000, clock.speed * 1000);
    const sign = role === 'grid' ? 'any' : 'positive';
    const settings = { maxAgeMs, connectionW, stuckAfterMs: STUCK_AFTER_MS, sign, positive } as const;
    const [gate, judged, counters] = judge(settings, kept.gate, raw, now());
    kept = { ...kept, gate };
    // Until a counter is seen, all there is to go by is the power.
    const over = [...(isCounted() ? [] : integrated(judged)), ...counters.flatMap(counted)];
    status(silent === undefined ? statusOf(judged) : failed(silent));
    send([{ topic: member.id, payload: { type: 'reading', member: member.id, role, ...judged } }]);
    tell(over);
  };

  const isCounted = () => lastRead(kept.energy) !== null;

  const energySettings = () => {
    return { toleranceMs: Math.min(300_000, Math.max(10_000, clock.speed * 250)), maxGapMs: LONGEST_GAP_MS };
  };

  const counted = (counters: CounterReading): IntervalEnergy[] => {
    // What an inverter takes by night is no generation.
    const own = role === 'pv' ? { ...counters, importWh: null } : counters;
    if (own.importWh === null && own.exportWh === null) return [];
    // What ended before the first counters of all came from power, or is missing.
    const { energy, power } = kept;
    const [before, missed] = isCounted()
      ? [energy, []]
      : giveUp(energySettings(), { ...energy, next: power.next ?? energy.next }, own.at);
    const [after, over] = addReading(energySettings(), before, own);
    kept = { ...kept, energy: after };
    return [...missed, ...over];
  };

  const integrated = (judged: Reading): IntervalEnergy[] => {
    // On a fast clock messages still come at a real pace.
    const maxGapMs = Math.max(LONGEST_INTEGRATION_MS, clock.speed * 3000);
    const [power, over] = addPower({ maxGapMs, positive }, kept.power, judged);
    kept = { ...kept, power };
    return over;
  };

  const tell = (over: readonly IntervalEnergy[]) => {
    if (over.length === 0) return;
    kept = { ...kept, told: [...kept.told, ...over].slice(-TOLD_AGAIN) };
    try {
      // Before the message: after a restart the same figures must be told again, not others.
      memory.write(kept);
    } finally {
      sendEnergies(over);
    }
  };

  const sendEnergies = (energies: readonly IntervalEnergy[]) => {
    // The bill and the overview know nothing of loads behind the meter.
    if (role !== 'load' && energies.length > 0) send([null, energies.map(message)]);
  };

  const message = (energy: IntervalEnergy): Message => {
    const { interval, exportWh, quality } = energy;
    const topic = member.id;
    if (role === 'grid') return { topic, payload: { type: 'meter', member: member.id, ...wholeOrMissing(energy) } };
    return { topic, payload: { type: 'energy', member: member.id, interval, role, generationWh: exportWh, quality } };
  };

  const abandon = (end: number) => {
    if (isCounted()) {
      const [energy, over] = giveUp(energySettings(), kept.energy, end);
      kept = { ...kept, energy };
      tell(over);
      return;
    }
    const [power, over] = giveUpPower(kept.power, end);
    kept = { ...kept, power };
    tell(over);
  };

  const remembered = (): MeterMemory => {
    const before = memory.read();
    const last = before && (lastRead(before.energy) ?? before.power.last?.at);
    if (before?.epoch === community.epoch && community.continues(last ?? now())) return before;
    // A meter that does not answer from the start on is missed from the start on.
    const { energy, power, ...rest } = noMemory(community.epoch);
    const next = intervalStart(intervalAt(now()));
    return { ...rest, energy: { ...energy, next }, power: { ...power, next } };
  };

  const begin = () => {
    generation += 1;
    const current = generation;
    options.ended?.();
    cancelPatience();
    kept = noMemory(community.epoch);
    begun = false;
    run(async () => {
      await community.ready();
      if (current !== generation) return;
      kept = remembered();
      begun = true;
      sendEnergies(kept.told);
      options.begun?.();
    });
  };

  community.on('reset', begin);
  begin();

  return {
    get generation() {
      return generation;
    },
    get ready() {
      return begun;
    },
    take: (raw) => take(raw),
    miss: (source, reason, silent) => take(missingReading(source, now(), reason), silent),
    endInterval(payload) {
      const end = intervalEndOf(payload);
      if (end === null) return false;
      cancelPatience();
      cancelPatience = clock.at(end + PATIENCE_MS, () => run(() => abandon(end)));
      return true;
    },
    close() {
      generation += 1;
      cancelPatience();
      community.off('reset', begin);
      // A stop before the start was over must not wipe out what is remembered.
      if (begun) memory.write(kept);
    },
  };
}

function statusOf(reading: Reading) {
  const { powerW, quality, reasons } = reading;
  const counter = reading.importWh ?? reading.exportWh;
  const code = reasons.at(-1)?.code;
  if (powerW !== null) {
    if (quality !== 'measured') return degraded(`${formatPower(powerW)} ${quality}`);
    // One that waits for the next reading is no cause for alarm.
    const silent = counterQualityOf(reading) === 'missing' && code !== 'counter-unexplained';
    return silent ? degraded(`${formatPower(powerW)}, no counter`) : working(formatPower(powerW));
  }
  if (counterQualityOf(reading) === 'measured' && counter !== null) return working(formatEnergy(counter));
  return degraded(code ?? 'no power');
}

/** A record of the bill holds both directions or neither. */
function wholeOrMissing(energy: IntervalEnergy): IntervalEnergy {
  if (energy.importWh !== null && energy.exportWh !== null) return energy;
  const reason = energy.reason ?? { code: 'one-direction', text: 'The meter counts only one direction.' };
  return { ...energy, importWh: null, exportWh: null, quality: 'missing', reason };
}

/** When the interval of a delivery end was over, Unix ms; null for any other payload. @throws Error for a malformed one */
function intervalEndOf(payload: unknown): number | null {
  if (typeof payload !== 'object' || payload === null || !('type' in payload) || payload.type !== 'interval')
    return null;
  const { event, interval } = readPayload(payload, 'interval');
  return event === 'end' ? intervalEnd(interval) : null;
}
