// Which records of a kind stand for which interval, asked of the store, with the newest interval per member remembered:
// almost every question is about a newer one, and then the store need not be asked. Memory: one text per member and kind.
import type { LogStore } from '../log/store.ts';
import type { Recorded } from './judge.ts';
import type { RecordKind } from './kinds.ts';

export class StoreRecorded implements Recorded {
  readonly #store: LogStore;
  readonly #newest = new Map<string, string>();
  /** Admitted, but not committed yet: the store does not know them. */
  readonly #uncommitted = new Set<string>();

  constructor(store: LogStore) {
    this.#store = store;
  }

  has(kind: RecordKind, member: string, interval: string): boolean {
    const key = `${kind} ${member}`;
    let newest = this.#newest.get(key);
    if (newest === undefined) {
      newest = this.#ask({ kind, ...owner(member), newestFirst: true, limit: 1 }) ?? '';
      this.#newest.set(key, newest);
    }
    if (interval === newest || this.#uncommitted.has(`${key} ${interval}`)) return true;
    // The newest leaf need not be of the newest interval, so anything below one seen is looked up; and so is the first
    // question after opening.
    if (interval > newest && this.#seen.has(key)) return false;
    return this.#ask({ kind, ...owner(member), interval, limit: 1 }) !== undefined;
  }

  readonly #seen = new Set<string>();

  add(kind: RecordKind, member: string, interval: string): void {
    const key = `${kind} ${member}`;
    if (interval > (this.#newest.get(key) ?? '')) this.#newest.set(key, interval);
    this.#uncommitted.add(`${key} ${interval}`);
  }

  committed(): void {
    this.#uncommitted.clear();
  }

  #ask(query: Parameters<LogStore['select']>[0]): string | undefined {
    return this.#store.select(query)[0]?.tags.interval ?? undefined;
  }
}

const owner = (member: string) => (member === '' ? {} : { member });
