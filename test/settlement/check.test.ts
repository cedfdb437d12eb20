import assert from 'node:assert/strict';
import { checkClearing, checkMeters, safeSum } from '../../src/settlement/check.ts';
import type { MeteredEnergy, TradedEnergy } from '../../src/settlement/settlement.ts';

const INTERVAL = '2026-11-22T08:15Z';

describe('what a settlement refuses', () => {
  const pairs = [{ buyer: 'a', seller: 'b', wh: 5 }];
  const fill = (member: string, side: 'buy' | 'sell', wh: number) => ({ id: `${member}${side}`, member, side, wh });
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
    [
      'fills that differ from the pairs',
      { price: 7, pairs, fills: [fill('a', 'buy', 5), fill('b', 'sell', 4)] },
      /pairs and x\.clearing\.fills differ by 1 Wh for member the text "b"/,
    ],
  ];
  for (const [name, clearing, message] of clearings) {
    it(`clearing: ${name}`, () => {
      const check = () => checkClearing({ interval: INTERVAL, clearing, meters: [] }, 'x');
      if (message) assert.throws(check, { name: 'RangeError', message });
      else check();
    });
  }

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
