// A whole community without Node-RED, as a pure step per interval: orders from what members expect, the auction, then
// delivery: load and PV from the profile, batteries after the market position, meters at every connection.
// Energy in whole Wh per interval, prices in micro-currency per kWh; per member and interval, exactly:
// load = import - export + pv + discharge - charge.
import type { Bid } from '../market/bidding.ts';
import { clear } from '../market/clear.ts';
import type { Forecast, NeedHistory } from '../market/need-history.ts';
import type { Clearing, Order } from '../market/order.ts';
import { PriceHistory } from '../market/price-history.ts';
import { replays } from '../market/replay.ts';
import type { BatteryState } from '../market/stored-worth.ts';
import { LAST_DAYS, propose } from '../market/strategies/strategy.ts';
import { INTERVAL_MS, intervalAt } from '../time/interval.ts';
import type { CommunityConfig } from './community-config.ts';
import { type BatteryInterval, emptyBattery, type IntervalBattery, runBattery } from './interval-battery.ts';
import type { BatterySpec } from './virtual-site.ts';

export const MARKET_RULE = 'uniform-price/1';

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
  readonly clearing: Clearing;
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
  const placed = variant.trading ? placeOrders(config, state, seen) : NO_ORDERS;
  const clearing = clearMarket(config, interval, placed.orders);
  const bought = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { member, side, wh } of clearing.fills) {
    const sums = side === 'buy' ? bought : sold;
    sums.set(member, (sums.get(member) ?? 0) + wh);
  }
  const batteries: (IntervalBattery | null)[] = [];
  const members = config.members.map(({ id, battery: spec }, index): MemberInterval => {
    const loadWh = seen.loadWh[index]!;
    const pvWh = seen.pvWh[index]!;
    const boughtWh = bought.get(id) ?? 0;
    const soldWh = sold.get(id) ?? 0;
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
    return { loadWh, pvWh, importWh, exportWh, boughtWh, soldWh, battery };
  });
  const stored = state.batteries.map((battery) => battery?.stored ?? 0);
  return [
    {
      batteries,
      last: { start: seen.start, stored, positions: members.map(({ boughtWh, soldWh }) => boughtWh - soldWh) },
    },
    { interval, start: seen.start, ...placed, clearing, members },
  ];
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
  config.members.forEach(({ id, battery: spec, strategy = LAST_DAYS }, index) => {
    const expectation = seen.expectations[index];
    if (!expectation) return;
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
  });
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

/** Without orders the result is known; that spares the variants without trading a call per interval. */
function clearMarket(config: CommunityConfig, interval: string, orders: readonly Order[]): Clearing {
  if (orders.length === 0) {
    const nothing = { volumeWh: 0, price: null, priceLow: null, priceHigh: null, fills: [], pairs: [] };
    return { rule: MARKET_RULE, interval, ...nothing };
  }
  return clear(MARKET_RULE, { interval, members: config.members.map(({ id }) => id), orders });
}
