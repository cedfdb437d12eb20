// Prices of any source as quarter hours of UTC, in whole micro-currency per kWh. Nothing is filled silently: quarter hours
// between the first and the last price that have none are listed as gaps.
import { INTERVAL_MS, intervalAt } from '../../time/interval.ts';
import { scaleDecimal } from '../decimal.ts';

/** A price for a span of time, as a source gives it. Times in Unix ms; the price in micro-currency per kWh. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly price: number;
}

export interface PriceSeries {
  /** Oldest first, each quarter hour once. */
  readonly intervals: readonly { readonly interval: string; readonly price: number }[];
  /** Quarter hours in between that have no price. */
  readonly gaps: readonly string[];
}

export interface Prices extends PriceSeries {
  /** ISO 4217; null where the source does not say. */
  readonly currency: string | null;
}

/** No source prices more than a day at once. */
const LONGEST_SPAN_MS = 86_400_000;
/** So many days in one message are a mistake. */
const MOST_DAYS = 400;

/** @throws Error where spans do not lie on quarter hours, where two give different prices for one, or where there are none */
export function toSeries(spans: readonly Span[]): PriceSeries {
  if (spans.length === 0) throw new Error('the message holds no prices');
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { start, end } of spans) {
    if (start % INTERVAL_MS !== 0 || end % INTERVAL_MS !== 0 || end <= start) {
      throw new Error(`a price from ${iso(start)} to ${iso(end)} does not lie on quarter hours`);
    }
    if (end - start > LONGEST_SPAN_MS) throw new Error(`one price is to hold from ${iso(start)} to ${iso(end)}`);
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  if (last - first > MOST_DAYS * 86_400_000)
    throw new Error(`the prices span more than ${MOST_DAYS} days; ask for fewer`);
  const prices = new Map<number, number>();
  for (const { start, end, price } of spans) {
    for (let at = start; at < end; at += INTERVAL_MS) {
      const before = prices.get(at);
      if (before !== undefined && before !== price) {
        throw new Error(`there are two prices for ${intervalAt(at)}: ${before} and ${price} micro-currency per kWh`);
      }
      prices.set(at, price);
    }
  }
  const gaps: string[] = [];
  for (let at = first; at < last; at += INTERVAL_MS) if (!prices.has(at)) gaps.push(intervalAt(at));
  const intervals = [...prices].sort(([a], [b]) => a - b).map(([at, price]) => ({ interval: intervalAt(at), price }));
  return { intervals, gaps };
}

/** How far a unit is from micro-currency per kWh, as a power of ten. */
export const priceUnits = { kWh: 6, MWh: 3, 'ct/kWh': 4 } as const;
export type PriceUnit = keyof typeof priceUnits;

/** A price as whole micro-currency per kWh, rounded to the nearest, halves up. @throws RangeError for anything but a figure */
export function microPerKWh(figure: unknown, unit: PriceUnit): number {
  const tenths = scaleDecimal(figure, priceUnits[unit] + 1, 'a price');
  return Math.floor((tenths + 5) / 10) + 0;
}

const iso = (at: number) => (Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at));
