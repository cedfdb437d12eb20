// Clearings of the rules whose pairs have prices of their own, and allocations: what of them must hold before they are settled.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import type { Clearing } from '../../src/market/order.ts';
import { allocate } from '../../src/market/rules/allocation.ts';
import { checkClearing } from '../../src/settlement/check.ts';
import type { TradedEnergy } from '../../src/settlement/settlement.ts';
import { auctionsOf, INTERVAL } from '../support/books.ts';

const check = (clearing: TradedEnergy, interval = INTERVAL) => checkClearing({ interval, clearing, meters: [] }, 'x');
const fill = (member: string, side: 'buy' | 'sell', wh: number) => ({ id: `${member}${side}`, member, side, wh });

const pair = { buyer: 'a', seller: 'b', wh: 5 };
const bid = { rule: 'pay-as-bid/1', price: null };
const cut = { rule: 'trade-reduction/1', price: null };
const shared = { rule: 'allocation/1', price: 7 };
const rows: readonly (readonly [name: string, clearing: TradedEnergy, message: RegExp | null])[] = [
  ['pay-as-bid/1, nothing wrong', { ...bid, pairs: [{ ...pair, price: 7 }] }, null],
  [
    'one pair at two prices',
    {
      ...bid,
      pairs: [
        { ...pair, price: 7 },
        { ...pair, price: 8 },
      ],
    },
    null,
  ],
  [
    'one pair twice at one price',
    {
      ...bid,
      pairs: [
        { ...pair, price: 7 },
        { ...pair, price: 7 },
      ],
    },
    /pairs\[1\] pairs "a" with "b" at 7 a second time/,
  ],
  ['a pair without its price', { ...bid, pairs: [pair] }, /^x\.clearing\.pairs\[0\]\.price must be/],
  ['a pair with a price that is no integer', { ...bid, pairs: [{ ...pair, price: 0.5 }] }, /pairs\[0\]\.price must be/],
  [
    'a price for all',
    { ...bid, price: 7, pairs: [{ ...pair, price: 7 }] },
    /^x\.clearing\.price is 7, but must be null: pairs have/,
  ],
  ['a bound for all', { ...bid, priceHigh: 7, pairs: [] }, /priceHigh is 7, but must be null/],
  [
    'two prices',
    { ...bid, pairs: [{ ...pair, price: 7, sellerPrice: 6 }] },
    /sellerPrice is 6, but the seller gets what the buyer pays/,
  ],
  [
    'a member on both sides',
    {
      ...bid,
      rule: 'continuous/1',
      pairs: [
        { ...pair, price: 7 },
        { buyer: 'b', seller: 'c', wh: 5, price: 6 },
      ],
      fills: [fill('a', 'buy', 5), fill('b', 'buy', 9), fill('b', 'sell', 9), fill('c', 'sell', 5)],
    },
    null,
  ],
  [
    'more bought from nobody than sold to nobody',
    {
      ...bid,
      pairs: [{ ...pair, price: 7 }],
      fills: [fill('a', 'buy', 6), fill('a', 'sell', 2), fill('b', 'sell', 4)],
    },
    /of the fills of "a" 1 Wh bought and 2 Wh sold are in no pair/,
  ],
  [
    'pairs that go round in a circle on top of the fills',
    {
      ...bid,
      pairs: [
        { ...pair, price: 7 },
        { buyer: 'b', seller: 'a', wh: 5, price: 7 },
      ],
      fills: [],
    },
    /of the fills of "a" -5 Wh bought and -5 Wh sold/,
  ],
  [
    'pairs beyond the fills',
    { ...bid, pairs: [{ ...pair, price: 7 }], fills: [fill('a', 'buy', 4), fill('b', 'sell', 4)] },
    /of the fills of "a" -1 Wh bought and 0 Wh/,
  ],

  [
    'trade-reduction/1, nothing wrong',
    { ...cut, priceLow: 6, priceHigh: 7, pairs: [{ ...pair, price: 7, sellerPrice: 6 }] },
    null,
  ],
  ['pairs alone', { ...cut, pairs: [{ ...pair, price: 7, sellerPrice: 6 }] }, null],
  ['the two prices the same', { ...cut, pairs: [{ ...pair, price: 7, sellerPrice: 7 }] }, null],
  [
    'a price between the two',
    { ...cut, price: 6, pairs: [] },
    /^x\.clearing\.price is 6, but must be null: there are two/,
  ],
  ['no price for the seller', { ...cut, pairs: [{ ...pair, price: 7 }] }, /pairs\[0\]\.sellerPrice must be/],
  [
    'sellers that get more than buyers pay',
    { ...cut, pairs: [{ ...pair, price: 6, sellerPrice: 7 }] },
    /sellers get 7, which is more than the 6 that buyers pay/,
  ],
  [
    'a buyer that pays otherwise',
    { ...cut, priceHigh: 8, pairs: [{ ...pair, price: 7, sellerPrice: 6 }] },
    /pairs\[0\]\.price is 7, but all buyers pay 8/,
  ],
  [
    'a seller that gets otherwise',
    {
      ...cut,
      pairs: [
        { ...pair, price: 7, sellerPrice: 6 },
        { ...pair, seller: 'c', price: 7, sellerPrice: 5 },
      ],
    },
    /pairs\[1\]\.sellerPrice is 5, but all sellers get 6/,
  ],
  [
    'energy without prices',
    { ...cut, priceLow: null, pairs: [], volumeWh: 5 },
    /priceLow is null, but 5 Wh were traded/,
  ],
  [
    'prices without energy',
    { ...cut, priceHigh: 7, pairs: [], volumeWh: 0 },
    /priceHigh is 7, but must be null, because nothing/,
  ],

  ['allocation/1, nothing wrong', { ...shared, volumeWh: 5, pairs: [pair] }, null],
  ['nothing allocated', { ...shared, price: null, volumeWh: 0, pairs: [] }, null],
  ['a volume beyond its pairs', { ...shared, volumeWh: 6, pairs: [pair] }, /volumeWh is 6, but the pairs sum to 5 Wh/],
  [
    'orders, where there are none',
    { ...shared, pairs: [pair], fills: [fill('a', 'buy', 5), fill('b', 'sell', 5)] },
    /fills are given, but an allocation has no orders/,
  ],
];

