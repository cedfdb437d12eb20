// The order books of a market without a ledger: in memory, one per interval, closed at the gate. (With a ledger, the log
// is the book: src/ledger/book.ts.)
import { checkOrder, type Order, type OrderBounds, type Refusal } from './order.ts';

export class OpenBooks {
  readonly #bounds: OrderBounds;
  readonly #books = new Map<string, Map<string, Order>>();
  /** Newest interval whose gate has closed. Names of intervals sort by time. */
  #closed = '';

  constructor(bounds: OrderBounds) {
    this.#bounds = bounds;
  }

  /** Takes an order, or says why not. */
  add(interval: string, order: Order): Refusal | null {
    if (interval <= this.#closed) return late(interval, `the order of ${order.member}`);
    // An auction refuses such an id, and with it the orders of all others: so it must not get that far.
    if (order.id === '' || !order.id.isWellFormed()) {
      return { code: 'malformed', text: `the id of the order of ${order.member} must be well-formed text` };
    }
    const book = this.#books.get(interval) ?? new Map<string, Order>();
    if (book.has(order.id)) {
      return {
        code: 'duplicate',
        text: `there is already an order "${order.id}" for ${interval}; give each order an id of its own`,
      };
    }
    let already = 0;
    for (const other of book.values()) if (other.member === order.member) already += 1;
    const refusal = checkOrder(order, this.#bounds, already);
    if (refusal) return refusal;
    book.set(order.id, order);
    this.#books.set(interval, book);
    return null;
  }

  /** Takes an order of the member back, or says why not. */
  cancel(interval: string, member: string, id: string): Refusal | null {
    if (interval <= this.#closed) return late(interval, `the cancel of ${member}`);
    const book = this.#books.get(interval);
    if (book?.get(id)?.member !== member) {
      return { code: 'unknown-order', text: `${member} has no order "${id}" for ${interval}` };
    }
    book.delete(id);
    return null;
  }

  size(interval: string): number {
    return this.#books.get(interval)?.size ?? 0;
  }

  /** Closes the gate of the interval and of all before it; its orders in order of arrival, or null when it was closed. */
  close(interval: string): Order[] | null {
    if (interval <= this.#closed) return null;
    const orders = [...(this.#books.get(interval)?.values() ?? [])];
    this.#closed = interval;
    for (const name of this.#books.keys()) if (name <= this.#closed) this.#books.delete(name);
    return orders;
  }
}

function late(interval: string, what: string): Refusal {
  return { code: 'late', text: `${what} came after the gate of ${interval} had closed; order for a later interval` };
}
