// Prices that a dynamic tariff has been told, kept over a restart: an exchange publishes them once a day. A price stands once its
// quarter hour has begun or its tariff has been given out; one that would change it is not taken.
import * as v from 'valibot';
import { intervalStart } from '../../src/time/interval.ts';
import { integer, interval } from '../shared/messages.ts';
import type { StateFile } from '../shared/state-file.ts';

interface Price {
  readonly interval: string;
  readonly price: number;
}

export const pricesSchema = v.object({ prices: v.array(v.tuple([interval, integer('price')])) });
type Stored = v.InferOutput<typeof pricesSchema>;

/** So long after its quarter hour a price is kept: late meter values and corrections of a month need it. */
const KEPT_MS = 70 * 86_400_000;

/** A price that was not taken, because another one stands. */
export interface Contradiction extends Price {
  readonly stands: number;
}

export class KnownPrices {
  readonly #prices: Map<string, number>;
  /** Quarter hours whose tariff was given out. */
  readonly #given = new Set<string>();
  readonly #file: StateFile<Stored>;

  constructor(file: StateFile<Stored>) {
    this.#file = file;
    this.#prices = new Map(file.read()?.prices);
  }

  get(interval: string): number | undefined {
    return this.#prices.get(interval);
  }

  /** From now on the price of this quarter hour stands. */
  give(interval: string): void {
    this.#given.add(interval);
  }

  /** Takes the prices that contradict none that stands; returns the others. @param now Unix ms */
  take(prices: readonly Price[], now: number): Contradiction[] {
    const refused: Contradiction[] = [];
    for (const { interval, price } of prices) {
      const known = this.#prices.get(interval);
      const stands = this.#given.has(interval) || intervalStart(interval) <= now;
      if (known !== undefined && known !== price && stands) refused.push({ interval, price, stands: known });
      else this.#prices.set(interval, price);
    }
    this.#forget(now);
    this.#file.write({ prices: [...this.#prices].sort(([a], [b]) => (a < b ? -1 : 1)) });
    return refused;
  }

  #forget(now: number): void {
    const old = (interval: string) => intervalStart(interval) < now - KEPT_MS;
    for (const interval of this.#prices.keys()) if (old(interval)) this.#prices.delete(interval);
    for (const interval of this.#given) if (old(interval)) this.#given.delete(interval);
  }
}