describe('what a settlement refuses of other rules', () => {
  for (const [name, clearing, message] of rows) {
    it(name, () => {
      if (message) assert.throws(() => check(clearing), { name: 'RangeError', message });
      else check(clearing);
    });
  }

  for (const rule of RULE_NAMES) {
    it(`nothing that ${rule} gives`, () => {
      fc.assert(
        fc.property(auctionsOf(), (auction) => check(clear(rule, auction), auction.interval)),
        { numRuns: 300 },
      );
    });

    it(`${rule}: any one quantity changed`, () => {
      const trading = auctionsOf()
        .map((auction) => clear(rule, auction))
        .filter(({ pairs }) => pairs.length > 0);
      fc.assert(
        fc.property(trading, fc.nat(), fc.constantFrom(-1, 1), (clearing, place, step) => {
          const changed = structuredClone(clearing) as { -readonly [Key in keyof Clearing]: Clearing[Key] };
          const rows = [...changed.fills, ...changed.pairs];
          const at = place % (rows.length + 1);
          if (at === rows.length) changed.volumeWh += step;
          else Object.assign(rows[at]!, { wh: rows[at]!.wh + step });
          assert.throws(() => check(changed, clearing.interval), RangeError);
        }),
        { numRuns: 300 },
      );
    });
  }

  it('nothing that allocation/1 gives', () => {
    const energy = [
      { member: 'a', surplusWh: 500, consumptionWh: 0 },
      { member: 'b', surplusWh: 0, consumptionWh: 300 },
    ];
    check(allocate({ interval: INTERVAL, price: 7, energy, keys: { kind: 'dynamic' } }));
  });
});
