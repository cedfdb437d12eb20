// Which rate of a time-of-use price holds at each quarter hour of the local clock, on each kind of day, in each part of the
// year. It depends on the date and the clock of that moment alone. So an hour that a change of the clock repeats has its rate
// twice, one that it skips has none, and a window past midnight is two pieces of each of its days.
import { InputError } from '../input/fields.ts';
import type { LocalTime } from '../time/local-time.ts';
import type { Day, Rate, Window } from './tariff.ts';

const QUARTERS = 96;
/** Monday to Sunday, and a holiday, which is none of them. */
const DAY_NAMES = ['mondays', 'tuesdays', 'wednesdays', 'thursdays', 'fridays', 'saturdays', 'sundays', 'holidays'];
const HOLIDAY = 7;
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6, HOLIDAY];
const DAYS_OF: Readonly<Record<Day, readonly number[]>> = {
  mon: [0],
  tue: [1],
  wed: [2],
  thu: [3],
  fri: [4],
  sat: [5],
  sun: [6],
  weekdays: [0, 1, 2, 3, 4],
  weekends: [5, 6],
  holidays: [HOLIDAY],
};

/** The index of the rate that holds at a moment. */
export type Timetable = (local: LocalTime, holiday: boolean) => number;

/** Where a rate came from, for sentences: rate and window, counted from 0. */
interface Place {
  readonly rate: number;
  readonly window: number | null;
}

/**
 * @param holidays whether there are any: then their hours have to be covered too
 * @param at name of the field, such as `periods[0].import`
 * @throws InputError where no rate holds, or two do
 */
export function compileTimetable(rates: readonly Rate[], holidays: boolean, at: string): Timetable {
  const windows = rates.flatMap((rate) => rate.windows ?? []);
  const starts = partsOfYear(windows);
  const days = holidays ? ALL_DAYS : ALL_DAYS.slice(0, HOLIDAY);
  // One entry per part of the year, day and quarter hour, in this order.
  const table = new Array<Place | undefined>(starts.length * ALL_DAYS.length * QUARTERS);
  const indexOf = (part: number, day: number, quarter: number) => (part * ALL_DAYS.length + day) * QUARTERS + quarter;
  const when = (part: number, day: number, quarter: number) =>
    `on ${DAY_NAMES[day]} at ${clock(quarter)}${starts.length > 1 ? ` from ${starts[part]} on` : ''}`;

  for (const [r, { windows = [] }] of rates.entries()) {
    for (const [w, window] of windows.entries()) {
      const quarters = quartersOf(window, `${at}.rates[${r}].windows[${w}]`);
      for (const part of starts.keys()) {
        if (!isInSeason(window, starts[part]!)) continue;
        for (const day of daysOf(window)) {
          for (const quarter of quarters) {
            const index = indexOf(part, day, quarter);
            const before = table[index];
            if (before) {
              const other = `rates[${before.rate}].windows[${before.window}]`;
              throw new InputError(
                `${at}.rates[${r}].windows[${w}] overlaps ${other} ${when(part, day, quarter)}: two prices would hold`,
              );
            }
            table[index] = { rate: r, window: w };
          }
        }
      }
    }
  }

  const rest = restOf(rates, at);
  for (const part of starts.keys()) {
    for (const day of days) {
      for (let quarter = 0; quarter < QUARTERS; quarter++) {
        const index = indexOf(part, day, quarter);
        if (table[index]) continue;
        if (rest === null) throw new InputError(`${at}.rates leave a gap: no price holds ${when(part, day, quarter)}`);
        table[index] = { rate: rest, window: null };
      }
    }
  }

  return ({ date, weekday, minute }, holiday) => {
    const day = date.slice(5);
    const part = starts.findLastIndex((start) => start <= day);
    return table[indexOf(part, holiday ? HOLIDAY : weekday - 1, Math.floor(minute / 15))]!.rate;
  };
}

/** The one rate without windows, which holds at all other times. */
function restOf(rates: readonly Rate[], at: string): number | null {
  const without = [...rates.keys()].filter((index) => !rates[index]!.windows);
  if (without.length > 1) {
    throw new InputError(
      `${at}.rates[${without[1]}] has no windows, and neither has rates[${without[0]}]; one may hold at all other times`,
    );
  }
  return without[0] ?? null;
}

/** Days of the year, such as `11-01`, on which another season may begin; the first is 1 January. */
function partsOfYear(windows: readonly Window[]): string[] {
  const starts = new Set(['01-01']);
  for (const { season } of windows) if (season) starts.add(season.from).add(dayAfter(season.to));
  return [...starts].sort();
}

/** In a leap year, which has every day. */
function dayAfter(day: string): string {
  return new Date(Date.parse(`2024-${day}T00:00Z`) + 86_400_000).toISOString().slice(5, 10);
}

function isInSeason({ season }: Window, day: string): boolean {
  if (!season) return true;
  const { from, to } = season;
  return from <= to ? from <= day && day <= to : from <= day || day <= to;
}

function daysOf({ days }: Window): Iterable<number> {
  return days ? new Set(days.flatMap((day) => DAYS_OF[day])) : ALL_DAYS;
}

/** @throws InputError for a window that begins where it ends */
function quartersOf({ from = '00:00', to = '24:00' }: Window, at: string): number[] {
  const [start, end] = [quarterAt(from), quarterAt(to)];
  if (start === end || start === QUARTERS) {
    const hint = 'leave both out for the whole day';
    throw new InputError(`${at}.from is ${from} and its to is ${to}, which is no time at all; ${hint}`);
  }
  const all = Array.from({ length: QUARTERS }, (_, quarter) => quarter);
  return all.filter((quarter) => (start < end ? start <= quarter && quarter < end : start <= quarter || quarter < end));
}

function quarterAt(text: string): number {
  return Number(text.slice(0, 2)) * 4 + Number(text.slice(3)) / 15;
}

function clock(quarter: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`;
}
