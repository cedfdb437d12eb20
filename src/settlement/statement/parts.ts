// What statements are made from: per interval everything that was recorded about it, however it was kept (ledger, export, or
// the messages themselves). The order of the lists means nothing, so neither does the order in which records arrived.
import type { Line, MemberRow } from '../settlement.ts';
import type { Tariffs } from '../tariffs.ts';

export type BilledLine = Omit<Line, 'interval' | 'code'> & { readonly code: string };
export type BilledRow = Omit<MemberRow, 'interval'>;

/** One settlement of an interval: the first one, or a correction of it. */
export interface Settled {
  /** When it was settled, Unix ms: decides the month of its statement. */
  readonly at: number;
  /** Its leaf in the ledger, or null. */
  readonly leaf: number | null;
  /**
   * 0 for the first settlement of the interval, then one more for each correction: its lines come on top, its rows in the place
   * of those before (src/settlement/correct.ts).
   */
  readonly number: number;
  /** Null where a correction does not repeat them. */
  readonly tariffs: Tariffs | null;
  readonly lines: readonly BilledLine[];
  readonly statements: readonly BilledRow[];
}

/** A record of a member that stands in the ledger. */
export interface Leaf {
  readonly member: string;
  readonly leaf: number;
}

export interface IntervalParts {
  readonly interval: string;
  readonly settled: readonly Settled[];
  /** Leaf of the clearing. */
  readonly clearing: number | null;
  readonly orders: readonly Leaf[];
  /** Records of meters, and of corrections of them: why energy is not simply measured. */
  readonly meters: readonly { readonly member: string; readonly leaf: number | null; readonly reason: string | null }[];
  readonly batteries: readonly { readonly member: string; readonly chargeWh: number; readonly dischargeWh: number }[];
  readonly generation: readonly { readonly member: string; readonly generationWh: number | null }[];
}

/** A payment from one account to another that was confirmed. */
export interface PaymentMade {
  readonly id: string;
  /** When it was confirmed, Unix ms: decides the month of its statement. */
  readonly at: number;
  /** The day on which it was made. */
  readonly on: string;
  readonly from: string;
  readonly to: string;
  /** Nano-currency, above 0. */
  readonly amount: number;
  readonly leaf: number | null;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };

/** Parts of an interval as they come together. */
export type OpenParts = Mutable<IntervalParts>;

export function noParts(interval: string): OpenParts {
  return { interval, settled: [], clearing: null, orders: [], meters: [], batteries: [], generation: [] };
}
