// Priority of price, then of time, at the resting order's limit: corners, cancels, a plain second version.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Cancel, Clearing, Order } from '../../../src/market/order.ts';
import { clearContinuous } from '../../../src/market/rules/continuous.ts';
import { auctionsOf, INTERVAL, withCancels } from '../../support/books.ts';
import { naiveContinuous } from '../../support/naive-rules.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const cleared = (orders: Order[], cancels: Cancel[] = []) => clearContinuous({ interval: INTERVAL, orders, cancels });
const tradesOf = (orders: Order[], cancels?: Cancel[]) =>
  cleared(orders, cancels).pairs.map(({ buyer, seller, wh, price }) => `${seller}>${buyer} ${wh} at ${price}`);

describe('continuous/1', () => {
  it('trades at the limit of the order that was there first', () => {
    assert.deepEqual(tradesOf(book(['1', 'a', 'buy', 5, 30], ['2', 'b', 'sell', 5, 10])), ['b>a 5 at 30']);
    assert.deepEqual(tradesOf(book(['2', 'b', 'sell', 5, 10], ['1', 'a', 'buy', 5, 30])), ['b>a 5 at 10']);
  });

  it('serves the better price first, and at one price the earlier order', () => {
    const orders = book(
      ['1', 'a', 'sell', 2, 12],
      ['2', 'b', 'sell', 2, 10],
      ['3', 'c', 'sell', 2, 10],
      ['4', 'd', 'buy', 5, 12],
    );
    assert.deepEqual(tradesOf(orders), ['b>d 2 at 10', 'c>d 2 at 10', 'a>d 1 at 12']);
  });

  it('keeps what is left of an order, in its place', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 10],
      ['2', 'b', 'sell', 2, 10],
      ['3', 'c', 'buy', 5, 10],
      ['4', 'd', 'sell', 4, 9],
    );
    assert.deepEqual(tradesOf(orders), ['b>a 2 at 10', 'd>a 3 at 10', 'd>c 1 at 10']);
    assert.deepEqual(
      cleared(orders).fills.map(({ wh }) => wh),
      [5, 2, 1, 4],
    );
  });

  it('a cancel takes back what is open then, and nothing that was traded before', () => {
    const orders = book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'sell', 2, 10], ['3', 'c', 'sell', 2, 10]);
    assert.deepEqual(tradesOf(orders, [{ order: '1', after: 2 }]), ['b>a 2 at 10']);
    assert.deepEqual(tradesOf(orders, [{ order: '1', after: 1 }]), []);
    assert.deepEqual(tradesOf(orders, [{ order: '1', after: 3 }]), ['b>a 2 at 10', 'c>a 2 at 10']);
    assert.deepEqual(
      tradesOf(orders, [
        { order: '1', after: 2 },
        { order: '1', after: 3 },
      ]),
      ['b>a 2 at 10'],
    );
  });

  it('a member that meets itself is filled, and nobody pays', () => {
    const orders = book(['1', 'a', 'buy', 5, 10], ['2', 'a', 'sell', 3, 10], ['3', 'b', 'sell', 9, 10]);
    const { volumeWh, fills } = cleared(orders);
    assert.deepEqual([volumeWh, fills.map(({ wh }) => wh), tradesOf(orders)], [5, [5, 3, 2], ['b>a 2 at 10']]);
  });

  it('may leave welfare on the table: who comes first trades first', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 10],
      ['2', 'b', 'sell', 5, 9],
      ['3', 'c', 'buy', 5, 50],
      ['4', 'd', 'sell', 5, 40],
    );
    assert.deepEqual(tradesOf(orders), ['b>a 5 at 10', 'd>c 5 at 50']);
  });

  const refused: readonly (readonly [name: string, cancel: Cancel, message: RegExp])[] = [
    ['of no order', { order: 'x', after: 1 }, /^cancels\[0\]\.order "x" names no order/],
    [
      'that stands before its order',
      { order: '2', after: 1 },
      /^cancels\[0\]\.after must be a whole number from 2 to 2/,
    ],
    ['after more orders than there are', { order: '1', after: 3 }, /^cancels\[0\]\.after must be .* but is 3/],
    ['at no whole place', { order: '1', after: 1.5 }, /^cancels\[0\]\.after must be .* but is 1\.5/],
  ];
  for (const [name, cancel, message] of refused) {
    it(`refuses a cancel ${name}`, () => {
      const orders = book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'sell', 5, 10]);
      assert.throws(() => cleared(orders, [cancel]), { name: 'RangeError', message });
    });
  }

  it('is what market.md says, said plainly, cancels and all', () => {
    fc.assert(
      fc.property(withCancels(auctionsOf({ limit: fc.integer({ min: -5, max: 5 }) })), (auction) => {
        const clearing = clearContinuous(auction);
        const naive = naiveContinuous(auction);
        assert.deepEqual(pairMap(clearing), naive.pairs);
        assert.deepEqual(new Map(clearing.fills.map(({ id, wh }) => [id, wh])), naive.fillById);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves no two orders open that could trade', () => {
    fc.assert(
      fc.property(auctionsOf(), (auction) => {
        const open = auction.orders.filter(({ wh }, index) => clearContinuous(auction).fills[index]!.wh < wh);
        const limits = (side: string) => open.filter((order) => order.side === side).map(({ limit }) => limit);
        assert.ok(Math.max(...limits('buy')) < Math.min(...limits('sell')));
      }),
      { numRuns: 200 },
    );
  });
});

function pairMap({ pairs }: Clearing): ReadonlyMap<string, number> {
  const found = new Map(pairs.map(({ buyer, seller, wh, price }) => [`${buyer} ${seller} ${price}`, wh]));
  assert.equal(found.size, pairs.length, 'a pair stands twice at one price');
  return found;
}
