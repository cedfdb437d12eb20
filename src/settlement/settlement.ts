// What goes into a settlement and what comes out (market.md, cli.md). Energy in integer Wh of one interval, prices in
// integer micro-currency per kWh, amounts in integer nano-currency.
import type { Clearing, Fill, Pair, Place, Preferred } from '../market/order.ts';
import type { Quality } from '../units.ts';
import type { Unresolved } from './resolve.ts';
import type { Tariffs } from './tariffs.ts';

/** Energy of one interval, not counters. Null, or quality `missing`, where it is not known. */
export interface MeteredEnergy {
  readonly member: string;
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly quality: Quality;
}

/** What settlement needs of a clearing; what else is given must agree with it (check.ts). */
export interface TradedEnergy extends Partial<Omit<Clearing, 'price' | 'pairs' | 'fills' | 'preferred'>> {
  readonly price: number | null;
  readonly pairs: readonly Pair[];
  readonly fills?: readonly Fill[];
  /** Before the rule; which orders met is not needed. */
  readonly preferred?: readonly (Omit<Preferred, 'buy' | 'sell'> & Partial<Pick<Preferred, 'buy' | 'sell'>>)[];
}

export interface IntervalInput {
  readonly interval: string;
  readonly clearing: TradedEnergy;
  readonly meters: readonly MeteredEnergy[];
  /** Of this interval; left out: those of the whole settlement. Where there are none the interval stays open. */
  readonly tariffs?: Tariffs | Unresolved;
}

export interface SettlementInput {
  readonly tariffs?: Tariffs;
  readonly intervals: readonly IntervalInput[];
  /** Feeder tree for the network fee, where known. */
  readonly places?: ReadonlyMap<string, Place>;
  /** Highest quarter hours of the running months before these intervals, where there is a capacity charge. */
  readonly peaks?: readonly Peak[];
}

/** A member's highest quarter hour of a month so far (capacity.ts). */
export interface Peak {
  readonly member: string;
  /** Local, such as `2026-11`. */
  readonly month: string;
  readonly wh: number;
}

export type LineCode =
  | 'trade'
  | 'fund'
  | 'pool'
  | 'import'
  | 'feed-in'
  | 'penalty'
  | 'capacity'
  | 'network-fee'
  | 'levies'
  | 'vat';

export interface Line {
  readonly interval: string;
  readonly account: string;
  readonly counterAccount: string;
  /** Wh that the line is for; 0 for VAT, which is on money. */
  readonly wh: number;
  /** Micro-currency per kWh; 0 for VAT. Wh x price is the amount of every other line. */
  readonly price: number;
  /** Nano-currency; above 0 it is paid by `account` to `counterAccount`. */
  readonly amount: number;
  readonly code: LineCode;
}

/** A deviation that cannot be settled yet; without tariffs, all that the member has in the interval. */
export interface OpenInterval {
  readonly interval: string;
  readonly member: string;
  readonly reason: 'meter-missing' | 'no-meter-record' | Unresolved['open'];
}

/** One member's energy and money of one interval. */
export interface MemberRow {
  readonly interval: string;
  readonly member: string;
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly quality: Quality;
  /** From and to neighbours; 0 for what the member bought from itself. */
  readonly boughtWh: number;
  readonly soldWh: number;
  /** From and to the supplier. Both 0 while open. */
  readonly supplierWh: number;
  readonly feedInWh: number;
  /** Nano-currency; above 0 the member pays it. */
  readonly amount: number;
  /** From and to members whose deviation was the opposite; only under `pooled/1`. */
  readonly poolBoughtWh?: number;
  readonly poolSoldWh?: number;
}

export interface Settlement {
  readonly lines: readonly Line[];
  /** Balance of every account with a line, nano-currency as decimal text, sorted by name (bytes). */
  readonly accounts: Readonly<Record<string, string>>;
  /** Always "0". */
  readonly sum: string;
  readonly open: readonly OpenInterval[];
  /** Per interval and member, in that order. */
  readonly rows: readonly MemberRow[];
  /** Highest quarter hours of months that are not billed yet; only where there is a capacity charge. */
  readonly peaks?: readonly Peak[];
}
