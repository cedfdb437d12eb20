// Prices out of any message: an ENTSO-E document, answers of Tibber, Nord Pool sensors of Home Assistant, aWATTar and
// Energy-Charts, the output of price nodes, and plain lists. What a source says of currency and unit counts; where it says
// nothing, what the person chose.
import { describe } from '../../units.ts';
import { timeOf } from '../fields.ts';
import { readEntsoe } from './entsoe.ts';
import { microPerKWh, type Prices, type PriceUnit, type Span, toSeries } from './price-series.ts';

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names that sources give to the same thing. */
const START = ['start', 'startsAt', 'start_timestamp', 'start_time', 'startTime', 'time', 'interval'];
const END = ['end', 'endsAt', 'end_timestamp', 'end_time', 'endTime'];
const PRICE = ['value', 'total', 'price', 'marketprice'];
/** What prices are wrapped in, from the outside to the inside; of several homes the first that has prices. */
const WRAPPINGS = [
  ...['payload', 'data', 'new_state', 'attributes', 'viewer', 'homes', 'currentSubscription', 'priceInfo'],
  ...['priceData', 'prices', 'intervals', 'range', 'nodes'],
];
const DEEPEST = 12;
/** Steps that a list may have, ms. */
const STEPS = [900_000, 1_800_000, 3_600_000];
const MOST_ENTRIES = 50_000;

/** @throws Error with a sentence for anything that holds no prices, or prices that contradict each other */
export function readPrices(source: unknown, unit: PriceUnit): Prices {
  const bytes = source instanceof Uint8Array ? Buffer.from(source).toString('utf8') : source;
  const text = typeof bytes === 'string' ? bytes.trim() : '';
  if (text.startsWith('<') || text.startsWith('\ufeff<')) return readEntsoe(text);
  const value = text === '' ? bytes : parsed(text);
  const found = search(value, { unit, currency: null }, 0);
  if (!found) throw new Error(`there are no prices in ${describe(source)}; see this node's help for what it can read`);
  return { currency: found.context.currency, ...toSeries(found.lists.flatMap((list) => spansOf(list, found.context))) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`there are no prices in ${describe(text)}: it is neither XML nor JSON`);
  }
}

interface Context {
  readonly unit: PriceUnit;
  readonly currency: string | null;
}

interface Entry {
  readonly start: unknown;
  readonly end?: unknown;
  readonly price: unknown;
}

interface Lists {
  readonly lists: readonly (readonly Entry[])[];
  readonly context: Context;
}

function search(value: unknown, outer: Context, depth: number): Lists | null {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) {
    const entries = entriesOf(value);
    if (entries) return { lists: [entries], context: { ...outer, currency: currencyIn(value[0]) ?? outer.currency } };
    // Homes of an account: the first that has a contract.
    for (const item of value.slice(0, 100)) {
      const found = isObject(item) ? search(item, outer, depth + 1) : null;
      if (found) return found;
    }
    return null;
  }
  if (!isObject(value)) return null;
  const context = contextOf(value, outer);
  const days = [
    ['raw_today', 'raw_tomorrow'],
    ['today', 'tomorrow'],
  ]
    .map((names) =>
      names
        .map((name) => value[name])
        .map(entriesOf)
        .filter((list) => list !== null),
    )
    .find((lists) => lists.length > 0);
  if (days) {
    const first = ['today', 'raw_today'].map((name) => value[name]).find(Array.isArray);
    return { lists: days, context: { ...context, currency: currencyIn(first?.[0]) ?? context.currency } };
  }
  const parallel = parallelLists(value);
  if (parallel) return { lists: [parallel], context };
  for (const name of WRAPPINGS) {
    const found = name in value ? search(value[name], context, depth + 1) : null;
    if (found) return found;
  }
  return null;
}

/** What an object says of unit and currency, for all that is in it. */
function contextOf(value: Fields, outer: Context): Context {
  const said = typeof value['unit'] === 'string' ? value['unit'] : '';
  const cents = value['price_in_cents'] === true || /\b(?:ct|cents?|c|öre|øre)\s*\//i.test(said);
  const unit = /mwh/i.test(said) ? 'MWh' : cents ? 'ct/kWh' : /kwh/i.test(said) ? 'kWh' : outer.unit;
  return { unit, currency: currencyIn(value) ?? outer.currency };
}

function currencyIn(value: unknown): string | null {
  if (!isObject(value)) return null;
  const { currency, unit } = value;
  if (typeof currency === 'string' && /^[A-Z]{3}$/.test(currency)) return currency;
  return (typeof unit === 'string' ? /^\s*([A-Z]{3})\s*\/\s*[kM]Wh/i.exec(unit)?.[1]?.toUpperCase() : null) ?? null;
}

/** A list of objects with a start and a price; null for any other. */
function entriesOf(list: unknown): Entry[] | null {
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_ENTRIES) return null;
  const pick = (item: Fields, names: readonly string[]) =>
    names.map((name) => item[name]).find((it) => it !== undefined);
  const entries: Entry[] = [];
  for (const item of list) {
    if (!isObject(item)) return null;
    const [start, end, price] = [pick(item, START), pick(item, END), pick(item, PRICE)];
    if (start === undefined || price === undefined) return null;
    entries.push({ start, price, ...(end === undefined ? {} : { end }) });
  }
  return entries;
}

/** Times and prices as two lists (Energy-Charts), or prices from a start on in equal steps. */
function parallelLists(value: Fields): Entry[] | null {
  const prices = [value['price'], value['prices'], value['values']].find(Array.isArray);
  if (
    !prices ||
    prices.length === 0 ||
    prices.length > MOST_ENTRIES ||
    prices.some((price) => typeof price === 'object' && price !== null)
  ) {
    return null;
  }
  const times = value['unix_seconds'] ?? value['times'];
  if (Array.isArray(times)) {
    if (times.length !== prices.length) throw new Error(`there are ${times.length} times, but ${prices.length} prices`);
    return prices.map((price, i) => ({ start: times[i], price }));
  }
  const [start, minutes] = [value['start'], value['minutes']];
  if (start === undefined)
    throw new Error('a plain list of prices needs a "start" beside it, such as 2026-11-22T00:00+01:00');
  const [first, step] = [timeOf(start), Number(minutes) * 60_000];
  if (first === null || !STEPS.includes(step)) throw new Error('a plain list of prices needs "minutes": 15, 30 or 60');
  const at = (i: number) => new Date(first + i * step);
  return prices.map((price, i) => ({ start: at(i), end: at(i + 1), price }));
}

/** An entry without an end lasts as long as the shortest step of its list; a longer one is a gap, not a longer price. */
function spansOf(list: readonly Entry[], { unit }: Context): Span[] {
  const at = list.map(({ start, end, price }) => ({
    start: instant(start),
    end: end === undefined || end === null ? null : instant(end),
    price,
  }));
  const starts = [...new Set(at.map(({ start }) => start))].sort((a, b) => a - b);
  const step = Math.min(...starts.slice(1).map((start, i) => start - (starts[i] ?? 0)));
  return at.flatMap(({ start, end, price }) => {
    // What has no price yet (tomorrow, in the morning) is no price of 0.
    if (price === null || price === '') return [];
    if (end === null && !STEPS.includes(step)) {
      throw new Error('the prices say no end, and do not follow each other in steps of 15, 30 or 60 minutes');
    }
    return [{ start, end: end ?? start + step, price: microPerKWh(price, unit) }];
  });
}

function instant(value: unknown): number {
  const at = timeOf(value);
  if (at === null) throw new Error('a price has no time');
  return at;
}
