// Local time of a named zone (IANA, such as Europe/Paris): for tariffs whose hours, days and months are those of a place.
//
// Every zone of today keeps whole quarter hours from UTC, so a UTC quarter hour is one on the clock of the place too. An hour
// that comes twice in autumn shows the same clock twice, one that is left out in spring is never shown.

import { zoneFormat } from './zone.ts';

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

const DAY_MS = 86_400_000;

/** @throws RangeError where the zone is not known */
export function localClock(timeZone: string): LocalClock {
  const format = zoneFormat(timeZone);
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
