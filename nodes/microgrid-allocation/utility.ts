// Between the archive of allocations and the utility: keys as files, and the list of differences.
import type { Key } from '../../src/market/allocation-keys.ts';
import { enedisKeys, type IntervalKeys, keysCsv, keysJson, type TextFile } from '../../src/market/keys-file.ts';
import { keysOfPairs } from '../../src/market/keys-of-pairs.ts';
import { type Comparison, compareFigures, type OwnFigures } from '../../src/settlement/utility/compare.ts';
import { readFigures } from '../../src/settlement/utility/figures.ts';
import type { MeteringPoints } from '../../src/settlement/utility/points.ts';
import { isInterval } from '../../src/time/interval.ts';
import { WallClock } from '../../src/time/wall-clock.ts';
import type { Payload } from '../shared/messages.ts';
import type { AllocationArchive, KeptAllocation } from './archive.ts';

interface Settings {
  readonly timeZone: string;
  readonly unit: 'kWh' | 'Wh';
  readonly stamp: 'start' | 'end';
  readonly toleranceWh: number;
}

/** Differences that a message carries; `count` says how many there are. */
const LISTED = 1000;

/** What was allocated, in millionths of each producer's surplus. */
export function keysOf({ members, pairs }: KeptAllocation): readonly (Key & { readonly producer: string })[] {
  const surplus = members.map(([member, taken, given]): [string, number] => [member, Math.max(0, given - taken)]);
  return keysOfPairs(
    pairs.map(([buyer, seller, wh]) => ({ buyer, seller, wh })),
    new Map(surplus),
  ).keys;
}

/** @throws Error where nothing was allocated in that time */
export function keyFiles(
  { from, until, format, decimals = 1 }: Payload<'keys-export'>,
  archive: AllocationArchive,
  { timeZone }: Settings,
  points: MeteringPoints,
): TextFile[] {
  const kept = archive.between(from, until);
  if (kept.length === 0) throw new Error(`nothing was shared from ${from} until ${until}, so there are no keys`);
  const intervals = kept.map((each): IntervalKeys => ({ interval: each.interval, keys: keysOf(each) }));
  const name = `keys-${from.slice(0, 10)}-${until.slice(0, 10)}`;
  if (format === 'json') return [keysJson(name, intervals)];
  if (format === 'csv') return [keysCsv(name, intervals)];
  const pointOf = points.pointOf.bind(points);
  return enedisKeys(intervals, { clock: new WallClock(timeZone), decimals, pointOf });
}

/** @throws RangeError naming the line of the table */
export function differences(
  { text, columns }: Payload<'utility-figures'>,
  archive: AllocationArchive,
  { timeZone, unit, stamp, toleranceWh }: Settings,
  memberOf: (point: string) => string | undefined,
): Comparison & { readonly type: 'differences'; readonly count: number } {
  const clock = new WallClock(timeZone);
  const table = readFigures(text, { clock, unit, stamp, ...(columns ? { columns } : {}) });
  const known = new Map<string, ReadonlyMap<string, OwnFigures> | undefined>();
  const own = (interval: string) => {
    if (!known.has(interval)) known.set(interval, isInterval(interval) ? ownFigures(archive.get(interval)) : undefined);
    return known.get(interval);
  };
  const compared = compareFigures(table, own, memberOf, toleranceWh);
  const { differences: all } = compared;
  return { type: 'differences', count: all.length, ...compared, differences: all.slice(0, LISTED) };
}

function ownFigures(kept: KeptAllocation | undefined): ReadonlyMap<string, OwnFigures> | undefined {
  return (
    kept &&
    new Map(
      kept.members.map(([member, consumption, generation, allocated, surplus, estimated]) => [
        member,
        { consumption, generation, allocated, surplus, estimated },
      ]),
    )
  );
}
