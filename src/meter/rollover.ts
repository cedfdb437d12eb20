// Counters that turn over: one that falls to nearly nothing just where its registers (16 or 32 bits, in steps of a power of
// ten) or its digits end has not been reset, it counts on. 64 bits do not end within the life of a house.
import type { Reading } from '../devices/reading.ts';
import { type Count, type Counts, hiddenWh, mostWh } from './counts.ts';
import { COUNTERS, type CounterName, TOLERANCE_WH } from './plausible.ts';
import { type Power, powerIn } from './power.ts';

/** What has to be added to the counters a meter shows, whole Wh. Plain JSON. */
export interface Rollover {
  readonly importWh: number;
  readonly exportWh: number;
}

export const initialRollover: Rollover = { importWh: 0, exportWh: 0 };

/** Where counters end, Wh: 2^16 and 2^32 steps, signed ones half, of 0.1 Wh to 1 kWh; 6 to 9 digits of 1 Wh to 10 kWh. */
const ENDS: readonly number[] = [
  ...[2 ** 16, 2 ** 15, 2 ** 32, 2 ** 31].flatMap((steps) => [0.1, 1, 10, 100, 1000].map((step) => steps * step)),
  ...[6, 7, 8, 9, 10, 11, 12, 13].map((digits) => 10 ** digits),
];
/** No register has fewer steps than these: a step is no larger part of its range, and may come at once. */
const FEWEST_STEPS = 2 ** 15;
/** So much may have flowed that no power was seen of, Wh. */
const UNSEEN_WH = 60;
const WMS_PER_WH = 3_600_000;
/** What may have flowed must be this small a part of the range: else a reset could be taken for a turn. */
const SMALL_PART = 500;

/**
 * The reading with its counters unrolled, and what is then added to them from now on.
 * @param counts as they were, unrolled
 * @param powers before and after: a turn that they do not account for is none; null where none is to be looked for
 */
export function unrolled(
  settings: { connectionW: number },
  state: Rollover,
  counts: Counts,
  powers: readonly (Power | null)[] | null,
  reading: Reading,
): [Rollover, Reading] {
  let next = state;
  let shown = reading;
  for (const name of COUNTERS) {
    const value = reading[name];
    if (value === null) continue;
    const count = counts[name];
    let added = state[name];
    if (count && powers && value + added < count.wh)
      added += turn(count.wh - added, value, roomOf(settings, name, count, powers, reading.at)) ?? 0;
    if (added === 0) continue;
    next = { ...next, [name]: added };
    shown = { ...shown, [name]: value + added };
  }
  return [next, shown];
}

/** Most that a counter can have gained: what the connection carries, or where there are powers, about what they explain. */
function roomOf(
  settings: { connectionW: number },
  name: CounterName,
  count: Count,
  powers: readonly (Power | null)[],
  at: number,
): number {
  const hidden = hiddenWh(count, count.wh);
  const most = mostWh(settings, count.at, at) + hidden;
  const known = powers.filter((power) => power !== null);
  if (known.length < powers.length) return most;
  const watts = Math.max(...known.map((power) => powerIn(power, name)));
  const explained = Math.ceil((count.flowedWms + watts * (at - count.at)) / WMS_PER_WH) + TOLERANCE_WH;
  return Math.min(most, explained + UNSEEN_WH + hidden);
}

/**
 * The range of a counter that went over its end between two figures, whole Wh; null when it did not. A meter that begins
 * anew just before an end would look the same, so there must be little room for what it gained.
 */
function turn(before: number, value: number, room: number): number | null {
  for (const end of ENDS) {
    const range = Math.round(end);
    const gained = range - before + value;
    const most = room + Math.ceil(range / FEWEST_STEPS);
    if (before < range && gained >= 0 && gained <= most && room * SMALL_PART <= range) return range;
  }
  return null;
}
