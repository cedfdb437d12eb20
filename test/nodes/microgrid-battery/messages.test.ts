// What a battery makes of the auction's result: all that its member traded, by the rule and before it.
import assert from 'node:assert/strict';
import { positionOf } from '../../../nodes/microgrid-battery/messages.ts';

const payload = {
  type: 'clearing' as const,
  rule: 'uniform-price/1',
  interval: '2026-11-22T08:15Z',
  volumeWh: 500,
  price: 1,
  priceLow: 1,
  priceHigh: 1,
  orders: [],
  fills: [
    { id: 'a', member: 'home-1', side: 'buy' as const, wh: 500 },
    { id: 'b', member: 'home-2', side: 'sell' as const, wh: 450 },
    { id: 'c', member: 'home-1', side: 'sell' as const, wh: 50 },
  ],
  pairs: [],
};

describe('the position of a battery', () => {
  it('is what its member bought less what it sold', () => {
    assert.deepEqual(
      ['home-1', 'home-2', 'home-3'].map((member) => positionOf(payload, member)),
      [450, -450, 0],
    );
  });

  it('counts what was traded by preference', () => {
    const preferred = [
      { buy: 0, sell: 1, buyer: 'home-1', seller: 'home-2', wh: 70, price: 2 },
      { buy: 0, sell: 3, buyer: 'home-1', seller: 'home-3', wh: 5, price: 2 },
    ];
    assert.deepEqual(
      ['home-1', 'home-2', 'home-3'].map((member) => positionOf({ ...payload, preferred }, member)),
      [525, -520, -5],
    );
  });
});
