// Reasons under every rule: what they say, and that the limit they name is the one on which the decision turns.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear } from '../../src/market/clear.ts';
import { explainShare } from '../../src/market/explain/allocation.ts';
import { explainAll, explainer } from '../../src/market/explain.ts';
import type { Auction, Cancel, Order } from '../../src/market/order.ts';
import { auctionsOf, INTERVAL, withCancels } from '../support/books.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const reasonOfOrder1 = (rule: string, orders: Order[], cancels?: Cancel[]) => {
  const auction = { interval: INTERVAL, orders, ...(cancels ? { cancels } : {}) };
  const index = orders.findIndex(({ id }) => id === '1');
  const { code, text } = explainAll(auction, clear(rule, auction))[index]!;
  return [code, text];
};

const rows: readonly (readonly [rule: string, code: string, text: string, orders: Order[], cancels?: Cancel[]])[] = [
  [
    'pay-as-bid/1',
    'filled',
    'filled: 5 Wh bought at your own limit 0.25 EUR/kWh; a limit under 0.10 would have bought nothing',
    book(['1', 'a', 'buy', 5, 250_000], ['2', 'b', 'sell', 9, 100_000]),
  ],
  [
    'pay-as-bid/1',
    'filled',
    "filled: 9 Wh sold, and you are paid your buyers' limits, 0.20 to 0.25 EUR/kWh; a limit over 0.25 would have sold nothing",
    book(['1', 'a', 'sell', 9, 100_000], ['2', 'b', 'buy', 5, 250_000], ['3', 'c', 'buy', 4, 200_000]),
  ],
  [
    'pay-as-bid/1',
    'filled',
    'filled: 5 Wh sold; a limit over 0.25 would have sold nothing; 5 Wh of your orders met each other, for no money',
    book(['1', 'a', 'sell', 5, 100_000], ['2', 'a', 'buy', 5, 250_000]),
  ],
  [
    'pay-as-bid/1',
    'limit-under-last',
    'not filled: your limit 0.18 EUR/kWh is under 0.25, the lowest that bought; a limit of 0.25 or more would have bought',
    book(['1', 'a', 'buy', 5, 180_000], ['2', 'b', 'buy', 5, 250_000], ['3', 'c', 'sell', 5, 100_000]),
  ],
  [
    'pay-as-bid/1',
    'shared',
    '2 Wh of 4 Wh filled: your limit 0.18 EUR/kWh is the lowest that bought, where members shared what was left in proportion; a limit under 0.10 would have bought nothing',
    book(['1', 'a', 'buy', 4, 180_000], ['2', 'b', 'sell', 2, 100_000]),
  ],
  [
    'pay-as-bid/1',
    'no-trade',
    'not filled: your limit 0.18 EUR/kWh is under every limit to sell; a limit of 0.20 or more would have bought',
    book(['1', 'a', 'buy', 4, 180_000], ['2', 'b', 'sell', 2, 200_000]),
  ],
  ['pay-as-bid/1', 'no-counterpart', 'not filled: nobody offered to sell', book(['1', 'a', 'buy', 4, 180_000])],
  [
    'continuous/1',
    'filled',
    'filled: 5 Wh bought at 0.10 to 0.12 EUR/kWh; a limit under 0.10 would have bought nothing',
    book(['2', 'b', 'sell', 3, 100_000], ['3', 'c', 'sell', 9, 120_000], ['1', 'a', 'buy', 5, 250_000]),
  ],
  [
    'continuous/1',
    'partly-met',
    '3 Wh of 5 Wh filled at 0.25 EUR/kWh: until the gate no order to sell met yours again at its limit 0.25 EUR/kWh; a limit under 0.10 would have bought nothing',
    book(['1', 'a', 'buy', 5, 250_000], ['2', 'b', 'sell', 3, 100_000]),
  ],
  [
    'continuous/1',
    'not-met',
    'not filled: until the gate no order to sell met yours at its limit 0.20 EUR/kWh; a limit of 0.25 or more would have bought',
    book(['1', 'a', 'buy', 5, 200_000], ['2', 'b', 'buy', 5, 250_000], ['3', 'c', 'sell', 5, 100_000]),
  ],
  [
    'continuous/1',
    'taken-back',
    '3 Wh of 5 Wh filled at 0.25 EUR/kWh: the open 2 Wh were taken back; a limit under 0.10 would have bought nothing',
    book(['1', 'a', 'buy', 5, 250_000], ['2', 'b', 'sell', 3, 100_000]),
    [{ order: '1', after: 2 }],
  ],
  [
    'trade-reduction/1',
    'filled',
    'filled: 5 Wh bought at 0.25 EUR/kWh; a limit under 0.250001 would have bought nothing',
    book(
      ['1', 'a', 'buy', 5, 300_000],
      ['2', 'a', 'buy', 5, 250_000],
      ['3', 'c', 'sell', 5, 100_000],
      ['4', 'd', 'sell', 5, 150_000],
    ),
  ],
  [
    'trade-reduction/1',
    'break-even',
    'not filled: your limit 0.25 EUR/kWh is that of the order that drops out and sets what buyers pay; a limit of 0.300001 or more would have bought',
    book(
      ['1', 'a', 'buy', 5, 250_000],
      ['2', 'a', 'buy', 5, 300_000],
      ['3', 'c', 'sell', 5, 100_000],
      ['4', 'd', 'sell', 5, 150_000],
    ),
  ],
  [
    'trade-reduction/1',
    'too-few',
    'not filled: the only orders that meet drop out to set the prices, and nobody is left to trade',
    book(['1', 'a', 'buy', 5, 250_000], ['2', 'b', 'sell', 5, 100_000]),
  ],
];

