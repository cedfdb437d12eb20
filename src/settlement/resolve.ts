// The tariffs of one quarter hour out of a tariff document: pure, so that every member computes the same bill from it. A
// price that is not there is never guessed: the quarter hour stays open, with its reason.
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import { type LocalTime, localClock } from '../time/local-time.ts';
import { requireInteger } from '../units.ts';
import type { EnergyPrice, Tariff, TariffPeriod } from './tariff.ts';
import type { Capacity, Tariffs } from './tariffs.ts';
import { compileTimetable } from './timetable.ts';

/** Why a quarter hour has no tariffs: the document says nothing about its day, or its dynamic price is not known. */
export interface Unresolved {
  readonly open: 'no-tariff' | 'price-missing';
  /** A sentence for people. */
  readonly text: string;
}

export interface Resolved {
  readonly tariffs: Tariffs;
  /** Names of the time-of-use rates that hold, where they have one. */
  readonly rates: { readonly import?: string; readonly feedIn?: string };
}

/**
 * @param interval UTC quarter hour
 * @param price of the exchange for it, in micro-currency per kWh, where it is known
 * @throws RangeError where the interval is none, or a price leaves 2^53-1
 */
export type ResolveTariff = (interval: string, price?: number) => Resolved | Unresolved;

interface Moment {
  readonly local: LocalTime;
  readonly holiday: boolean;
  readonly price: number | undefined;
}

/** Null where it needs a price that is not known. */
type PriceAt = (moment: Moment) => { readonly price: number; readonly rate?: string } | null;

/** Prepares a document that readTariff has read; resolving one quarter hour is then quick. */
export function tariffResolver({ timeZone, holidays = [], periods }: Tariff): ResolveTariff {
  const clock = localClock(timeZone);
  const free = new Set(holidays);
  const sides = periods.map((period, index) => ({
    period,
    import: priceOf(period.import, free.size > 0, `periods[${index}].import`),
    feedIn: priceOf(period.feedIn, free.size > 0, `periods[${index}].feedIn`),
  }));

  return (interval, price) => {
    const start = intervalStart(interval);
    const local = clock(start);
    const found = sides.findLast(({ period }) => period.from <= local.date);
    if (!found || (found.period.until !== undefined && local.date >= found.period.until)) {
      return { open: 'no-tariff', text: `the tariff says nothing about ${local.date}, on which ${interval} lies` };
    }
    const moment = { local, holiday: free.has(local.date), price };
    const [bought, sold] = [found.import(moment), found.feedIn(moment)];
    if (!bought || !sold) return { open: 'price-missing', text: `there is no price for ${interval}` };
    const { period } = found;
    const month = local.date.slice(0, 7);
    const due = period.capacity !== undefined && clock(start + INTERVAL_MS).date.slice(0, 7) !== month;
    return {
      tariffs: { import: bought.price, feedIn: sold.price, ...chargesOf(period), ...capacityOf(period, month, due) },
      rates: {
        ...(bought.rate === undefined ? {} : { import: bought.rate }),
        ...(sold.rate === undefined ? {} : { feedIn: sold.rate }),
      },
    };
  };
}

function priceOf(price: EnergyPrice, holidays: boolean, at: string): PriceAt {
  if (price.kind === 'fixed') return () => price;
  if (price.kind === 'time-of-use') {
    const { rates } = price;
    const rateAt = compileTimetable(rates, holidays, at);
    return ({ local, holiday }) => {
      const { name, price: value } = rates[rateAt(local, holiday)]!;
      return name === undefined ? { price: value } : { price: value, rate: name };
    };
  }
  const { factorPpm = 1_000_000, markup = 0, floor } = price;
  return (moment) => {
    if (moment.price === undefined) return null;
    const factored = scaled(requireInteger(moment.price, 'a price'), factorPpm) + markup;
    return {
      price: requireInteger(floor === undefined ? factored : Math.max(factored, floor), `${at} with its markup`),
    };
  };
}

/** Price x factor in millionths, rounded down, also below 0. */
function scaled(price: number, factorPpm: number): number {
  if (factorPpm === 1_000_000) return price;
  const product = BigInt(price) * BigInt(factorPpm);
  const remainder = ((product % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return Number((product - remainder) / 1_000_000n);
}

/** In one order of fields, so that the same tariffs are the same bytes. */
function chargesOf(period: TariffPeriod): Partial<Tariffs> {
  const { networkFee, levies, vatBasisPoints, feedInVatBasisPoints, balancing } = period;
  return {
    ...(networkFee === undefined ? {} : { networkFee }),
    ...(levies === undefined ? {} : { levies }),
    ...(vatBasisPoints === undefined ? {} : { vatBasisPoints }),
    ...(feedInVatBasisPoints === undefined ? {} : { feedInVatBasisPoints }),
    ...(balancing === undefined ? {} : { balancing }),
  };
}

function capacityOf({ capacity }: TariffPeriod, month: string, due: boolean): { readonly capacity?: Capacity } {
  if (capacity === undefined) return {};
  return { capacity: { month, ...capacity, ...(due ? { due: true as const } : {}) } };
}
