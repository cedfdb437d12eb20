// An order book that trades at once, by priority of price, then of time (`continuous/1`, market.md). An order that comes in
// meets the best orders of the other side as far as the limits allow, each at the limit of the order that was there before;
// what is left of it rests. Time is the place in the log: the first order placed is 0, the next 1.
//
// Each side is a heap of places, the best order on top. What was taken back stays in its heap until it comes up and
// is then dropped, so taking back costs one look-up. Open Wh lie in a flat array beside the orders.
import { quote } from '../units.ts';
import { checkFields, type Order, type Side } from './order.ts';

/** An order that came in met one that rested. Both are named by their places. */
export interface Trade {
  readonly buy: number;
  readonly sell: number;
  readonly wh: number;
  /** Limit of the order that rested, micro-currency per kWh. */
  readonly price: number;
}

export class ContinuousBook {
  readonly #orders: Order[] = [];
  readonly #open: number[] = [];
  readonly #places = new Map<string, number>();
  readonly #buys = new Queue(this.#open, 1);
  readonly #sells = new Queue(this.#open, -1);

  /**
   * Takes an order; the trades that it makes at once, the best first.
   * @throws RangeError for an id that was there before, and for Wh, limit or side that are none
   */
  place(order: Order): Trade[] {
    const place = this.#orders.length;
    const { id, side, wh, limit } = order;
    checkFields(order, place);
    this.#places.set(id, place);
    if (this.#places.size !== place + 1) {
      // One look-up where the id is new, which is nearly always; here the old place is put back.
      this.#places.set(
        id,
        this.#orders.findIndex((other) => other.id === id),
      );
      throw new RangeError(`orders[${place}].id ${quote(id)} stands twice; every order needs an id of its own`);
    }
    this.#orders.push(order);
    this.#open.push(wh);

    const buy = side === 'buy';
    const others = buy ? this.#sells : this.#buys;
    const trades: Trade[] = [];
    let left = wh;
    while (left > 0) {
      const best = others.best();
      if (best === undefined) break;
      const price = others.bestLimit();
      if (buy ? price > limit : price < limit) break;
      const there = this.#open[best]!;
      const met = left < there ? left : there;
      left -= met;
      this.#open[best] = there - met;
      trades.push(buy ? { buy: place, sell: best, wh: met, price } : { buy: best, sell: place, wh: met, price });
    }
    this.#open[place] = left;
    if (left > 0) (buy ? this.#buys : this.#sells).add(place, limit);
    return trades;
  }

  /** Takes back what is still open of an order: its Wh, 0 where nothing is, or null where there was no such order. */
  cancel(id: string): number | null {
    const place = this.#places.get(id);
    if (place === undefined) return null;
    const wh = this.#open[place]!;
    this.#open[place] = 0;
    return wh;
  }

  /** Wh of an order that are neither traded nor taken back. */
  openWh(place: number): number {
    return this.#open[place] ?? 0;
  }

  /** The order of one side that would trade next, or null. */
  best(side: Side): Order | null {
    const place = (side === 'buy' ? this.#buys : this.#sells).best();
    return place === undefined ? null : this.#orders[place]!;
  }
}

/**
 * Places of resting orders, the best on top: highest limit times `sign`, then the earliest. A heap of four children per parent
 * with the limits beside the places, so that a step down looks at neighbours in memory.
 */
class Queue {
  readonly #open: readonly number[];
  readonly #sign: 1 | -1;
  readonly #places: number[] = [];
  /** Mirrored so that the smallest is the best. */
  readonly #keys: number[] = [];

  constructor(open: readonly number[], sign: 1 | -1) {
    this.#open = open;
    this.#sign = sign;
  }

  /** The best that is still open; what is not is dropped on the way. */
  best(): number | undefined {
    while (this.#places.length > 0 && this.#open[this.#places[0]!] === 0) {
      const key = this.#keys.pop()!;
      const place = this.#places.pop()!;
      if (this.#places.length > 0) this.#sink(key, place);
    }
    return this.#places[0];
  }

  /** Limit of the best. There must be one. */
  bestLimit(): number {
    return -this.#sign * this.#keys[0]!;
  }

  add(place: number, limit: number): void {
    const key = -this.#sign * limit;
    const [keys, places] = [this.#keys, this.#places];
    let at = keys.length;
    keys.push(key);
    places.push(place);
    while (at > 0) {
      const parent = (at - 1) >> 2;
      // What is added is the latest: at the same limit it stays behind.
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      places[at] = places[parent]!;
      at = parent;
    }
    keys[at] = key;
    places[at] = place;
  }

  /** Puts an order on top and lets it down to where it belongs. */
  #sink(key: number, place: number): void {
    const [keys, places] = [this.#keys, this.#places];
    let at = 0;
    for (;;) {
      let best = 4 * at + 1;
      if (best >= keys.length) break;
      const end = Math.min(best + 4, keys.length);
      for (let child = best + 1; child < end; child++) {
        if (keys[child]! < keys[best]! || (keys[child] === keys[best] && places[child]! < places[best]!)) best = child;
      }
      if (keys[best]! > key || (keys[best] === key && places[best]! > place)) break;
      keys[at] = keys[best]!;
      places[at] = places[best]!;
      at = best;
    }
    keys[at] = key;
    places[at] = place;
  }
}
