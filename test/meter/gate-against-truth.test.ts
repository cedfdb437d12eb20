// A house whose true counters are known, a meter of some resolution, polls at random times, and every fault that the gate is
// there for, at random: no interval is called measured that is further from the truth than the meter's resolution and what
// power alone can explain; nothing is told that did not flow; and what single faults leave behind adds up to the counter.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addReading,
  type EnergyState,
  giveUp,
  type IntervalEnergy,
  initialEnergy,
} from '../../src/meter/interval-energy.ts';
import { type GateSettings, type GateState, initialGate, judge } from '../../src/meter/quality.ts';
import { missingReading, type Reading } from '../../src/meter/reading.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';

const START = Date.parse('2026-11-22T08:00Z');
const MOST_W = 4000;
const gateSettings: GateSettings = { maxAgeMs: 60_000, connectionW: 25_000, stuckAfterMs: 900_000 };
const energySettings = { toleranceMs: 10_000, maxGapMs: 1_800_000 };
/** So long after its end an interval is given up. */
const PATIENCE_MS = 600_000;
/** What flows when the faults are over. */
const CALM_W = 600;
const WMS_PER_WH = 3_600_000;

/** So much flows for so long, W, + = import. */
interface Stretch {
  readonly watts: number;
  readonly ms: number;
}

/** Faults of one reading, and of the meter for a while. */
type Fault =
  | { readonly kind: 'none' | 'lost' | 'busy' | 'old' | 'future' | 'late' | 'sign' | 'no-power' | 'no-counters' }
  | { readonly kind: 'no-import' | 'no-export' | 'scale' }
  | { readonly kind: 'wild'; readonly of: 'importWh' | 'exportWh'; readonly byWh: number };
type Spell = 'none' | 'away' | 'frozen' | 'reversed' | 'reset' | 'clock';

interface Meter {
  readonly resolutionWh: number;
  /** What it showed at first, in steps of its resolution, and after how many steps it turns over. */
  readonly first: number;
  readonly range: number;
  readonly hasPower: boolean;
  /** The usual time between two polls, ms. */
  readonly pollMs: number;
}

interface Plan {
  readonly meter: Meter;
  readonly load: readonly Stretch[];
  readonly polls: readonly { readonly after: number; readonly fault: Fault }[];
  readonly spell: { readonly what: Spell; readonly at: number; readonly ms: number };
}

const load = fc.array(
  fc.record({
    watts: fc.oneof(fc.constant(0), fc.integer({ min: -MOST_W, max: MOST_W })),
    ms: fc.oneof(fc.integer({ min: 1000, max: 20_000 }), fc.integer({ min: 1000, max: 900_000 })),
  }),
  { minLength: 3, maxLength: 20 },
);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .constantFrom(
      ...(['lost', 'busy', 'old', 'future', 'late', 'sign', 'no-power', 'no-counters'] as const),
      ...(['no-import', 'no-export', 'scale'] as const),
    )
    .map((kind) => ({ kind })),
  fc.record({
    kind: fc.constant('wild' as const),
    of: fc.constantFrom('importWh' as const, 'exportWh' as const),
    byWh: fc.oneof(
      fc.integer({ min: -3000, max: 3000 }),
      fc.integer({ min: -200, max: 200 }),
      fc.constant(8_000_000),
      fc.constant(5),
    ),
  }),
);
const polls = fc.array(
  fc.record({
    /** Per mille of the usual time. */
    after: fc.oneof(fc.constant(1000), fc.integer({ min: 20, max: 1000 })),
    fault: fc.oneof({ weight: 5, arbitrary: fc.constant<Fault>({ kind: 'none' }) }, fault),
  }),
  { minLength: 30, maxLength: 200 },
);
const meter: fc.Arbitrary<Meter> = fc
  .record({
    resolutionWh: fc.constantFrom(1, 1, 10, 100, 1000),
    range: fc.constantFrom(2 ** 32, 10 ** 8),
    first: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: -60, max: -3 })),
    hasPower: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    pollMs: fc.constantFrom(5000, 15_000, 15_000, 60_000),
  })
  // Below 0: so many steps before the end of its range.
  .map((each) => ({ ...each, first: each.first < 0 ? each.range + each.first : each.first }));
const spellOf = (...what: Spell[]) =>
  fc.record({ what: fc.constantFrom(...what), at: fc.nat(60), ms: fc.integer({ min: 1000, max: 3_000_000 }) });
