// Which intervals were counted, as ranges without gaps: a year of quarter hours is one pair of names, not 35,040 of them.
import { intervalAfter } from '../../time/interval.ts';

/** First and last interval of each range, both included; sorted, apart, never touching. */
export type IntervalRanges = readonly (readonly [first: string, last: string])[];

export function hasInterval(ranges: IntervalRanges, interval: string): boolean {
  return ranges.some(([first, last]) => first <= interval && interval <= last);
}

/** The ranges with one more interval. Names of intervals sort as their times do. */
export function addInterval(ranges: IntervalRanges, interval: string): IntervalRanges {
  if (hasInterval(ranges, interval)) return ranges;
  const before = ranges.filter(([, last]) => last < interval);
  const after = ranges.filter(([first]) => first > interval);
  let [first, last] = [interval, interval];
  if (before.at(-1)?.[1] === intervalAfter(interval, -1)) first = before.pop()![0];
  if (after[0]?.[0] === intervalAfter(interval)) last = after.shift()![1];
  return [...before, [first, last], ...after];
}
