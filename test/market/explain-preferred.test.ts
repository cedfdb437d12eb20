// Reasons in books with preferences: what they say, that their figures are those of the clearing, and that the limit they
// name, where they name one, is exactly the one on which it turns whether the order trades at all.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear } from '../../src/market/clear.ts';
import { explainAll, explainer } from '../../src/market/explain.ts';
import type { Auction, Clearing, Order, Preference } from '../../src/market/order.ts';
import type { Reason } from '../../src/units.ts';
import { INTERVAL, withCancels } from '../support/books.ts';
import { preferringAuctionsOf, preferringZonalAuctionsOf } from '../support/preferring-books.ts';

type Row = readonly [id: string, member: string, side: Order['side'], wh: number, limit: number, more?: object];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit, more]) => ({ id, member, side, wh, limit, ...more }));
const wish = (mode: Preference['mode'], from: Preference['from'], ...partners: string[]) => ({
  preference: { mode, from, ...(partners.length > 0 ? { partners } : {}) },
});
const places = new Map(
  ['a', 'b', 'c'].map((member) => [member, { feeder: member === 'c' ? 'g' : 'f', substation: 's' }] as const),
);
const reasonOf = (orders: Order[], id = '1', rule = 'uniform-price/1', more: Partial<Auction> = {}): Reason => {
  const auction: Auction = { interval: INTERVAL, orders, places, ...more };
  return explainAll(auction, clear(rule, auction))[orders.findIndex((order) => order.id === id)]!;
};

