// The forecast: means over the same quarter hour of the last days, in integers.
import assert from 'node:assert/strict';
import { meanHalfUp, NeedHistory } from '../../src/market/need-history.ts';
import { INTERVAL_MS, intervalAfter, intervalStart } from '../../src/time/interval.ts';

const noon = '2026-11-22T12:00Z';
const day = 96;

function history(...rows: [interval: string, wh: number][]): NeedHistory {
  const made = new NeedHistory();
  for (const [interval, wh] of rows) made.add(interval, wh);
  return made;
}

const expectedNeed = (history: NeedHistory, interval: string) =>
  history.forecastAt(intervalStart(interval))?.meanWh ?? null;

describe('the need of the last days', () => {
  it('is unknown before the first reading', () => {
    assert.equal(expectedNeed(new NeedHistory(), noon), null);
  });

  it('is that of the last interval while no day is known at this hour', () => {
    const known = history([intervalAfter(noon, -2), 300], [intervalAfter(noon, -1), 340]);
    assert.equal(expectedNeed(known, noon), 340);
    assert.equal(known.forecastAt(intervalStart(noon))?.basis, 'last');
  });

  it('is the mean of the same quarter hour, half Wh up', () => {
    const known = history([noon, 10], [intervalAfter(noon, 1), 999], [intervalAfter(noon, day), 13]);
    assert.equal(expectedNeed(known, intervalAfter(noon, 2 * day)), 12);
    assert.deepEqual(known.forecastAt(intervalStart(noon)), { meanWh: 12, daysWh: [10, 13], basis: 'days' });
  });

  it('forgets what is older than seven known days, and bridges no hole', () => {
    const known = new NeedHistory();
    for (let n = 0; n < 10; n++) known.add(intervalAfter(noon, n * day), n < 3 ? 10_000 : 700);
    assert.equal(expectedNeed(known, noon), 700);
    known.add(intervalAfter(noon, 100 * day), 0);
    assert.equal(expectedNeed(known, noon), 600);
  });

  it('adds up the need until the next sun', () => {
    const known = new NeedHistory();
    // Sun from 08:00 to 16:00: 100 Wh surplus in each quarter hour; else 50 Wh need.
    const midnight = intervalStart('2026-11-22T00:00Z');
    for (let slot = 0; slot < day; slot++)
      known.addAt(midnight + slot * INTERVAL_MS, slot >= 32 && slot < 64 ? -100 : 50);
    const until = (interval: string) => known.needUntilSunWh(intervalStart(interval));
    assert.equal(until('2026-11-23T20:00Z'), (16 + 32 - 1) * 50, 'from the end of this interval to 08:00');
    assert.equal(until('2026-11-23T07:45Z'), 0, 'the sun is next');
    assert.equal(until('2026-11-23T12:00Z'), 64 * 50, 'the whole coming night');
  });

  it('counts at most a day where there is never a sun', () => {
    const known = new NeedHistory();
    for (let slot = 0; slot < day; slot++) known.addAt(slot * INTERVAL_MS, 10);
    assert.equal(known.needUntilSunWh(0), 950);
  });

  it('rounds half up, also below zero, and never gives -0', () => {
    assert.deepEqual([meanHalfUp(5, 2), meanHalfUp(-5, 2), meanHalfUp(-1, 3), meanHalfUp(7, 3)], [3, -2, 0, 2]);
    assert.ok(Object.is(meanHalfUp(-1, 3), 0));
  });

  it('refuses what is not whole Wh', () => {
    for (const wh of [1.5, Number.NaN, 2 ** 53]) assert.throws(() => history([noon, wh]), /must be a whole number/);
  });
});
