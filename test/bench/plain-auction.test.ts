// The plain version that the bench `market` runs beside ours is the same auction: else it would be no measure.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clearPlainly } from '../../bench/support/plain-auction.ts';
import type { Order } from '../../src/market/order.ts';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';

const order = fc.record({
  member: fc.constantFrom('a', 'b', 'c', 'd'),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  wh: fc.integer({ min: 1, max: 50 }),
  limit: fc.integer({ min: 1, max: 6 }),
});

describe('the auction in plain objects', () => {
  it('fills every order as ours does', () => {
    fc.assert(
      fc.property(fc.array(order, { maxLength: 30 }), (drawn) => {
        const orders = drawn.map((each, i): Order => ({ ...each, id: `o${i}` }));
        const auction = { interval: '2026-11-22T08:15Z', orders };
        const ours = clearUniformPrice(auction).fills.map(({ wh }) => wh);
        assert.deepEqual(clearPlainly(auction), ours);
      }),
    );
  });
});
