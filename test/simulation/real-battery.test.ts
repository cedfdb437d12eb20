// The battery that is like a real one: its figures follow from the formulas they name, and behind Modbus every Wh that goes in
// comes out, is stored, or is lost, as far as anyone can see from outside.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import { openDevice } from '../../src/devices/device.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { capacityNow, modelSoc, newBattery, stepModel } from '../../src/simulation/battery-model.ts';
import { constantModel } from '../../src/simulation/constant-model.ts';
import { likeReal } from '../../src/simulation/real-battery.ts';
import { SiteRun } from '../../src/simulation/site-run.ts';
import { serveVirtualDevices } from '../../src/simulation/virtual-devices.ts';
import { BATTERY_UNIT, FACTORY_TEST_WH, METER_UNIT } from '../../src/simulation/virtual-registers.ts';
import { type BatterySpec, WMS_PER_WH } from '../../src/simulation/virtual-site.ts';

const HOUR = 3_600_000;
const start = Date.parse('2017-07-10T06:00Z');
const spec: BatterySpec = { capacityWh: 10_000, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };
const real = likeReal(spec);
const profile = (at: number) => ({ loadWh: 100 + ((at / 900_000) % 7) * 50, pvWh: ((at / 900_000) % 5) * 120 });
const command = (setpointW: number) =>
  new Map([
    ['InOutWRte_RvrtTms', 0],
    ['OutWRte', setpointW * 2],
    ['InWRte', 0 - setpointW * 2],
    ['StorCtl_Mod', 3],
  ]);

