// From true counters through a meter that lies to the energy of intervals, gate and all: whatever the meter shows, the energy
// that is told never exceeds what flowed, and `measured` stands only on readings near both boundaries.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addReading,
  type EnergySettings,
  type EnergyState,
  giveUp,
  type IntervalEnergy,
  initialEnergy,
} from '../../src/meter/interval-energy.ts';
import { type GateSettings, type GateState, initialGate, judge } from '../../src/meter/quality.ts';
import { counterQualityOf, type Reading } from '../../src/meter/reading.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';

const START = Date.parse('2026-11-22T08:00Z');
const CONNECTION_W = 25_000;
const gateSettings: GateSettings = { maxAgeMs: 60_000, connectionW: CONNECTION_W, stuckAfterMs: 900_000 };
const energySettings: EnergySettings = { toleranceMs: 10_000, maxGapMs: 1_800_000 };

/** So long after its end an interval is given up. */
const PATIENCE_MS = 600_000;

/** The counter that a meter shows: what has flowed since it began, less its turns. */
interface Shown {
  readonly importWh: number;
  readonly exportWh: number;
}

/** One poll: so long after the last one, with so much flowing in between, in per mille of what the connection carries. */
interface Poll {
  readonly afterMs: number;
  readonly share: number;
  readonly exporting: boolean;
  readonly fault: Lie;
}
type Lie = 'none' | 'lost' | 'wild' | 'wild-counter' | 'null' | 'one-null' | 'flipped' | 'repeat' | 'late';
const lies: readonly Lie[] = ['none', 'lost', 'wild', 'wild-counter', 'null', 'one-null', 'flipped', 'repeat', 'late'];

const pollsWith = (faults: readonly Lie[], mostMs = 400_000) =>
  fc.array(
    fc.record({
      afterMs: fc.oneof(fc.integer({ min: 500, max: 12_000 }), fc.integer({ min: 500, max: mostMs })),
      share: fc.nat(1000),
      exporting: fc.boolean(),
      fault: fc.oneof({ weight: 3, arbitrary: fc.constant<Lie>('none') }, fc.constantFrom(...faults)),
    }),
    { minLength: 2, maxLength: 60 },
  );

interface Told extends IntervalEnergy {
  /** What flowed in it by the true counters, Wh, not rounded. */
  readonly trueImportWh: number;
  readonly trueExportWh: number;
  /** What had flowed in all when it was told, Wh. */
  readonly soFar: Shown;
}

interface Run {
  readonly told: readonly Told[];
  /** When a reading was believed to be measured, Unix ms. */
  readonly readAt: readonly number[];
}

/** Plays polls from a first good reading at 08:00 on; ends with a good reading. @param range of the counters, Wh */
function play(polls: readonly Poll[], { range = Number.POSITIVE_INFINITY, first = 0, resetAt = -1 } = {}): Run {
  let gate: GateState = initialGate;
  let energy: EnergyState = initialEnergy;
  const readAt: number[] = [];
  const ended: (IntervalEnergy & { readonly soFar: Shown })[] = [];
  /** True energy at instants, linear in between: Wh by Unix ms. */
  const truth: { at: number; importWh: number; exportWh: number }[] = [{ at: START, importWh: first, exportWh: 0 }];
  const earlier: Reading[] = [];
  let since = { importWh: 0, exportWh: 0 };
  const read = (poll: Poll, index: number) => {
    const now = truth.at(-1)!;
    if (index === resetAt) since = { importWh: now.importWh, exportWh: now.exportWh };
    const shown = (name: keyof Shown) => Math.floor(now[name] - since[name]) % range;
    const powerW = Math.round((CONNECTION_W * poll.share) / 1000) * (poll.exporting ? -1 : 1);
    const raw: Reading = {
      device: 'm',
      at: now.at,
      powerW,
      importWh: shown('importWh'),
      exportWh: shown('exportWh'),
      quality: 'measured',
      reasons: [],
    };
    const lied = lie(raw, poll.fault, earlier);
    if (poll.fault === 'none') earlier.push(raw);
    if (!lied) return;
    const [nextGate, , counters] = judge(gateSettings, gate, lied, now.at);
    gate = nextGate;
    const [waited, over] = giveUp(energySettings, energy, now.at - PATIENCE_MS);
    energy = waited;
    for (const counter of counters) {
      if (counterQualityOf(counter) === 'measured' && counter.importWh !== null) readAt.push(counter.at);
      const [nextEnergy, more] = addReading(energySettings, energy, counter);
      energy = nextEnergy;
      over.push(...more);
    }
    const soFar = { importWh: now.importWh - first, exportWh: now.exportWh };
    ended.push(...over.map((each) => ({ ...each, soFar })));
  };
  read({ afterMs: 0, share: 0, exporting: false, fault: 'none' }, -1);
  for (const [index, poll] of polls.entries()) {
    const last = truth.at(-1)!;
    const wh = (CONNECTION_W * poll.share * poll.afterMs) / 3_600_000_000;
    truth.push({
      at: last.at + poll.afterMs,
      importWh: last.importWh + (poll.exporting ? 0 : wh),
      exportWh: last.exportWh + (poll.exporting ? wh : 0),
    });
    read(poll, index);
  }
  const at = (time: number, name: keyof Shown) => {
    const after = truth.findIndex((point) => point.at >= time);
    const [from, to] = [truth[Math.max(0, after - 1)]!, truth[after < 0 ? truth.length - 1 : after]!];
    if (to.at === from.at) return to[name];
    return from[name] + ((to[name] - from[name]) * (time - from.at)) / (to.at - from.at);
  };
  const told = ended.map((each) => {
    const start = Date.parse(each.interval);
    const flowed = (name: keyof Shown) => at(start + INTERVAL_MS, name) - at(start, name);
    return { ...each, trueImportWh: flowed('importWh'), trueExportWh: flowed('exportWh') };
  });
  return { told, readAt };
}

