// The month of a statement: a calendar month at the place of the community, in UTC quarter hours, and when it closes. What is
// settled for it until then stands in its statement, what comes later in the statement of the month that is open then. So
// every line stands in exactly one statement, and a statement that is final never changes.
import { INTERVAL_MS, intervalAt, intervalStart } from '../../time/interval.ts';
import { type LocalClock, type LocalTime, localClock } from '../../time/local-time.ts';
import { isTimeZone } from '../../time/zone.ts';

/** Days after the end of a month until its statements are final, unless told. */
export const CLOSING_DAYS = 3;
export const MOST_CLOSING_DAYS = 27;

export interface Period {
  /** Such as `2026-05`. */
  readonly month: string;
  readonly timeZone: string;
  /** Start of the first interval, and end of the last, Unix ms. */
  readonly start: number;
  readonly end: number;
  /** When this month closes, and when the one before did: the bookings between the two (and its own energy) make it up. */
  readonly closes: number;
  readonly opens: number;
  /** Its days, such as `2026-05-01`. */
  readonly days: readonly string[];
  /** Number of its quarter hours. */
  readonly intervals: number;
}

export function isMonth(value: unknown): value is string {
  return typeof value === 'string' && /^(?:19|20|21)\d{2}-(?:0[1-9]|1[0-2])$/.test(value);
}

/** @throws RangeError for a month or a zone that does not exist, or a closing beyond the next month */
export function periodOf(month: string, timeZone: string, closingDays = CLOSING_DAYS): Period {
  if (!isMonth(month))
    throw new RangeError(`the month must be written as 2026-05, but is "${String(month).slice(0, 20)}"`);
  if (!Number.isInteger(closingDays) || closingDays < 1 || closingDays > MOST_CLOSING_DAYS) {
    throw new RangeError(`statements close 1 to ${MOST_CLOSING_DAYS} days after their month, not ${closingDays}`);
  }
  const clock = clockOf(timeZone);
  const next = monthAfter(month);
  const start = firstAt(clock, `${month}-01`);
  const end = firstAt(clock, `${next}-01`);
  const days: string[] = [];
  for (let day = 1; day <= 31; day++) {
    const date = `${month}-${String(day).padStart(2, '0')}`;
    if (!Number.isNaN(Date.parse(`${date}T00:00Z`)) && new Date(`${date}T00:00Z`).toISOString().startsWith(date)) {
      days.push(date);
    }
  }
  return {
    month,
    timeZone,
    start,
    end,
    closes: firstAt(clock, dayAfter(`${next}-01`, closingDays)),
    opens: firstAt(clock, dayAfter(`${month}-01`, closingDays)),
    days,
    intervals: (end - start) / INTERVAL_MS,
  };
}

/** The month at an instant (Unix ms) on the clock of a place. */
export function monthAt(ms: number, timeZone: string): string {
  return clockOf(timeZone)(ms).date.slice(0, 7);
}

export function monthAfter(month: string, steps = 1): string {
  const count = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + steps;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}`;
}

/**
 * The zone of a tariff document: where its hours are those of a place, the months of the bills are too. Null without one.
 * @param tariff the document as JSON text, if there is one
 */
export function zoneOfTariff(tariff: unknown): string | null {
  if (typeof tariff !== 'string') return null;
  const { timeZone } = JSON.parse(tariff) as { readonly timeZone?: unknown };
  return typeof timeZone === 'string' && isTimeZone(timeZone) ? timeZone : null;
}

/** Whether an interval lies in the month. */
export function contains({ start, end }: Period, interval: string): boolean {
  const ms = intervalStart(interval);
  return ms >= start && ms < end;
}

/** Whether what was settled at an instant (Unix ms) for an interval stands in this month's statements. */
export function books({ start, end, opens, closes }: Period, interval: string, at: number): boolean {
  if (at >= closes) return false;
  const ms = intervalStart(interval);
  if (ms < start) return at >= opens;
  return ms < end;
}

/** The intervals of the month, oldest first. */
export function* intervalsOf({ start, end }: Period): Generator<string> {
  for (let ms = start; ms < end; ms += INTERVAL_MS) yield intervalAt(ms);
}

/** What the clock of a place shows during a month, asked often: an interval is converted once. */
export class Calendar {
  readonly #clock: LocalClock;
  readonly #known = new Map<number, LocalTime>();
  readonly #texts = new WeakMap<LocalTime, string>();

  constructor(timeZone: string) {
    this.#clock = clockOf(timeZone);
  }

  at(ms: number): LocalTime {
    let time = this.#known.get(ms);
    if (!time) {
      // More than a month is not asked for at a time.
      if (this.#known.size > 4000) this.#known.clear();
      time = this.#clock(ms);
      this.#known.set(ms, time);
    }
    return time;
  }

  /** `2026-10-25 02:15 +01:00`: the offset tells the two hours of autumn apart. */
  text(ms: number): string {
    const time = this.at(ms);
    const known = this.#texts.get(time);
    if (known !== undefined) return known;
    const { date, minute } = time;
    const offset = Math.round((Date.parse(`${date}T00:00Z`) - ms) / 60_000) + minute;
    const sign = offset < 0 ? '-' : '+';
    const text = `${date} ${hhmm(minute)} ${sign}${hhmm(Math.abs(offset))}`;
    this.#texts.set(time, text);
    return text;
  }
}

export function hhmm(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Making one costs as much as a thousand questions to it. A community has one place, so few are made. */
const clocks = new Map<string, LocalClock>();
const MOST_CLOCKS = 100;

function clockOf(timeZone: string): LocalClock {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = localClock(timeZone);
    if (clocks.size < MOST_CLOCKS) clocks.set(timeZone, clock);
  }
  return clock;
}

/** The first quarter hour of a local day, or of the next one where a place left it out. */
function firstAt(clock: LocalClock, date: string): number {
  // No place is further from UTC than 14 hours.
  let ms = Date.parse(`${date}T00:00Z`) - 15 * 3_600_000;
  while (clock(ms).date < date) ms += INTERVAL_MS;
  return ms;
}

function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
