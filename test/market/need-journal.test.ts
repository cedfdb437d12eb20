// Two halves make a need: the meter's energy and the battery's. What never comes whole is given up, never guessed.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NeedHistory } from '../../src/market/need-history.ts';
import { NeedJournal } from '../../src/market/need-journal.ts';
import { intervalAfter, intervalStart } from '../../src/time/interval.ts';

const FIRST = '2017-07-10T06:00Z';
const at = (steps: number) => intervalAfter(FIRST, steps);
const grid = (importWh: number | null, exportWh: number | null) => ({ importWh, exportWh });
const battery = (chargeWh: number, dischargeWh: number) => ({ chargeWh, dischargeWh });

/** What the journal knows of an interval: what it forecasts for the same quarter hour of the next day. */
function needOf(journal: NeedJournal, interval: string): number | null {
  const forecast = journal.history.forecastAt(intervalStart(intervalAfter(interval, 96)));
  return forecast?.basis === 'days' ? forecast.meanWh : null;
}

describe('NeedJournal', () => {
  it('takes the meter alone where there is no battery', () => {
    const journal = new NeedJournal(false);
    assert.equal(journal.knows(FIRST), false);
    journal.meter(FIRST, grid(300, 40));
    assert.equal(needOf(journal, FIRST), 260);
    assert.equal(journal.knows(FIRST), true);
    assert.equal(journal.knows(at(1)), false);
  });

  const orders: [string, (journal: NeedJournal) => void][] = [
    [
      'meter first',
      (journal) => {
        journal.meter(FIRST, grid(300, 40));
        journal.battery(FIRST, battery(120, 20));
      },
    ],
    [
      'battery first',
      (journal) => {
        journal.battery(FIRST, battery(120, 20));
        journal.meter(FIRST, grid(300, 40));
      },
    ],
  ];
  for (const [order, tell] of orders) {
    it(`takes the battery out of the need, ${order}: import - export + discharge - charge`, () => {
      const journal = new NeedJournal(true);
      tell(journal);
      assert.equal(needOf(journal, FIRST), 300 - 40 + 20 - 120);
    });
  }

  it('knows nothing while a half is missing', () => {
    const journal = new NeedJournal(true);
    journal.meter(FIRST, grid(300, 40));
    assert.deepEqual([needOf(journal, FIRST), journal.knows(FIRST)], [null, false]);
  });

  it('invents nothing for a meter without a value', () => {
    const journal = new NeedJournal(true);
    for (const missing of [grid(null, null), grid(5, null), grid(null, 5)]) {
      journal.meter(FIRST, missing);
      journal.battery(FIRST, battery(0, 0));
      assert.deepEqual([needOf(journal, FIRST), journal.knows(FIRST)], [null, false]);
    }
  });

  it('counts an interval once, whoever tells it again', () => {
    const journal = new NeedJournal(false);
    for (const wh of [300, 999, 5]) journal.meter(FIRST, grid(wh, 0));
    assert.deepEqual(journal.history.forecastAt(intervalStart(at(96)))?.daysWh, [300]);
  });

  it('puts the past in its place, also when the present spoke first, as after a restart', () => {
    const days = Array.from({ length: 20 * 96 }, (_, i) => ({ interval: at(i - 20 * 96), wh: (i * 7919) % 500 }));
    const inOrder = new NeedHistory();
    for (const { interval, wh } of days) inOrder.add(interval, wh);
    inOrder.add(FIRST, 42);
    const journal = new NeedJournal(false);
    journal.meter(FIRST, grid(42, 0));
    for (const { interval, wh } of days) journal.past(interval, wh);
    for (let i = 0; i < 96; i++) {
      const start = intervalStart(at(1 + i));
      assert.deepEqual(journal.history.forecastAt(start), inOrder.forecastAt(start));
      assert.equal(journal.history.needUntilSunWh(start), inOrder.needUntilSunWh(start));
    }
    journal.past(at(-5), 499_999);
    assert.equal(journal.history.forecastAt(intervalStart(at(91)))?.daysWh.includes(499_999), false);
    assert.ok(journal.knows(FIRST) && !journal.knows(at(1)));
  });

  it('takes the latest interval for the last, in whatever order they came', () => {
    const journal = new NeedJournal(false);
    journal.past(at(2), 10);
    journal.meter(at(1), grid(300, 0));
    assert.deepEqual(journal.history.forecastAt(intervalStart(at(50))), { meanWh: 10, daysWh: [10], basis: 'last' });
    assert.equal(needOf(journal, at(1)), 300);
    assert.ok(journal.knows(at(2)) && !journal.knows(at(3)));
  });

  it('gives up halves that have waited for eight intervals', () => {
    const journal = new NeedJournal(true);
    for (let i = 0; i < 9; i++) journal.meter(at(i), grid(100 + i, 0));
    journal.battery(at(0), battery(0, 0));
    assert.equal(needOf(journal, at(0)), null);
    journal.battery(at(1), battery(0, 0));
    assert.equal(needOf(journal, at(1)), 101);
  });

  it('refuses what no connection carries, and stays as it was', () => {
    const journal = new NeedJournal(false);
    for (const wh of [1_000_000_001, 2 ** 53 - 1]) {
      assert.throws(() => journal.meter(FIRST, grid(wh, 0)), /more than a connection carries/);
      assert.throws(() => journal.meter(FIRST, grid(0, wh)), /more than a connection carries/);
    }
    assert.throws(() => journal.past(FIRST, 0.5), RangeError);
    assert.throws(() => journal.past('today', 5), RangeError);
    assert.equal(journal.knows(FIRST), false);
    journal.meter(FIRST, grid(1_000_000_000, 0));
    assert.equal(needOf(journal, FIRST), 1_000_000_000);
  });

  it('comes to the same need in whatever order the halves of eight intervals come', () => {
    const halves = Array.from({ length: 8 }, (_, i) => i).flatMap((i) => [
      { i, tell: (journal: NeedJournal) => journal.meter(at(i), grid(10 * i, i)) },
      { i, tell: (journal: NeedJournal) => journal.battery(at(i), battery(i, 2 * i)) },
    ]);
    fc.assert(
      fc.property(fc.shuffledSubarray(halves, { minLength: halves.length }), (shuffled) => {
        const journal = new NeedJournal(true);
        for (const { tell } of shuffled) tell(journal);
        for (let i = 0; i < 8; i++) assert.equal(needOf(journal, at(i)), 10 * i - i + 2 * i - i);
        assert.ok(journal.knows(at(7)));
      }),
      { numRuns: 100 },
    );
  });
});
