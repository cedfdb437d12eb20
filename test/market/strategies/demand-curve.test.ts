// Demand in steps: so much at each price.
import assert from 'node:assert/strict';
import { demandCurve } from '../../../src/market/strategies/demand-curve.ts';
import { short, situation } from '../../support/situations.ts';

const steps = [
  { wh: 2000, limit: 100_000 },
  { wh: 500, limit: 280_000 },
  { wh: 1000, limit: 180_000 },
];

describe('demand that follows the price', () => {
  it('is an order for each step, the dearest first', () => {
    assert.deepEqual(short(demandCurve({ steps }, situation(null)).bids), [
      ['buy', 500, 280_000],
      ['buy', 1000, 180_000],
      ['buy', 2000, 100_000],
    ]);
  });

  it('joins steps where fewer orders are admitted, never above what a step says', () => {
    assert.deepEqual(short(demandCurve({ steps }, situation(null, { maxOrders: 2 })).bids), [
      ['buy', 1500, 180_000],
      ['buy', 2000, 100_000],
    ]);
  });

  it('comes down to what the market admits, and leaves out what nobody sells for', () => {
    const odd = [
      { wh: 500, limit: 400_000 },
      { wh: 300, limit: 79_999 },
      { wh: 200, limit: 80_000 },
    ];
    assert.deepEqual(short(demandCurve({ steps: odd }, situation(null)).bids), [
      ['buy', 500, 300_000],
      ['buy', 200, 80_000],
    ]);
    const { silence } = demandCurve({ steps: [{ wh: 300, limit: 10_000 }] }, situation(null));
    assert.equal(silence?.code, 'limit-beyond-tariffs');
  });

  it('says why, step by step', () => {
    const [first, second] = demandCurve({ steps }, situation(null)).bids;
    assert.equal(first?.reason.text, 'Up to 28.0 ct per kWh 500 Wh are wanted in this quarter hour.');
    assert.deepEqual(second?.reason, {
      code: 'demand-step',
      text: 'Up to 18.0 ct per kWh 1500 Wh are wanted in this quarter hour, 1000 Wh more than at a higher price.',
      numbers: { step: 2, steps: 3, reachedWh: 1500 },
    });
  });
});
