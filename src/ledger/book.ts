// The order book of an interval, as a pure function of log positions: its order leaves that stand before its clearing,
// without those that a cancel leaf names. Times that senders write decide nothing.

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
}

/** What the log holds for one interval so far. */
export class Book {
  readonly #orders = new Map<string, BookEntry>();
  /** Ids of all orders placed, so that a cancelled one cannot come back under its own signature. */
  readonly #ids = new Set<string>();
  readonly #placed = new Map<string, number>();
  /** Whether a body of the book is withheld, so that the book cannot be known. */
  withheld = false;

  /** Orders in force, in log order. */
  entries(): BookEntry[] {
    return [...this.#orders.values()];
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

  place(entry: BookEntry): void {
    this.#orders.set(entry.id, entry);
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
    this.#orders.delete(id);
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
