// Battery control as tables in time, and what must hold for every input: the envelope, the named limit, the safe end.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../src/battery/control.ts';
import { type BatterySettings, checkSettings } from '../../src/battery/settings.ts';
import { type ControlState, initialControl, type Snapshot } from '../../src/battery/state.ts';

const home: BatterySettings = {
  capacityWh: 6400,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  minSocPerMille: 100,
  maxSocPerMille: 950,
  hysteresisPerMille: 20,
  rampWPerSecond: 1000,
  staleAfterMs: 10_000,
  validForSeconds: 60,
};

const start = Date.UTC(2026, 10, 22, 8, 15);

interface Row {
  at: number;
  gridW?: number | null;
  batteryW?: number;
  soc?: number | null;
  positionWh?: number;
  meterAge?: number;
  batteryAge?: number;
  expect: [setpointW: number, state: string, code: string];
}

function play(settings: BatterySettings, rows: readonly Row[]): void {
  let state: ControlState = initialControl;
  for (const row of rows) {
    const now = start + row.at * 1000;
    const snapshot: Snapshot = {
      gridW: row.gridW === undefined ? 0 : row.gridW,
      batteryW: row.batteryW ?? state.setpointW,
      socPerMille: row.soc === undefined ? 500 : row.soc,
      meterAt: now - (row.meterAge ?? 0),
      batteryAt: now - (row.batteryAge ?? 0),
      positionWh: row.positionWh ?? null,
    };
    const [next, decision] = decide(settings, state, snapshot, now);
    const label = `at ${row.at} s: ${JSON.stringify(decision)}`;
    assert.deepEqual([decision.setpointW, decision.state, decision.reason.code], row.expect, label);
    assert.equal(decision.validForSeconds, decision.state === 'safe' ? 0 : settings.validForSeconds, label);
    assert.deepEqual(JSON.parse(JSON.stringify(next)), next, 'the memory is plain JSON');
    state = next;
  }
}

