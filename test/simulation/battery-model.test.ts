// The battery model: the ideal battery without its figures, and with them losses that are all accounted for.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type BatteryModel,
  capacityNow,
  checkModel,
  type ModelState,
  modelPower,
  modelSoc,
  newBattery,
  stepModel,
} from '../../src/simulation/battery-model.ts';
import { type BatterySpec, socPerMille, stepBattery, storedAt } from '../../src/simulation/virtual-site.ts';

const HOUR = 3_600_000;
const ideal: BatterySpec = { capacityWh: 1000, maxChargeW: 500, maxDischargeW: 500, roundTripPerMille: 900 };

const specArb: fc.Arbitrary<BatterySpec> = fc.record({
  capacityWh: fc.integer({ min: 1, max: 20_000 }),
  maxChargeW: fc.integer({ min: 0, max: 10_000 }),
  maxDischargeW: fc.integer({ min: 0, max: 10_000 }),
  roundTripPerMille: fc.integer({ min: 1, max: 1000 }),
  minSocPerMille: fc.integer({ min: 0, max: 300 }),
});
const pointsArb = fc.array(fc.record({ powerW: fc.nat(10_000), perMille: fc.integer({ min: 500, max: 1000 }) }), {
  minLength: 1,
  maxLength: 4,
});
const taperArb = fc.record({ fromPerMille: fc.nat(1000), leastPerMille: fc.integer({ min: 1, max: 1000 }) });
const modelArb: fc.Arbitrary<BatteryModel> = fc
  .tuple(
    specArb,
    fc.record(
      {
        chargeEfficiency: pointsArb,
        dischargeEfficiency: pointsArb,
        chargeTaper: taperArb,
        dischargeTaper: taperArb,
        standbyW: fc.nat(100),
        fadePerCycle: fc.nat(1000),
        fadePerYear: fc.nat(100_000),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([spec, more]) => checkModel({ ...spec, ...more }));
const stepsArb = fc.array(fc.record({ setpointW: fc.integer({ min: -12_000, max: 12_000 }), ms: fc.nat(4 * HOUR) }), {
  maxLength: 20,
});

describe('battery model', () => {
  it('is the ideal battery without its figures, to the last unit', () => {
    fc.assert(
      fc.property(specArb, fc.nat(1000), stepsArb, (spec, soc, steps) => {
        let state = newBattery(spec, soc);
        let stored = storedAt(spec, soc);
        for (const { setpointW, ms } of steps) {
          const expected = stepBattery(spec, stored, setpointW, ms);
          const { state: next, segments } = stepModel(spec, state, setpointW, ms);
          const active = segments.filter(({ powerW }) => powerW !== 0);
          assert.equal(next.stored, expected.stored);
          assert.equal(modelSoc(spec, next), socPerMille(spec, expected.stored));
          assert.equal(active[0]?.powerW ?? 0, expected.activeMs === 0 ? 0 : expected.powerW);
          assert.equal(active[0]?.ms ?? 0, expected.powerW === 0 ? 0 : expected.activeMs);
          assert.ok(active.length <= 1);
          [state, stored] = [next, expected.stored];
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('loses nothing unaccounted, and keeps within its range, whatever its figures', () => {
    fc.assert(
      fc.property(modelArb, fc.nat(1000), stepsArb, (model, soc, steps) => {
        const first = newBattery(model, soc);
        let state: ModelState = first;
        for (const { setpointW, ms } of steps) {
          const before = state;
          const run = stepModel(model, before, setpointW, ms);
          state = run.state;
          const over = (from: ModelState) => BigInt(from.lostWms) * 1000n + BigInt(from.lostRest);
          assert.equal(
            1000n * BigInt(state.chargedWms),
            1000n * BigInt(state.dischargedWms) + BigInt(state.stored) - BigInt(first.stored) + over(state),
          );
          assert.ok(over(state) >= over(before), 'losses are never given back');
          assert.ok(state.stored >= 0 && state.stored <= capacityNow(model, before) * HOUR * 1000);
          assert.ok(capacityNow(model, state) <= capacityNow(model, before));
          assert.equal(
            run.segments.reduce((sum, segment) => sum + segment.ms, 0),
            ms,
          );
          for (const { powerW } of run.segments) {
            assert.ok(powerW <= Math.max(0, setpointW) && powerW >= Math.min(0, setpointW));
            assert.ok(powerW <= model.maxDischargeW && -powerW <= model.maxChargeW);
          }
          assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('has an efficiency for each power, charging and discharging apart', () => {
    const points = [
      { powerW: 100, perMille: 800 },
      { powerW: 500, perMille: 960 },
    ];
    const model = { ...ideal, chargeEfficiency: points, dischargeEfficiency: points };
    const wh = (state: ModelState) => state.stored / (HOUR * 1000);
    const charged = (powerW: number) => wh(stepModel(model, newBattery(model), -powerW, HOUR).state);
    assert.deepEqual([50, 100, 300, 500].map(charged), [40, 80, 264, 480]);
    const taken = (powerW: number) => 1000 - wh(stepModel(model, newBattery(model, 1000), powerW, HOUR).state);
    // 1000 / 0.8 = 1250; 1000 / 0.88 = 1136.4 and 1000 / 0.96 = 1041.7, rounded against the battery
    assert.deepEqual(
      [100, 300, 500].map((powerW) => Math.round(taken(powerW) * 1000)),
      [125_000, 341_100, 521_000],
    );
  });

  it('tapers off near full and near empty', () => {
    const taper = {
      chargeTaper: { fromPerMille: 800, leastPerMille: 100 },
      dischargeTaper: { fromPerMille: 200, leastPerMille: 100 },
    };
    const model = { ...ideal, ...taper };
    const at = (soc: number, setpointW: number) => modelPower(model, newBattery(model, soc), setpointW);
    assert.deepEqual(
      [700, 800, 900, 999].map((soc) => at(soc, -500)),
      [-500, -500, -275, -52],
    );
    assert.deepEqual(
      [300, 200, 100, 1].map((soc) => at(soc, 500)),
      [500, 500, 275, 52],
    );
    assert.equal(at(900, -100), -100, 'less than the taper leaves is not touched');
    const { state, segments } = stepModel(model, newBattery(model, 790), -500, 4 * HOUR);
    assert.equal(modelSoc(model, state), 999);
    assert.ok(segments.length > 100, 'it falls step by step');
    for (const [i, { powerW }] of segments.entries()) assert.ok(powerW >= (segments[i - 1]?.powerW ?? -500));
  });

  it('uses some itself, until it is empty', () => {
    const model = { ...ideal, standbyW: 10 };
    const after = stepModel(model, newBattery(model, 500), 0, 10 * HOUR).state;
    assert.deepEqual([modelSoc(model, after), after.lostWms], [400, 100 * HOUR]);
    const empty = stepModel(model, after, 0, 1000 * HOUR).state;
    assert.deepEqual([empty.stored, empty.lostWms], [0, 500 * HOUR]);
  });

  it('holds less with every cycle and every year', () => {
    const model = { ...ideal, roundTripPerMille: 1000, fadePerCycle: 100, fadePerYear: 20_000 };
    let state = newBattery(model, 1000);
    for (let cycle = 0; cycle < 100; cycle++) {
      state = stepModel(model, state, 500, 2 * HOUR).state;
      state = stepModel(model, state, -500, 2 * HOUR).state;
    }
    // 99 full cycles by the little less that it holds, and 400 hours
    assert.equal(capacityNow(model, state), 989);
    const old = stepModel(model, state, 0, 8766 * HOUR).state;
    assert.equal(capacityNow(model, old), 969);
    assert.equal(modelSoc(model, old), 1000);
    const spilled = stepModel(model, old, 0, 1).state;
    assert.equal(spilled.stored, 969 * HOUR * 1000);
    assert.ok(spilled.lostWms > old.lostWms, 'what it no longer holds is lost');
  });

  it('refuses figures that cannot be', () => {
    for (const wrong of [
      { standbyW: -1 },
      { fadePerCycle: 0.5 },
      { fadePerYear: 1_000_001 },
      { chargeTaper: { fromPerMille: 1001, leastPerMille: 1 } },
      { dischargeTaper: { fromPerMille: 100, leastPerMille: 0 } },
      { chargeEfficiency: [{ powerW: 0, perMille: 1001 }] },
      { capacityWh: 0 },
    ]) {
      assert.throws(() => checkModel({ ...ideal, ...wrong }), RangeError, JSON.stringify(wrong));
    }
  });
});
