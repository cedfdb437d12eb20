// Reasons: a table of every code, and as a property that each sentence is true: changing the limit it names changes the fill.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { explainAll, explainFill } from '../../src/market/explain.ts';
import type { Auction, Order } from '../../src/market/order.ts';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';
import { auctionsOf, INTERVAL } from '../support/books.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));

describe('explainFill', () => {
  const rows: readonly (readonly [name: string, orders: Order[], code: string, text: string])[] = [
    [
      'an order filled whole',
      book(['1', 'a', 'buy', 1500, 250_000], ['2', 'b', 'sell', 1500, 170_000]),
      'filled',
      'filled: 1.5 kWh bought at 0.21 EUR/kWh',
    ],
    [
      'a buy under the price',
      book(['1', 'a', 'buy', 5, 180_000], ['2', 'b', 'sell', 5, 210_000], ['3', 'c', 'buy', 5, 210_000]),
      'limit-under-price',
      'not filled: your limit 0.18 EUR/kWh is under the clearing price 0.21',
    ],
    [
      'a sell over the price',
      book(['1', 'a', 'sell', 5, 220_000], ['2', 'b', 'sell', 5, 210_000], ['3', 'c', 'buy', 5, 210_000]),
      'limit-over-price',
      'not filled: your limit 0.22 EUR/kWh is over the clearing price 0.21',
    ],
    [
      'an order that shares the margin',
      book(['1', 'a', 'buy', 10, 200_000], ['2', 'b', 'buy', 30, 200_000], ['3', 'c', 'sell', 20, 90_000]),
      'shared',
      '5 Wh of 10 Wh filled: your limit 0.20 EUR/kWh is the clearing price, where members shared what was left in proportion',
    ],
    [
      'an order whose share rounds to nothing',
      book(['1', 'a', 'buy', 1, 200_000], ['2', 'b', 'buy', 30, 200_000], ['3', 'c', 'sell', 5, 90_000]),
      'shared',
      'not filled: your limit 0.20 EUR/kWh is the clearing price, where members shared what was left in proportion',
    ],
    [
      'a buy at the floor of the midpoint, outbid by one micro',
      book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'buy', 5, 11], ['3', 'c', 'sell', 5, 0]),
      'outbid',
      'not filled: your limit 0.00001 EUR/kWh is the clearing price, but higher limits bought all there was',
    ],
    [
      'an auction without a trade',
      book(['1', 'a', 'buy', 5, 10]),
      'no-trade',
      'not filled: no limit to buy reached a limit to sell, so nothing was traded',
    ],
  ];
  for (const [name, orders, code, text] of rows) {
    it(name, () => {
      const reason = explainFill(orders[0]!, clearUniformPrice({ interval: INTERVAL, orders }));
      assert.deepEqual([reason.code, reason.text], [code, text]);
    });
  }

  it('shows the currency of the community', () => {
    const orders = book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'sell', 5, 10]);
    const clearing = clearUniformPrice({ interval: INTERVAL, orders });
    assert.match(
      explainFill(orders[1]!, clearing, { currency: 'CHF' }).text,
      /^filled: 5 Wh sold at 0\.00001 CHF\/kWh$/,
    );
  });

  it('refuses an order that was not in the auction', () => {
    const [order] = book(['1', 'a', 'buy', 5, 10]);
    assert.throws(() => explainFill(order!, clearUniformPrice({ interval: INTERVAL, orders: [] })), /does not list/);
  });

  it('is true: each code says what the fill, the limit and the price are', () => {
    fc.assert(
      fc.property(auctionsOf({ limit: fc.integer({ min: -4, max: 6 }) }), (auction) => {
        const clearing = clearUniformPrice(auction);
        for (const [index, reason] of explainAll(auction.orders, clearing).entries()) {
          const { side, wh, limit } = auction.orders[index]!;
          const filled = clearing.fills[index]!.wh;
          const { price } = clearing;
          const held: Record<string, boolean> = {
            'no-trade': price === null && clearing.volumeWh === 0,
            filled: filled === wh,
            'limit-under-price': filled === 0 && side === 'buy' && limit < price!,
            'limit-over-price': filled === 0 && side === 'sell' && limit > price!,
            shared: filled < wh && limit === price && sharedLevel(auction, clearing.fills, index),
            outbid: filled === 0 && side === 'buy' && limit === price && lowestBuy(auction, clearing.fills) > limit,
          };
          assert.equal(held[reason.code], true, reason.text);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('names the limit that decides: past the price the order trades, short of it nothing changes', () => {
    fc.assert(
      fc.property(auctionsOf({ limit: fc.integer({ min: -20, max: 20 }) }), fc.nat(), (auction, pick) => {
        const clearing = clearUniformPrice(auction);
        const reasons = explainAll(auction.orders, clearing);
        const left = auction.orders.flatMap((_order, i) => (/^limit-/.test(reasons[i]!.code) ? [i] : []));
        if (left.length === 0) return;
        const index = left[pick % left.length]!;
        const buy = auction.orders[index]!.side === 'buy';
        const best = auction.orders.reduce(
          (edge, { limit }) => (buy ? Math.max(edge, limit) : Math.min(edge, limit)),
          0,
        );
        const fillWith = (limit: number) => {
          const orders = auction.orders.map((order, i) => (i === index ? { ...order, limit } : order));
          return clearUniformPrice({ ...auction, orders }).fills[index]!.wh;
        };
        assert.ok(fillWith(buy ? best + 1 : best - 1) > 0);
        assert.equal(fillWith(buy ? clearing.priceLow! - 1 : clearing.priceHigh! + 1), 0);
      }),
      { numRuns: 500 },
    );
  });
});

type Fills = readonly { readonly wh: number }[];

/** Whether somebody on the same side and limit got energy: what was shared. */
function sharedLevel({ orders }: Auction, fills: Fills, index: number): boolean {
  const { side, limit } = orders[index]!;
  return orders.some((order, i) => order.side === side && order.limit === limit && fills[i]!.wh > 0);
}

function lowestBuy({ orders }: Auction, fills: Fills): number {
  return Math.min(...orders.flatMap(({ side, limit }, i) => (side === 'buy' && fills[i]!.wh > 0 ? [limit] : [])));
}
