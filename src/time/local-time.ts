// Local time of a named zone (IANA, such as Europe/Paris): for tariffs whose hours, days and months are those of a place.
// The zone is always a parameter. What the machine's own zone and language are changes nothing.
//
// Every zone of today keeps whole quarter hours from UTC, so a UTC quarter hour is one on the clock of the place too. An hour
// that comes twice in autumn shows the same clock twice, one that is left out in spring is never shown.

export interface LocalTime {
  /** Such as `2026-11-22`. */
  readonly date: string;
  /** 1 Monday to 7 Sunday. */
  readonly weekday: number;
  /** What the clock shows, in minutes since 0:00. */
  readonly minute: number;
}

/** What the clock and calendar of a place show at an instant (Unix ms). */
export type LocalClock = (ms: number) => LocalTime;

const ZONE = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const DAY_MS = 86_400_000;

/** Whether it is the name of a time zone that this machine knows. Bare offsets such as +01:00 are no places. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string' || !ZONE.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError where the zone is not known */
export function localClock(timeZone: string): LocalClock {
  const format = formatOf(timeZone);
  return (ms) => {
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
    for (const { type, value } of format.formatToParts(ms)) parts[type] = value;
    const date = `${parts.year!.padStart(4, '0')}-${parts.month}-${parts.day}`;
    return { date, weekday: weekdayOf(date), minute: Number(parts.hour) * 60 + Number(parts.minute) };
  };
}

/** 1 Monday to 7 Sunday. @param date such as `2026-11-22` */
function weekdayOf(date: string): number {
  const day = Date.parse(`${date}T00:00Z`) / DAY_MS;
  // 1970-01-01 was a Thursday.
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** Whether it is a day of the calendar, written as `2026-11-22`. */
export function isDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const ms = Date.parse(`${value}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
}