describe('reasons of every rule', () => {
  for (const [rule, code, text, orders, cancels] of rows) {
    it(`${rule}: ${code}`, () => assert.deepEqual(reasonOfOrder1(rule, orders, cancels), [code, text]));
  }

  it('refuses a rule that it cannot explain', () => {
    const clearing = { ...clear('uniform-price/1', { interval: INTERVAL, orders: [] }), rule: 'no-such/1' };
    assert.throws(() => explainer({ interval: INTERVAL, orders: [] }, clearing), {
      name: 'RangeError',
      message: /"no-such\/1" has no reasons/,
    });
  });

  const few = { limit: fc.integer({ min: -5, max: 5 }), maxOrders: 14 };
  const books: readonly (readonly [rule: string, books: fc.Arbitrary<Auction>])[] = [
    ['uniform-price/1', auctionsOf(few)],
    ['pay-as-bid/1', auctionsOf(few)],
    ['continuous/1', withCancels(auctionsOf(few))],
    ['trade-reduction/1', auctionsOf(few)],
    ['trade-reduction/1', auctionsOf({ ...few, wh: fc.integer({ min: 1, max: 3 }), maxOrders: 20 })],
  ];
  for (const [index, [rule, auctions]] of books.entries()) {
    it(`${rule}: across the named limit the decision changes, short of it nothing does (${index})`, () => {
      let [named, turned] = [0, 0];
      fc.assert(
        fc.property(auctions, fc.nat(), (auction, pick) => {
          if (auction.orders.length === 0) return;
          const index = pick % auction.orders.length;
          const { side } = auction.orders[index]!;
          const reason = explainer(auction, clear(rule, auction))(index);
          const deciding = reason.numbers?.['decidingLimit'] as number | undefined;
          if (deciding !== undefined) named++;
          for (let limit = -8; limit <= 8; limit++) {
            const orders = auction.orders.map((order, i) => (i === index ? { ...order, limit } : order));
            const trades = clear(rule, { ...auction, orders }).fills[index]!.wh > 0;
            const expected = deciding !== undefined && (side === 'buy' ? limit >= deciding : limit <= deciding);
            assert.equal(trades, expected, `${limit}: ${reason.text}`);
            if (trades) turned++;
          }
        }),
        { numRuns: 600 },
      );
      assert.ok(named > 100 && turned > 100);
    });
  }

  it('has the figures of the order, and says filled of what is', () => {
    const drawn = fc.oneof(...books.map(([rule, auctions]) => fc.tuple(fc.constant(rule), auctions)));
    fc.assert(
      fc.property(drawn, ([rule, auction]) => {
        const clearing = clear(rule, auction);
        for (const [index, { code, numbers }] of explainAll(auction, clearing).entries()) {
          const { wh, limit } = auction.orders[index]!;
          const filledWh = clearing.fills[index]!.wh;
          assert.deepEqual([numbers?.['wh'], numbers?.['filledWh'], numbers?.['limit']], [wh, filledWh, limit]);
          assert.equal(code === 'filled', filledWh === wh);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('reasons of allocation/1', () => {
  const shares: readonly (readonly [wh: number, keyWh: number, consumptionWh: number, code: string, text: string])[] = [
    [500, 500, 900, 'by-key', "500 Wh of the 900 Wh that you consumed: so much is your key's part of the surplus"],
    [500, 500, 500, 'all-consumption', 'all 500 Wh that you consumed'],
    [500, 700, 500, 'all-consumption', 'all 500 Wh that you consumed; your key would give 700 Wh'],
    [
      700,
      500,
      900,
      'key-and-rest',
      '700 Wh of the 900 Wh that you consumed: 500 Wh by your key and 200 Wh that others left',
    ],
    [0, 0, 900, 'no-share', 'none of the 900 Wh that you consumed: your key gives no Wh of this surplus'],
  ];
  for (const [wh, keyWh, consumptionWh, code, text] of shares) {
    it(`${code}: ${wh} of ${keyWh} for ${consumptionWh}`, () => {
      const numbers = { wh, keyWh, consumptionWh };
      assert.deepEqual(explainShare({ member: 'a', ...numbers }), { code, text, numbers });
    });
  }
});
