import assert from 'node:assert/strict';
import { settle } from '../../src/settlement/settle.ts';
import type { SettlementInput } from '../../src/settlement/settlement.ts';
import {
  periodStatements,
  selfConsumptionPerMille,
  selfSufficiencyPerMille,
  statementsOf,
  supplierOnlyAmount,
} from '../../src/settlement/statement.ts';

const TARIFFS = { import: 300_000, feedIn: 80_000 };
const measured = 'measured' as const;
const part = (interval: string) => ({
  interval,
  clearing: { price: 200_000, pairs: [{ buyer: 'a', seller: 'b', wh: 400 }] },
  meters: [
    { member: 'a', importWh: 500, exportWh: 0, quality: measured },
    { member: 'b', importWh: 0, exportWh: 1000, quality: measured },
  ],
});
const input: SettlementInput = { tariffs: TARIFFS, intervals: [part('2026-11-22T08:15Z')] };
const two: SettlementInput = {
  tariffs: TARIFFS,
  intervals: [
    part('2026-11-22T08:15Z'),
    {
      ...part('2026-11-22T08:30Z'),
      meters: [
        { member: 'a', importWh: null, exportWh: null, quality: 'missing' },
        { member: 'b', importWh: 0, exportWh: 1000, quality: 'estimated' },
      ],
    },
  ],
};

describe('statements', () => {
  it('rows of a settlement record hold its fields and no more', () => {
    assert.deepEqual(statementsOf(input, settle(input)), [
      {
        member: 'a',
        importWh: 500,
        exportWh: 0,
        quality: 'measured',
        boughtWh: 400,
        soldWh: 0,
        supplierWh: 100,
        feedInWh: 0,
        amount: 110_000_000,
      },
      {
        member: 'b',
        importWh: 0,
        exportWh: 1000,
        quality: 'measured',
        boughtWh: 0,
        soldWh: 400,
        supplierWh: 0,
        feedInWh: 600,
        amount: -128_000_000,
      },
    ]);
    assert.throws(() => statementsOf(two, settle(two)), /one interval, but 2 were settled/);
  });

  it('over a period: sums, what is open, and what trading saved', () => {
    const homes = new Map([
      ['a', { loadWh: 500, pvWh: 0 }],
      ['b', { loadWh: 300, pvWh: 2600 }],
    ]);
    const [a, b] = periodStatements(settle(two).rows, TARIFFS, homes);
    assert.deepEqual(a, {
      member: 'a',
      intervals: 2,
      openIntervals: 1,
      estimatedIntervals: 0,
      importWh: 500,
      exportWh: 0,
      boughtWh: 800,
      soldWh: 0,
      supplierWh: 100,
      feedInWh: 0,
      amount: 190_000_000,
      supplierOnlyAmount: 150_000_000,
      savedNano: 40_000_000, // the open interval left out: 150 - 110
      selfSufficiencyPerMille: null,
      selfConsumptionPerMille: null,
    });
    // b sold 800 Wh 0.12 above the feed-in tariff.
    assert.deepEqual(
      [b?.savedNano, b?.estimatedIntervals, b?.selfSufficiencyPerMille, b?.selfConsumptionPerMille],
      [96_000_000, 1, 1000, 230],
    );
  });

  it('with the supplier only, fees count too', () => {
    assert.equal(supplierOnlyAmount(500, 200, TARIFFS), 90_000_000);
    assert.equal(supplierOnlyAmount(200, 500, TARIFFS), -24_000_000);
    assert.equal(
      supplierOnlyAmount(3, 1, { ...TARIFFS, networkFee: { beyond: 5 }, levies: 5, vatBasisPoints: 1000 }),
      660_022,
    );
    assert.ok(!Object.is(supplierOnlyAmount(1, 1, TARIFFS), -0));
  });

  const shares: readonly (readonly [part: number, whole: number, perMille: number | null])[] = [
    [250, 1000, 750],
    [1, 3, 666],
    [0, 5, 1000],
    [7, 5, 0],
    [1, 0, null],
  ];
  for (const [through, whole, perMille] of shares) {
    it(`${through} of ${whole} over the meter: ${perMille} per mille own`, () => {
      assert.equal(selfSufficiencyPerMille(through, whole), perMille);
      assert.equal(selfConsumptionPerMille(through, whole), perMille);
    });
  }
});
