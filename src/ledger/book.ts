// The order book of an interval, as a pure function of log positions: its order leaves that stand before its clearing,
// without those that a cancel leaf names. Times that senders write decide nothing. A rule that trades before the gate needs
// the cancelled ones, too, and when they were taken back.

import type { Body } from './kinds.ts';
import type { ReadNote } from './record.ts';

/** What a member wants of whom it trades with, as in its order. */
export interface Preference {
  readonly mode: 'only' | 'first';
  readonly from: 'feeder' | 'partners' | 'renewable';
  readonly partners?: readonly string[];
}

export interface BookEntry {
  /** Index of the order's leaf. */
  readonly index: number;
  /** Record id of the order. */
  readonly id: string;
  readonly member: string;
  readonly side: 'buy' | 'sell';
  /** Wh */
  readonly wh: number;
  /** Micro-currency per kWh */
  readonly limit: number;
  readonly renewable?: true;
  readonly preference?: Preference;
}

/** An order was taken back when so many of the book's orders stood in the log. */
export interface BookCancel {
  /** Record id of the order. */
  readonly order: string;
  readonly after: number;
}

/** The entry of an order leaf. */
export function bookEntry(index: number, { id, head }: ReadNote, order: Body<'order'>): BookEntry {
  const { side, wh, limit } = order;
  const entry = { index, id, member: head.member, side, wh, limit };
  if (order.version === 'order/1') return entry;
  const { renewable, preference } = order;
  return { ...entry, ...(renewable ? { renewable } : {}), ...(preference ? { preference: wanted(preference) } : {}) };
}

function wanted({ mode, from, partners }: NonNullable<(Body<'order'> & { version: 'order/2' })['preference']>) {
  return from === 'partners' ? { mode, from, partners } : { mode, from };
}

/** What the log holds for one interval so far. */
export class Book {
  readonly #orders = new Map<string, BookEntry>();
  /** Ids of all orders placed, so that a cancelled one cannot come back under its own signature. */
  readonly #ids = new Set<string>();
  readonly #placed = new Map<string, number>();
  /** All orders ever placed, in log order, and what was taken back. */
  readonly #all: BookEntry[] = [];
  readonly #cancels: BookCancel[] = [];
  /** Wh of the orders in force, by member and side. */
  readonly #wh = new Map<string, number>();
  /** Whether a body of the book is withheld, so that the book cannot be known. */
  withheld = false;

  /** Orders in force, in log order. */
  entries(): BookEntry[] {
    return [...this.#orders.values()];
  }

  /** All orders, cancelled ones included, in log order. */
  all(): readonly BookEntry[] {
    return this.#all;
  }

  cancels(): readonly BookCancel[] {
    return this.#cancels;
  }

  /** Whether an order was ever placed here. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  get(id: string): BookEntry | undefined {
    return this.#orders.get(id);
  }

  /** How many orders a member has placed, cancelled ones included: they count toward the quota. */
  placedBy(member: string): number {
    return this.#placed.get(member) ?? 0;
  }

  /** Wh that a member's orders in force come to on one side. */
  whOf(member: string, side: 'buy' | 'sell'): number {
    return this.#wh.get(`${side} ${member}`) ?? 0;
  }

  place(entry: BookEntry): void {
    this.#orders.set(entry.id, entry);
    this.#all.push(entry);
    this.#count(entry, entry.wh);
    this.#ids.add(entry.id);
    this.#placed.set(entry.member, this.placedBy(entry.member) + 1);
  }

  /** An order whose body is not at hand: it counts, but nobody knows what it says. */
  placeWithheld(id: string, member: string): void {
    this.withheld = true;
    this.#ids.add(id);
    this.#placed.set(member, this.placedBy(member) + 1);
  }

  cancel(id: string): void {
    const entry = this.#orders.get(id);
    if (!entry) return;
    this.#orders.delete(id);
    this.#cancels.push({ order: id, after: this.#all.length });
    this.#count(entry, -entry.wh);
  }

  #count({ member, side }: BookEntry, wh: number): void {
    this.#wh.set(`${side} ${member}`, this.whOf(member, side) + wh);
  }
}

/** Books of all intervals not yet cleared. What is not in memory is loaded, so a restart loses nothing. */
export class Books {
  readonly #books = new Map<string, Book>();
  readonly #load: (interval: string) => Book;

  constructor(load: (interval: string) => Book = () => new Book()) {
    this.#load = load;
  }

  of(interval: string): Book {
    let book = this.#books.get(interval);
    if (!book) {
      book = this.#load(interval);
      this.#books.set(interval, book);
    }
    return book;
  }

  /** Forgets the books up to and including an interval. */
  forgetThrough(interval: string): void {
    for (const key of this.#books.keys()) if (key <= interval) this.#books.delete(key);
  }
}
