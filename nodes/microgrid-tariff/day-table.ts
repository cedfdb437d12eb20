// What a kilowatt hour costs on a local day, span by span: for the table in the dialog. A day on which the clock is changed has
// 23, 25 or other hours; a repeated hour then stands in a span twice as long as its clock says.
import { type ResolveTariff, tariffResolver } from '../../src/settlement/resolve.ts';
import type { Tariff } from '../../src/settlement/tariff.ts';
import { surchargesOn, type Tariffs } from '../../src/settlement/tariffs.ts';
import { INTERVAL_MS, intervalAt } from '../../src/time/interval.ts';
import { localClock } from '../../src/time/local-time.ts';
import { amountNano } from '../../src/units.ts';

export interface Span {
  /** Local clock. */
  readonly from: string;
  readonly to: string;
  readonly minutes: number;
  /** ct/kWh, two decimals: bought from the supplier, the same with fee, levies and VAT, and sold to it. */
  readonly price: string;
  readonly allIn: string;
  readonly feedIn: string;
  /** Names of the rates that hold. */
  readonly rates: readonly string[];
  /** Why there are no prices; then they are empty. */
  readonly open?: string;
}

const DAY_MS = 86_400_000;
const KWH = 1000;

/** @param date local, such as `2026-11-22` @param priceOf the exchange's price of a quarter hour, where it is known */
export function dayTable(tariff: Tariff, date: string, priceOf: (interval: string) => number | undefined): Span[] {
  const clock = localClock(tariff.timeZone);
  const resolve = tariffResolver(tariff);
  const spans: Span[] = [];
  const middle = Date.parse(`${date}T12:00Z`);
  // No place is more than 14 hours from UTC.
  for (let at = middle - 1.5 * DAY_MS; at < middle + 1.5 * DAY_MS; at += INTERVAL_MS) {
    const local = clock(at);
    if (local.date !== date) continue;
    const next = clock(at + INTERVAL_MS);
    const span: Span = {
      from: clockText(local.minute),
      to: next.date === date ? clockText(next.minute) : '24:00',
      minutes: INTERVAL_MS / 60_000,
      ...pricesAt(resolve, intervalAt(at), priceOf),
    };
    const last = spans.at(-1);
    if (last && sameText(last) === sameText(span)) {
      spans[spans.length - 1] = { ...last, to: span.to, minutes: last.minutes + span.minutes };
    } else spans.push(span);
  }
  return spans;
}

type Prices = Pick<Span, 'price' | 'allIn' | 'feedIn' | 'rates' | 'open'>;

function pricesAt(resolve: ResolveTariff, interval: string, priceOf: (interval: string) => number | undefined): Prices {
  const resolved = resolve(interval, priceOf(interval));
  if ('open' in resolved) return { price: '', allIn: '', feedIn: '', rates: [], open: resolved.open };
  const { tariffs, rates } = resolved;
  return {
    price: ct(tariffs.import * KWH),
    allIn: ct(allInNano(tariffs)),
    feedIn: ct(tariffs.feedIn * KWH),
    rates: [...new Set([rates.import, rates.feedIn])].filter((name) => name !== undefined),
  };
}

/** A kWh from the supplier with all that is charged on it. */
function allInNano(tariffs: Tariffs): number {
  const amount = amountNano(KWH, tariffs.import);
  const { fee, levies, vat } = surchargesOn(tariffs, KWH, amount, 'beyond');
  return amount + fee + levies + vat;
}

const sameText = ({ price, allIn, feedIn, rates, open }: Span) => JSON.stringify([price, allIn, feedIn, rates, open]);
const ct = (nanoPerKWh: number) => (nanoPerKWh / 10_000_000).toFixed(2);
const clockText = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
