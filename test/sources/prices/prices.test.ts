// Prices out of the answers of services: files of the power-saver nodes and of Energy-Charts, and the shapes in which
// lists of prices come.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { PriceUnit } from '../../../src/sources/prices/price-series.ts';
import { readPrices } from '../../../src/sources/prices/prices.ts';
import { needSharedData } from '../../support/shared-data.ts';

const of = (source: unknown, unit: PriceUnit = 'kWh') => readPrices(source, unit);
const figures = (source: unknown, unit: PriceUnit = 'kWh') => of(source, unit).intervals.map(({ price }) => price);
const four = (...prices: readonly number[]) => prices.flatMap((price) => [price, price, price, price]);

describe('prices of real services', () => {
  const files: [string, string | null, string, number[]][] = [
    ['power_saver/tibber-prices.json', null, '2021-10-10T22:00Z', [249_400, 220_900, 209_900, 219_000]],
    ['power_saver/converted-prices.json', null, '2021-10-10T22:00Z', [249_400, 220_900, 209_900, 219_000]],
    ['power_saver/nordpool-event-prices.json', 'NOK', '2021-10-10T22:00Z', [249_400, 220_900, 209_900, 219_000]],
    ['power_saver/negative-prices.json', null, '2021-10-10T22:00Z', [249_400, 0, 0, 390_000, -261_400, -442_600]],
    ['power_saver/lowest-price-input-missing-end.json', null, '2021-12-14T23:00Z', [1_588_000, 1_521_000]],
    ['smard_DE-LU_2024-12-10_11_hourly.json', 'EUR', '2024-12-09T23:00Z', [92_850, 89_330, 86_500, 83_700]],
  ];
  for (const [file, currency, first, hours] of files) {
    it(file, function () {
      const text = readFileSync(needSharedData(this, `prices/${file}`), 'utf8');
      for (const source of [text, Buffer.from(text), JSON.parse(text)]) {
        const found = of(source);
        assert.deepEqual(
          [found.currency, found.intervals[0]?.interval, found.intervals.length, found.gaps],
          [currency, first, 192, []],
        );
        assert.deepEqual(
          found.intervals.slice(0, hours.length * 4).map(({ price }) => price),
          four(...hours),
        );
      }
    });
  }
});