const plans = (...spells: Spell[]): fc.Arbitrary<Plan> =>
  fc
    .record({ meter, load, polls, spell: spellOf(...spells) })
    // What is wrong just where a counter turns over looks like a reset.
    .map((plan) => (plan.meter.first > 60_000 ? { ...plan, polls: plan.polls.map(honestly) } : plan))
    // Just before the end of its range, or behind its very first step, a reset looks like something else (docs/conventions.md).
    .filter(({ spell, meter: { first } }) => spell.what !== 'reset' || (first > 100 && first <= 60_000));

/** Faults after which the meter shows figures that are wrong though they could be true. */
const LIES = new Set(['wild', 'scale', 'late']);

const honestly = (poll: Plan['polls'][number]): Plan['polls'][number] =>
  LIES.has(poll.fault.kind) ? { ...poll, fault: { kind: 'none' } } : poll;

interface Told extends IntervalEnergy {
  readonly start: number;
  /** When it was told. */
  readonly at: number;
}

interface Played {
  readonly told: readonly Told[];
  /** True counters at an instant, Wh, exact. */
  truth(at: number): { readonly importWh: number; readonly exportWh: number };
  /** Readings as the gate left them. */
  readonly judged: readonly Reading[];
  readonly end: number;
}

/** The house from 08:00 on: first and last a reading just at a boundary, polls in between, and each interval is ended. */
function play({ meter: shown, load: stretches, polls, spell }: Plan): Played {
  const asked = polls.map(({ after, fault }) => ({ afterMs: Math.round((shown.pollMs * after) / 1000), fault }));
  const whole = stretches.reduce((sum, { ms }) => sum + ms, 0);
  /** When the polls that may be faulty are over: from then on the same power flows for ever. */
  const calmFrom =
    START + asked.reduce((sum, { afterMs }) => sum + afterMs, 0) + (spell.what === 'away' ? spell.ms : 0);
  const wattsAt = (at: number) => {
    if (at >= calmFrom) return CALM_W;
    let left = (at - START) % whole;
    for (const { watts, ms } of stretches) {
      if (left < ms) return watts;
      left -= ms;
    }
    return 0;
  };
  const flowedBy = (ms: number, sign: 1 | -1) => {
    let [left, sum] = [ms, 0];
    for (const each of stretches) {
      const part = Math.min(left, each.ms);
      sum += Math.max(0, sign * each.watts) * part;
      left -= part;
    }
    return sum;
  };
  const truth = (at: number) => {
    const ms = Math.min(at, calmFrom) - START;
    const calmWms = Math.max(0, at - calmFrom) * CALM_W;
    const wms = (sign: 1 | -1) => Math.floor(ms / whole) * flowedBy(whole, sign) + flowedBy(ms % whole, sign);
    return { importWh: (wms(1) + calmWms) / WMS_PER_WH, exportWh: wms(-1) / WMS_PER_WH };
  };

  let gate: GateState = initialGate;
  let energy: EnergyState = initialEnergy;
  let [frozen, since, clockMs] = [null as Reading | null, null as ReturnType<typeof truth> | null, 0];
  const told: Told[] = [];
  const judged: Reading[] = [];
  const honest: Reading[] = [];

  const show = (at: number): Reading => {
    const now = truth(at);
    const counter = (name: 'importWh' | 'exportWh') => {
      const [wh, first] = since ? [now[name] - since[name], 0] : [now[name], shown.first];
      return ((first + Math.floor(wh / shown.resolutionWh)) % shown.range) * shown.resolutionWh;
    };
    return {
      device: 'm',
      at: at + clockMs,
      powerW: shown.hasPower ? wattsAt(at) : null,
      importWh: counter('importWh'),
      exportWh: counter('exportWh'),
      phases: [{ voltageV: 229.1 + (at % 1777) / 1000, currentA: null, powerW: null }],
      frequencyHz: 49.9 + (at % 173) / 1000,
      quality: 'measured',
      reasons: [],
    };
  };
  const take = (raw: Reading, now: number) => {
    const [next, reading, counters] = judge(gateSettings, gate, raw, now);
    gate = next;
    judged.push(reading);
    for (const counter of counters) {
      const [after, over] = addReading(energySettings, energy, counter);
      energy = after;
      tell(over, now - clockMs);
    }
  };
  const tell = (over: readonly IntervalEnergy[], now: number) => {
    told.push(...over.map((each) => ({ ...each, start: Date.parse(each.interval), at: now })));
  };
  const poll = (at: number, wrong: Fault) => {
    const raw = frozen ? { ...frozen, at: at + clockMs } : show(at);
    const lied = lie(raw, wrong, honest);
    if (wrong.kind === 'none' && !frozen) honest.push(raw);
    if (lied) take(lied, at + clockMs);
    const [waited, over] = giveUp(energySettings, energy, at + clockMs - PATIENCE_MS);
    energy = waited;
    tell(over, at);
  };

  let at = START;
  let end = START + INTERVAL_MS;
  let spellEnd = Number.POSITIVE_INFINITY;
  let lying = false;
  poll(at, { kind: 'none' });
  const step = (to: number, wrong: Fault) => {
    // Each interval is ended by a reading.
    for (; end <= to; end += INTERVAL_MS) {
      if (end < to) poll(end, { kind: 'none' });
      lying = false;
    }
    at = to;
    // What lies twice in succession, and fits, is believed.
    const kind = lying || frozen ? 'none' : wrong.kind;
    lying = LIES.has(kind);
    poll(at, kind === wrong.kind ? wrong : { kind: 'none' });
  };
  for (const [index, { afterMs, fault: wrong }] of asked.entries()) {
    if (index === spell.at) {
      if (spell.what === 'away') step(at + spell.ms, { kind: 'none' });
      else if (spell.what === 'reset') since = truth(at);
      else if (spell.what === 'clock') clockMs = (spell.ms % 2 === 0 ? 1 : -1) * spell.ms;
      else if (spell.what === 'frozen') frozen = show(at);
      spellEnd = at + spell.ms;
    }
    if (at > spellEnd) [frozen, clockMs] = [null, clockMs];
    const reversed = spell.what === 'reversed' && index >= spell.at && at <= spellEnd;
    step(at + afterMs, reversed && wrong.kind === 'none' ? { kind: 'sign' } : wrong);
  }
  frozen = null;
  // Two clean intervals at the end, the last one up to a boundary.
  const last = end + 2 * INTERVAL_MS;
  while (at < last) step(Math.min(last, at + shown.pollMs), { kind: 'none' });
  step(last + shown.pollMs, { kind: 'none' });
  return { told, truth, judged, end: last };
}

