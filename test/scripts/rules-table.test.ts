// docs/rules-compared.md is what its figures make, the figures are what the street does, and the page says nothing that its figures
// do not bear.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { change, euros, grouped, kWh, perCent, rowsOf, spreadOf } from '../../scripts/rules-table/derived.ts';
import { rulesPage } from '../../scripts/rules-table/page.ts';
import { rulesPicture } from '../../scripts/rules-table/picture.ts';
import { communities, type Stored } from '../../scripts/rules-table/run.ts';
import { SIMULATED_RULES } from '../../src/simulation/street-market.ts';
import { needSharedData } from '../support/shared-data.ts';

const docs = new URL('../../docs/', import.meta.url);
const { year } = JSON.parse(readFileSync(new URL('rules-compared.json', docs), 'utf8')) as Stored;

describe('the table of market rules', () => {
  it('is what the code makes', async function () {
    this.timeout(120_000);
    needSharedData(this, 'profiles/homes-year.csv');
    const script = fileURLToPath(new URL('../../scripts/make-rules-table.ts', import.meta.url));
    await promisify(execFile)(process.execPath, [script, '--check']);
  });

  it('knows every rule that can be simulated', () => {
    assert.deepEqual([...new Set(communities().map(({ rule }) => rule))], SIMULATED_RULES);
    assert.deepEqual([...new Set(year.rules.map(({ rule }) => rule))], SIMULATED_RULES);
  });

  it('counts a whole year, whose bills add up', () => {
    assert.equal(year.intervals, 365 * 96);
    for (const { rule, costNano, withBatteries } of year.rules) {
      const total = Object.values(costNano).reduce((sum, cost) => sum + cost, 0);
      assert.equal(total, withBatteries.costNano, rule);
    }
  });

  it('does not say what its figures no longer bear', () => {
    const [uniform, ...others] = year.rules;
    const { withoutBatteries } = uniform!;
    const changed = { ...withoutBatteries, boundaryImportWh: withoutBatteries.boundaryImportWh + 1 };
    assert.throws(
      () => rulesPage({ ...year, rules: [{ ...uniform!, withoutBatteries: changed }, ...others] }),
      /no longer bear this sentence.*Trading moves money/,
    );
  });

  it('draws every home under every rule, and no number that is none', () => {
    const picture = rulesPicture(year);
    assert.doesNotMatch(picture, /NaN|undefined|Infinity/);
    const marks = [...picture.matchAll(/class="(?:same|gains|loses)"/g)];
    // The legend has one of each, the row of the supplier one.
    assert.equal(marks.length, 10 * year.rules.length + 4);
    assert.equal(picture.match(/<rect class="with"/g)?.length, 2 * (year.rules.length + 1) + 2);
  });

  it('compares savings with the supplier alone, and gains with uniform-price/1', () => {
    const [uniform, bid] = rowsOf(year);
    const { supplierOnly, rules } = year;
    assert.equal(bid!.savedByHome.get('h04'), supplierOnly.costNano['h04']! - rules[1]!.costNano['h04']!);
    assert.equal(bid!.gainByHome.get('h04'), rules[0]!.costNano['h04']! - rules[1]!.costNano['h04']!);
    assert.deepEqual([...uniform!.gainByHome.values()], new Array(10).fill(0));
  });

  it('writes numbers as people read them', () => {
    assert.deepEqual(
      [12_416_700_200_000, 5_000_000, 4_999_999, -5_000_000, -4_999_999, 0, -1_234_567_890_000].map(euros),
      ['12,416.70', '0.01', '0.00', '-0.01', '0.00', '0.00', '-1,234.57'],
    );
    assert.deepEqual([13_440_000_000, -2_650_000_000, 1].map(change), ['+13.44', '-2.65', '0.00']);
    assert.deepEqual([499, 500, 42_347_421].map(kWh), ['0', '1', '42,347']);
    assert.deepEqual([534, 1000, 7, null].map(perCent), ['53.4 %', '100.0 %', '0.7 %', '-']);
    assert.deepEqual([0, 999, 1000, 35_040, 1_000_000].map(grouped), ['0', '999', '1,000', '35,040', '1,000,000']);
    assert.deepEqual(spreadOf([5, -2, 10, 0]), { min: -2, median: 2, max: 10 });
    assert.deepEqual(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 });
  });
});
