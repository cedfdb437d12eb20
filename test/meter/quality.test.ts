// The quality gate as tables in time: what passes, what is refused and why, and how it finds back after a reset.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type GateSettings, type GateState, initialGate, judge } from '../../src/meter/quality.ts';
import { missingReading, type Reading } from '../../src/meter/reading.ts';

const settings: GateSettings = { maxAgeMs: 10_000, connectionW: 30_000, stuckAfterMs: 600_000 };

interface Row {
  at: number;
  power?: number | null;
  imp?: number | null;
  exp?: number | null;
  age?: number;
  expect: 'pass' | string;
}

function play(rows: readonly Row[], limits: GateSettings = settings): Reading[] {
  let state: GateState = initialGate;
  return rows.map(({ at, power = 0, imp = 0, exp = 0, age = 0, expect }) => {
    const reading: Reading = {
      device: 'meter',
      at: at * 1000,
      powerW: power,
      importWh: imp,
      exportWh: exp,
      quality: 'measured',
      reasons: [],
    };
    const [next, judged] = judge(limits, state, reading, at * 1000 + age);
    const label = `at ${at} s: ${JSON.stringify(judged)}`;
    assert.deepEqual(JSON.parse(JSON.stringify(next)), next, 'the memory is plain JSON');
    if (expect === 'pass') assert.equal(judged, reading, label);
    else {
      assert.equal(judged.reasons.at(-1)?.code, expect, label);
      assert.deepEqual([judged.quality, judged.importWh, judged.exportWh], ['missing', null, null], label);
      if (!expect.startsWith('counter')) assert.equal(judged.powerW, null, label);
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
      { at: 3601, power: -30_000, imp: 30_101, exp: 7, expect: 'pass' },
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
      { at: 300, power: 1200, imp: 500, expect: 'pass' },
      { at: 599, power: 1200, imp: 500, expect: 'pass' },
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
      { at: 0, power: -600, imp: null, exp: 10, expect: 'pass' },
      { at: 9000, power: -600, imp: null, exp: 10, expect: 'pass' },
    ]);
    play([
      { at: 0, power: 600, imp: null, exp: 10, expect: 'pass' },
      { at: 9000, power: 600, imp: null, exp: 10, expect: 'stuck' },
    ]);
    play(
      [
        { at: 0, power: 1200, imp: 500, expect: 'pass' },
        { at: 9000, power: 1200, imp: 500, expect: 'pass' },
      ],
      { ...settings, stuckAfterMs: 0 },
    );
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
    assert.deepEqual(judge(settings, initialGate, missing, 0), [initialGate, missing]);
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
