// Spans of prices as quarter hours: split, in order, gaps listed, contradictions refused; figures exactly.
import assert from 'node:assert/strict';
import { microPerKWh, toSeries } from '../../../src/sources/prices/price-series.ts';

const at = (time: string) => Date.parse(`2026-03-29T${time}Z`);
const span = (start: string, end: string, price: number) => ({ start: at(start), end: at(end), price });

describe('toSeries', () => {
  it('splits hours, and lists what lies in between without a price', () => {
    const { intervals, gaps } = toSeries([span('03:00', '03:30', -5), span('01:00', '02:00', 7)]);
    assert.deepEqual(
      intervals.map(({ interval, price }) => `${interval.slice(11, 16)} ${price}`),
      ['01:00 7', '01:15 7', '01:30 7', '01:45 7', '03:00 -5', '03:15 -5'],
    );
    assert.deepEqual(
      gaps.map((gap) => gap.slice(11, 16)),
      ['02:00', '02:15', '02:30', '02:45'],
    );
  });

  it('takes the same price twice', () => {
    assert.equal(toSeries([span('01:00', '02:00', 7), span('01:30', '02:30', 7)]).intervals.length, 6);
  });

  const refused: [string, Parameters<typeof toSeries>[0], RegExp][] = [
    ['nothing', [], /the message holds no prices/],
    ['two prices', [span('01:00', '02:00', 7), span('01:30', '02:30', 8)], /two prices for 2026-03-29T01:30Z: 7 and 8/],
    ['crooked spans', [span('01:00', '01:10', 7)], /from 2026-03-29T01:00:00.000Z to .* does not lie on quarter hours/],
    ['no span', [span('01:00', '01:00', 7)], /does not lie on quarter hours/],
    ['a price for a month', [{ start: 0, end: 30 * 86_400_000, price: 1 }], /one price is to hold/],
    ['years', [span('01:00', '02:00', 7), { start: 0, end: 900_000, price: 7 }], /span more than 400 days/],
  ];
  for (const [name, spans, sentence] of refused)
    it(`refuses ${name}`, () => assert.throws(() => toSeries(spans), sentence));
});

describe('microPerKWh', () => {
  const cases: [unknown, Parameters<typeof microPerKWh>[1], number][] = [
    ['102.1', 'MWh', 102_100],
    [0.2494, 'kWh', 249_400],
    ['-1.005', 'ct/kWh', -10_050],
    [0.1 + 0.2, 'kWh', 300_000],
    ['0.0000005', 'kWh', 1],
    ['-0.0000005', 'kWh', 0],
    ['-0.0000006', 'kWh', -1],
    [0, 'MWh', 0],
  ];
  for (const [figure, unit, result] of cases) {
    it(`${figure} per ${unit}`, () => assert.equal(microPerKWh(figure, unit), result));
  }
  it('refuses anything else', () => {
    for (const figure of [null, 'free', '', {}, Number.NaN]) {
      assert.throws(() => microPerKWh(figure, 'kWh'), /a price must be a number, but is/);
    }
  });
});
