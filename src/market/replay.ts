// The last days again, each as one way in which the coming hours may go: its needs, quarter hour by quarter hour, and what its
// auctions paid. What a strategy finds good on the mean of them is good for what is really not known: the need and the price.
import { INTERVAL_MS, INTERVALS_PER_DAY } from '../time/interval.ts';
import type { NeedHistory } from './need-history.ts';
import type { PriceHistory, Tariffs } from './price-history.ts';
import { type Ahead, type BatteryState, storedFrom } from './stored-worth.ts';

/** One way in which things may go. */
export interface Replay {
  /** What is stored when the interval begins. */
  readonly storedWh: number;
  readonly now: Ahead;
  readonly after: readonly Ahead[];
}

export interface Lookout {
  readonly needs: NeedHistory;
  readonly prices: PriceHistory;
  /** The supplier's prices of an interval ahead, by its start in Unix ms. */
  readonly supplier: (start: number) => Tariffs;
  /** What was bought (+) or sold (-) for an interval that has been cleared. */
  readonly position: (start: number) => number;
  readonly battery: BatteryState;
  /** When the battery held what it says, Unix ms. */
  readonly knownAt: number;
}

/** How far ahead: a day, so that a battery always sees the next sun. */
const HORIZON = INTERVALS_PER_DAY;

/** @param start of the interval to bid for, Unix ms */
export function replays({ needs, prices, supplier, position, battery, knownAt }: Lookout, start: number): Replay[] {
  const lead = Math.max(0, Math.round((start - knownAt) / INTERVAL_MS));
  const first = start - lead * INTERVAL_MS;
  return needs.replays(first, lead + 1 + HORIZON).map((day, back) => {
    let storedWh = Math.min(battery.usableWh, battery.storedWh);
    for (let i = 0; i < lead; i++) {
      storedWh = storedAfter(battery, storedWh, day[i]! - position(first + i * INTERVAL_MS));
    }
    const ahead = day.slice(lead).map((needWh, i): Ahead => {
      const at = start + i * INTERVAL_MS;
      const { import: buy, feedIn } = supplier(at);
      // What the auction of that day paid is what a sale may bring. To buy then is not counted on: others would, too.
      const price = i === 0 ? null : prices.priceAt(at, back);
      return { needWh, buy, sell: Math.min(buy, Math.max(feedIn, price ?? feedIn)) };
    });
    return { storedWh, now: ahead[0]!, after: ahead.slice(1) };
  });
}

/** What is stored after an interval in which the battery should give so much (negative: take). */
export function storedAfter(battery: BatteryState, storedWh: number, wantedWh: number): number {
  if (wantedWh >= 0) return storedWh - Math.min(wantedWh, battery.dischargeWh, storedWh);
  return Math.min(battery.usableWh, storedWh + storedFrom(Math.min(-wantedWh, battery.chargeWh), battery));
}