describe('battery control', () => {
  it('takes over what the grid carries', () => {
    play(home, [
      { at: 0, gridW: 800, expect: [800, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 0, expect: [800, 'discharging', 'self-consumption'] },
      { at: 2, gridW: -1000, expect: [-200, 'charging', 'self-consumption'] },
      { at: 3, gridW: 200, expect: [0, 'idle', 'self-consumption'] },
      { at: 4, gridW: 0.4, expect: [0, 'idle', 'self-consumption'] },
    ]);
  });

  it('draws what was bought and feeds what was sold', () => {
    play(home, [
      { at: 0, gridW: 0, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 1, gridW: 400, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 2, gridW: 0, positionWh: -150, expect: [200, 'discharging', 'position'] },
      { at: 3, gridW: -600, positionWh: -150, expect: [200, 'discharging', 'position'] },
      { at: 4, gridW: -600, positionWh: 0, expect: [-400, 'charging', 'self-consumption'] },
    ]);
  });

  it('moves away from zero at the ramp and back at once', () => {
    play(home, [
      { at: 0, gridW: 4000, expect: [1000, 'discharging', 'ramp'] },
      { at: 1, gridW: 3000, expect: [2000, 'discharging', 'ramp'] },
      { at: 1, gridW: 2000, expect: [2000, 'discharging', 'ramp'] },
      { at: 3, gridW: 2000, expect: [4000, 'discharging', 'self-consumption'] },
      { at: 4, gridW: -4000, expect: [0, 'idle', 'self-consumption'] },
      { at: 5, gridW: 3000, expect: [1000, 'discharging', 'ramp'] },
      { at: 6, gridW: -4500, expect: [-1000, 'charging', 'ramp'] },
    ]);
  });

  it('starts from what the battery does after a restart', () => {
    play(home, [{ at: 0, gridW: 0, batteryW: 3000, expect: [3000, 'discharging', 'self-consumption'] }]);
    play(home, [{ at: 0, gridW: 3000, batteryW: 3000, expect: [4000, 'discharging', 'ramp'] }]);
  });

  it('starts afresh when the clock was set back', () => {
    play(home, [
      { at: 100, gridW: 500, expect: [500, 'discharging', 'self-consumption'] },
      { at: 0, gridW: 900, expect: [1400, 'discharging', 'self-consumption'] },
    ]);
  });

  it('keeps within the power limits', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: 9000, expect: [5000, 'discharging', 'max-discharge'] },
      { at: 1, gridW: -14_000, expect: [-5000, 'charging', 'max-charge'] },
    ]);
    play({ ...fast, maxChargeW: 0 }, [{ at: 0, gridW: -900, expect: [0, 'holding', 'max-charge'] }]);
  });

  it('stops at the minimum and starts again past the hysteresis', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: 3000, soc: 110, expect: [3000, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 0, soc: 103, expect: [1152, 'discharging', 'soc-minimum'] },
      { at: 2, gridW: 3000, soc: 100, expect: [0, 'holding', 'soc-minimum'] },
      { at: 3, gridW: 3000, soc: 119, expect: [0, 'holding', 'soc-minimum-hysteresis'] },
      { at: 4, gridW: -2000, soc: 119, expect: [-2000, 'charging', 'self-consumption'] },
      { at: 5, gridW: 3000, soc: 120, expect: [1000, 'discharging', 'self-consumption'] },
    ]);
  });

  it('stops at the maximum and starts again past the hysteresis', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: -3000, soc: 949, expect: [-384, 'charging', 'soc-maximum'] },
      { at: 1, gridW: -3000, soc: 950, expect: [0, 'holding', 'soc-maximum'] },
      { at: 2, gridW: -3000, soc: 931, expect: [0, 'holding', 'soc-maximum-hysteresis'] },
      { at: 3, gridW: -3000, soc: 930, expect: [-3000, 'charging', 'self-consumption'] },
    ]);
  });

  it('counts what may have flowed since the battery was read', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: 3000, soc: 110, expect: [3000, 'discharging', 'self-consumption'] },
      // 10 per mille of 6400 Wh are 230 400 Ws; 3000 W for 8 s may have gone; the rest lasts 60 s at 3440 W
      { at: 8, gridW: 3000, soc: 110, batteryAge: 8000, expect: [3440, 'discharging', 'soc-minimum'] },
    ]);
  });

  it('holds the connection within its limit as far as it can', () => {
    const small = { ...home, rampWPerSecond: 100_000, connectionW: 2000 };
    play(small, [
      { at: 0, gridW: 0, positionWh: 1000, expect: [-2000, 'charging', 'connection-import'] },
      { at: 1, gridW: 5000, positionWh: 1000, expect: [1000, 'discharging', 'connection-import'] },
      { at: 2, gridW: 5000, soc: 100, positionWh: 3000, expect: [0, 'holding', 'connection-import'] },
    ]);
    play(small, [{ at: 0, gridW: 0, positionWh: -1000, expect: [2000, 'discharging', 'connection-export'] }]);
  });

  it('goes safe on stale, missing or impossible readings and returns', () => {
    play(home, [
      { at: 0, gridW: 700, expect: [700, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 0, meterAge: 10_001, expect: [0, 'safe', 'meter-stale'] },
      { at: 2, gridW: 700, batteryW: 0, expect: [700, 'discharging', 'self-consumption'] },
      { at: 3, gridW: null, expect: [0, 'safe', 'meter-missing'] },
      { at: 4, gridW: Number.NaN, expect: [0, 'safe', 'meter-missing'] },
      { at: 5, gridW: 1, soc: null, expect: [0, 'safe', 'battery-missing'] },
      { at: 6, gridW: 1, soc: 1001, expect: [0, 'safe', 'battery-missing'] },
      { at: 7, gridW: 1, batteryAge: 10_001, expect: [0, 'safe', 'battery-stale'] },
      { at: 8, gridW: 1, meterAge: -10_001, expect: [0, 'safe', 'meter-stale'] },
      { at: 9, gridW: 700, batteryW: 0, meterAge: 10_000, expect: [700, 'discharging', 'self-consumption'] },
    ]);
  });

  it('refuses settings that make no sense', () => {
    for (const wrong of [
      { capacityWh: 0 },
      { maxChargeW: -1 },
      { minSocPerMille: 951 },
      { maxSocPerMille: 1001 },
      { rampWPerSecond: 0 },
      { validForSeconds: 0.5 },
      { staleAfterMs: Number.NaN },
      { connectionW: -1 },
      { hysteresisPerMille: 851 },
    ]) {
      assert.throws(() => checkSettings({ ...home, ...wrong }), RangeError, JSON.stringify(wrong));
    }
    assert.equal(checkSettings(home), home);
  });
});

const settingsArb: fc.Arbitrary<BatterySettings> = fc
  .record({
    capacityWh: fc.integer({ min: 500, max: 50_000 }),
    maxChargeW: fc.integer({ min: 0, max: 10_000 }),
    maxDischargeW: fc.integer({ min: 0, max: 10_000 }),
    window: fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })),
    hysteresisPerMille: fc.integer({ min: 0, max: 100 }),
    rampWPerSecond: fc.integer({ min: 1, max: 5000 }),
    staleAfterMs: fc.integer({ min: 1000, max: 60_000 }),
    validForSeconds: fc.integer({ min: 1, max: 900 }),
    connectionW: fc.option(fc.integer({ min: 0, max: 20_000 })),
  })
  .map(({ window: [a, b], connectionW, ...rest }) => ({
    ...rest,
    hysteresisPerMille: Math.min(rest.hysteresisPerMille, Math.abs(a - b)),
    minSocPerMille: Math.min(a, b),
    maxSocPerMille: Math.max(a, b),
    ...(connectionW === null ? {} : { connectionW }),
  }));

