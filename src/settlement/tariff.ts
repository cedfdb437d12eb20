// The tariff document: what supplier, network and state charge, as people agree on it, with the hours, days, months and dates
// on which each price holds (docs/settlement.md). It is read strictly: what is missing, unknown, not whole, left open or said
// twice is refused (read-tariff.ts). resolve.ts makes the Tariffs of one quarter hour out of it.
import type { Balancing, Tariffs } from './tariffs.ts';

/** Prices: micro-currency per kWh. */
export type EnergyPrice = FixedPrice | TimeOfUsePrice | DynamicPrice;

export interface FixedPrice {
  readonly kind: 'fixed';
  readonly price: number;
}

export interface TimeOfUsePrice {
  readonly kind: 'time-of-use';
  readonly rates: readonly Rate[];
}

/** The quarter hour's price x factor / 1 000 000 rounded down, plus the markup, and at least the floor. */
export interface DynamicPrice {
  readonly kind: 'dynamic';
  /** Default 1 000 000, which leaves the price as it is. */
  readonly factorPpm?: number;
  readonly markup?: number;
  /** Without it the price may be negative. */
  readonly floor?: number;
}

/** A price and when it holds; one rate without windows holds at all other times. */
export interface Rate {
  readonly name?: string;
  readonly price: number;
  readonly windows?: readonly Window[];
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'weekdays', 'weekends', 'holidays'] as const;
export type Day = (typeof DAYS)[number];

/** Hours of the local clock on some days in some part of the year. */
export interface Window {
  /** Left out: every day. */
  readonly days?: readonly Day[];
  /** Quarter hours of the local clock. `to` at or before `from` goes past midnight: 22:00 to 06:00 is 0:00 to 6:00 and 22:00 to 24:00. */
  readonly from?: string;
  readonly to?: string;
  /** Both days included, `11-01` to `03-31` goes past the end of the year. Left out: the whole year. */
  readonly season?: { readonly from: string; readonly to: string };
}

/** What is charged for the highest quarter hour of a month. */
export interface CapacityTariff {
  /** Micro-currency per kW and month. */
  readonly price: number;
  /** W that cost nothing; a multiple of 4, because 1 Wh in a quarter hour is 4 W. */
  readonly freeW?: number;
}

/** What holds from one local date on. */
export interface TariffPeriod extends Omit<Tariffs, 'import' | 'feedIn' | 'capacity' | 'balancing'> {
  /** First day, such as `2026-01-01`. */
  readonly from: string;
  /** First day on which it holds no more; left out: until the next period, or for ever. */
  readonly until?: string;
  readonly import: EnergyPrice;
  readonly feedIn: EnergyPrice;
  readonly capacity?: CapacityTariff;
  readonly balancing?: Balancing;
}

export interface Tariff {
  /** The place whose clock and calendar count, such as `Europe/Paris`. */
  readonly timeZone: string;
  /** Days that are neither weekdays nor weekends but `holidays`. */
  readonly holidays?: readonly string[];
  /** Oldest first. */
  readonly periods: readonly TariffPeriod[];
}
