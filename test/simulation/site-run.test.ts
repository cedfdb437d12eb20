// A site on a clock: counters equal the profile's sums at every quarter hour, the revert timer runs on the site's clock,
// and a restart or a change of pace changes nothing.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import fc from 'fast-check';
import { readProfiles } from '../../src/simulation/profiles.ts';
import { type SiteOptions, type SiteProfile, SiteRun } from '../../src/simulation/site-run.ts';
import { type BatterySpec, WMS_PER_WH } from '../../src/simulation/virtual-site.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';
import { needSharedData } from '../support/shared-data.ts';

const start = Date.parse('2017-07-10T06:00Z');
const battery: BatterySpec = {
  capacityWh: 6400,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  roundTripPerMille: 900,
  minSocPerMille: 100,
};

/** A site whose clock is set by hand. */
function site(options: Partial<SiteOptions> & { profile: SiteProfile }) {
  const clock = { now: start };
  return { clock, run: new SiteRun({ start, ...options }, () => clock.now) };
}

const command = (setpointW: number, seconds: number) => {
  const rate = (setpointW * 10_000) / 5000;
  return new Map([
    ['InOutWRte_RvrtTms', seconds],
    ['OutWRte', rate],
    ['InWRte', 0 - rate],
    ['StorCtl_Mod', 3],
  ]);
};

