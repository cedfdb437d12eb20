// estimate/1: when it is time, which day stands in, and that nothing is made of estimates or of what came later.
import assert from 'node:assert/strict';
import { type EstimateTerms, estimate, type PastEnergy, withEstimates } from '../../src/settlement/estimate.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput } from '../../src/settlement/settlement.ts';
import { intervalAfter, intervalEnd } from '../../src/time/interval.ts';

const INTERVAL = '2026-11-22T08:15Z';
const HOUR = 3_600_000;
const daysBefore = (days: number) => intervalAfter(INTERVAL, -96 * days);
const past = (interval: string, importWh: number, more: Partial<PastEnergy> = {}): PastEnergy => ({
  member: 'a',
  interval,
  importWh,
  exportWh: 1,
  quality: 'measured',
  ...more,
});
const part = (change: Partial<IntervalInput> = {}): IntervalInput => ({
  interval: INTERVAL,
  clearing: { price: 10, pairs: [{ buyer: 'a', seller: 'b', wh: 40 }] },
  meters: [
    { member: 'a', importWh: null, exportWh: null, quality: 'missing' },
    { member: 'b', importWh: 0, exportWh: 50, quality: 'measured' },
  ],
  ...change,
});
const terms = (history: readonly PastEnergy[], late = 72 * HOUR): EstimateTerms => ({
  at: intervalEnd(INTERVAL) + late,
  afterHours: 72,
  history,
});
const run = (history: readonly PastEnergy[], parts = [part()], late?: number) =>
  withEstimates({ tariffs: { import: 3, feedIn: 1 }, intervals: parts }, terms(history, late));

describe('estimate/1', () => {
  const rows: readonly (readonly [name: string, days: readonly number[], basis: number | 'position'])[] = [
    ['the same day of the week before', [1, 7, 14], 7],
    ['two weeks before, where one week before is not known', [1, 14, 28], 14],
    ['four weeks before comes before yesterday', [1, 28], 28],
    ['yesterday, where no such day is known', [1, 2, 6], 1],
    ['the day before yesterday', [2, 6], 2],
    ['what was traded, where nothing is known', [], 'position'],
    ['nothing older than four weeks, or of other days', [8, 9, 13, 35], 'position'],
  ];
  for (const [name, days, basis] of rows) {
    it(name, () => {
      const known = new Map(days.map((day) => [daysBefore(day), { importWh: 100 + day, exportWh: day }]));
      assert.deepEqual(
        estimate(INTERVAL, -40, (interval) => known.get(interval)),
        basis === 'position'
          ? { importWh: 0, exportWh: 40, basis }
          : { importWh: 100 + basis, exportWh: basis, basis: daysBefore(basis) },
      );
    });
  }

  it('waits for its hours after the end of the interval, to the millisecond', () => {
    const history = [past(daysBefore(7), 500)];
    assert.deepEqual(run(history, [part()], 72 * HOUR - 1).estimates, []);
    assert.deepEqual(run(history, [part()], 72 * HOUR).estimates, [
      { interval: INTERVAL, member: 'a', importWh: 500, exportWh: 1, basis: daysBefore(7) },
    ]);
  });

  it('settles as estimated, and leaves measured members alone', () => {
    const { input } = run([past(daysBefore(7), 500)]);
    const { rows, open, lines } = settle(input);
    assert.deepEqual(open, []);
    assert.deepEqual(
      rows.map(({ member, importWh, exportWh, quality }) => [member, importWh, exportWh, quality]),
      [
        ['a', 500, 1, 'estimated'],
        ['b', 0, 50, 'measured'],
      ],
    );
    assert.equal(lines.find(({ code }) => code === 'import')?.wh, 459);
  });

  it('a member who traded and has no record at all used what it bought', () => {
    const { input, estimates } = run([], [part({ meters: [] })]);
    assert.deepEqual(
      estimates.map(({ member, importWh, exportWh, basis }) => [member, importWh, exportWh, basis]),
      [
        ['a', 40, 0, 'position'],
        ['b', 0, 40, 'position'],
      ],
    );
    const { lines, open } = settle(input);
    assert.deepEqual([lines.map(({ code }) => code), open], [['trade'], []]);
  });

  it('is made of nothing but measured values of the member itself', () => {
    const history = [
      past(daysBefore(7), 1, { quality: 'estimated' }),
      past(daysBefore(14), 2, { quality: 'missing' }),
      past(daysBefore(21), 3, { member: 'c' }),
      past(intervalAfter(INTERVAL, 96), 4),
      past(daysBefore(5), 5),
    ];
    assert.equal(run(history).estimates[0]?.importWh, 5);
  });

  it('takes intervals of the same settlement for comparable days too, and no estimate of them', () => {
    const week = part({
      interval: daysBefore(7),
      meters: [{ member: 'a', importWh: 9, exportWh: 0, quality: 'measured' }],
    });
    assert.equal(run([], [week, part()]).estimates.find(({ interval }) => interval === INTERVAL)?.importWh, 9);
    const unknown = part({ interval: daysBefore(7) });
    const { estimates } = run([past(daysBefore(14), 8)], [unknown, part()]);
    assert.deepEqual(
      estimates.map(({ basis }) => basis),
      [daysBefore(14), daysBefore(14)],
    );
  });

  it('refuses history that contradicts itself, or is not whole', () => {
    const twice = [past(daysBefore(7), 1), past(daysBefore(7), 2)];
    assert.throws(() => run(twice), /^RangeError: history\[1\] is a second value of "a" for 2026-11-15T08:15Z$/);
    assert.deepEqual(run([past(daysBefore(7), 1), past(daysBefore(7), 1)]).estimates.length, 1);
    assert.throws(() => run([past(daysBefore(7), 0.5)]), /^RangeError: history\[0\]\.importWh must be a whole number/);
  });
});