/** What a meter shows instead; null: nothing. */
function lie(raw: Reading, wrong: Fault, honest: readonly Reading[]): Reading | null {
  const before = honest.at(-2);
  switch (wrong.kind) {
    case 'none':
      return raw;
    case 'lost':
      return null;
    case 'busy':
      return missingReading('m', raw.at, { code: 'exception-6', text: 'The device is busy.' });
    case 'old':
      return { ...raw, at: raw.at - 61_000 };
    case 'future':
      return { ...raw, at: raw.at + 61_000 };
    case 'late':
      return before ?? raw;
    case 'sign':
      return { ...raw, powerW: raw.powerW === null ? null : 0 - raw.powerW };
    case 'no-power':
      return { ...raw, powerW: null };
    case 'no-counters':
      return { ...raw, importWh: null, exportWh: null, counterQuality: 'missing' };
    case 'no-import':
      return { ...raw, importWh: null };
    case 'no-export':
      return { ...raw, exportWh: null };
    case 'scale':
      return { ...raw, importWh: (raw.importWh ?? 0) * 10, exportWh: (raw.exportWh ?? 0) * 10 };
    case 'wild':
      return { ...raw, [wrong.of]: Math.max(0, (raw[wrong.of] ?? 0) + wrong.byWh) };
  }
}

const NAMES = ['importWh', 'exportWh'] as const;

/** Most that a figure at a boundary may be off: a reading near to it stands for it, and power explains what lies in between. */
function offAtBoundary({ resolutionWh, hasPower, pollMs }: Meter, more = 0): number {
  // Where there is no power, a quarter of the connection stands for it.
  const explainedMs = energySettings.toleranceMs + 2 * Math.max(30_000, 2 * pollMs) + more;
  return Math.ceil(((hasPower ? MOST_W : gateSettings.connectionW / 4) * explainedMs) / WMS_PER_WH) + 2 + resolutionWh;
}

