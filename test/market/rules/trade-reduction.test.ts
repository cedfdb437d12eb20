// The break-even orders drop out and set the prices: published cases, corners, a plain second version, and truthfulness.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Auction, Order } from '../../../src/market/order.ts';
import { clearTradeReduction } from '../../../src/market/rules/trade-reduction.ts';
import { auctionsOf, INTERVAL, MEMBERS } from '../../support/books.ts';
import { naiveReduction } from '../../support/naive-rules.ts';
import { needSharedData } from '../../support/shared-data.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const cleared = (orders: Order[], interval = INTERVAL) =>
  clearTradeReduction({ interval, members: ['a', 'b', 'c', 'd', 'e'], orders });
const fillsOf = (orders: Order[], interval?: string) => cleared(orders, interval).fills.map(({ wh }) => wh);

describe('trade-reduction/1', () => {
  it("buyers pay the limit of the buy that drops out, sellers get that of the sell, the rest is the fund's", () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'b', 'buy', 5, 25],
      ['3', 'c', 'sell', 5, 10],
      ['4', 'd', 'sell', 5, 15],
    );
    const { price, priceLow, priceHigh, volumeWh, pairs } = cleared(orders);
    assert.deepEqual([price, priceLow, priceHigh, volumeWh], [null, 15, 25, 5]);
    assert.deepEqual(pairs, [{ buyer: 'a', seller: 'c', wh: 5, price: 25, sellerPrice: 15 }]);
    assert.deepEqual(fillsOf(orders), [5, 0, 5, 0]);
  });

  it('an order that is partly reached drops out whole', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'b', 'buy', 9, 25],
      ['3', 'c', 'sell', 5, 10],
      ['4', 'd', 'sell', 5, 15],
    );
    assert.deepEqual(fillsOf(orders), [5, 0, 5, 0]);
  });

  it('the long side shares pro rata over all its orders, whatever their limits', () => {
    const orders = book(
      ['1', 'a', 'buy', 10, 40],
      ['2', 'b', 'buy', 20, 30],
      ['3', 'c', 'buy', 5, 25],
      ['4', 'd', 'sell', 15, 10],
      ['5', 'e', 'sell', 30, 15],
    );
    assert.deepEqual(fillsOf(orders), [5, 10, 0, 15, 0]);
  });

  it('nothing trades where nobody stands before a break-even order', () => {
    for (const orders of [
      book(['1', 'a', 'buy', 5, 30], ['2', 'b', 'sell', 5, 10]),
      book(['1', 'a', 'buy', 9, 30], ['2', 'b', 'sell', 5, 10], ['3', 'c', 'sell', 5, 15]),
      book(['1', 'a', 'buy', 5, 30], ['2', 'b', 'buy', 5, 20], ['3', 'c', 'sell', 12, 10]),
    ]) {
      const { volumeWh, priceLow, priceHigh, pairs } = cleared(orders);
      assert.deepEqual([volumeWh, priceLow, priceHigh, pairs], [0, null, null, []]);
    }
  });

  it('of equal limits the last in rotation drops out, and the turn goes round', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'b', 'buy', 5, 30],
      ['3', 'c', 'sell', 5, 10],
      ['4', 'd', 'sell', 5, 10],
    );
    const out = ['08:15', '08:30', '08:45', '09:00', '09:15'].map((time) =>
      fillsOf(orders, `2026-11-22T${time}Z`).join(''),
    );
    // 2015596 mod 5 = 1: first b, then c, d, e, a. Who of a and b, and of c and d, comes first trades.
    assert.deepEqual(out, ['0550', '5050', '5005', '5050', '5050']);
  });

  it('what a member has at one limit drops out together', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'b', 'buy', 3, 25],
      ['3', 'b', 'buy', 2, 25],
      ['4', 'c', 'sell', 8, 10],
      ['5', 'd', 'sell', 5, 15],
    );
    assert.deepEqual(fillsOf(orders), [5, 0, 0, 5, 0]);
  });

  it('what a member sells to itself costs it nothing and gives the fund nothing', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'a', 'sell', 5, 10],
      ['3', 'b', 'buy', 5, 25],
      ['4', 'c', 'sell', 5, 15],
    );
    const { volumeWh, pairs } = cleared(orders);
    assert.deepEqual([volumeWh, pairs], [5, []]);
  });

  it('is what market.md says, said plainly', () => {
    const books = auctionsOf({ limit: fc.integer({ min: -5, max: 8 }) });
    fc.assert(
      fc.property(books, (auction) => {
        const { fills, priceLow, priceHigh } = clearTradeReduction(auction);
        const naive = naiveReduction(auction);
        assert.deepEqual([priceHigh, priceLow], [naive.pays, naive.gets]);
        assert.deepEqual(new Map(fills.map(({ id, wh }) => [id, wh])), naive.fillById);
      }),
      { numRuns: 1000 },
    );
  });

  it('no other limit than the true one gains a member with one order anything', () => {
    const side = fc.constantFrom('buy' as const, 'sell' as const);
    const one = fc.record({ side, wh: fc.integer({ min: 1, max: 9 }), limit: fc.integer({ min: 0, max: 8 }) });
    const books = fc.array(one, { minLength: 3, maxLength: MEMBERS.length });
    let traded = 0;
    fc.assert(
      fc.property(books, fc.nat(), fc.integer({ min: -2, max: 10 }), (list, pick, lie) => {
        const orders = list.map((each, i): Order => ({ id: `${i}`, member: MEMBERS[i]!, ...each }));
        const index = pick % orders.length;
        const { side, limit: truth } = orders[index]!;
        const gain = (auction: Auction) => {
          const { fills, priceLow, priceHigh } = clearTradeReduction(auction);
          const { wh } = fills[index]!;
          if (wh === 0) return 0;
          traded++;
          return wh * (side === 'buy' ? truth - priceHigh! : priceLow! - truth);
        };
        const lying = orders.map((order, i) => (i === index ? { ...order, limit: lie } : order));
        assert.ok(gain({ interval: INTERVAL, orders: lying }) <= gain({ interval: INTERVAL, orders }));
      }),
      { numRuns: 2000 },
    );
    assert.ok(traded > 200, `only ${traded} trades were looked at`);
  });

  it('gives the published cases, in thousandths', function () {
    const { huang } = JSON.parse(readFileSync(needSharedData(this, 'market/pymarket_mechanisms.json'), 'utf8')) as {
      huang: Case[];
    };
    assert.equal(huang.length, 2);
    for (const {
      id,
      bids,
      offers,
      trades,
      sell_price,
      buy_price,
      bought_total,
      sellers,
      market_maker_profit,
    } of huang) {
      const orders = [...bids.map(orderOf('buy')), ...offers.map(orderOf('sell'))];
      const { fills, priceLow, priceHigh, pairs, volumeWh } = clearTradeReduction({ interval: INTERVAL, orders });
      const filled = fills.filter(({ wh }) => wh > 0);
      if (trades) {
        const found = filled.map(({ id, wh, side }) => [
          id,
          wh / 1000,
          (side === 'buy' ? priceHigh! : priceLow!) / 1000,
        ]);
        assert.deepEqual(found, trades, id);
        continue;
      }
      assert.deepEqual(
        [priceLow, priceHigh, volumeWh],
        [sell_price! * 1000, buy_price! * 1000, bought_total! * 1000],
        id,
      );
      assert.deepEqual(
        filled.filter(({ side }) => side === 'sell').map((fill) => fill.id),
        sellers,
        id,
      );
      // Five buyers want one unit each and share four; the peer's own text says so, where its table has four buyers.
      assert.deepEqual(
        filled.filter(({ side }) => side === 'buy').map(({ wh }) => wh),
        [800, 800, 800, 800, 800],
        id,
      );
      const fund = pairs.reduce((sum, { wh, price, sellerPrice }) => sum + wh * (price! - sellerPrice!), 0);
      assert.equal(fund, market_maker_profit! * 1e6, id);
    }
  });
});

interface Quote {
  readonly id: string;
  readonly price: number;
  readonly qty: number;
}

interface Case {
  readonly id: string;
  readonly bids: readonly Quote[];
  readonly offers: readonly Quote[];
  readonly trades?: readonly (readonly [id: string, qty: number, price: number])[];
  readonly sell_price?: number;
  readonly buy_price?: number;
  readonly bought_total?: number;
  readonly sellers?: readonly string[];
  readonly market_maker_profit?: number;
}

function orderOf(side: 'buy' | 'sell'): (quote: Quote) => Order {
  return ({ id, price, qty }) => ({ id, member: id, side, wh: qty * 1000, limit: Math.round(price * 1000) });
}