const readingArb = fc.record({
  afterMs: fc.integer({ min: 1, max: 120_000 }),
  gridW: fc.integer({ min: -20_000, max: 20_000 }),
  batteryW: fc.integer({ min: -10_000, max: 10_000 }),
  socPerMille: fc.integer({ min: 0, max: 1000 }),
  meterAge: fc.integer({ min: 0, max: 70_000 }),
  batteryAge: fc.integer({ min: 0, max: 70_000 }),
  positionWh: fc.option(fc.integer({ min: -3000, max: 3000 })),
});

/** Settings with one limit made so wide that it cannot bind. */
const loosened: Record<string, Partial<BatterySettings>> = {
  maxChargeW: { maxChargeW: 10_000_000 },
  maxDischargeW: { maxDischargeW: 10_000_000 },
  minSocPerMille: { minSocPerMille: -1_000_000_000 },
  maxSocPerMille: { maxSocPerMille: 1_000_000_000 },
  hysteresisPerMille: { hysteresisPerMille: 0 },
  rampWPerSecond: { rampWPerSecond: 1_000_000_000 },
  connectionW: { connectionW: 10_000_000 },
  staleAfterMs: { staleAfterMs: 10_000_000 },
};

function loosen(settings: BatterySettings, names: readonly string[]): BatterySettings {
  return Object.assign({}, settings, ...names.map((name) => loosened[name]));
}

describe('whatever battery control is given', () => {
  it('changes with the limit its reason names, and with no other', () => {
    fc.assert(
      fc.property(settingsArb, fc.array(readingArb, { minLength: 1, maxLength: 4 }), (settings, readings) => {
        let state = initialControl;
        let now = start;
        for (const reading of readings) {
          now += reading.afterMs;
          const snapshot = { ...reading, meterAt: now - reading.meterAge, batteryAt: now - reading.batteryAge };
          const outcome = (limits: BatterySettings) => {
            const { setpointW, state: mode } = decide(limits, state, snapshot, now)[1];
            return JSON.stringify([setpointW, mode === 'safe' ? 'safe' : 'set']);
          };
          const decision = decide(settings, state, snapshot, now);
          const named = Object.keys(decision[1].reason.numbers ?? {}).filter((name) => name in loosened);
          const others = Object.keys(loosened).filter((name) => !named.includes(name));
          const before = outcome(settings);
          if (named.length > 0) {
            assert.notEqual(outcome(loosen(settings, named)), before, `nothing changed without ${named.join(', ')}`);
          }
          // a connection that the battery cannot keep within its limit pulls at every limit there is
          const gridAfter = reading.gridW + reading.batteryW - decision[1].setpointW;
          const kept = Math.abs(gridAfter) <= (settings.connectionW ?? Number.POSITIVE_INFINITY);
          for (const other of kept ? others : []) {
            assert.equal(outcome(loosen(settings, [other])), before, `${other} changed it, not ${named.join(', ')}`);
          }
          state = decision[0];
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never leaves the envelope', () => {
    fc.assert(
      fc.property(settingsArb, fc.array(readingArb, { minLength: 1, maxLength: 20 }), (settings, readings) => {
        let state: ControlState = initialControl;
        let now = start;
        for (const reading of readings) {
          now += reading.afterMs;
          const snapshot = { ...reading, meterAt: now - reading.meterAge, batteryAt: now - reading.batteryAge };
          const before = state;
          const [next, decision] = decide(settings, state, snapshot, now);
          const { setpointW } = decision;
          assert.ok(Number.isInteger(setpointW) && !Object.is(setpointW, -0));
          assert.ok(setpointW <= settings.maxDischargeW && -setpointW <= settings.maxChargeW);
          if (reading.socPerMille <= settings.minSocPerMille) assert.ok(setpointW <= 0);
          if (reading.socPerMille >= settings.maxSocPerMille) assert.ok(setpointW >= 0);
          if (reading.meterAge > settings.staleAfterMs) assert.equal(decision.state, 'safe');
          if (reading.batteryAge > settings.staleAfterMs) assert.equal(decision.state, 'safe');
          if (decision.state === 'safe') assert.equal(setpointW, 0);
          const from = before.mode === 'safe' ? reading.batteryW : before.setpointW;
          const seconds = before.mode === 'safe' ? 1 : reading.afterMs / 1000;
          if (Math.abs(setpointW) > Math.abs(from)) {
            assert.ok(Math.abs(setpointW) <= Math.abs(from) + settings.rampWPerSecond * seconds);
          }
          // even if no one ever looks again, what is left in the window lasts as long as the setpoint
          const ws = setpointW * settings.validForSeconds;
          const perMilleWs = settings.capacityWh * 3.6;
          assert.ok(ws <= Math.max(0, reading.socPerMille - settings.minSocPerMille) * perMilleWs);
          assert.ok(-ws <= Math.max(0, settings.maxSocPerMille - reading.socPerMille) * perMilleWs);
          state = next;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
