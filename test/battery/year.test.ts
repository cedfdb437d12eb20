// The self-consumption rule on measured homes over a year: energy is conserved to the Wh, and it costs what the rule costs
// when computed apart from our code. The rule, per quarter hour, with need n = load - PV in Wh, content s in thousandths of
// a Wh, round trip r in per mille, capacity C, minimum m, power P:
//   n < 0:  c = min(-n, P/4, floor((1000 C - s) / r)),  s += r c        (charge c)
//   n > 0:  d = min(n, P/4, floor((s - m) / 1000)),     s -= 1000 d     (discharge d)
//   cost = import tariff x sum of max(0, n + c - d) - feed-in tariff x sum of max(0, d - n - c)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { emptyBattery, runBattery } from '../../src/simulation/interval-battery.ts';
import type { BatterySpec } from '../../src/simulation/virtual-site.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';
import { amountNano } from '../../src/units.ts';
import { needSharedData } from '../support/shared-data.ts';

const spec: BatterySpec = {
  capacityWh: 6400,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  roundTripPerMille: 900,
  minSocPerMille: 100,
};
const IMPORT = 300_000;
const FEED_IN = 80_000;

describe('a year of self-consumption', () => {
  it('conserves energy to the Wh and costs what the rule costs', function () {
    this.timeout(60_000);
    const lines = readFileSync(needSharedData(this, 'profiles/homes-year.csv'), 'utf8').trim().split('\n');
    const rows = lines.slice(1).map((line) => line.split(','));
    const homes = ((lines[0]?.split(',').length ?? 1) - 1) / 2;
    assert.equal(homes, 10);
    for (let home = 0; home < homes; home++) {
      const needs = rows.flatMap((row) => {
        const [load, pv] = [quarters(Number(row[1 + 2 * home])), quarters(Number(row[2 + 2 * home]))];
        return load.map((wh, i) => wh - (pv[i] ?? 0));
      });
      assert.equal(needs.length, 35_040);
      const ours = byControl(needs);
      assert.deepEqual(ours, byRule(needs), `home ${home + 1}`);
      const { importWh, exportWh, chargeWh, dischargeWh, stored } = ours;
      assert.equal(importWh - exportWh, sum(needs) + chargeWh - dischargeWh);
      assert.equal(900 * chargeWh - 1000 * dischargeWh, stored - 640_000);
      assert.ok(chargeWh > 0 || needs.every((wh) => wh >= 0), `home ${home + 1} has sun and stores none`);
    }
  });
});

/** An hour's Wh in four parts that differ by at most one. */
const quarters = (wh: number) => [0, 1, 2, 3].map((i) => Math.floor(((i + 1) * wh) / 4) - Math.floor((i * wh) / 4));

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function byControl(needs: readonly number[]) {
  let battery = emptyBattery(spec);
  const total = { importWh: 0, exportWh: 0, chargeWh: 0, dischargeWh: 0, costNano: 0n };
  const start = Date.parse('2016-07-31T23:00Z');
  for (const [i, needWh] of needs.entries()) {
    const [next, { chargeWh, dischargeWh }] = runBattery(spec, battery, needWh, 0, start + i * INTERVAL_MS);
    battery = next;
    const net = needWh + chargeWh - dischargeWh;
    total.importWh += Math.max(0, net);
    total.exportWh += Math.max(0, -net);
    total.chargeWh += chargeWh;
    total.dischargeWh += dischargeWh;
    total.costNano += BigInt(net > 0 ? amountNano(net, IMPORT) : -amountNano(-net, FEED_IN));
  }
  return { ...total, stored: battery.stored };
}

function byRule(needs: readonly number[]) {
  let s = 640_000;
  let [importWh, exportWh, chargeWh, dischargeWh] = [0, 0, 0, 0];
  for (const n of needs) {
    const c = n < 0 ? Math.min(-n, 1250, Math.floor((6_400_000 - s) / 900)) : 0;
    const d = n > 0 ? Math.min(n, 1250, Math.floor((s - 640_000) / 1000)) : 0;
    s += 900 * c - 1000 * d;
    importWh += Math.max(0, n + c - d);
    exportWh += Math.max(0, d - n - c);
    chargeWh += c;
    dischargeWh += d;
  }
  const costNano = BigInt(importWh) * BigInt(IMPORT) - BigInt(exportWh) * BigInt(FEED_IN);
  return { importWh, exportWh, chargeWh, dischargeWh, costNano, stored: s };
}
