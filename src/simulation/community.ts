// A whole community without Node-RED, as a pure step per interval: orders from what members expect, the auction, then
// delivery: load and PV from the profile, batteries after the market position, meters at every connection. Under
// `allocation/1` nobody orders anything: batteries serve their own homes, and what the meters show is shared.
// Energy in whole Wh per interval, prices in micro-currency per kWh; per member and interval, exactly:
// load = import - export + pv + discharge - charge.
import type { Bid } from '../market/bidding.ts';
import type { Forecast, NeedHistory } from '../market/need-history.ts';
import type { Order, Pair } from '../market/order.ts';
import { PriceHistory } from '../market/price-history.ts';
import { replays } from '../market/replay.ts';
import type { BatteryState } from '../market/stored-worth.ts';
import { LAST_DAYS, propose } from '../market/strategies/strategy.ts';
import { INTERVAL_MS, intervalAt } from '../time/interval.ts';
import type { CommunityConfig } from './community-config.ts';
import { type BatteryInterval, emptyBattery, type IntervalBattery, runBattery } from './interval-battery.ts';
import {
  arrivals,
  clearStreet,
  nothingTraded,
  type StreetClearing,
  shareSurplus,
  sharesByKeys,
} from './street-market.ts';
import type { BatterySpec } from './virtual-site.ts';

/** What simulated communities admit; recorded in the ledger's `rules`. */
export const MAX_ORDER_WH = 1_000_000;
export const MAX_ORDERS = 3;

/** Which parts of the community take part: the street itself, or a counterfactual to compare it with. */
export interface Variant {
  readonly trading: boolean;
  readonly batteries: boolean;
}

/** What a member knows about its own need when it bids. */
export interface Expectation {
  readonly forecast: Forecast;
  readonly needUntilSunWh: number;
  /** What lies behind it, for strategies that look further ahead. */
  readonly needs?: NeedHistory;
}

/** One interval as it comes to the community: energies by position in `config.members`. */
export interface Seen {
  /** Start of the interval, Unix ms. */
  readonly start: number;
  readonly loadWh: readonly number[];
  readonly pvWh: readonly number[];
  /** Null for a member that has no reading yet. */
  readonly expectations: readonly (Expectation | null)[];
  /** What earlier auctions came to. */
  readonly prices?: PriceHistory;
}

export interface StreetState {
  /** Batteries by position of the member; null = none. */
  readonly batteries: readonly (IntervalBattery | null)[];
  /** Start of the last interval (Unix ms) and what every battery then held, in thousandths of a Wh. */
  readonly last: {
    readonly start: number;
    readonly stored: readonly number[];
    /** What each member has bought (+) or sold (-) for it, Wh. */
    readonly positions: readonly number[];
  } | null;
}

export interface MemberInterval {
  readonly loadWh: number;
  readonly pvWh: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly boughtWh: number;
  readonly soldWh: number;
  /** Null without a battery. */
  readonly battery: (BatteryInterval & { readonly stored: number }) | null;
}

export interface StreetInterval {
  readonly interval: string;
  readonly start: number;
  /** Ids are `<member>/<number>`; `bids` holds their reasons at the same positions. */
  readonly orders: readonly Order[];
  readonly bids: readonly Bid[];
  readonly clearing: StreetClearing;
  /** By position in `config.members`. */
  readonly members: readonly MemberInterval[];
}

/** Before the first interval: every battery at its minimum. */
export function initialStreet(config: CommunityConfig, variant: Variant): StreetState {
  const batteries = config.members.map(({ battery }) => (battery && variant.batteries ? emptyBattery(battery) : null));
  return { batteries, last: null };
}

/**
 * One interval of one variant. Orders are made when the interval before begins, a quarter hour ahead: they know the
 * batteries as they are then, and no meter of a later time.
 */
