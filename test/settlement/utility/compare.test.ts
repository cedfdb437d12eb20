// The utility's figures against ours: nothing where they agree, each difference with its reason, the largest first, and sums.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareFigures, type OwnFigures } from '../../../src/settlement/utility/compare.ts';
import type { Figure, UtilityTable } from '../../../src/settlement/utility/figures.ts';
import { intervalAt } from '../../../src/time/interval.ts';

const START = Date.parse('2026-07-10T08:00Z');
const QUARTER = 900_000;

const own = (more: Partial<OwnFigures> = {}): OwnFigures => ({
  ...{ allocated: 0, consumption: 0, generation: 0, surplus: 0 },
  ...more,
});
/** By quarter hour from START, by member. */
const intervals = (rows: readonly Readonly<Record<string, OwnFigures>>[]) => {
  const map = new Map(rows.map((row, index) => [intervalAt(START + index * QUARTER), new Map(Object.entries(row))]));
  return (interval: string) => map.get(interval);
};
const figure = (point: string, quantity: Figure['quantity'], milliWh: number, quarter = 0): Figure => ({
  point,
  quantity,
  start: START + quarter * QUARTER,
  milliWh,
});
const table = (figures: readonly Figure[], minutes = 15): UtilityTable => ({ minutes, figures, ignored: ['Nature'] });
const memberOf = (point: string) => (point.startsWith('?') ? undefined : point.replace(/-.*$/, ''));

describe("comparison with the utility's figures", () => {
  it('finds nothing where they agree within the tolerance', () => {
    const ours = intervals([{ a: own({ consumption: 1000, allocated: 400 }) }]);
    const { differences, sums, ignoredColumns } = compareFigures(
      table([figure('a', 'consumption', 1_001_000), figure('a', 'allocated', 399_400)]),
      ours,
      memberOf,
      1,
    );
    assert.deepEqual(differences, []);
    assert.deepEqual(sums, [
      { quantity: 'allocated', compared: 1, utilityWh: 399, ownWh: 400, differenceWh: -1 },
      { quantity: 'consumption', compared: 1, utilityWh: 1001, ownWh: 1000, differenceWh: 1 },
    ]);
    assert.deepEqual(ignoredColumns, ['Nature']);
  });

  it('gives each difference its reason, the largest first', () => {
    const ours = intervals([
      {
        a: own({ consumption: 1000, allocated: 400 }),
        b: own({ consumption: 500, allocated: 200, estimated: true }),
        c: own({ consumption: 300, allocated: 100 }),
      },
      { a: own({ consumption: 1000, allocated: 400 }), d: own({ consumption: 50, generation: 90, surplus: 40 }) },
    ]);
    const { differences } = compareFigures(
      table([
        figure('a', 'consumption', 1_040_000),
        figure('a', 'allocated', 410_000),
        figure('b', 'consumption', 530_000),
        figure('c', 'allocated', 95_000),
        figure('a', 'allocated', 380_000, 1),
        figure('d', 'surplus', 90_000, 1),
        figure('d', 'generation', 90_400, 1),
      ]),
      ours,
      memberOf,
      0,
    );
    assert.deepEqual(
      differences.map(({ member, quantity, differenceWh, reason }) => [member, quantity, differenceWh, reason.code]),
      [
        ['d', 'surplus', 50, 'netted'],
        ['a', 'consumption', 40, 'reading'],
        ['b', 'consumption', 30, 'estimated'],
        ['a', 'allocated', -20, 'other-reading'],
        ['a', 'allocated', 10, 'own-reading'],
        ['c', 'allocated', -5, 'other-reading'],
        ['d', 'generation', 0, 'reading'],
      ],
    );
    assert.equal(
      differences[1]?.reason.text,
      'consumption of a: the utility has 1040 Wh, we have 1000 Wh; the two meters differ; compare their counters',
    );
    assert.match(differences[6]?.reason.text ?? '', /has 90\.4 Wh, we have 90 Wh/);
  });

  it('suspects the keys only where all readings agree, and rounding below a Wh', () => {
    const ours = intervals([{ a: own({ consumption: 1000, allocated: 400 }), b: own({ allocated: 7 }) }]);
    const figures = [figure('a', 'allocated', 300_000), figure('b', 'allocated', 7_400)];
    const { differences } = compareFigures(table(figures), ours, memberOf, 0);
    assert.deepEqual(
      differences.map(({ reason }) => reason.code),
      ['keys', 'rounding'],
    );
  });

  it('adds up the metering points of a member, and quarter hours to the length of a figure', () => {
    const half = own({ consumption: 100, generation: 10 });
    const figures = [figure('a-1', 'consumption', 150_000), figure('a-2', 'consumption', 50_000)];
    const { differences, sums } = compareFigures(
      table(figures, 30),
      intervals([{ a: half }, { a: half }]),
      memberOf,
      0,
    );
    assert.deepEqual(differences, []);
    assert.equal(sums[0]?.ownWh, 200);
  });

  it('tells what cannot be compared', () => {
    const ours = intervals([{ a: own(), z: own({ allocated: 5 }) }]);
    const figures = [figure('a', 'consumption', 0), figure('a', 'consumption', 5, 1), figure('?x', 'consumption', 5)];
    const result = compareFigures(table(figures), ours, memberOf, 0);
    assert.deepEqual(result.notAllocated, ['2026-07-10T08:15Z']);
    assert.deepEqual(result.unknownPoints, ['?x']);
    assert.deepEqual(result.missingMembers, ['z']);
    assert.deepEqual(result.differences, []);
  });

  it('never hides a difference, and sums what it compared', () => {
    const value = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), fc.nat(5), (pairs, tolerance) => {
        const ours = intervals(pairs.map(([wh]) => ({ a: own({ consumption: wh }) })));
        const figures = pairs.map(([, wh], quarter) => figure('a', 'consumption', wh * 1000, quarter));
        const { differences, sums } = compareFigures(table(figures), ours, memberOf, tolerance);
        const expected = pairs.map(([mine, theirs]) => theirs - mine).filter((wh) => Math.abs(wh) > tolerance);
        const found = differences.map(({ differenceWh }) => differenceWh);
        assert.deepEqual(
          found.toSorted((x, y) => x - y),
          expected.toSorted((x, y) => x - y),
        );
        for (let i = 1; i < found.length; i++) assert.ok(Math.abs(found[i]!) <= Math.abs(found[i - 1]!));
        assert.equal(
          sums[0]?.differenceWh,
          pairs.reduce((sum, [mine, theirs]) => sum + theirs - mine, 0),
        );
      }),
    );
  });
});
