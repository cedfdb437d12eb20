// Reasons: a table of every code, and as properties that each sentence is true: the decision (whether the order gets any
// energy) turns exactly on the limit that its reason names.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { explainAll, explainer } from '../../src/market/explain.ts';
import type { Auction, Order } from '../../src/market/order.ts';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';
import type { Reason } from '../../src/units.ts';
import { auctionsOf, INTERVAL } from '../support/books.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const reasonsOf = (orders: readonly Order[], currency?: string): Reason[] => {
  const auction = { interval: INTERVAL, orders };
  return explainAll(auction, clearUniformPrice(auction), currency);
};

describe('explainAll', () => {
  const rows: readonly (readonly [name: string, orders: Order[], code: string, text: string, numbers: object])[] = [
    [
      'an order filled whole',
      book(['1', 'a', 'buy', 1500, 250_000], ['2', 'b', 'sell', 1500, 170_000]),
      'filled',
      'filled: 1.5 kWh bought at 0.21 EUR/kWh; a limit under 0.17 would have bought nothing',
      { wh: 1500, filledWh: 1500, limit: 250_000, price: 210_000, decidingLimit: 170_000 },
    ],
    [
      'a sell filled whole',
      book(['1', 'b', 'sell', 1500, 170_000], ['2', 'a', 'buy', 1500, 250_000]),
      'filled',
      'filled: 1.5 kWh sold at 0.21 EUR/kWh; a limit over 0.25 would have sold nothing',
      { wh: 1500, filledWh: 1500, limit: 170_000, price: 210_000, decidingLimit: 250_000 },
    ],
    [
      'a purchase against an own sale',
      book(['1', 'a', 'buy', 50, 250_000], ['2', 'a', 'sell', 30, 170_000], ['3', 'b', 'sell', 20, 170_000]),
      'filled',
      'filled: 50 Wh bought at 0.21 EUR/kWh; a limit under 0.17 would have bought nothing; your own sale of 30 Wh is set against it',
      { wh: 50, filledWh: 50, limit: 250_000, price: 210_000, decidingLimit: 170_000, ownWh: 30 },
    ],
    [
      'a sale against an own purchase',
      book(['1', 'a', 'sell', 30, 170_000], ['2', 'a', 'buy', 30, 250_000]),
      'filled',
      'filled: 30 Wh sold at 0.21 EUR/kWh; a limit over 0.25 would have sold nothing; your own purchase of 30 Wh is set against it',
      { wh: 30, filledWh: 30, limit: 170_000, price: 210_000, decidingLimit: 250_000, ownWh: 30 },
    ],
    [
      'a buy under the price, which would have shared',
      book(['1', 'a', 'buy', 5, 180_000], ['2', 'b', 'sell', 5, 210_000], ['3', 'c', 'buy', 5, 210_000]),
      'limit-under-price',
      'not filled: your limit 0.18 EUR/kWh is under the clearing price 0.21; a limit of 0.21 or more would have bought',
      { wh: 5, filledWh: 0, limit: 180_000, price: 210_000, decidingLimit: 210_000 },
    ],
    [
      'a buy under the price, whose share would have come to nothing',
      book(['1', 'a', 'buy', 1, 180_000], ['2', 'b', 'sell', 5, 210_000], ['3', 'c', 'buy', 50, 210_000]),
      'limit-under-price',
      'not filled: your limit 0.18 EUR/kWh is under the clearing price 0.21; a limit of 0.210001 or more would have bought',
      { wh: 1, filledWh: 0, limit: 180_000, price: 210_000, decidingLimit: 210_001 },
    ],
    [
      'a sell over the price',
      book(['1', 'a', 'sell', 5, 220_000], ['2', 'b', 'sell', 5, 210_000], ['3', 'c', 'buy', 5, 210_000]),
      'limit-over-price',
      'not filled: your limit 0.22 EUR/kWh is over the clearing price 0.21; a limit of 0.21 or less would have sold',
      { wh: 5, filledWh: 0, limit: 220_000, price: 210_000, decidingLimit: 210_000 },
    ],
    [
      'an order that shares the margin',
      book(['1', 'a', 'buy', 10, 200_000], ['2', 'b', 'buy', 30, 200_000], ['3', 'c', 'sell', 20, 90_000]),
      'shared',
      '5 Wh of 10 Wh filled: your limit 0.20 EUR/kWh is the clearing price, where members shared what was left in proportion; a limit under 0.20 would have bought nothing',
      { wh: 10, filledWh: 5, limit: 200_000, price: 200_000, decidingLimit: 200_000 },
    ],
    [
      'an order whose share rounds to nothing',
      book(['1', 'a', 'buy', 1, 200_000], ['2', 'b', 'buy', 30, 200_000], ['3', 'c', 'sell', 5, 90_000]),
      'shared',
      'not filled: your limit 0.20 EUR/kWh is the clearing price, where members shared what was left in proportion; a limit of 0.200001 or more would have bought',
      { wh: 1, filledWh: 0, limit: 200_000, price: 200_000, decidingLimit: 200_001 },
    ],
    [
      'a buy at the floor of the midpoint, outbid by one micro',
      book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'buy', 5, 11], ['3', 'c', 'sell', 5, 0]),
      'outbid',
      'not filled: your limit 0.00001 EUR/kWh is the clearing price, but higher limits bought all there was; a limit of 0.000011 or more would have bought',
      { wh: 5, filledWh: 0, limit: 10, price: 10, decidingLimit: 11 },
    ],
    [
      'a buy under every offer, where nothing was traded',
      book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'sell', 5, 20]),
      'no-trade',
      'not filled: your limit 0.00001 EUR/kWh is under every limit to sell; a limit of 0.00002 or more would have bought',
      { wh: 5, filledWh: 0, limit: 10, decidingLimit: 20 },
    ],
    [
      'a buy that nobody could serve',
      book(['1', 'a', 'buy', 5, 10]),
      'no-counterpart',
      'not filled: nobody offered to sell',
      { wh: 5, filledWh: 0, limit: 10 },
    ],
    [
      'a sell that nobody wanted',
      book(['1', 'a', 'sell', 5, 10]),
      'no-counterpart',
      'not filled: nobody wanted to buy',
      { wh: 5, filledWh: 0, limit: 10 },
    ],
  ];
  for (const [name, orders, code, text, numbers] of rows) {
    it(name, () => assert.deepEqual(reasonsOf(orders)[0], { code, text, numbers }));
  }

  it('shows the currency of the community', () => {
    const orders = book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'sell', 5, 10]);
    assert.match(reasonsOf(orders, 'CHF')[1]!.text, /^filled: 5 Wh sold at 0\.00001 CHF\/kWh;/);
  });

  it('refuses an order that was not in the auction', () => {
    const orders = book(['1', 'a', 'buy', 5, 10]);
    const clearing = clearUniformPrice({ interval: INTERVAL, orders: [] });
    assert.throws(() => explainer({ interval: INTERVAL, orders }, clearing)(0), /has no fill for order 0/);
  });

  it('is true: each code says what the fill, the limit and the price are', () => {
    fc.assert(
      fc.property(auctionsOf({ limit: fc.integer({ min: -4, max: 6 }) }), (auction) => {
        const clearing = clearUniformPrice(auction);
        for (const [index, reason] of explainAll(auction, clearing).entries()) {
          const { side, wh, limit } = auction.orders[index]!;
          const filled = clearing.fills[index]!.wh;
          const { price } = clearing;
          const held: Record<string, boolean> = {
            'no-counterpart': auction.orders.every((order) => order.side === side),
            'no-trade': price === null && auction.orders.some((order) => order.side !== side),
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

  it('says of each order where its limit turns the decision: across it the decision changes, short of it nothing does', () => {
    const books = auctionsOf({ limit: fc.integer({ min: -6, max: 6 }), maxOrders: 14 });
    fc.assert(
      fc.property(books, fc.nat(), (auction, pick) => {
        if (auction.orders.length === 0) return;
        const index = pick % auction.orders.length;
        const { side } = auction.orders[index]!;
        const reason = explainer(auction, clearUniformPrice(auction))(index);
        const deciding = reason.numbers?.['decidingLimit'] as number | undefined;
        for (let limit = -9; limit <= 9; limit++) {
          const orders = auction.orders.map((order, i) => (i === index ? { ...order, limit } : order));
          const trades = clearUniformPrice({ ...auction, orders }).fills[index]!.wh > 0;
          const expected = deciding !== undefined && (side === 'buy' ? limit >= deciding : limit <= deciding);
          assert.equal(trades, expected, `${limit}: ${reason.text}`);
        }
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