describe('a battery like a real one', () => {
  it('has the efficiencies of its formulas', () => {
    const cells = Math.sqrt(0.95);
    for (const { powerW, perMille } of real.chargeEfficiency ?? []) {
      const p = powerW / 5000;
      const lost = 5 * (35.52 * p * p - 3.09 * p + 18.23);
      assert.equal(perMille, Math.floor((1000 * cells * (powerW - lost)) / powerW));
    }
    for (const { powerW, perMille } of real.dischargeEfficiency ?? []) {
      const p = powerW / 5000;
      const lost = 5 * (37.57 * p * p - 3.56 * p + 19.31);
      assert.equal(perMille, Math.floor((1000 * cells * powerW) / (powerW + lost)));
    }
  });

  it('gives back some 850 of 1000 at half power, 650 at a tenth, and fades by some 2.5 % a year', () => {
    const roundTrip = (powerW: number) => {
      const { standbyW: _, ...awake } = real;
      const ms = Math.floor((2000 * HOUR) / powerW);
      const charged = stepModel(awake, newBattery(awake, 200), -powerW, ms).state;
      let state = charged;
      while (state.stored > newBattery(awake, 200).stored) state = stepModel(awake, state, powerW, 10_000).state;
      return Math.round((state.dischargedWms * 1000) / charged.chargedWms / 10) * 10;
    };
    assert.deepEqual([2500, 500].map(roundTrip), [850, 650]);
    let state = newBattery(real, 500);
    for (let day = 0; day < 365; day++) {
      for (const [watts, hours] of [
        [-2500, 4],
        [0, 8],
        [2000, 4],
        [0, 8],
      ] as const)
        state = stepModel(real, state, watts, hours * HOUR).state;
    }
    const left = capacityNow(real, state);
    assert.ok(left >= 9700 && left <= 9800, `${left} Wh`);
    assert.ok(modelSoc(real, state) <= 1000);
  });

  it('loses nothing unaccounted, seen through Modbus', async function () {
    this.timeout(60_000);
    const steps = fc.array(
      fc.record({
        minutes: fc.integer({ min: 1, max: 240 }),
        setpointW: fc.integer({ min: -5000, max: 5000 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(1000), async (commands, socPerMille) => {
        let now = start;
        const site = new SiteRun({ profile, battery: real, start, socPerMille, pv: true }, () => now);
        const devices = await serveVirtualDevices(site);
        const port = openTcpPort({ host: devices.host, port: devices.port, timeoutMs: 2000 });
        const meter = openDevice(port, METER_UNIT, deviceById('eastron-sdm630'));
        const battery = openDevice(port, BATTERY_UNIT, deviceById('sunspec-battery-124'));
        const inverter = openDevice(port, BATTERY_UNIT, deviceById('sunspec-inverter-103'));
        const look = async () => {
          const [grid, cells, given] = [
            await meter.read(() => now),
            await battery.read(() => now),
            await inverter.read(() => now),
          ];
          return {
            importWh: grid.importWh ?? Number.NaN,
            exportWh: grid.exportWh ?? Number.NaN,
            soc: cells.socPerMille ?? Number.NaN,
            dischargedWh: (given.exportWh ?? Number.NaN) - FACTORY_TEST_WH,
          };
        };
        try {
          const before = await look();
          let lostBefore = 0;
          for (const { minutes, setpointW } of commands) {
            assert.ok(site.write(command(setpointW)));
            now += minutes * 60_000;
            const { site: state, capacityWh } = site;
            const seen = await look();
            // load - pv from the profile, all else from registers, each rounded to a Wh or to 0.01 % of charge
            const needWh = (state.loadWms - state.pvWms) / WMS_PER_WH;
            const chargedWh = seen.importWh - seen.exportWh - needWh + seen.dischargedWh;
            const storedWh = (seen.soc * capacityWh) / 1000;
            const firstWh = (before.soc * spec.capacityWh) / 1000;
            const lostWh = chargedWh - seen.dischargedWh - (storedWh - firstWh);
            const trueLostWh = (state.losses?.lostWms ?? 0) / WMS_PER_WH;
            assert.ok(Math.abs(lostWh - trueLostWh) <= 16, `${lostWh} Wh lost, ${trueLostWh} by its own account`);
            assert.ok(trueLostWh >= lostBefore);
            lostBefore = trueLostWh;
            // and inside to the last unit
            const units = BigInt(state.losses?.lostWms ?? 0) * 1000n + BigInt(state.losses?.lostRest ?? 0);
            const first = BigInt(spec.capacityWh) * BigInt(WMS_PER_WH) * BigInt(socPerMille);
            assert.equal(
              1000n * BigInt(state.chargeWms),
              1000n * BigInt(state.dischargeWms) + BigInt(state.stored) - first + units,
            );
            assert.equal(
              BigInt(state.importWms) - BigInt(state.exportWms),
              BigInt(state.loadWms) - BigInt(state.pvWms) - BigInt(state.dischargeWms) + BigInt(state.chargeWms),
            );
          }
        } finally {
          await port.close();
          await devices.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is what a single virtual battery can be, too', () => {
    const description = deviceById('sunspec-battery-124');
    const after = [spec, real].map((battery) => {
      const model = constantModel(description, start, battery);
      model.advance(start + HOUR, 500);
      return model.state().socPerMille;
    });
    // 500 Wh out of 10 kWh; with a conversion of 816 per mille and 15 W of standby, 628 Wh
    assert.deepEqual(after, [450, 437]);
  });

  it('survives a restart with its age and its losses, and takes over what an ideal one left', () => {
    let now = start;
    const site = new SiteRun({ profile, battery: real, start, socPerMille: 500 }, () => now);
    site.write(command(3000));
    now += HOUR;
    const kept = JSON.parse(JSON.stringify(site.snapshot()));
    assert.deepEqual([kept.version, kept.site.losses.ageMs], [1, HOUR]);
    const again = new SiteRun({ profile, battery: real, start: now }, () => now);
    again.restore(kept);
    now += HOUR;
    assert.deepEqual(again.snapshot(), site.snapshot());
    const ideal = new SiteRun({ profile, battery: spec, start, socPerMille: 500 }, () => now);
    const before = ideal.snapshot();
    assert.ok(!('losses' in before.site), 'an ideal one keeps what it always kept');
    again.restore(JSON.parse(JSON.stringify(before)));
    now += HOUR;
    assert.equal(again.site.losses?.ageMs, HOUR);
    assert.throws(() => again.restore({ ...kept, site: { ...kept.site, losses: { lostWms: -1 } } }), RangeError);
  });
});
