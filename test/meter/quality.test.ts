// The quality gate as tables in time: what passes, what is refused and why, and how it finds back after a reset.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type GateSettings, type GateState, initialGate, judge } from '../../src/meter/quality.ts';
import { counterQualityOf, missingReading, type Reading } from '../../src/meter/reading.ts';

const settings: GateSettings = { maxAgeMs: 10_000, connectionW: 30_000, stuckAfterMs: 600_000 };
const roof: GateSettings = { ...settings, sign: 'positive', positive: 'export' };

/** What a reason leaves of power and counters, each by its quality. */
const LEAVES: Record<string, readonly [power: string, counters: string]> = {
  unchanged: ['estimated', 'estimated'],
  'sign-against-counters': ['missing', 'estimated'],
  'counter-backwards': ['estimated', 'missing'],
  'counter-jump': ['estimated', 'missing'],
  'counter-impossible': ['estimated', 'missing'],
  'counter-unexplained': ['measured', 'missing'],
  'counter-stuck': ['measured', 'missing'],
};
const NOTHING = ['missing', 'missing'] as const;

interface Row {
  at: number;
  power?: number | null;
  imp?: number | null;
  exp?: number | null;
  age?: number;
  more?: Partial<Reading>;
  /** A code, or `turned` for counters that were unrolled. */
  expect: 'pass' | 'turned' | string;
}

function play(rows: readonly Row[], limits: GateSettings = settings): Reading[] {
  let state: GateState = initialGate;
  return rows.map(({ at, power = 0, imp = 0, exp = 0, age = 0, more = {}, expect }) => {
    const reading: Reading = {
      device: 'meter',
      at: at * 1000,
      powerW: power,
      importWh: imp,
      exportWh: exp,
      quality: 'measured',
      reasons: [],
      ...more,
    };
    const [next, judged] = judge(limits, state, reading, at * 1000 + age);
    const label = `at ${at} s: ${JSON.stringify(judged)}`;
    assert.deepEqual(JSON.parse(JSON.stringify(next)), next, 'the memory is plain JSON');
    if (expect === 'pass') assert.equal(judged, reading, label);
    else if (expect === 'turned') assert.deepEqual([judged.quality, judged.reasons], ['measured', []], label);
    else {
      assert.equal(judged.reasons.at(-1)?.code, expect, label);
      const [ofPower, ofCounters] = LEAVES[expect] ?? NOTHING;
      const ofShown = imp !== null || exp !== null ? ofCounters : ofPower;
      assert.deepEqual([judged.quality, counterQualityOf(judged)], [ofPower, ofShown], label);
      assert.equal(judged.powerW, ofPower === 'missing' ? null : power, label);
      const left = ofCounters === 'missing' ? [null, null] : [imp, exp];
      assert.deepEqual([judged.importWh, judged.exportWh], left, label);
    }
    state = next;
    return judged;
  });
}

