// An order book that trades at once, by priority of price, then of time (`continuous/1`, market.md). An order that comes in
// meets the best orders of the other side as far as the limits allow, each at the limit of the order that was there before;
// what is left of it rests. Time is the place in the log: the first order placed is 0, the next 1.
//
// Each side is a binary heap of places, the best order on top. What was taken back stays in its heap until it comes up and
// is then dropped, so taking back costs one look-up. Limits and Wh lie in flat arrays beside the orders.
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
  readonly #limits: number[] = [];
  readonly #open: number[] = [];
  readonly #places = new Map<string, number>();
  readonly #resting = { buy: new Queue(this.#limits, this.#open, 1), sell: new Queue(this.#limits, this.#open, -1) };

  /**
   * Takes an order; the trades that it makes at once, the best first.
   * @throws RangeError for an id that was there before, and for Wh, limit or side that are none
   */
  place(order: Order): Trade[] {
    const place = this.#orders.length;
    const { id, side, wh, limit } = order;
    checkFields(order, `orders[${place}]`);
    if (this.#places.has(id))
      throw new RangeError(`orders[${place}].id stands twice; every order needs an id of its own`);
    this.#places.set(id, place);
    this.#orders.push(order);
    this.#limits.push(limit);
    this.#open.push(wh);

    const buy = side === 'buy';
    const others = buy ? this.#resting.sell : this.#resting.buy;
    const trades: Trade[] = [];
    let left = wh;
    while (left > 0) {
      const best = others.best();
      if (best === undefined) break;
      const price = this.#limits[best]!;
      if (buy ? price > limit : price < limit) break;
      const there = this.#open[best]!;
      const met = left < there ? left : there;
      left -= met;
      this.#open[best] = there - met;
      trades.push(buy ? { buy: place, sell: best, wh: met, price } : { buy: best, sell: place, wh: met, price });
    }
    this.#open[place] = left;
    if (left > 0) this.#resting[side].add(place);
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
    const place = this.#resting[side].best();
    return place === undefined ? null : this.#orders[place]!;
  }
}

/** Places of resting orders, the best on top: highest limit times `sign`, then the earliest. */
class Queue {
  readonly #limits: readonly number[];
  readonly #open: readonly number[];
  readonly #sign: 1 | -1;
  readonly #heap: number[] = [];

  constructor(limits: readonly number[], open: readonly number[], sign: 1 | -1) {
    this.#limits = limits;
    this.#open = open;
    this.#sign = sign;
  }

  /** The best that is still open; what is not is dropped on the way. */
  best(): number | undefined {
    const heap = this.#heap;
    while (heap.length > 0 && this.#open[heap[0]!] === 0) {
      const last = heap.pop()!;
      if (heap.length > 0) this.#sink(last);
    }
    return heap[0];
  }

  add(place: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(place);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(place, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = place;
  }

  /** Puts a place on top and lets it down to where it belongs. */
  #sink(place: number): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, place)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = place;
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#limits[a]!, this.#limits[b]!];
    return x === y ? a < b : this.#sign === 1 ? x > y : x < y;
  }
}
