// The order books of a market without a ledger: in memory, one per interval, closed at the gate. (With a ledger, the log
// is the book: src/ledger/book.ts.)
import {
  checkBounds,
  checkOrder,
  type Market,
  NOTHING,
  type OrderBounds,
  type Refusal,
  type Standing,
  standingWith,
} from './intake.ts';
import type { Auction, Cancel, Order } from './order.ts';
import { CONTINUOUS } from './rules/continuous.ts';

/** The orders of one interval, in order of arrival, and what of them each member has. */
interface Book {
  readonly orders: Map<string, Order>;
  readonly standings: Map<string, Standing>;
  /** All orders that came, and what of them was taken back, for a rule that trades before the gate. */
  readonly came: Order[];
  readonly cancels: Cancel[];
}

/** What a rule is given: the orders in force; where it trades before the gate, all orders, and what was taken back. */
export type ClosedBook = Pick<Auction, 'orders' | 'cancels'>;

export class OpenBooks {
  readonly #bounds: OrderBounds;
  readonly #market: Market;
  readonly #books = new Map<string, Book>();
  /** Newest interval whose gate has closed. Names of intervals sort by time. */
  #closed = '';

  /**
   * @param market the rule, and what is known of members
   * @throws RangeError naming the bound that is none
   */
  constructor(bounds: OrderBounds, market: Market = {}) {
    checkBounds(bounds);
    this.#bounds = bounds;
    this.#market = market;
  }

  /** Takes an order, or says why not. */
  add(interval: string, order: Order): Refusal | null {
    if (interval <= this.#closed) return late(interval, `the order of ${order.member}`);
    // An auction refuses such an id, and with it the orders of all others: so it must not get that far.
    if (typeof order.id !== 'string' || order.id === '' || !order.id.isWellFormed()) {
      return { code: 'malformed', text: `the id of the order of ${order.member} must be well-formed text` };
    }
    const book: Book = this.#books.get(interval) ?? { orders: new Map(), standings: new Map(), came: [], cancels: [] };
    const { orders, standings } = book;
    if (orders.has(order.id)) {
      return {
        code: 'duplicate',
        text: `there is already an order "${order.id}" for ${interval}; give each order an id of its own`,
      };
    }
    const standing = standings.get(order.member) ?? NOTHING;
    const refusal = checkOrder(order, this.#bounds, standing, this.#market);
    if (refusal) return refusal;
    orders.set(order.id, order);
    standings.set(order.member, standingWith(standing, order, 1));
    book.came.push(order);
    this.#books.set(interval, book);
    return null;
  }

  /** Takes an order of the member back, or says why not. */
  cancel(interval: string, member: string, id: string): Refusal | null {
    if (interval <= this.#closed) return late(interval, `the cancel of ${member}`);
    const book = this.#books.get(interval);
    const order = book?.orders.get(id);
    if (!book || order?.member !== member) {
      return { code: 'unknown-order', text: `${member} has no order "${id}" for ${interval}` };
    }
    book.orders.delete(id);
    book.cancels.push({ order: id, after: book.came.length });
    book.standings.set(member, standingWith(book.standings.get(member)!, order, -1));
    return null;
  }

  size(interval: string): number {
    return this.#books.get(interval)?.orders.size ?? 0;
  }

  /** Closes the gate of the interval and of all before it; its book in order of arrival, or null when it was closed. */
  close(interval: string): ClosedBook | null {
    if (interval <= this.#closed) return null;
    const book = this.#books.get(interval);
    this.#closed = interval;
    for (const name of this.#books.keys()) if (name <= this.#closed) this.#books.delete(name);
    if (this.#market.rule === CONTINUOUS) return { orders: book?.came ?? [], cancels: book?.cancels ?? [] };
    return { orders: [...(book?.orders.values() ?? [])] };
  }
}

function late(interval: string, what: string): Refusal {
  return { code: 'late', text: `${what} came after the gate of ${interval} had closed; order for a later interval` };
}
