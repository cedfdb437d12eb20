import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Clearing } from '../../src/market/order.ts';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';
import { checkClearing, checkMeters } from '../../src/settlement/check.ts';
import { safeSum } from '../../src/settlement/check-rules.ts';
import type { MeteredEnergy, TradedEnergy } from '../../src/settlement/settlement.ts';
import { auctionsOf } from '../support/books.ts';

const INTERVAL = '2026-11-22T08:15Z';
const NO_TRADE = { price: null, priceLow: null, priceHigh: null, volumeWh: 0 };

describe('what a settlement refuses', () => {
  const pairs = [{ buyer: 'a', seller: 'b', wh: 5 }];
  const fill = (member: string, side: 'buy' | 'sell', wh: number) => ({ id: `${member}${side}`, member, side, wh });
  const balanced = [fill('a', 'buy', 5), fill('b', 'sell', 5)];
  const clearings: readonly (readonly [name: string, clearing: TradedEnergy, message: RegExp | null])[] = [
    ['nothing wrong', { price: 7, pairs, fills: [fill('a', 'buy', 5), fill('b', 'sell', 5)] }, null],
    ['no fills given', { price: 7, pairs }, null],
    [
      'energy set off within a member',
      { price: 7, pairs, fills: [fill('a', 'buy', 9), fill('a', 'sell', 4), fill('b', 'sell', 5)] },
      null,
    ],
    ['pairs without a price', { price: null, pairs }, /^x\.clearing\.price is null/],
    ['a price that is no integer', { price: 1.5, pairs }, /^x\.clearing\.price must be/],
    [
      'a pair of 0 Wh',
      { price: 7, pairs: [{ buyer: 'a', seller: 'b', wh: 0 }] },
      /^x\.clearing\.pairs\[0\]\.wh must be/,
    ],
    [
      'a nameless buyer',
      { price: 7, pairs: [{ buyer: '', seller: 'b', wh: 1 }] },
      /^x\.clearing\.pairs\[0\]\.buyer must be/,
    ],
    ['another interval', { price: 7, pairs, interval: '2026-11-22T08:30Z' }, /^x\.clearing\.interval is/],
    ['the rule that it knows', { rule: 'uniform-price/1', price: 7, pairs }, null],
    [
      'another rule',
      { rule: 'pay-me/1', price: 7, pairs },
      /^x\.clearing\.rule is "pay-me\/1", but only clearings of uniform-price\/1, /,
    ],
    ['the price on its pairs', { price: 7, pairs: [{ ...pairs[0]!, price: 7 }] }, null],
    [
      'another price on a pair',
      { price: 7, pairs: [{ ...pairs[0]!, price: 8 }] },
      /pairs\[0\]\.price is 8, but all pairs trade at the clearing price 7/,
    ],
    [
      'a price for sellers',
      { price: 7, pairs: [{ ...pairs[0]!, sellerPrice: 7 }] },
      /pairs\[0\]\.sellerPrice is 7, but the seller gets/,
    ],

    ['a price for what a member bought from itself', { price: 7, pairs: [] }, null],
    ['the same, with its volume', { price: 7, pairs: [], volumeWh: 4 }, null],
    ['the same, with its fills', { price: 7, pairs: [], fills: [fill('a', 'buy', 4), fill('a', 'sell', 4)] }, null],
    ['nothing traded', { ...NO_TRADE, pairs: [] }, null],
    ['nothing filled', { ...NO_TRADE, pairs: [], fills: [fill('a', 'buy', 0), fill('b', 'sell', 0)] }, null],
    ['a volume without a price', { price: null, pairs: [], volumeWh: 4 }, /price is null, but 4 Wh were traded/],
    [
      'fills without a price',
      { price: null, pairs: [], fills: [fill('a', 'buy', 5), fill('a', 'sell', 5)] },
      /price is null, but 5 Wh were traded/,
    ],
    ['a price without a volume', { price: 7, pairs: [], volumeWh: 0 }, /price is 7, but must be null/],
    ['a price without fills', { price: 7, pairs: [], fills: [] }, /price is 7, but must be null/],

    ['bounds around the price', { price: 7, priceLow: 5, priceHigh: 10, pairs }, null],
    ['bounds below 0: the midpoint goes down', { price: -8, priceLow: -10, priceHigh: -5, pairs }, null],
    ['one bound', { price: 7, priceLow: 7, pairs }, null],
    ['the lower bound above the price', { price: 7, priceLow: 8, pairs }, /priceLow is 8, which is above the price 7/],
    [
      'the upper bound below the price',
      { price: 7, priceHigh: 6, pairs },
      /priceHigh is 6, which is below the price 7/,
    ],
    ['a price off the middle', { price: 7, priceLow: 5, priceHigh: 11, pairs }, /price is 7, but midway .* is 8/],
    ['a price without its bounds', { price: 7, priceLow: null, pairs }, /priceLow is null, but the price is 7/],
    ['bounds without a price', { price: null, priceHigh: 7, pairs: [] }, /priceHigh is 7, but the price is null/],
    ['a bound that is no integer', { price: 7, priceLow: 6.5, pairs }, /^x\.clearing\.priceLow must be/],

    ['the volume of the pairs', { price: 7, pairs, volumeWh: 5 }, null],
    ['a volume beyond the pairs, set off unseen', { price: 7, pairs, volumeWh: 6 }, null],
    ['a volume below the pairs', { price: 7, pairs, volumeWh: 4 }, /volumeWh is 4, but the pairs sum to 5 Wh/],
    [
      'a volume unlike the fills',
      { price: 7, pairs, volumeWh: 6, fills: balanced },
      /volumeWh is 6, but the fills trade 5/,
    ],
    ['a negative volume', { price: null, pairs: [], volumeWh: -1 }, /^x\.clearing\.volumeWh must be/],

    ['pairs without fills', { price: 7, pairs, fills: [] }, /in the pairs "a" buys 5 Wh, but its fills come to 0 Wh/],
    [
      'fills of one side',
      { price: 7, pairs, fills: [fill('a', 'buy', 5), fill('b', 'sell', 4)] },
      /fills buy 5 .* sell 4/,
    ],
    [
      'an order filled twice',
      { price: 7, pairs, fills: [...balanced, fill('a', 'buy', 0)] },
      /fills\[2\]\.id .* stands twice/,
    ],
    [
      'a side that is none',
      { price: 7, pairs, fills: [{ ...fill('a', 'buy', 5), side: 'bid' as 'buy' }] },
      /side must be/,
    ],
    [
      'the energy of others',
      { price: 7, pairs, fills: [fill('a', 'buy', 5), fill('c', 'sell', 5)] },
      /in the pairs "c" sells 0 Wh, but its fills come to 5 Wh/,
    ],
    [
      'pairs that go round in a circle on top of the fills',
      {
        price: 7,
        fills: balanced,
        pairs: [...pairs, { buyer: 'c', seller: 'd', wh: 3 }, { buyer: 'd', seller: 'c', wh: 3 }],
      },
      /in the pairs "c" buys 3 Wh, but its fills come to 0 Wh/,
    ],
    [
      'a purchase and a sale that were not set off',
      {
        price: 7,
        fills: [...balanced, { ...fill('b', 'buy', 2), id: '3' }, fill('c', 'sell', 2)],
        pairs: [...pairs, { buyer: 'b', seller: 'c', wh: 2 }],
      },
      /in the pairs "b" buys 2 Wh, but its fills come to 0 Wh/,
    ],
    [
      'a member paired with itself',
      { price: 7, pairs: [{ buyer: 'a', seller: 'a', wh: 5 }] },
      /pairs\[0\] pairs "a" with itself/,
    ],
    ['a pair twice', { price: 7, pairs: [...pairs, ...pairs] }, /pairs\[1\] pairs "a" with "b" a second time/],
    [
      'pairs that no volume holds',
      { price: 0, pairs: [...pairs, { buyer: 'c', seller: 'd', wh: 2 ** 53 - 1 }] },
      /energy of x\.clearing\.pairs must be/,
    ],
  ];
  for (const [name, clearing, message] of clearings) {
    it(`clearing: ${name}`, () => {
      const check = () => checkClearing({ interval: INTERVAL, clearing, meters: [] }, 'x');
      if (message) assert.throws(check, { name: 'RangeError', message });
      else check();
    });
  }

  it('clearing: nothing that uniform-price/1 gives', () => {
    fc.assert(
      fc.property(auctionsOf(), (auction) => {
        const clearing = clearUniformPrice(auction);
        checkClearing({ interval: auction.interval, clearing, meters: [] }, 'x');
      }),
      { numRuns: 500 },
    );
  });

  it('clearing: any one number of it changed', () => {
    const trading = auctionsOf()
      .map(clearUniformPrice)
      .filter(({ volumeWh }) => volumeWh > 0);
    fc.assert(
      fc.property(trading, fc.nat(), fc.constantFrom(-1, 1), (clearing, place, step) => {
        const changed = structuredClone(clearing) as { -readonly [Key in keyof Clearing]: Clearing[Key] };
        const { price, priceLow, priceHigh, volumeWh } = changed;
        const numbers: (() => unknown)[] = [
          () => Object.assign(changed, { price: price! + step }),
          // Two bounds have the same midpoint as two that are one apart, so one moves by two.
          () => Object.assign(changed, { priceLow: priceLow! + 2 * step }),
          () => Object.assign(changed, { priceHigh: priceHigh! + 2 * step }),
          () => Object.assign(changed, { volumeWh: volumeWh + step }),
          ...[...changed.fills, ...changed.pairs].map((row) => () => Object.assign(row, { wh: row.wh + step })),
        ];
        numbers[place % numbers.length]!();
        assert.throws(
          () => checkClearing({ interval: clearing.interval, clearing: changed, meters: [] }, 'x'),
          RangeError,
        );
      }),
      { numRuns: 500 },
    );
  });

  const meters: readonly (readonly [name: string, meter: MeteredEnergy, message: RegExp | null])[] = [
    ['nothing wrong', { member: 'a', importWh: 1, exportWh: 0, quality: 'measured' }, null],
    ['missing energy', { member: 'a', importWh: null, exportWh: null, quality: 'missing' }, null],
    ['negative energy', { member: 'a', importWh: -1, exportWh: 0, quality: 'measured' }, /^x\[0\]\.importWh must be/],
    ['a fraction', { member: 'a', importWh: 1, exportWh: 0.5, quality: 'measured' }, /^x\[0\]\.exportWh must be/],
    [
      'null but measured',
      { member: 'a', importWh: 1, exportWh: null, quality: 'measured' },
      /^x\[0\]\.exportWh is null, so quality must be "missing"/,
    ],
  ];
  for (const [name, meter, message] of meters) {
    it(`meter: ${name}`, () => {
      const check = () => checkMeters([meter], 'x');
      if (message) assert.throws(check, { name: 'RangeError', message });
      else check();
    });
  }

  it('sums that leave 2^53-1', () => {
    const sums = new Map([['a', 2 ** 53 - 1]]);
    assert.throws(() => safeSum(sums, 'a', 1), /energy of member "a" does not fit/);
  });
});