describe('quality gate', () => {
  it('passes what can be true', () => {
    play([
      { at: 0, power: 3000, imp: 100, exp: 7, expect: 'pass' },
      { at: 1, power: 3000, imp: 101, exp: 7, expect: 'pass' },
      { at: 1, power: 3000, imp: 101, exp: 7, expect: 'pass' },
      { at: 11, power: -30_000, imp: 106, exp: 7, expect: 'pass' },
      { at: 21, power: -30_000, imp: 106, exp: 90, expect: 'pass' },
    ]);
  });

  it('refuses old, future and undated readings, and those that come too late', () => {
    play([
      { at: 0, age: 10_000, expect: 'pass' },
      { at: 1, age: 10_001, expect: 'stale' },
      { at: 2, age: -10_001, expect: 'stale' },
      { at: Number.NaN, expect: 'no-time' },
      { at: 10, expect: 'pass' },
      { at: 9, expect: 'out-of-order' },
      { at: 10, expect: 'pass' },
    ]);
  });

  it('refuses a power the connection cannot carry', () => {
    play([
      { at: 0, power: 30_000, expect: 'pass' },
      { at: 1, power: 30_001, expect: 'power-beyond-connection' },
      { at: 2, power: -4e9, expect: 'power-beyond-connection' },
      { at: 3, power: Number.POSITIVE_INFINITY, expect: 'power-beyond-connection' },
      { at: 4, power: -30_000, expect: 'pass' },
    ]);
  });

  it('refuses one wild counter and goes on as if it had not been', () => {
    play([
      { at: 0, imp: 1000, exp: 50, expect: 'pass' },
      { at: 1, imp: 8_001_000, exp: 50, expect: 'counter-jump' },
      { at: 2, imp: 1000, exp: 50, expect: 'pass' },
      { at: 3, imp: 1000, exp: 0, expect: 'counter-backwards' },
      { at: 4, imp: 1001, exp: 50, expect: 'pass' },
      { at: 5, imp: -5, exp: 50, expect: 'counter-impossible' },
      { at: 6, imp: 1.5, exp: 50, expect: 'counter-impossible' },
      { at: 7, imp: 1001, exp: 50, expect: 'pass' },
    ]);
  });

  it('accepts a reset or exchanged meter with the second reading', () => {
    play([
      { at: 0, imp: 900_000, exp: 5000, expect: 'pass' },
      { at: 1, imp: 3, exp: 0, expect: 'counter-backwards' },
      { at: 2, imp: 3, exp: 0, expect: 'pass' },
      { at: 3, imp: 4, exp: 0, expect: 'pass' },
      { at: 4, imp: 4_000_000, exp: 0, expect: 'counter-jump' },
      { at: 5, imp: 4_000_001, exp: 0, expect: 'pass' },
    ]);
  });

  it('allows what flows in the time since the last reading', () => {
    play([
      { at: 0, imp: 0, expect: 'pass' },
      { at: 3600, imp: 30_002, expect: 'pass' },
      { at: 7200, imp: 60_005, expect: 'counter-jump' },
    ]);
  });

  it('takes a meter that hangs for what it is, and believes it again when it moves', () => {
    play([
      { at: 0, power: 1200, imp: 500, expect: 'pass' },
      { at: 60, power: 1200, imp: 500, expect: 'pass' },
      { at: 61, power: 1200, imp: 500, expect: 'unchanged' },
      { at: 599, power: 1200, imp: 500, expect: 'unchanged' },
      { at: 600, power: 1200, imp: 500, expect: 'stuck' },
      { at: 900, power: 1200, imp: 500, expect: 'stuck' },
      { at: 901, power: 1300, imp: 501, expect: 'pass' },
    ]);
  });

  it('does not take rest, a trickle, or a battery that charges for a meter that hangs', () => {
    play([
      { at: 0, power: 0, imp: 500, expect: 'pass' },
      { at: 90_000, power: 0, imp: 500, expect: 'pass' },
    ]);
    play([
      { at: 0, power: 1, imp: 500, expect: 'pass' },
      { at: 7000, power: 1, imp: 500, expect: 'pass' },
      { at: 7300, power: 1, imp: 500, expect: 'stuck' },
    ]);
    play([
      { at: 0, power: -600, imp: 10, exp: null, expect: 'pass' },
      { at: 9000, power: -600, imp: 10, exp: null, expect: 'pass' },
    ]);
    play(
      [
        { at: 0, power: 600, imp: null, exp: 10, expect: 'pass' },
        { at: 9000, power: 600, imp: null, exp: 10, expect: 'stuck' },
      ],
      roof,
    );
    play(
      [
        { at: 0, power: 1200, imp: 500, expect: 'pass' },
        { at: 9000, power: 1200, imp: 500, expect: 'pass' },
      ],
      { ...settings, stuckAfterMs: 0 },
    );
  });

  it('doubts a power without counters that never changes, and refuses it where voltages stand still, too', () => {
    play([
      { at: 0, power: 1200, imp: null, exp: null, expect: 'pass' },
      { at: 599, power: 1200, imp: null, exp: null, expect: 'pass' },
      { at: 600, power: 1200, imp: null, exp: null, expect: 'unchanged' },
      { at: 9000, power: 1200, imp: null, exp: null, expect: 'unchanged' },
      { at: 9001, power: 1201, imp: null, exp: null, expect: 'pass' },
    ]);
    const more = { phases: [230.4, 231.2].map((voltageV) => ({ voltageV, currentA: null, powerW: null })) };
    play([
      { at: 0, power: 1200, imp: null, exp: null, more, expect: 'pass' },
      { at: 119, power: 1200, imp: null, exp: null, more, expect: 'pass' },
      { at: 120, power: 1200, imp: null, exp: null, more, expect: 'stuck' },
    ]);
  });

  it('needs only two minutes where voltages and frequency stand still, too', () => {
    const phases = [230.4, 231.2, 229.8].map((voltageV) => ({ voltageV, currentA: 4.35, powerW: 1000 }));
    const more = { phases, frequencyHz: 50.01 };
    play([
      { at: 0, power: 3000, imp: 500, more, expect: 'pass' },
      { at: 119, power: 3000, imp: 500, more, expect: 'unchanged' },
      { at: 120, power: 3000, imp: 500, more, expect: 'stuck' },
      { at: 121, power: 3000, imp: 500, more: { ...more, frequencyHz: 50.02 }, expect: 'pass' },
    ]);
  });

  it('doubts a meter at rest whose voltages rest too, without refusing it', () => {
    const phases = [230.4, 231.2, 229.8].map((voltageV) => ({ voltageV, currentA: 0, powerW: 0 }));
    play([
      { at: 0, power: 0, imp: 500, more: { phases }, expect: 'pass' },
      { at: 119, power: 0, imp: 500, more: { phases }, expect: 'pass' },
      { at: 120, power: 0, imp: 500, more: { phases }, expect: 'unchanged' },
      { at: 90_000, power: 0, imp: 500, more: { phases }, expect: 'unchanged' },
      { at: 90_001, power: 0, imp: 500, more: { phases: phases.slice(1) }, expect: 'pass' },
    ]);
  });

  it('notices a counter that stands still under a power that lives', () => {
    const rows: Row[] = [];
    // 5 kW that jitter: 2200 Wh have flowed after 1584 s.
    for (let at = 0; at <= 2400; at += 60) {
      const power = 5000 + (at % 7);
      rows.push({ at, power, imp: 700, expect: at < 1620 ? 'pass' : 'counter-stuck' });
    }
    rows.push({ at: 2460, power: 5000, imp: 701, expect: 'pass' });
    play(rows);
  });

  it('lets a counter of coarse steps jump from step to step', () => {
    play([
      { at: 0, power: 2000, imp: 1000, expect: 'pass' },
      { at: 900, power: 2010, imp: 1000, expect: 'pass' },
      { at: 1800, power: 1990, imp: 2000, expect: 'pass' },
    ]);
  });

  it('does not take a coarse counter between two steps for a meter that hangs, once it has stepped', () => {
    const rows: Row[] = [];
    // A steady 6 kW, a step of 100 Wh each minute, and no other value that would live.
    for (let at = 0; at <= 600; at += 10) {
      const isUnknown = at > 12 && at < 60;
      rows.push({ at, power: 6000, imp: 1200 + Math.floor(at / 60) * 100, expect: isUnknown ? 'unchanged' : 'pass' });
    }
    play(rows);
    // One that stays longer than a step takes does.
    play([
      ...rows,
      ...[670, 680].map((at) => ({ at, power: 6000, imp: 2200, expect: at < 672 ? 'pass' : 'unchanged' })),
    ]);
  });

  it('goes on counting where 16 or 32 bits, or the digits, end', () => {
    const turns: [end: number, step: number][] = [
      [65_536, 1],
      [6_553_600, 100],
      [4_294_967_296, 1],
      [42_949_672_960, 10],
      [1_000_000_000, 1],
    ];
    for (const [end, step] of turns) {
      const judged = play([
        { at: 0, imp: end - step, exp: 5, expect: 'pass' },
        { at: 15, imp: step === 1 ? 3 : 0, exp: 5, expect: 'turned' },
        { at: 30, imp: step === 1 ? 4 : 0, exp: 5, expect: 'turned' },
      ]);
      assert.equal(judged[1]?.importWh, end + (step === 1 ? 3 : 0));
      assert.equal(judged[2]?.importWh, end + (step === 1 ? 4 : 0));
    }
  });

  it('takes a reset near the end of a range for a reset where the time leaves room for doubt', () => {
    play([
      { at: 0, imp: 65_000, expect: 'pass' },
      { at: 3600, imp: 20, expect: 'counter-backwards' },
      { at: 3601, imp: 20, expect: 'pass' },
    ]);
  });

  it('takes no reset for a turn that its power does not account for, nor later', () => {
    play([
      { at: 0, power: 500, imp: 999_500, expect: 'pass' },
      { at: 60, power: 500, imp: 0, expect: 'counter-backwards' },
      { at: 120, power: 500, imp: 8, expect: 'pass' },
    ]);
    play([
      { at: 0, power: 500, imp: 999_500, expect: 'pass' },
      { at: 60, power: 500, imp: 0, expect: 'counter-backwards' },
      { at: 70, power: null, imp: null, exp: null, expect: 'pass' },
      { at: 120, power: 20_000, imp: 8, expect: 'pass' },
    ]).every(({ importWh }) => assert.ok(importWh === null || importWh < 1_000_000));
    play([
      { at: 0, power: 30_000, imp: 999_900, expect: 'pass' },
      { at: 60, power: 30_000, imp: 400, expect: 'turned' },
    ]);
  });

  it('forgets its turns when the meter begins anew', () => {
    play([
      { at: 0, imp: 65_530, expect: 'pass' },
      { at: 1, imp: 2, expect: 'turned' },
      { at: 2, imp: 4, expect: 'turned' },
      { at: 3, imp: 0, expect: 'counter-backwards' },
      { at: 4, imp: 0, expect: 'pass' },
      { at: 5, imp: 1, expect: 'pass' },
    ]);
  });

  it('refuses a roof that takes and a load that gives, but not the standby of an inverter', () => {
    play(
      [
        { at: 0, power: 3000, imp: null, exp: 5, expect: 'pass' },
        { at: 1, power: -12, imp: null, exp: 5, expect: 'pass' },
        { at: 2, power: -300, imp: null, exp: 5, expect: 'pass' },
        { at: 3, power: -301, imp: null, exp: 5, expect: 'sign-against-feeder' },
      ],
      roof,
    );
  });

  it('notices a power whose sign contradicts the counters, until they agree again', () => {
    const rows: Row[] = [];
    let [imp, exp] = [1000, 500];
    // 6 kW of export that is shown as import: 50 Wh after 30 s.
    // Its power explains nothing of what is counted, until that was confirmed three times.
    const before = (at: number) => (at === 0 ? 'pass' : 'counter-unexplained');
    for (let at = 0; at <= 60; at += 10, exp += 17)
      rows.push({ at, power: 6000, imp, exp, expect: at < 40 ? before(at) : 'sign-against-counters' });
    // Mended: it needs as much to be believed again.
    for (let at = 70; at <= 120; at += 10, exp += 17)
      rows.push({ at, power: -6000, imp, exp, expect: at < 100 ? 'sign-against-counters' : 'pass' });
    for (let at = 130; at <= 200; at += 10, imp += 17) rows.push({ at, power: 6000, imp, exp, expect: 'pass' });
    play(rows);
  });

  it('believes a sign again as soon as it was right for long enough, however long it had been wrong', () => {
    const rows: Row[] = [];
    let [imp, exp] = [1000, 500];
    for (let at = 0; at <= 600; at += 10, exp += 17)
      rows.push({
        at,
        power: 6000,
        imp,
        exp,
        expect: at === 0 ? 'pass' : at < 40 ? 'counter-unexplained' : 'sign-against-counters',
      });
    // Now it does take: shown with the same sign as before.
    for (let at = 610; at <= 700; at += 10, imp += 17)
      rows.push({ at, power: 6000, imp, exp, expect: at < 640 ? 'sign-against-counters' : 'pass' });
    play(rows);
  });

  it('goes on when the clock was set back', () => {
    play([
      { at: 7200, imp: 1000, expect: 'pass' },
      { at: 3600, imp: 1001, expect: 'pass' },
      { at: 3601, imp: 1001, expect: 'pass' },
      { at: 3600, imp: 1001, expect: 'out-of-order' },
    ]);
  });

  it('keeps comparing a counter that was not given once', () => {
    play([
      { at: 0, imp: 1000, exp: 5, expect: 'pass' },
      { at: 1, imp: null, exp: 5, expect: 'pass' },
      { at: 2, imp: 900, exp: 5, expect: 'counter-backwards' },
    ]);
  });

  it('passes on what is missing already', () => {
    const missing = missingReading('meter', 0, { code: 'timeout', text: 'silent' });
    assert.deepEqual(judge(settings, initialGate, missing, 0), [initialGate, missing, []]);
  });

  it('never lets a counter through that no energy explains, unless two readings agree on it', () => {
    const rows = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 60_000 }),
        imp: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: -10, max: 10_000_000 }), fc.constant(null)),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(rows, (events) => {
        let state = initialGate;
        let now = 0;
        let passed: Reading | null = null;
        let before: Reading | null = null;
        for (const { afterMs, imp } of events) {
          now += afterMs;
          const raw: Reading = {
            device: 'm',
            at: now,
            powerW: 0,
            importWh: imp,
            exportWh: null,
            quality: 'measured',
            reasons: [],
          };
          const [next, judged] = judge(settings, state, raw, now);
          state = next;
          const explained = (from: Reading | null) => {
            if (from?.importWh == null || judged.importWh === null) return true;
            const most = Math.ceil((settings.connectionW * (now - from.at)) / 3_600_000) + 2;
            return judged.importWh >= from.importWh && judged.importWh - from.importWh <= most;
          };
          if (judged.importWh !== null) {
            assert.ok(judged.importWh >= 0);
            assert.ok(explained(passed) || explained(before), JSON.stringify([passed, before, judged]));
            passed = judged;
          } else if (imp !== null && imp >= 0) before = raw;
        }
      }),
    );
  });
});
