// The pure model of a site: exact to the watt-millisecond, however its time is cut up.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type BatterySpec,
  checkBattery,
  counterWh,
  flowOf,
  initialSite,
  MAX_CAPACITY_WH,
  powerNow,
  type SiteState,
  socPerMille,
  stepBattery,
  stepSite,
  storedAt,
  storedWh,
  WMS_PER_WH,
} from '../../src/simulation/virtual-site.ts';

const battery: BatterySpec = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 4000, roundTripPerMille: 900 };
const hour = 3_600_000;

const batteryArb: fc.Arbitrary<BatterySpec> = fc.record({
  capacityWh: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constant(MAX_CAPACITY_WH)),
  maxChargeW: fc.integer({ min: 0, max: 100_000 }),
  maxDischargeW: fc.integer({ min: 0, max: 100_000 }),
  roundTripPerMille: fc.integer({ min: 1, max: 1000 }),
  minSocPerMille: fc.integer({ min: 0, max: 1000 }),
});
const flowArb = fc.record({ loadW: fc.integer({ min: 0, max: 50_000 }), pvW: fc.integer({ min: 0, max: 50_000 }) });

describe('virtual site', () => {
  it('turns quarter hours of Wh into power without loss', () => {
    assert.deepEqual(flowOf({ loadWh: 123, pvWh: 7 }), { loadW: 492, pvW: 28 });
    const state = stepSite(undefined, initialSite(), flowOf({ loadWh: 123, pvWh: 7 }), 0, 900_000);
    assert.equal(state.loadWms, 123 * WMS_PER_WH);
    assert.equal(state.pvWms, 7 * WMS_PER_WH);
    assert.equal(state.importWms, 116 * WMS_PER_WH);
    assert.equal(state.exportWms, 0);
  });

  it('takes the whole loss on charging', () => {
    const charged = stepSite(battery, initialSite(battery), { loadW: 0, pvW: 2000 }, -2000, hour);
    assert.equal(charged.chargeWms, 2000 * WMS_PER_WH);
    assert.equal(storedWh(charged.stored), 1800);
    assert.equal(charged.exportWms, 0);
    const emptied = stepSite(battery, charged, { loadW: 1800, pvW: 0 }, 1800, hour);
    assert.equal(emptied.dischargeWms, 1800 * WMS_PER_WH);
    assert.deepEqual([emptied.stored, emptied.importWms], [0, 0]);
  });

  it('stops when full and when empty, within the step', () => {
    const full = stepSite(battery, initialSite(battery, 900), { loadW: 0, pvW: 3000 }, -3000, hour);
    assert.equal(socPerMille(battery, full.stored), 999);
    assert.ok(storedAt(battery, 1000) - full.stored < 3000 * 900);
    assert.equal(full.chargeWms + full.exportWms, 3000 * WMS_PER_WH);
    assert.equal(powerNow(battery, full, { loadW: 0, pvW: 3000 }, -3000).batteryW, 0);

    const reserve = { ...battery, minSocPerMille: 100 };
    const low = stepSite(reserve, initialSite(reserve, 200), { loadW: 2000, pvW: 0 }, 2000, hour);
    assert.equal(low.dischargeWms, 640 * WMS_PER_WH);
    assert.equal(low.importWms, 1360 * WMS_PER_WH);
    assert.equal(socPerMille(reserve, low.stored), 100);
    const below = initialSite(reserve, 50);
    assert.equal(stepBattery(reserve, below.stored, 2000, hour).activeMs, 0);
  });

  it('cuts setpoints to the power limits', () => {
    assert.equal(stepBattery(battery, storedAt(battery, 500), 9000, 1000).powerW, 4000);
    assert.equal(stepBattery(battery, storedAt(battery, 500), -9000, 1000).powerW, -5000);
    assert.deepEqual(stepBattery(battery, 5, 0, 1000), { stored: 5, powerW: 0, activeMs: 0 });
    assert.deepEqual(stepBattery(battery, 5, -0.4, 1000), { stored: 5, powerW: 0, activeMs: 0 });
  });

  it('shows whole watt hours only', () => {
    assert.equal(counterWh(WMS_PER_WH - 1), 0);
    assert.equal(counterWh(WMS_PER_WH), 1);
  });

  it('refuses a battery that cannot be', () => {
    for (const wrong of [
      { capacityWh: 0 },
      { capacityWh: MAX_CAPACITY_WH + 1 },
      { maxChargeW: -1 },
      { maxDischargeW: 1.5 },
      { roundTripPerMille: 0 },
      { roundTripPerMille: 1001 },
      { minSocPerMille: 1001 },
      { capacityWh: Number.NaN },
    ]) {
      assert.throws(() => checkBattery({ ...battery, ...wrong }), RangeError, JSON.stringify(wrong));
    }
    assert.throws(() => storedAt(battery, 1001), RangeError);
  });

  it('balances to the watt-millisecond whatever happens', () => {
    const steps = fc.array(
      fc.record({
        flow: flowArb,
        setpointW: fc.integer({ min: -120_000, max: 120_000 }),
        ms: fc.integer({ min: 0, max: 900_000 }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(batteryArb, fc.integer({ min: 0, max: 1000 }), steps, (spec, soc, rows) => {
        const begin = initialSite(spec, soc);
        let state = begin;
        for (const { flow, setpointW, ms } of rows) {
          const next = stepSite(spec, state, flow, setpointW, ms);
          assertMonotone(state, next);
          state = next;
        }
        for (const value of Object.values(state)) assert.ok(Number.isSafeInteger(value) && !Object.is(value, -0));
        const { importWms, exportWms, loadWms, pvWms, chargeWms, dischargeWms, stored } = state;
        assert.equal(importWms - exportWms, loadWms - pvWms - dischargeWms + chargeWms);
        assert.equal(stored - begin.stored, chargeWms * spec.roundTripPerMille - dischargeWms * 1000);
        assert.ok(stored <= storedAt(spec, 1000));
        assert.ok(stored >= Math.min(begin.stored, storedAt(spec, spec.minSocPerMille ?? 0)));
      }),
      { numRuns: 500 },
    );
  });

  it('comes to the same however a step is cut', () => {
    fc.assert(
      fc.property(
        batteryArb,
        fc.integer({ min: 0, max: 1000 }),
        flowArb,
        fc.integer({ min: -120_000, max: 120_000 }),
        fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 10 }),
        (spec, soc, flow, setpointW, cuts) => {
          const begin = initialSite(spec, soc);
          const whole = stepSite(
            spec,
            begin,
            flow,
            setpointW,
            cuts.reduce((sum, ms) => sum + ms, 0),
          );
          const parts = cuts.reduce((state, ms) => stepSite(spec, state, flow, setpointW, ms), begin);
          assert.deepEqual(parts, whole);
        },
      ),
    );
  });
});

function assertMonotone(before: SiteState, after: SiteState): void {
  for (const name of ['loadWms', 'pvWms', 'importWms', 'exportWms', 'chargeWms', 'dischargeWms'] as const) {
    assert.ok(after[name] >= before[name], name);
  }
}