describe('reasons in a book with preferences', () => {
  const buy: Row = ['1', 'a', 'buy', 5000, 250_000, wish('only', 'partners', 'b', 'c', 'd', 'e', 'f')];
  const rows: readonly (readonly [name: string, orders: Order[], code: string, text: string, numbers: object])[] = [
    [
      'filled by preference',
      book(buy, ['2', 'b', 'sell', 5000, 170_000]),
      'preferred',
      'filled by preference: 5 kWh from b at 0.21 EUR/kWh',
      { wh: 5000, filledWh: 5000, limit: 250_000, preferredWh: 5000, preferredLow: 210_000, preferredHigh: 210_000 },
    ],
    [
      'the other side of it, which has no preference',
      book(['1', 'b', 'sell', 5000, 170_000], ['2', 'a', 'buy', 5000, 250_000, wish('first', 'partners', 'b')]),
      'preferred',
      'filled by preference: 5 kWh to a at 0.21 EUR/kWh',
      { wh: 5000, filledWh: 5000, limit: 170_000, preferredWh: 5000, preferredLow: 210_000, preferredHigh: 210_000 },
    ],
    [
      'filled by many, two orders of one at one price told as one',
      book(
        buy,
        ['2', 'b', 'sell', 1000, 170_000],
        ['3', 'b', 'sell', 1000, 170_000],
        ['4', 'c', 'sell', 1000, 180_000],
        ['5', 'd', 'sell', 800, 190_000],
        ['6', 'e', 'sell', 600, 200_000],
        ['7', 'f', 'sell', 600, 210_000],
      ),
      'preferred',
      'filled by preference: 2 kWh from b at 0.21 EUR/kWh, 1 kWh from c at 0.215 EUR/kWh, 800 Wh from d at 0.22 EUR/kWh, 1.2 kWh in 2 more trades',
      { wh: 5000, filledWh: 5000, limit: 250_000, preferredWh: 5000, preferredLow: 210_000, preferredHigh: 230_000 },
    ],
    [
      'filled in part, and nothing else will do',
      book(buy, ['2', 'b', 'sell', 2000, 170_000], ['3', 'g', 'sell', 5000, 100_000]),
      'partly-preferred',
      '2 kWh of 5 kWh bought by preference: 2 kWh from b at 0.21 EUR/kWh; nobody else whom you accept offered more within your limit 0.25 EUR/kWh',
      { wh: 5000, filledWh: 2000, limit: 250_000, preferredWh: 2000, preferredLow: 210_000, preferredHigh: 210_000 },
    ],
    [
      'filled in part, the rest by the rule',
      book(
        ['1', 'a', 'buy', 5000, 250_000, wish('first', 'partners', 'b')],
        ['2', 'b', 'sell', 2000, 170_000],
        ['3', 'c', 'sell', 3000, 150_000],
      ),
      'filled',
      '2 kWh of 5 kWh bought by preference: 2 kWh from b at 0.21 EUR/kWh; the other 3 kWh filled: 3 kWh bought at 0.20 EUR/kWh',
      {
        wh: 5000,
        filledWh: 5000,
        limit: 250_000,
        price: 200_000,
        preferredWh: 2000,
        preferredLow: 210_000,
        preferredHigh: 210_000,
      },
    ],
    [
      'filled in part, and nothing left for the rest',
      book(['1', 'a', 'buy', 5000, 250_000, wish('first', 'partners', 'b')], ['2', 'b', 'sell', 2000, 170_000]),
      'no-counterpart',
      '2 kWh of 5 kWh bought by preference: 2 kWh from b at 0.21 EUR/kWh; the other 3 kWh not filled from what preferences left: nobody offered to sell',
      { wh: 5000, filledWh: 2000, limit: 250_000, preferredWh: 2000, preferredLow: 210_000, preferredHigh: 210_000 },
    ],
    [
      'none of the partners has an order',
      book(buy, ['2', 'g', 'sell', 5000, 170_000]),
      'nobody-accepted',
      'not filled: none of your partners offered to sell to you',
      { wh: 5000, filledWh: 0, limit: 250_000, preferredWh: 0 },
    ],
    [
      'the partner accepts others only',
      book(
        ['1', 'b', 'sell', 5, 10, wish('only', 'partners', 'a')],
        ['2', 'a', 'buy', 5, 20, wish('only', 'partners', 'c')],
      ),
      'nobody-accepted',
      'not filled: none of your partners wanted to buy from you',
      { wh: 5, filledWh: 0, limit: 10, preferredWh: 0 },
    ],
    [
      'nobody on the feeder',
      book(['1', 'a', 'buy', 5, 20, wish('only', 'feeder')], ['2', 'c', 'sell', 5, 10]),
      'nobody-accepted',
      'not filled: nobody on your feeder offered to sell to you',
      { wh: 5, filledWh: 0, limit: 20, preferredWh: 0 },
    ],
    [
      'no place in the feeder tree',
      book(['1', 'x', 'buy', 5, 20, wish('only', 'feeder')], ['2', 'c', 'sell', 5, 10]),
      'nobody-accepted',
      'not filled: your place in the feeder tree is not known',
      { wh: 5, filledWh: 0, limit: 20, preferredWh: 0 },
    ],
    [
      'no renewable surplus',
      book(['1', 'a', 'buy', 5, 20, wish('only', 'renewable')], ['2', 'c', 'sell', 5, 10]),
      'nobody-accepted',
      'not filled: nobody offered you renewable surplus',
      { wh: 5, filledWh: 0, limit: 20, preferredWh: 0 },
    ],
    [
      'a limit under that of the partner',
      book(buy, ['2', 'b', 'sell', 5000, 260_000]),
      'limit-accepted',
      'not filled: your limit 0.25 EUR/kWh is under 0.26, the lowest limit to sell among those you accept; a limit of 0.26 or more would have bought',
      { wh: 5000, filledWh: 0, limit: 250_000, preferredWh: 0, decidingLimit: 260_000 },
    ],
    [
      'what the partner had went to another, whose turn at 0.28 would have come first',
      book(buy, ['2', 'b', 'sell', 5000, 170_000], ['3', 'c', 'buy', 5000, 280_000, wish('first', 'partners', 'b')]),
      'went-to-others',
      'not filled: what met your limit 0.25 EUR/kWh among those you accept went to others; a limit of 0.280001 or more would have bought',
      { wh: 5000, filledWh: 0, limit: 250_000, preferredWh: 0, decidingLimit: 280_001 },
    ],
    [
      'nothing by preference, but by the rule',
      book(['1', 'a', 'buy', 5000, 250_000, wish('first', 'renewable')], ['2', 'c', 'sell', 5000, 150_000]),
      'filled',
      'filled: 5 kWh bought at 0.20 EUR/kWh; a limit under 0.15 would have bought nothing; nothing by preference: nobody offered you renewable surplus',
      { wh: 5000, filledWh: 5000, limit: 250_000, price: 200_000, decidingLimit: 150_000 },
    ],
    [
      'no preference, and what there was went by preference: at 0.00003 its turn would have come first',
      book(
        ['1', 'c', 'buy', 5, 20],
        ['2', 'b', 'sell', 5, 10, wish('first', 'partners', 'a', 'c')],
        ['3', 'a', 'buy', 5, 30],
      ),
      'no-counterpart',
      'not filled from what preferences left: nobody offered to sell; a limit of 0.00003 or more would have bought',
      { wh: 5, filledWh: 0, limit: 20, decidingLimit: 30 },
    ],
  ];
  for (const [name, orders, code, text, numbers] of rows) {
    it(name, () => assert.deepEqual(reasonOf(orders), { code, text, numbers }));
  }

  it('under zonal/1 only partners in the same area count, and the price is that of the area', () => {
    const areas = [{ id: 's' }, { id: 'f', parent: 's', members: ['a'] }, { id: 'g', parent: 's', members: ['b'] }];
    const orders = (mode: Preference['mode']) =>
      book(['1', 'a', 'buy', 5, 20, wish(mode, 'partners', 'b')], ['2', 'b', 'sell', 5, 10]);
    const { code, text } = reasonOf(orders('only'), '1', 'zonal/1', { areas });
    assert.deepEqual(
      [code, text],
      ['nobody-accepted', 'not filled: none of your partners in your area offered to sell to you'],
    );
    assert.match(
      reasonOf(orders('first'), '1', 'zonal/1', { areas }).text,
      /^filled: 5 Wh bought .*; nothing by preference: none of your partners in your area offered to sell to you$/,
    );
  });

  it('an order that was taken back met nobody by preference', () => {
    const orders = book(['1', 'a', 'buy', 5, 20, wish('only', 'partners', 'b')], ['2', 'b', 'sell', 5, 10]);
    const reason = reasonOf(orders, '1', 'continuous/1', { cancels: [{ order: '1', after: 2 }] });
    assert.deepEqual([reason.code, reason.text], ['taken-back', 'not filled: it was taken back']);
  });

  it('refuses a clearing of other orders', () => {
    const orders = book(buy, ['2', 'b', 'sell', 5000, 170_000]);
    const clearing = clear('uniform-price/1', { interval: INTERVAL, orders });
    const reasons = explainer({ interval: INTERVAL, orders: [{ ...orders[0]!, id: 'x' }, orders[1]!] }, clearing);
    assert.throws(() => reasons(0), { name: 'RangeError', message: /no fill for order 0 of the book/ });
  });

  const books: readonly (readonly [rule: string, books: fc.Arbitrary<Auction>])[] = [
    ['uniform-price/1', preferringAuctionsOf({ maxOrders: 14 })],
    ['pay-as-bid/1', preferringAuctionsOf({ maxOrders: 14 })],
    ['continuous/1', withCancels(preferringAuctionsOf({ maxOrders: 14 }))],
    ['trade-reduction/1', preferringAuctionsOf({ maxOrders: 14 })],
    ['zonal/1', preferringZonalAuctionsOf({ maxOrders: 14 })],
  ];
  const filledOf = ({ fills, preferred = [] }: Clearing, index: number) =>
    preferred.reduce((sum, { buy, sell, wh }) => sum + (buy === index || sell === index ? wh : 0), fills[index]!.wh);

  for (const [rule, auctions] of books) {
    it(`${rule}: figures are those of the clearing, and who traded by preference is named`, () => {
      let met = 0;
      fc.assert(
        fc.property(auctions, (auction) => {
          const clearing = clear(rule, auction);
          for (const [index, { text, numbers }] of explainAll(auction, clearing).entries()) {
            const order = auction.orders[index]!;
            assert.equal(numbers?.['wh'], order.wh);
            assert.equal(numbers?.['filledWh'], filledOf(clearing, index));
            const partners = (clearing.preferred ?? []).flatMap(({ buy, sell }) =>
              buy === index ? [sell] : sell === index ? [buy] : [],
            );
            assert.equal((numbers?.['preferredWh'] ?? 0) !== 0, partners.length > 0, text);
            const names = new Set(partners.map((partner) => auction.orders[partner]!.member));
            if (names.size > 0 && names.size < 3)
              for (const name of names) assert.ok(text.includes(` ${name} at `), text);
            met += names.size;
          }
        }),
        { numRuns: 200 },
      );
      assert.ok(met > 50);
    });

    it(`${rule}: across the named limit it trades, short of it not`, () => {
      const named = { alone: 0, both: 0 };
      fc.assert(
        fc.property(auctions, fc.nat(), (auction, pick) => {
          if (auction.orders.length === 0) return;
          const index = pick % auction.orders.length;
          const order = auction.orders[index]!;
          const { text, numbers } = explainer(auction, clear(rule, auction))(index);
          const deciding = numbers?.['decidingLimit'] as number | undefined;
          if (deciding === undefined) return;
          named[order.preference?.mode === 'only' ? 'alone' : 'both']++;
          for (let limit = -8; limit <= 8; limit++) {
            const orders = auction.orders.map((other, i) => (i === index ? { ...other, limit } : other));
            const trades = filledOf(clear(rule, { ...auction, orders }), index) > 0;
            assert.equal(trades, order.side === 'buy' ? limit >= deciding : limit <= deciding, `${limit}: ${text}`);
          }
        }),
        { numRuns: 1500 },
      );
      assert.ok(named.alone > 5, `named ${named.alone} times`);
      if (rule !== 'zonal/1') assert.ok(named.both > 50, `named ${named.both} times`);
    });
  }

  it('names a limit wherever one would have traded, but where its own member is before it', () => {
    let [silent, would] = [0, 0];
    fc.assert(
      fc.property(preferringAuctionsOf({ maxOrders: 14 }), fc.nat(), (auction, pick) => {
        if (auction.orders.length === 0) return;
        const index = pick % auction.orders.length;
        const { side } = auction.orders[index]!;
        const clearing = clear('uniform-price/1', auction);
        if (filledOf(clearing, index) > 0) return;
        const orders = auction.orders.map((other, i) =>
          i === index ? { ...other, limit: side === 'buy' ? 9 : -9 } : other,
        );
        if (filledOf(clear('uniform-price/1', { ...auction, orders }), index) === 0) return;
        would++;
        if (explainer(auction, clearing)(index).numbers?.['decidingLimit'] === undefined) silent++;
      }),
      { numRuns: 1500 },
    );
    assert.ok(would > 100 && silent < would / 10, `${silent} of ${would} without a limit`);
  });
});