function measuredIsTrue({ told, truth }: Played, offWh: number) {
  for (const { start, interval, quality, reason, ...energy } of told) {
    if (quality !== 'measured') continue;
    const [from, to] = [truth(start), truth(start + INTERVAL_MS)];
    for (const name of NAMES) {
      const [wh, flowed] = [energy[name], to[name] - from[name]];
      assert.ok(wh !== null && reason === null, `${interval} ${name} is ${wh} and measured: ${reason?.text}`);
      assert.ok(Math.abs(wh - flowed) <= 2 * offWh, `${interval} ${name}: ${wh} Wh measured, ${flowed} Wh flowed`);
    }
  }
}

/** Every interval once, in order; and what is told never exceeds what had flowed by then. */
function neverMore({ told, truth }: Played, offWh: number) {
  for (const name of NAMES) {
    let sum = 0;
    for (const [index, energy] of told.entries()) {
      if (index > 0) assert.ok(energy.start > (told[index - 1]?.start ?? 0), energy.interval);
      const wh = energy[name] ?? 0;
      sum += wh;
      const flowed = truth(energy.at)[name];
      assert.ok(wh >= 0 && sum <= flowed + offWh, `${energy.interval} ${name}: ${sum} Wh told, ${flowed} Wh flowed`);
    }
  }
}

/** Nothing is missing, and from the first boundary to the last all of it adds up to what the counter shows. */
function addsUp({ told, truth, end }: Played, { resolutionWh }: Meter, offWh: number) {
  const whole = told.filter(({ start }) => start < end);
  assert.equal(whole.length, (end - START) / INTERVAL_MS);
  for (const { interval, quality, reason } of whole)
    assert.notEqual(quality, 'missing', `${interval}: ${reason?.text}`);
  // A counter that was told a little too high must come up to that first.
  const owed = whole.some(({ reason }) => reason?.code === 'counter-corrected') ? offWh : 0;
  for (const name of NAMES) {
    const sum = whole.reduce((all, energy) => all + (energy[name] ?? 0), 0);
    const shown = Math.floor(truth(end)[name] / resolutionWh) * resolutionWh;
    const text = `${name}: ${sum} Wh told, the counter rose by ${shown} Wh`;
    assert.ok(sum >= shown && sum <= shown + owed, text);
  }
}

describe('the gate against the truth', () => {
  it('loses and invents nothing by single faults, whatever the resolution of the counters', () => {
    fc.assert(
      fc.property(plans('none'), (plan) => {
        const played = play(plan);
        measuredIsTrue(played, offAtBoundary(plan.meter));
        neverMore(played, offAtBoundary(plan.meter));
        addsUp(played, plan.meter, offAtBoundary(plan.meter));
      }),
      { numRuns: 400 },
    );
  });

  it('counts in full what flowed while the device was away', () => {
    fc.assert(
      fc.property(plans('away'), (plan) => {
        const played = play(plan);
        measuredIsTrue(played, offAtBoundary(plan.meter));
        neverMore(played, offAtBoundary(plan.meter));
        if (plan.spell.ms < PATIENCE_MS) addsUp(played, plan.meter, offAtBoundary(plan.meter));
      }),
      { numRuns: 300 },
    );
  });

  it('measures nothing by a meter that hangs, and catches up with it', () => {
    fc.assert(
      fc.property(plans('frozen'), (plan) => {
        const played = play(plan);
        // Voltages that stand still are a picture after two minutes.
        measuredIsTrue(played, offAtBoundary(plan.meter, 120_000 + plan.meter.pollMs));
        neverMore(played, offAtBoundary(plan.meter));
      }),
      { numRuns: 300 },
    );
  });

  it('takes no reset, no reversed sign and no clock that is set for energy', () => {
    fc.assert(
      fc.property(plans('reset', 'reversed', 'clock'), (plan) => {
        const played = play(plan);
        if (plan.spell.what !== 'clock') measuredIsTrue(played, offAtBoundary(plan.meter));
        neverMore(played, offAtBoundary(plan.meter) + (plan.spell.what === 'clock' ? MOST_W : 0));
        const last = played.told.filter(({ start }) => start < played.end).at(-1);
        // A coarse counter needs longer to show that a sign is right again.
        const isSlow = plan.spell.what === 'reversed' && plan.meter.resolutionWh >= 100;
        assert.ok(plan.spell.what === 'clock' || isSlow || last?.quality === 'measured', JSON.stringify(last));
        if (plan.spell.what === 'reversed') addsUp(played, plan.meter, offAtBoundary(plan.meter));
      }),
      { numRuns: 400 },
    );
  });
});
