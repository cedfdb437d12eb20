// Times of day as people say them ("by 07:00"), in a time zone, as moments in Unix ms. On the day on which clocks go forward, a time
// that is skipped counts as if they had not; where a time comes twice, the first counts.
import { type LocalMs, WallClock } from './wall-clock.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const clocks = new Map<string, WallClock>();

/** Minutes since midnight from `07:30`; null for anything else. */
export function minuteOfDay(text: string): number | null {
  const match = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/** What the clocks of a zone show, `07:30`. */
export function timeOfDay(ms: number, zone: string): string {
  return new Date(clockOf(zone).localAt(ms)).toISOString().slice(11, 16);
}

/** The first moment after an instant at which the clocks of a zone show a time. */
export function nextTimeOfDay(after: number, minute: number, zone: string): number {
  const midnight = midnightOf(after, zone);
  for (let day = -1; ; day++) {
    const moment = momentOf(midnight + day * DAY_MS + minute * MINUTE_MS, zone);
    if (moment > after) return moment;
  }
}

/** The last moment before an instant at which they showed it. */
export function previousTimeOfDay(before: number, minute: number, zone: string): number {
  const midnight = midnightOf(before, zone);
  for (let day = 1; ; day--) {
    const moment = momentOf(midnight + day * DAY_MS + minute * MINUTE_MS, zone);
    if (moment < before) return moment;
  }
}

function midnightOf(ms: number, zone: string): LocalMs {
  return Math.floor(clockOf(zone).localAt(ms) / DAY_MS) * DAY_MS;
}

function momentOf(local: LocalMs, zone: string): number {
  const clock = clockOf(zone);
  const dayBefore = local - DAY_MS;
  return clock.moments(local)[0] ?? local - (clock.localAt(dayBefore) - dayBefore);
}

/** @throws RangeError for a name that is no time zone */
function clockOf(zone: string): WallClock {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new WallClock(zone);
    clocks.set(zone, clock);
  }
  return clock;
}
