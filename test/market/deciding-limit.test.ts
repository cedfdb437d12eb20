// The deciding limit against the rule itself: the order is cleared again on both sides of it, wherever the book has a limit.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecidingLimits } from '../../src/market/deciding-limit.ts';
import type { Auction, Order } from '../../src/market/order.ts';
import { clearUniformPrice, matchUniformPrice } from '../../src/market/rules/uniform-price.ts';
import { auctionsOf, INTERVAL } from '../support/books.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const auctionOf = (...rows: Row[]): Auction => ({
  interval: INTERVAL,
  orders: rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit })),
});
const decidingOf = (auction: Auction, index = 0) =>
  new DecidingLimits(auction).of(auction.orders[index]!, clearUniformPrice(auction).fills[index]!.wh);
const tradesWith = (auction: Auction, index: number, limit: number) => {
  const orders = auction.orders.map((order, i): Order => (i === index ? { ...order, limit } : order));
  return matchUniformPrice({ ...auction, orders }).filledWh[index]! > 0;
};

describe('DecidingLimits', () => {
  const rows: readonly (readonly [name: string, auction: Auction, deciding: number | null])[] = [
    ['alone on its side: the best offer', auctionOf(['1', 'a', 'buy', 5, 0], ['2', 'b', 'sell', 1, 70]), 70],
    ['nobody on the other side', auctionOf(['1', 'a', 'buy', 5, 0], ['2', 'b', 'buy', 1, 70]), null],
    [
      'behind a better buy: the offer after the one that it takes',
      auctionOf(
        ['1', 'a', 'buy', 5, 0],
        ['2', 'b', 'buy', 9, 99],
        ['3', 'c', 'sell', 9, 10],
        ['4', 'c', 'sell', 1, 60],
      ),
      60,
    ],
    [
      'behind a better buy and no further offer: one of the share with it',
      auctionOf(['1', 'a', 'buy', 9, 0], ['2', 'b', 'buy', 9, 99], ['3', 'c', 'sell', 9, 10]),
      99,
    ],
    [
      'the same with less of a share than half a Wh: above it',
      auctionOf(['1', 'a', 'buy', 1, 0], ['2', 'b', 'buy', 30, 99], ['3', 'c', 'sell', 9, 10]),
      100,
    ],
    [
      'behind an own order with the same limit and a smaller id, which takes the share',
      auctionOf(['2', 'a', 'buy', 1, 0], ['1', 'a', 'buy', 9, 99], ['3', 'c', 'sell', 9, 10]),
      100,
    ],
    [
      'before an own order with the same limit',
      auctionOf(['1', 'a', 'buy', 1, 0], ['2', 'a', 'buy', 9, 99], ['3', 'c', 'sell', 9, 10]),
      99,
    ],
    ['a sell, mirrored', auctionOf(['1', 'a', 'sell', 9, 0], ['2', 'b', 'sell', 9, -5], ['3', 'c', 'buy', 9, 10]), -5],
    ['zero without a sign', auctionOf(['1', 'a', 'sell', 9, 3], ['2', 'b', 'buy', 9, 0]), 0],
    [
      'no number left above the largest limit',
      auctionOf(['1', 'a', 'buy', 1, 0], ['2', 'b', 'buy', 30, 2 ** 53 - 1], ['3', 'c', 'sell', 9, 10]),
      null,
    ],
  ];
  for (const [name, auction, deciding] of rows) {
    it(name, () => assert.ok(Object.is(decidingOf(auction), deciding), String(decidingOf(auction))));
  }

  it('gives the odd Wh of equal remainders to whose turn it is', () => {
    // Two members who would get half a Wh each: the rotation decides who, and so whether the same limit is enough.
    const rows: Row[] = [
      ['1', 'a', 'buy', 1, 0],
      ['2', 'b', 'buy', 1, 99],
      ['3', 'c', 'sell', 1, 10],
    ];
    const members = ['a', 'b', 'c'];
    const at = (interval: string) => decidingOf({ ...auctionOf(...rows), interval, members });
    const found = ['2026-11-22T08:00Z', '2026-11-22T08:15Z', '2026-11-22T08:30Z'].map(at).sort();
    assert.deepEqual(found, [100, 99, 99].sort());
  });

  it('turns the decision of every order, whatever the book', () => {
    fc.assert(
      fc.property(auctionsOf(), fc.nat(), (auction, pick) => {
        if (auction.orders.length === 0) return;
        const index = pick % auction.orders.length;
        const deciding = decidingOf(auction, index);
        const sign = auction.orders[index]!.side === 'buy' ? 1 : -1;
        const tried = [...auction.orders.map(({ limit }) => limit), deciding ?? 0];
        for (const limit of tried.flatMap((each) => [each - 1, each, each + 1]).filter(Number.isSafeInteger)) {
          const expected = deciding !== null && sign * limit >= sign * deciding;
          assert.equal(tradesWith(auction, index, limit), expected, `${limit} against ${deciding}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is exact where a book sums to more than 2^53 Wh', () => {
    const huge = 2 ** 53 - 1;
    const auction = auctionOf(
      ['1', 'a', 'buy', 1, 0],
      ['2', 'b', 'buy', huge - 1, 30],
      ['3', 'c', 'buy', huge, 20],
      ['4', 'd', 'sell', huge, 10],
    );
    // One Wh is left after b: at 20 c would take it, above it is a's.
    assert.equal(decidingOf(auction), 21);
    assert.deepEqual([tradesWith(auction, 0, 20), tradesWith(auction, 0, 21)], [false, true]);
  });
});
