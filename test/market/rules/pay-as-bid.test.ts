// Best buy with best sell at the buyer's limit: corners, a plain second version, and the cases of a peer.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Auction, Clearing, Order } from '../../../src/market/order.ts';
import { clearPayAsBid } from '../../../src/market/rules/pay-as-bid.ts';
import { clearUniformPrice } from '../../../src/market/rules/uniform-price.ts';
import { auctionsOf, INTERVAL } from '../../support/books.ts';
import { naivePayAsBid } from '../../support/naive-rules.ts';
import { needSharedData } from '../../support/shared-data.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const pairsOf = (orders: Order[], interval = INTERVAL, members = ['a', 'b', 'c', 'd']) =>
  clearPayAsBid({ interval, members, orders }).pairs.map(
    ({ buyer, seller, wh, price }) => `${seller}>${buyer} ${wh} at ${price}`,
  );

describe('pay-as-bid/1', () => {
  it('lays the best buy against the best sell, each pair at the limit of its buyer', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'b', 'buy', 5, 20],
      ['3', 'c', 'sell', 4, 10],
      ['4', 'd', 'sell', 9, 15],
    );
    assert.deepEqual(pairsOf(orders), ['c>a 4 at 30', 'd>a 1 at 30', 'd>b 5 at 20']);
  });

  it('has no one price', () => {
    const { price, priceLow, priceHigh, volumeWh } = clearPayAsBid({
      interval: INTERVAL,
      orders: book(['1', 'a', 'buy', 5, 30], ['2', 'b', 'sell', 5, 20]),
    });
    assert.deepEqual([price, priceLow, priceHigh, volumeWh], [null, null, null, 5]);
  });

  it('equal limits stand in rotation, which goes round', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'b', 'buy', 5, 30],
      ['3', 'c', 'sell', 5, 10],
      ['4', 'd', 'sell', 5, 20],
    );
    const cheapestTo = ['08:15', '08:30', '08:45', '09:00'].map(
      (time) => pairsOf(orders, `2026-11-22T${time}Z`).find((pair) => pair.startsWith('c'))?.[2],
    );
    // 2026-11-22 is day 20779, 08:15 quarter hour 1994817: 2015596 mod 4 = 0, so a is first, then b, then (c, d, and) a again.
    assert.deepEqual(cheapestTo, ['a', 'b', 'a', 'a']);
  });

  it('where a member meets itself there is no pair; where it meets others there is, on both sides', () => {
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'a', 'sell', 8, 10],
      ['3', 'b', 'buy', 4, 20],
      ['4', 'c', 'sell', 1, 12],
    );
    assert.deepEqual(pairsOf(orders), ['a>b 3 at 20', 'c>b 1 at 20']);
    const crossed = book(
      ['1', 'a', 'buy', 5, 20],
      ['2', 'a', 'sell', 5, 10],
      ['3', 'b', 'buy', 5, 30],
      ['4', 'c', 'sell', 5, 12],
    );
    assert.deepEqual(pairsOf(crossed), ['a>b 5 at 30', 'c>a 5 at 20']);
  });

  it('two orders of one member at one price are one pair; at two prices they are two', () => {
    const orders = book(
      ['1', 'a', 'buy', 2, 30],
      ['2', 'a', 'buy', 2, 20],
      ['3', 'b', 'sell', 1, 10],
      ['4', 'c', 'sell', 1, 11],
      ['5', 'b', 'sell', 2, 12],
    );
    assert.deepEqual(pairsOf(orders), ['b>a 1 at 30', 'c>a 1 at 30', 'b>a 2 at 20']);
    const again = book(
      ['1', 'a', 'buy', 3, 30],
      ['3', 'b', 'sell', 1, 10],
      ['4', 'c', 'sell', 1, 11],
      ['5', 'b', 'sell', 1, 12],
    );
    assert.deepEqual(pairsOf(again), ['b>a 2 at 30', 'c>a 1 at 30']);
  });

  it('refuses cancels, which a sealed auction does not know', () => {
    const auction: Auction = { interval: INTERVAL, orders: [], cancels: [{ order: 'x', after: 0 }] };
    assert.throws(() => clearPayAsBid(auction), { name: 'RangeError', message: /^cancels belong to continuous\/1/ });
  });

  it('fills as uniform-price/1 does', () => {
    fc.assert(
      fc.property(auctionsOf(), (auction) => {
        const [ours, uniform] = [clearPayAsBid(auction), clearUniformPrice(auction)];
        assert.deepEqual([ours.volumeWh, ours.fills], [uniform.volumeWh, uniform.fills]);
      }),
      { numRuns: 300 },
    );
  });

  it('is what market.md says, said plainly', () => {
    const small = { wh: fc.integer({ min: 1, max: 25 }), limit: fc.integer({ min: -5, max: 5 }) };
    fc.assert(
      fc.property(auctionsOf(small), (auction) => {
        assert.deepEqual(pairMap(clearPayAsBid(auction)), naivePayAsBid(auction).pairs);
      }),
      { numRuns: 500 },
    );
  });

  it('trades what a peer publishes', function () {
    const { cases } = JSON.parse(readFileSync(needSharedData(this, 'market/pay_as_bid.json'), 'utf8')) as {
      cases: Case[];
    };
    let compared = 0;
    for (const { id, bids, offers, trades } of cases) {
      // The peer leaves energy on the table where best with best would be a trade with oneself; here that is set off.
      if (id.endsWith('self-trade')) continue;
      const user = new Map([...bids, ...offers].map((each) => [each.id, each.user]));
      const orders = [...bids.map(orderOf('buy')), ...offers.map(orderOf('sell'))];
      const expected = new Map(
        trades.map(([bid, offer, qty, price]) => [`${user.get(bid)} ${user.get(offer)} ${scaled(price)}`, scaled(qty)]),
      );
      assert.deepEqual(pairMap(clearPayAsBid({ interval: INTERVAL, orders })), expected, id);
      compared++;
    }
    assert.equal(compared, 5);
  });
});

function pairMap({ pairs }: Clearing): ReadonlyMap<string, number> {
  const found = new Map(pairs.map(({ buyer, seller, wh, price }) => [`${buyer} ${seller} ${price}`, wh]));
  assert.equal(found.size, pairs.length, 'a pair stands twice at one price');
  return found;
}

interface Quote {
  readonly id: number;
  readonly user: string;
  readonly price: number;
  readonly qty: number;
}

interface Case {
  readonly id: string;
  readonly bids: readonly Quote[];
  readonly offers: readonly Quote[];
  readonly trades: readonly (readonly [bid: number, offer: number, qty: number, price: number])[];
}

function scaled(value: number): number {
  const integer = Math.round(value * 1e6);
  assert.equal(integer / 1e6, value);
  return integer;
}

function orderOf(side: 'buy' | 'sell'): (quote: Quote) => Order {
  return ({ id, user, price, qty }) => ({ id: `${id}`, member: user, side, wh: scaled(qty), limit: scaled(price) });
}