export function stepStreet(
  config: CommunityConfig,
  variant: Variant,
  state: StreetState,
  seen: Seen,
): [StreetState, StreetInterval] {
  const interval = intervalAt(seen.start);
  const shared = variant.trading && sharesByKeys(config);
  const auction = variant.trading && !shared;
  const placed = auction ? placeOrders(config, state, seen) : NO_ORDERS;
  const cleared = auction ? clearStreet(config, interval, placed.orders) : nothingTraded(interval);
  const ordered = positionsOf(config, cleared.pairs);
  const batteries: (IntervalBattery | null)[] = [];
  const delivered = config.members.map(({ battery: spec }, index) => {
    const loadWh = seen.loadWh[index]!;
    const pvWh = seen.pvWh[index]!;
    const { boughtWh, soldWh } = ordered[index]!;
    const before = state.batteries[index];
    let needWh = loadWh - pvWh;
    let battery: MemberInterval['battery'] = null;
    let after: IntervalBattery | null = null;
    if (spec && before) {
      const [next, moved] = runBattery(spec, before, needWh, boughtWh - soldWh, seen.start);
      after = next;
      battery = { ...moved, stored: next.stored };
      needWh += moved.chargeWh - moved.dischargeWh;
    }
    batteries.push(after);
    const importWh = Math.max(0, needWh);
    const exportWh = Math.max(0, -needWh);
    return { loadWh, pvWh, importWh, exportWh, battery };
  });
  const clearing = shared ? shareSurplus(config, interval, delivered) : cleared;
  const traded = shared ? positionsOf(config, clearing.pairs) : ordered;
  const members = delivered.map((member, index): MemberInterval => ({ ...member, ...traded[index]! }));
  const stored = state.batteries.map((battery) => battery?.stored ?? 0);
  return [
    {
      batteries,
      last: { start: seen.start, stored, positions: members.map(({ boughtWh, soldWh }) => boughtWh - soldWh) },
    },
    { interval, start: seen.start, ...placed, clearing, members },
  ];
}

/** What each member bought and sold, by position. */
function positionsOf(config: CommunityConfig, pairs: readonly Pair[]): Pick<MemberInterval, 'boughtWh' | 'soldWh'>[] {
  const bought = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { buyer, seller, wh } of pairs) {
    bought.set(buyer, (bought.get(buyer) ?? 0) + wh);
    sold.set(seller, (sold.get(seller) ?? 0) + wh);
  }
  return config.members.map(({ id }) => ({ boughtWh: bought.get(id) ?? 0, soldWh: sold.get(id) ?? 0 }));
}

interface Placed {
  readonly orders: readonly Order[];
  readonly bids: readonly Bid[];
}

const NO_ORDERS: Placed = { orders: [], bids: [] };

function placeOrders(config: CommunityConfig, state: StreetState, seen: Seen): Placed {
  const orders: Order[] = [];
  const placed: Bid[] = [];
  const { tariffs } = config;
  const running = seen.start - INTERVAL_MS;
  const last = state.last?.start === running ? state.last : null;
  for (const index of arrivals(config, intervalAt(seen.start))) {
    const { id, battery: spec, strategy = LAST_DAYS } = config.members[index]!;
    const expectation = seen.expectations[index];
    if (!expectation) continue;
    const before = state.batteries[index];
    const battery = spec && before ? storedEnergy(spec, last?.stored[index] ?? before.stored) : null;
    const { needs, ...expected } = expectation;
    const { bids: made } = propose(strategy, {
      ...expected,
      start: seen.start,
      tariffs,
      bounds: { min: tariffs.feedIn, max: tariffs.import },
      ...(battery ? { battery } : {}),
      replays: () => {
        if (!needs) return [];
        const position = () => last?.positions[index] ?? 0;
        const known = { battery: battery ?? NO_BATTERY, knownAt: last ? running : seen.start };
        return replays(
          { needs, prices: seen.prices ?? NO_PRICES, supplier: () => tariffs, position, ...known },
          seen.start,
        );
      },
      maxOrderWh: MAX_ORDER_WH,
      maxOrders: MAX_ORDERS,
    });
    made.forEach((bid, number) => {
      orders.push({ id: `${id}/${number + 1}`, member: id, side: bid.side, wh: bid.wh, limit: bid.limit });
      placed.push(bid);
    });
  }
  return { orders, bids: placed };
}

const NO_PRICES = new PriceHistory();
const NO_BATTERY: BatteryState = { storedWh: 0, usableWh: 0, chargeWh: 0, dischargeWh: 0, roundTripPerMille: 1000 };

function storedEnergy(spec: BatterySpec, stored: number): BatteryState {
  const minSocPerMille = spec.minSocPerMille ?? 0;
  return {
    storedWh: Math.floor((stored - spec.capacityWh * minSocPerMille) / 1000),
    usableWh: Math.floor((spec.capacityWh * (1000 - minSocPerMille)) / 1000),
    chargeWh: Math.floor(spec.maxChargeW / 4),
    dischargeWh: Math.floor(spec.maxDischargeW / 4),
    roundTripPerMille: spec.roundTripPerMille,
  };
}