/** What a meter shows instead; null: nothing. */
function lie(raw: Reading, fault: Lie, earlier: readonly Reading[]): Reading | null {
  const old = earlier[earlier.length >> 1];
  switch (fault) {
    case 'none':
      return raw;
    case 'lost':
      return null;
    case 'wild':
      return { ...raw, powerW: 9_000_000, importWh: (raw.importWh ?? 0) + 8_000_000, exportWh: 4_000_000_000 };
    case 'wild-counter':
      return { ...raw, importWh: (raw.importWh ?? 0) * 3 + 5_000_000 + (raw.at % 1_000_000_000), exportWh: -7 };
    case 'null':
      return { ...raw, powerW: null, importWh: null, exportWh: null };
    case 'one-null':
      return { ...raw, importWh: null };
    case 'flipped':
      return { ...raw, powerW: -(raw.powerW ?? 0) };
    case 'repeat':
      return old ? { ...old, at: raw.at } : raw;
    case 'late':
      return old ?? raw;
  }
}

function neverMore({ told }: Run, toleranceWh = 2) {
  for (const name of ['importWh', 'exportWh'] as const) {
    let all = 0;
    for (const energy of told) {
      all += energy[name] ?? 0;
      assert.ok((energy[name] ?? 0) >= 0, `${energy.interval}: ${energy[name]} Wh`);
      const flowed = energy.soFar[name];
      assert.ok(all <= flowed + toleranceWh, `${energy.interval} ${name}: ${all} told, ${flowed} flowed`);
    }
  }
}

describe('energy through the gate', () => {
  it('never tells more than flowed, and each interval once, whatever the meter shows', () => {
    fc.assert(
      fc.property(pollsWith(lies), (polls) => {
        const run = play(polls);
        neverMore(run);
        for (const [index, { interval }] of run.told.entries()) {
          assert.equal(Date.parse(interval), START + index * INTERVAL_MS);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('calls measured only what was read near both of its boundaries', () => {
    // An old reading told as new is told from a house at rest only when it lasts.
    const noticed = lies.filter((each) => each !== 'repeat');
    fc.assert(
      fc.property(pollsWith(noticed), (polls) => {
        const { told, readAt } = play(polls);
        const near = (boundary: number) => readAt.some((at) => Math.abs(at - boundary) <= energySettings.toleranceMs);
        for (const { interval, quality, importWh, trueImportWh } of told) {
          if (quality !== 'measured' || importWh === null) continue;
          const start = Date.parse(interval);
          assert.ok(near(start) && near(start + INTERVAL_MS), interval);
          const off = (2 * CONNECTION_W * energySettings.toleranceMs) / 3_600_000 + 2;
          assert.ok(Math.abs(importWh - trueImportWh) <= off, `${interval}: ${importWh} for ${trueImportWh} Wh`);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('loses nothing while a counter turns over, at any pace of polling', () => {
    for (const range of [65_536 * 100, 2 ** 32, 1_000_000]) {
      fc.assert(
        fc.property(pollsWith(['none', 'lost'], 120_000), fc.integer({ min: 1, max: 20_000 }), (polls, before) => {
          const run = play(polls, { range, first: range - before });
          neverMore(run);
          for (const energy of run.told) {
            if (energy.quality === 'measured') assert.ok(Math.abs((energy.importWh ?? 0) - energy.trueImportWh) <= 142);
          }
        }),
        { numRuns: 400 },
      );
    }
  });

  it('never takes a reset for energy, wherever the counter stood', () => {
    const stood = fc.oneof(fc.integer({ min: 0, max: 5_000_000 }), fc.constantFrom(65_000, 999_000, 6_500_000));
    fc.assert(
      fc.property(pollsWith(['none', 'lost', 'null']), stood, fc.nat(30), (polls, first, resetAt) => {
        // A turn is told from a reset by what its power accounts for: no more than that can be mistaken.
        const [before, at] = [polls[resetAt - 1], polls[resetAt]];
        const share = Math.max(before?.share ?? 0, at?.share ?? 0);
        const gaps = polls.slice(0, resetAt + 2).reduce((sum, { afterMs }) => sum + afterMs, 0);
        neverMore(play(polls, { first, resetAt }), 100 + (CONNECTION_W * share * gaps) / 3_600_000_000);
      }),
      { numRuns: 2000 },
    );
  });
});
