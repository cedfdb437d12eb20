// What the auctions of the last days came to, by quarter hour of the UTC day: beside the needs (need-history.ts) the other
// half of what a member expects. Prices in micro-currency per kWh; null where nothing was traded.
import { INTERVAL_MS, INTERVALS_PER_DAY } from '../time/interval.ts';
import { DAYS_REMEMBERED } from './need-history.ts';

/** What the supplier asks and pays. */
export interface Tariffs {
  readonly import: number;
  readonly feedIn: number;
}

/** Grows to 96 x 7 prices and no further. */
export class PriceHistory {
  readonly #slots: (number | null)[][] = Array.from({ length: INTERVALS_PER_DAY }, () => []);

  /** Remembers a clearing; `start` in Unix ms, in order of time. */
  addAt(start: number, price: number | null): void {
    const slot = this.#slots[slotOf(start)] as (number | null)[];
    slot.push(price);
    if (slot.length > DAYS_REMEMBERED) slot.shift();
  }

  /** The price of the same quarter hour `back` + 1 clearings ago; null without a trade, or where it is not known. */
  priceAt(start: number, back: number): number | null {
    const slot = this.#slots[slotOf(start)] as (number | null)[];
    return slot[slot.length - 1 - back] ?? null;
  }
}

function slotOf(start: number): number {
  return Math.floor(start / INTERVAL_MS) % INTERVALS_PER_DAY;
}
