// Times of day as people say them ("by 07:00"), in a time zone of the IANA data base, to moments in Unix ms and back. On the day on
// which clocks go forward, a time that is skipped counts as if they had not; where a time comes twice, the first counts.

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a name is a time zone, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Minutes since midnight from `07:30`; null for anything else. */
export function minuteOfDay(text: string): number | null {
  const match = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/** What the clocks of a zone show, `07:30`. */
export function timeOfDay(ms: number, zone: string): string {
  return new Date(localOf(ms, zone)).toISOString().slice(11, 16);
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

/** Local midnight of the day of an instant, written as if it were UTC. */
function midnightOf(ms: number, zone: string): number {
  return Math.floor(localOf(ms, zone) / DAY_MS) * DAY_MS;
}

/** The moment of a local time that is written as if it were UTC. */
function momentOf(local: number, zone: string): number {
  // A day before and after, whatever changes between: at most one change lies so close.
  const before = local - DAY_MS;
  const candidates = [before, local + DAY_MS].map((near) => local - (localOf(near, zone) - near));
  const shown = candidates.filter((moment) => localOf(moment, zone) === local);
  return shown.length > 0 ? Math.min(...shown) : (candidates[0] as number);
}

/** What the clocks of a zone show, written as if it were UTC. */
function localOf(ms: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000);
}

/** @throws RangeError for a name that is no time zone */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const digits = { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      ...digits,
    });
    formats.set(zone, format);
  }
  return format;
}
