// What every bidding strategy (strategies/) takes and gives: what a member knows about one interval in, orders out, each with
// its reason; or the reason why there is none. Pure, in integers: prices and limits in micro-currency per kWh, energy in whole
// Wh, need + = use beyond PV.
import type { Reason } from '../units.ts';
import type { FlexibleNeed } from './flexible-need.ts';
import type { Forecast } from './need-history.ts';
import type { Tariffs } from './price-history.ts';
import type { Replay } from './replay.ts';
import type { BatteryState } from './stored-worth.ts';

export type BidSide = 'buy' | 'sell';

export interface Bid {
  readonly side: BidSide;
  readonly wh: number;
  readonly limit: number;
  readonly reason: Reason;
  /** The reason in a word or two, for a status. */
  readonly brief?: string;
}

export interface Proposal {
  readonly bids: readonly Bid[];
  /** Why there are none. */
  readonly silence?: Reason;
}

export interface Situation {
  /** Start of the interval that is bid for, Unix ms. */
  readonly start: number;
  /** What the supplier asks and pays in this interval. */
  readonly tariffs: Tariffs;
  /** Where limits must lie: between the community's tariffs, unless a person says otherwise. */
  readonly bounds: { readonly min: number; readonly max: number };
  /** Null before anything was measured. */
  readonly forecast: Forecast | null;
  /** As it was seen last. */
  readonly battery?: BatteryState;
  /** Own need from the end of this interval until the next sun (`NeedHistory.needUntilSunWh`). */
  readonly needUntilSunWh: number;
  /** The last days again from this interval on; asked for by the strategy that looks ahead. */
  readonly replays: () => readonly Replay[];
  /** What a flexible load still needs, where there is one. */
  readonly flexible?: FlexibleNeed | null;
  /** The step that a ramp has come to, from 0; left out: its last. */
  readonly step?: number;
  /** Largest order the community admits; larger bids are cut to it. */
  readonly maxOrderWh: number;
  /** Most orders of the member for the interval. */
  readonly maxOrders: number;
}

/**
 * A limit that the market admits, or null where none would keep what it says: a buy may come down to the highest, a sell up
 * to the lowest, but nobody pays more or gets less than meant.
 */
export function admitted(side: BidSide, limit: number, { min, max }: Situation['bounds']): number | null {
  const moved = side === 'buy' ? Math.min(limit, max) : Math.max(limit, min);
  return moved < min || moved > max ? null : moved;
}

/** The bids, each cut to the largest order that is admitted. */
export function cutToLargest(bids: readonly Bid[], maxOrderWh: number): Bid[] {
  return bids.map((bid) =>
    bid.wh > maxOrderWh ? { ...bid, wh: maxOrderWh, reason: cut(bid.reason, maxOrderWh) } : bid,
  );
}

function cut(reason: Reason, maxOrderWh: number): Reason {
  return {
    code: reason.code,
    text: `${reason.text} Cut to the community's largest order.`,
    numbers: { ...reason.numbers, maxOrderWh },
  };
}

export function silent(code: string, text: string, numbers: Reason['numbers'] = {}): Proposal {
  return { bids: [], silence: { code, text, numbers } };
}

/** Nothing is known of the member's need yet. */
export const NO_HISTORY = silent(
  'no-history',
  'Nothing has been measured yet, so nothing is ordered; the first meter interval changes that.',
);
