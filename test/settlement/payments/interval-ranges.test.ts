// Ranges of intervals hold what a set of their names would, in any order of arrival, and stay as short as they can.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addInterval, hasInterval, type IntervalRanges } from '../../../src/settlement/payments/interval-ranges.ts';
import { intervalAfter } from '../../../src/time/interval.ts';

const at = (step: number) => intervalAfter('2026-10-25T00:00Z', step);

describe('interval ranges', () => {
  it('grow at both ends, and close over what fills their gap', () => {
    let ranges: IntervalRanges = [];
    for (const step of [5, 6, 9, 4, 8]) ranges = addInterval(ranges, at(step));
    assert.deepEqual(ranges, [
      [at(4), at(6)],
      [at(8), at(9)],
    ]);
    assert.deepEqual(addInterval(ranges, at(7)), [[at(4), at(9)]]);
    assert.equal(addInterval(ranges, at(5)), ranges);
  });

  it('are a set', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), (steps) => {
        let ranges: IntervalRanges = [];
        for (const step of steps) ranges = addInterval(ranges, at(step));
        const set = new Set(steps);
        for (let step = -1; step <= 31; step++) assert.equal(hasInterval(ranges, at(step)), set.has(step));
        const gaps = [...set].filter((step) => !set.has(step + 1)).length;
        assert.equal(ranges.length, gaps);
        assert.deepEqual([...ranges].sort(), ranges);
      }),
    );
  });
});