describe('readPrices', () => {
  it('takes quarter hours as they are, and the units that a source names', () => {
    const quarters = [10, 11, 12].map((price, i) => ({
      start_timestamp: i * 900_000 + 1.8e12,
      marketprice: price,
      unit: 'EUR/MWh',
    }));
    assert.deepEqual(figures({ data: quarters, unit: 'EUR/MWh' }), [10_000, 11_000, 12_000]);
    assert.equal(of({ data: quarters, unit: 'EUR/MWh' }).currency, 'EUR');
    assert.deepEqual(figures({ unit: 'ct/kWh', prices: [18.4], start: '2026-11-22T00:00Z', minutes: 15 }), [184_000]);
    assert.deepEqual(figures({ price_in_cents: true, raw_today: [{ start: 0, end: 900, value: 18.4 }] }), [184_000]);
    assert.deepEqual(figures({ prices: [18.4], start: 0, minutes: 15 }, 'ct/kWh'), [184_000]);
  });

  it('takes a plain list with its start, and its own output', () => {
    const plain = { start: '2026-10-25T00:00+02:00', minutes: 60, prices: Array.from({ length: 25 }, (_, i) => i) };
    assert.equal(of(plain).intervals.length, 100);
    assert.equal(of(plain).intervals[0]?.interval, '2026-10-24T22:00Z');
    const again = of({
      type: 'prices',
      currency: 'EUR',
      intervals: [
        { interval: '2026-11-22T00:00Z', price: 1 },
        { interval: '2026-11-22T00:15Z', price: 2 },
      ],
    });
    assert.equal(again.intervals.length, 2);
  });

  it('follows the offset through the change of time', () => {
    const local = ['01:00:00+02:00', '02:00:00+02:00', '02:00:00+01:00', '03:00:00+01:00'];
    const found = of(local.map((time, i) => ({ startsAt: `2026-10-25T${time}`, total: i })));
    const hours = found.intervals.map(({ interval }) => Number(interval.slice(11, 13)));
    assert.deepEqual(hours, four(23, 0, 1, 2));
    assert.deepEqual(found.gaps, []);
  });

  it('fills no gap: a longer step is one, and so is a price that is not there yet', () => {
    const hour = (h: number, total: number | null) => ({ startsAt: `2026-11-22T0${h}:00Z`, total });
    assert.equal(of([hour(0, 1), hour(1, 2), hour(3, 3)]).gaps.length, 4);
    assert.equal(of([hour(0, 1), hour(1, null), hour(2, 3)]).gaps.length, 4);
    assert.equal(of({ today: [hour(0, 1), hour(1, 2)], tomorrow: [] }).intervals.length, 8);
  });

  it('takes the home that has a contract', () => {
    const priceInfo = {
      today: [0, 1].map((h) => ({ startsAt: `2026-11-22T0${h}:00Z`, total: h, currency: 'SEK' })),
      tomorrow: [],
    };
    const answer = {
      data: { viewer: { homes: [{ currentSubscription: null }, { currentSubscription: { priceInfo } }] } },
    };
    assert.deepEqual([of(answer).currency, of(answer).intervals.length], ['SEK', 8]);
  });

  it('takes anything without a fault of its own', () => {
    const names = [
      'data',
      'prices',
      'today',
      'raw_today',
      'start',
      'end',
      'value',
      'price',
      'minutes',
      'unit',
      'unix_seconds',
    ];
    const key = fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(fc.anything({ key, maxDepth: 5, withDate: true, withNullPrototype: true }), (source) => {
        try {
          of(source);
        } catch (problem) {
          assert.ok(problem instanceof Error && !(problem instanceof TypeError), String(problem));
        }
      }),
    );
  });

  const day = '2026-11-22T00:00Z';
  const refused: [string, unknown, RegExp][] = [
    ['nothing', null, /there are no prices in null/],
    ['a number', 5, /there are no prices in 5/],
    ['text', 'dear', /there are no prices in the text "dear": it is neither XML nor JSON/],
    ['an empty list', [], /there are no prices in a list/],
    ['an object without any', { error: 'quota' }, /there are no prices in an object/],
    ['prices without times', { prices: [1, 2] }, /needs a "start" beside it/],
    ['prices without steps', { prices: [1, 2], start: day }, /needs "minutes": 15, 30 or 60/],
    ['lists of two lengths', { price: [1, 2], unix_seconds: [0] }, /there are 1 times, but 2 prices/],
    ['local time', [{ start: '2026-11-22T00:00:00', value: 1 }], /ISO 8601 with Z or an offset/],
    ['a price alone', [{ start: day, value: 1 }], /say no end, and do not follow each other/],
    ['crooked steps', [0, 1000].map((start) => ({ start, value: 1 })), /do not follow each other in steps/],
    ['words for prices', [{ start: day, end: '2026-11-22T01:00Z', value: 'free' }], /a price must be a number/],
    [
      'two prices for one time',
      [1, 2].map((value) => ({ start: day, end: '2026-11-22T01:00Z', value })),
      /there are two prices for/,
    ],
    ['only empty prices', [{ start: day, end: '2026-11-22T01:00Z', value: null }], /holds no prices/],
    ['too many', Array.from({ length: 50_001 }, (_, i) => ({ start: i * 900, value: 1 })), /there are no prices/],
    ['depth', JSON.parse(`${'{"data":'.repeat(500)}[]${'}'.repeat(500)}`), /there are no prices/],
  ];
  for (const [name, source, sentence] of refused)
    it(`refuses ${name}`, () => assert.throws(() => of(source), sentence));
});
