// Reasons of `zonal/1`: a table of every code with its sentence and numbers, and that sentences say what happened.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { explainAll } from '../../src/market/explain.ts';
import { zonalExplainer } from '../../src/market/explain-zonal.ts';
import type { Area, Order } from '../../src/market/order.ts';
import { clearZonal } from '../../src/market/rules/zonal.ts';
import { INTERVAL } from '../support/books.ts';
import { zonalAuctionsOf } from '../support/feeder-trees.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];
const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const areasWith = (importWh: number, fee: number): Area[] => [
  { id: 'street', members: ['c', 'd'] },
  { id: 'f1', parent: 'street', importWh, fee, members: ['a', 'b'] },
];
const sale: Row = ['9', 'c', 'sell', 5000, 100_000];

describe('reasons of zonal/1', () => {
  const rows: readonly (readonly [
    name: string,
    areas: Area[],
    orders: Order[],
    code: string,
    text: string,
    numbers: object,
  ])[] = [
    [
      'filled, with the fee of the line',
      areasWith(9000, 10_000),
      book(['1', 'a', 'buy', 1500, 250_000], sale),
      'filled',
      'filled: 1.5 kWh bought at 0.11 EUR/kWh, the price of area "f1"; 1.5 kWh go in from "street": the price 0.10 there, plus the fee 0.01',
      {
        wh: 1500,
        filledWh: 1500,
        limit: 250_000,
        area: 'f1',
        price: 110_000,
        flowWh: 1500,
        fee: 10_000,
        rent: 0,
        parentPrice: 100_000,
      },
    ],
    [
      'shared, because the line is full',
      areasWith(1000, 10_000),
      book(['1', 'a', 'buy', 1500, 250_000], sale),
      'shared',
      '1 kWh of 1.5 kWh filled: your limit 0.25 EUR/kWh is the price 0.25 of area "f1", where members shared what was left in proportion; ' +
        '1 kWh go in from "street": the price 0.10 there, plus the fee 0.01, plus 0.14 because the line is full',
      {
        wh: 1500,
        filledWh: 1000,
        limit: 250_000,
        area: 'f1',
        price: 250_000,
        flowWh: 1000,
        fee: 10_000,
        rent: 140_000,
        parentPrice: 100_000,
      },
    ],
    [
      'under the price of the area, though over that of the street',
      areasWith(1000, 0),
      book(['1', 'a', 'buy', 1500, 150_000], ['2', 'b', 'buy', 1500, 250_000], sale),
      'limit-under-price',
      'not filled: your limit 0.15 EUR/kWh is under the price 0.25 of area "f1"; 1 kWh go in from "street": the price 0.10 there, plus 0.15 because the line is full',
      {
        wh: 1500,
        filledWh: 0,
        limit: 150_000,
        area: 'f1',
        price: 250_000,
        flowWh: 1000,
        fee: 0,
        rent: 150_000,
        parentPrice: 100_000,
      },
    ],
    [
      'over the price, at the root',
      areasWith(1000, 0),
      book(['1', 'd', 'sell', 10, 120_000], ['2', 'b', 'buy', 100, 250_000], sale),
      'limit-over-price',
      'not filled: your limit 0.12 EUR/kWh is over the price 0.10 of area "street"',
      { wh: 10, filledWh: 0, limit: 120_000, area: 'street', price: 100_000 },
    ],
    [
      'filled, at the root',
      areasWith(1000, 0),
      book(['1', 'd', 'sell', 10, 5], ['2', 'b', 'sell', 7, 5], ['3', 'c', 'buy', 17, 6], ['4', 'a', 'buy', 3, 5]),
      'filled',
      'filled: 10 Wh sold at 0.000005 EUR/kWh, the price of area "street"',
      { wh: 10, filledWh: 10, limit: 5, area: 'street', price: 5 },
    ],
    [
      'nothing within reach',
      areasWith(0, 0),
      book(['1', 'a', 'buy', 10, 250_000], sale),
      'no-trade',
      'not filled: no limit to sell within reach of area "f1", fees included, meets your limit 0.25 EUR/kWh',
      { wh: 10, filledWh: 0, limit: 250_000, area: 'f1', flowWh: 0, fee: 0, rent: 0 },
    ],
    [
      'nobody on the other side',
      areasWith(9, 0),
      book(['1', 'a', 'buy', 10, 250_000]),
      'no-counterpart',
      'not filled: nobody offered to sell',
      { wh: 10, filledWh: 0, limit: 250_000, area: 'f1', flowWh: 0, fee: 0, rent: 0 },
    ],
    [
      'without a tree: the one price',
      [],
      book(['1', 'a', 'buy', 1500, 250_000], ['2', 'b', 'sell', 1500, 170_000]),
      'filled',
      'filled: 1.5 kWh bought at 0.21 EUR/kWh, the price',
      { wh: 1500, filledWh: 1500, limit: 250_000, price: 210_000 },
    ],
  ];
  for (const [name, areas, orders, code, text, numbers] of rows) {
    it(name, () => {
      const auction = { interval: INTERVAL, orders, areas };
      assert.deepEqual(explainAll(auction, clearZonal(auction))[0], { code, text, numbers });
    });
  }

  it('an order at the price that higher limits left nothing for', () => {
    const orders = book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'buy', 5, 11], ['3', 'c', 'sell', 5, 4]);
    const auction = { interval: INTERVAL, orders, areas: areasWith(9, 0) };
    const clearing = clearZonal(auction);
    // The street supports 10 to 11; midway, rounded down, is 10.
    assert.equal(clearing.price, 10);
    assert.match(
      explainAll(auction, clearing)[0]!.text,
      /^not filled: your limit .* is the price .* higher limits were enough/,
    );
  });

  it('refuses a clearing of another book', () => {
    const clearing = clearZonal({ interval: INTERVAL, orders: [] });
    const reasonOf = zonalExplainer({ interval: INTERVAL, orders: book(['1', 'a', 'buy', 5, 10]) }, clearing);
    assert.throws(() => reasonOf(0), { name: 'RangeError', message: /no fill for order 0/ });
  });

  it('says what happened, and names the price that decided', () => {
    fc.assert(
      fc.property(zonalAuctionsOf(), (auction) => {
        const clearing = clearZonal(auction);
        for (const [index, { code, numbers, text }] of explainAll(auction, clearing).entries()) {
          const { wh, limit, side } = auction.orders[index]!;
          const filled = clearing.fills[index]!.wh;
          const price = numbers!['price'];
          assert.equal(code === 'filled', filled === wh, text);
          if (filled > 0 && filled < wh) assert.equal(code, 'shared', text);
          if (code === 'shared' || code === 'outbid') assert.equal(price, limit);
          if (code === 'limit-under-price') assert.ok(side === 'buy' && limit < Number(price));
          if (code === 'limit-over-price') assert.ok(side === 'sell' && limit > Number(price));
          if (code === 'no-trade') assert.equal(price, undefined);
        }
      }),
      { numRuns: 500 },
    );
  });
});