describe('site on a clock', () => {
  it('counts what the street measured, to the Wh at every quarter hour', async function () {
    this.timeout(20_000);
    const path = needSharedData(this, 'demo/street.csv');
    const { members, rows } = await readProfiles(createReadStream(path));
    const all: { start: number; loadWh: readonly number[]; pvWh: readonly number[] }[] = [];
    for await (const row of rows) all.push(row);
    const week = all.filter((row) => row.start >= start && row.start < start + 5 * 86_400_000);
    assert.ok(week.length > 400);
    for (const [member] of members.entries()) {
      const profile: SiteProfile = (at) => {
        const row = week[(at - start) / INTERVAL_MS];
        return row ? { loadWh: row.loadWh[member] ?? 0, pvWh: row.pvWh[member] ?? 0 } : null;
      };
      const { clock, run } = site({ profile });
      let [load, pv, taken, given] = [0, 0, 0, 0];
      for (const row of week) {
        const [loadWh, pvWh] = [row.loadWh[member] ?? 0, row.pvWh[member] ?? 0];
        load += loadWh;
        pv += pvWh;
        taken += Math.max(0, loadWh - pvWh);
        given += Math.max(0, pvWh - loadWh);
        // looked at in between, at odd moments
        clock.now = row.start + 123_457;
        run.power;
        clock.now = row.start + INTERVAL_MS;
        const { loadWms, pvWms, importWms, exportWms } = run.site;
        assert.deepEqual(
          [loadWms, pvWms, importWms, exportWms],
          [load, pv, taken, given].map((wh) => wh * WMS_PER_WH),
        );
      }
    }
  });

  it('follows a command until its timer runs out on the site clock', () => {
    const { clock, run } = site({ profile: () => ({ loadWh: 250, pvWh: 0 }), battery, socPerMille: 500 });
    assert.deepEqual(run.power, { loadW: 1000, pvW: 0, batteryW: 0, gridW: 1000 });
    assert.ok(run.write(command(700, 60)));
    assert.deepEqual(run.power, { loadW: 1000, pvW: 0, batteryW: 700, gridW: 300 });
    clock.now += 59_999;
    assert.equal(run.power.batteryW, 700);
    clock.now += 1;
    assert.equal(run.power.batteryW, 0);
    assert.equal(run.storage?.mode, 0);
    assert.equal(run.site.dischargeWms, 700 * 60_000);
    // much later, over many quarter hours at once
    assert.ok(run.write(command(-900, 1800)));
    clock.now += 86_400_000;
    assert.equal(run.site.chargeWms, 900 * 1_800_000);
  });

  it('refuses writes to what it does not have', () => {
    const { run } = site({ profile: () => null });
    assert.equal(run.write(command(1, 1)), false);
    assert.equal(run.storage, null);
  });

  it('keeps the reserve that was written', () => {
    const { clock, run } = site({ profile: () => ({ loadWh: 2000, pvWh: 0 }), battery, socPerMille: 500 });
    assert.ok(run.write(new Map([...command(5000, 36_000), ['MinRsvPct', 4000]])));
    clock.now += 3_600_000;
    assert.equal(run.site.dischargeWms, 640 * WMS_PER_WH);
    assert.equal(run.power.batteryW, 0);
  });

  it('stands still while its clock is set back, and never counts twice', () => {
    const { clock, run } = site({ profile: () => ({ loadWh: 100, pvWh: 0 }) });
    clock.now += INTERVAL_MS;
    const before = run.snapshot();
    clock.now -= 600_000;
    assert.deepEqual(run.snapshot(), before);
    clock.now += 900_000;
    assert.equal(run.site.loadWms, 400 * 1_200_000);
  });

  it('begins anew on reset', () => {
    const { clock, run } = site({ profile: () => ({ loadWh: 100, pvWh: 0 }), battery, socPerMille: 300 });
    const fresh = run.snapshot();
    run.write(command(500, 900));
    clock.now += INTERVAL_MS;
    run.site;
    clock.now = start;
    run.reset(start);
    assert.deepEqual(run.snapshot(), fresh);
  });

  it('gives the rows of its profile, holes left out', () => {
    const profile: SiteProfile = (at) =>
      at === start + INTERVAL_MS ? null : { loadWh: (at - start) / INTERVAL_MS, pvWh: 1 };
    const { run } = site({ profile });
    assert.deepEqual(run.history(start - 1, start + 3 * INTERVAL_MS), [
      { interval: '2017-07-10T06:00Z', loadWh: 0, pvWh: 1 },
      { interval: '2017-07-10T06:30Z', loadWh: 2, pvWh: 1 },
    ]);
    assert.deepEqual(run.history(start, start), []);
  });

  it('refuses kept states that are not its own', () => {
    const { run } = site({ profile: () => null, battery });
    const good = run.snapshot();
    const wrong: unknown[] = [
      null,
      [],
      {},
      { ...good, version: 2 },
      { ...good, at: '1' },
      { ...good, site: null },
      { ...good, storage: null },
      { ...good, site: { ...good.site, importWms: -1 } },
      { ...good, site: { ...good.site, stored: 1.5 } },
      { ...good, site: { ...good.site, stored: Number.MAX_SAFE_INTEGER } },
      { ...good, storage: { ...good.storage, mode: undefined } },
    ];
    for (const kept of wrong) assert.throws(() => run.restore(kept), RangeError, JSON.stringify(kept));
    assert.deepEqual(run.snapshot(), good);
    run.restore(JSON.parse(JSON.stringify(good)));
    assert.deepEqual(run.snapshot(), good);
  });

  it('comes to the same whoever looks when, and through any number of restarts', () => {
    const events = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 2_000_000 }),
        what: fc.oneof(
          fc.constant('look' as const),
          fc.constant('restart' as const),
          fc.record({ setpointW: fc.integer({ min: -2500, max: 2500 }), seconds: fc.integer({ min: 0, max: 3600 }) }),
        ),
      }),
      { maxLength: 25 },
    );
    const profile: SiteProfile = (at) => ({ loadWh: (at / INTERVAL_MS) % 700, pvWh: (at / INTERVAL_MS) % 1100 });
    fc.assert(
      fc.property(events, (rows) => {
        const watched = site({ profile, battery, socPerMille: 400 });
        const quiet = site({ profile, battery, socPerMille: 400 });
        let { run } = watched;
        for (const { afterMs, what } of rows) {
          watched.clock.now += afterMs;
          quiet.clock.now += afterMs;
          if (what === 'look') run.power;
          else if (what === 'restart') {
            const kept = JSON.parse(JSON.stringify(run.snapshot())) as unknown;
            run = new SiteRun({ profile, battery, start, socPerMille: 900 }, () => watched.clock.now);
            run.restore(kept);
          } else {
            const points = command(what.setpointW * 2, what.seconds);
            assert.equal(run.write(points), quiet.run.write(points));
          }
        }
        assert.deepEqual(run.snapshot(), quiet.run.snapshot());
      }),
      { numRuns: 200 },
    );
  });
});
