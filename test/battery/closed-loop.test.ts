// Control and a battery together, as they run: whatever is read, lost, wished or restarted, the battery's content stays
// in its window, and without good input the battery is in its safe mode after the validity of its last setpoint.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../src/battery/control.ts';
import { type BatterySettings, checkSettings } from '../../src/battery/settings.ts';
import { initialControl, type Snapshot } from '../../src/battery/state.ts';
import { SiteRun } from '../../src/simulation/site-run.ts';
import { type BatterySpec, socPerMille, WMS_PER_WH } from '../../src/simulation/virtual-site.ts';

const start = Date.parse('2026-11-22T08:00Z');

/** The battery itself has no reserve: only control keeps it in its window. */
const battery: BatterySpec = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };

const event = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 100, max: 10_000 }), fc.integer({ min: 100, max: 3_600_000 })),
  positionWh: fc.option(fc.integer({ min: -2000, max: 2000 })),
  fault: fc.oneof(
    { weight: 6, arbitrary: fc.constant('none') },
    { weight: 1, arbitrary: fc.constantFrom('meter silent', 'battery silent', 'write lost', 'restart', 'meter wild') },
  ),
});

const settingsArb: fc.Arbitrary<BatterySettings> = fc
  .record({
    minSocPerMille: fc.integer({ min: 0, max: 480 }),
    maxSocPerMille: fc.integer({ min: 520, max: 1000 }),
    hysteresisPerMille: fc.integer({ min: 0, max: 40 }),
    rampWPerSecond: fc.integer({ min: 10, max: 10_000 }),
    validForSeconds: fc.integer({ min: 5, max: 900 }),
    staleAfterMs: fc.integer({ min: 1000, max: 60_000 }),
  })
  .map((limits) => ({ capacityWh: 6400, maxChargeW: 4000, maxDischargeW: 4500, ...limits }));

describe('battery control in a closed loop', () => {
  it('never leaves its window, whatever happens', () => {
    const flows = fc.array(
      fc.record({ loadWh: fc.integer({ min: 0, max: 2500 }), pvWh: fc.integer({ min: 0, max: 2500 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(settingsArb, flows, fc.array(event, { maxLength: 60 }), (settings, profile, events) => {
        checkSettings(settings);
        let now = start;
        const run = new SiteRun(
          { profile: (at) => profile[(at / 900_000) % profile.length] ?? null, battery, start, socPerMille: 500 },
          () => now,
        );
        let control = initialControl;
        let seen: Snapshot = { gridW: null, batteryW: null, socPerMille: null, meterAt: null, batteryAt: null };
        let goodUntil = start;
        for (const { afterMs, positionWh, fault } of events) {
          now += afterMs;
          const { gridW, batteryW } = run.power;
          const soc = socPerMille(battery, run.site.stored);
          assert.ok(soc >= settings.minSocPerMille - 1 && soc <= settings.maxSocPerMille, `${soc} per mille`);
          if (now >= goodUntil) assert.equal(batteryW, 0, 'a setpoint outlived its validity');
          assert.ok(batteryW <= settings.maxDischargeW && -batteryW <= settings.maxChargeW);

          if (fault === 'restart') control = initialControl;
          if (fault !== 'meter silent')
            seen = { ...seen, gridW: fault === 'meter wild' ? gridW + 99_999 : gridW, meterAt: now };
          if (fault !== 'battery silent') seen = { ...seen, batteryW, socPerMille: soc, batteryAt: now };
          const [next, decision] = decide(settings, control, { ...seen, positionWh }, now);
          control = next;
          if (fault === 'write lost') continue;
          if (decision.state === 'safe') {
            run.write(new Map([['StorCtl_Mod', 0]]));
            goodUntil = now;
          } else {
            const rate = Math.trunc((decision.setpointW * 10_000) / 5000);
            const points = {
              InOutWRte_RvrtTms: decision.validForSeconds,
              OutWRte: rate,
              InWRte: -rate,
              StorCtl_Mod: 3,
            };
            assert.ok(run.write(new Map(Object.entries(points))));
            goodUntil = now + decision.validForSeconds * 1000;
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('brings the connection to nothing, and to what was traded', () => {
    const settings: BatterySettings = {
      capacityWh: 6400,
      maxChargeW: 5000,
      maxDischargeW: 5000,
      minSocPerMille: 100,
      maxSocPerMille: 1000,
      hysteresisPerMille: 20,
      rampWPerSecond: 5000,
      staleAfterMs: 10_000,
      validForSeconds: 30,
    };
    let now = start;
    const quarter = (at: number) => (at / 900_000) % 4;
    const profile = (at: number) => ({ loadWh: 200 + quarter(at) * 50, pvWh: quarter(at) * 120 });
    const run = new SiteRun({ profile, battery, start, socPerMille: 600 }, () => now);
    const positions = [0, 0, 150, -80];
    let control = initialControl;
    for (const [index, positionWh] of positions.entries()) {
      const before = run.site;
      for (now = start + index * 900_000; now < start + (index + 1) * 900_000; now += 1000) {
        const { gridW, batteryW } = run.power;
        const soc = socPerMille(battery, run.site.stored);
        const snapshot = { gridW, batteryW, socPerMille: soc, meterAt: now, batteryAt: now, positionWh };
        const [next, { setpointW, validForSeconds }] = decide(settings, control, snapshot, now);
        control = next;
        const points = {
          InOutWRte_RvrtTms: validForSeconds,
          OutWRte: setpointW * 2,
          InWRte: -setpointW * 2,
          StorCtl_Mod: 3,
        };
        run.write(new Map(Object.entries(points)));
      }
      const after = run.site;
      const net = (after.importWms - before.importWms - after.exportWms + before.exportWms) / WMS_PER_WH;
      assert.ok(Math.abs(net - positionWh) < 1, `interval ${index}: ${net} Wh instead of ${positionWh}`);
    }
  });
});
