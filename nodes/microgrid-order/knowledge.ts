// What an order node has learned from its messages: needs, the battery's charge, what auctions paid and what was bought in
// them, the supplier's prices ahead. It makes of that the situation in which a strategy bids for an interval.
import type { Situation } from '../../src/market/bidding.ts';
import { NeedJournal } from '../../src/market/need-journal.ts';
import { PriceHistory, type Tariffs } from '../../src/market/price-history.ts';
import { type Replay, replays } from '../../src/market/replay.ts';
import type { BatteryState } from '../../src/market/stored-worth.ts';
import { INTERVAL_MS, intervalAt, intervalStart } from '../../src/time/interval.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { Payload } from '../shared/messages.ts';
import type { OrderMemory } from './memory.ts';
import { isOfItsOwn, type OrderConfig } from './settings.ts';

const HOURS_PER_INTERVAL = INTERVAL_MS / 3_600_000;
/** A charge that was seen so long ago says nothing about what is stored, ms. */
const CHARGE_MS = 8 * INTERVAL_MS;
/** Positions and prices of the supplier that are kept. */
const KEPT = 8 * 96;

export const NO_BATTERY: BatteryState = {
  storedWh: 0,
  usableWh: 0,
  chargeWh: 0,
  dischargeWh: 0,
  roundTripPerMille: 1000,
};

/** A battery as the dialog describes it, at a state of charge. */
export function batteryAt(config: OrderConfig, socPerMille: number): BatteryState {
  const { batteryKWh, batteryKW, minSoc, maxSoc, efficiency } = config;
  const capacity = (perMille: number) => Math.floor((batteryKWh * perMille) / 1000);
  const powerWh = Math.floor(batteryKW * HOURS_PER_INTERVAL);
  return {
    storedWh: Math.max(0, capacity(socPerMille) - capacity(minSoc * 10)),
    usableWh: capacity(maxSoc * 10) - capacity(minSoc * 10),
    chargeWh: powerWh,
    dischargeWh: powerWh,
    roundTripPerMille: efficiency,
  };
}

/** Limits lie between the community's tariffs, unless the person says otherwise; and where the market admits them. */
export function boundsOf(
  { outside }: OrderConfig,
  { rules: { tariffs }, market }: Pick<Community, 'rules' | 'market'>,
): Situation['bounds'] {
  const { min, max } = market?.limits ?? { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
  if (outside === 'yes') return { min, max };
  return { min: Math.max(min, tariffs.feedIn), max: Math.min(max, tariffs.import) };
}

export class Knowledge {
  readonly #config: OrderConfig;
  readonly #community: Community;
  readonly journal: NeedJournal;
  readonly #prices = new PriceHistory();
  /** Auctions as they were told, oldest first. */
  readonly auctions: [interval: string, price: number | null][] = [];
  /** Wh bought (+) or sold (-) by interval. */
  readonly #positions = new Map<string, number>();
  readonly #supplier = new Map<string, number>();
  #charge: { readonly perMille: number; readonly at: number } | null = null;

  /** @param remembered of the same epoch */
  constructor(config: OrderConfig, community: Community, remembered: OrderMemory | null) {
    this.#config = config;
    this.#community = community;
    this.journal = new NeedJournal(this.hasBattery);
    for (const [interval, needWh] of remembered?.needs ?? []) this.journal.past(interval, needWh);
    for (const [interval, price] of remembered?.auctions ?? []) this.#learnPrice(interval, price);
  }

  get hasBattery(): boolean {
    return this.#config.batteryKWh > 0 && !isOfItsOwn(this.#config);
  }

  /** Whether any need was measured yet. */
  get knowsNeed(): boolean {
    return this.journal.history.forecastAt(0) !== null;
  }

  battery(payload: Payload<'battery'>): void {
    const { interval, socPerMille } = payload;
    this.#charge = socPerMille === null ? null : { perMille: socPerMille, at: intervalStart(interval) + INTERVAL_MS };
    this.journal.battery(interval, payload);
  }

  /** The supplier's prices ahead, of those that were told last. */
  prices({ intervals }: Payload<'prices'>): void {
    this.#supplier.clear();
    for (const { interval, price } of intervals.slice(-KEPT)) this.#supplier.set(interval, price);
  }

  /** The result of an auction: what it paid, and what this member bought (+) or sold (-) in it. */
  cleared(interval: string, price: number | null, positionWh: number): void {
    this.#learnPrice(interval, price);
    this.#positions.delete(interval);
    this.#positions.set(interval, positionWh);
    for (const oldest of this.#positions.keys()) {
      if (this.#positions.size <= KEPT) break;
      this.#positions.delete(oldest);
    }
  }

  #learnPrice(interval: string, price: number | null): void {
    const [newest = ''] = this.auctions.at(-1) ?? [];
    // The same auction may be told by `clearing` and by `fills`.
    if (interval <= newest) return;
    this.auctions.push([interval, price]);
    if (this.auctions.length > KEPT) this.auctions.shift();
    this.#prices.addAt(intervalStart(interval), price);
  }

  /** The battery as it was seen last, and when; null where its charge is not known. */
  #battery(now: number): { readonly battery: BatteryState; readonly at: number } | null {
    if (!this.#charge) return null;
    const { perMille, at } = this.#charge;
    // The oldest strategy always took the last charge it knew; the others look further ahead from it.
    if (this.#config.strategy !== 'last-days' && at < now - CHARGE_MS) return null;
    return { battery: batteryAt(this.#config, perMille), at };
  }

  /** The situation for an interval, or null where the charge of the battery is not known. @param now Unix ms */
  situation(interval: string, now: number): Situation | null {
    const seen = this.hasBattery ? this.#battery(now) : null;
    if (this.hasBattery && !seen) return null;
    const start = intervalStart(interval);
    const { history } = this.journal;
    return {
      start,
      tariffs: this.tariffsAt(start),
      bounds: boundsOf(this.#config, this.#community),
      forecast: history.forecastAt(start),
      needUntilSunWh: history.needUntilSunWh(start),
      ...(seen ? { battery: seen.battery } : {}),
      replays: () => this.replays(start, seen?.battery ?? NO_BATTERY, seen?.at ?? start),
      maxOrderWh: this.#community.rules.maxOrderWh,
      maxOrders: this.#community.rules.maxOrdersPerMember,
    };
  }

  /** What the supplier asks and pays at a time: of the prices that were told, else by the community's tariffs. */
  tariffsAt(start: number): Tariffs {
    const { import: importTariff, feedIn } = this.#community.rules.tariffs;
    const price = this.#supplier.get(intervalAt(start));
    return price === undefined ? { import: importTariff, feedIn } : { import: price, feedIn: Math.min(feedIn, price) };
  }

  replays(start: number, battery: BatteryState, knownAt: number): Replay[] {
    return replays(
      {
        needs: this.journal.history,
        prices: this.#prices,
        supplier: (at) => this.tariffsAt(at),
        position: (at) => this.#positions.get(intervalAt(at)) ?? 0,
        battery,
        knownAt,
      },
      start,
    );
  }
}
