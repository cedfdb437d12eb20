// Which records stand for which interval, asked of the store once per interval and remembered for the few intervals that
// are being written about. So memory does not grow with the log, and a restart forgets nothing.
import type { LeafQuery, LogStore, StoredLeaf } from '../log/store.ts';
import type { Erasable } from './erasure.ts';
import type { Recorded } from './judge.ts';
import { isRecordKind, type RecordKind } from './kinds.ts';

const REMEMBERED_INTERVALS = 32;
const PAGE = 1000;

/** The part of a store that lookups need. */
export type Selectable = Pick<LogStore, 'select'>;

export class StoreRecorded implements Recorded {
  readonly #store: Selectable;
  readonly #leaves: Selectable;
  /** By interval, least recently used first: `<kind> <member>`. */
  readonly #intervals = new Map<string, Set<string>>();

  /** @param leaves what single leaves are asked of, where that is not the same store */
  constructor(store: Selectable, leaves: Selectable = store) {
    this.#store = store;
    this.#leaves = leaves;
  }

  at(index: number): Erasable | null {
    const leaf = this.#leaves.select({ from: index, limit: 1 })[0];
    if (leaf?.index !== index) return null;
    const { kind, member, interval } = leaf.tags;
    return isRecordKind(kind) && member !== null ? { kind, member, interval } : null;
  }

  has(kind: RecordKind, member: string, interval: string): boolean {
    return this.#of(interval).has(`${kind} ${member}`);
  }

  count(kind: 'settlement', interval: string): number {
    const known = this.#of(interval);
    let count = 0;
    while (known.has(`${kind} #${count}`)) count++;
    return count;
  }

  add(kind: RecordKind, member: string, interval: string): void {
    const known = this.#of(interval);
    known.add(`${kind} ${member}`);
    if (kind === 'settlement') known.add(`${kind} #${this.count(kind, interval)}`);
  }

  /** Looks an interval up when the first record about it comes: nothing stands there yet, later it is a hundred leaves. */
  expect(interval: string): void {
    this.#of(interval);
  }

  /** Forgets what is remembered; called between commits only, because the store does not know what is not committed. */
  trim(): void {
    for (const interval of this.#intervals.keys()) {
      if (this.#intervals.size <= REMEMBERED_INTERVALS) break;
      this.#intervals.delete(interval);
    }
  }

  #of(interval: string): Set<string> {
    let known = this.#intervals.get(interval);
    if (known) return known;
    known = new Set();
    this.#intervals.set(interval, known);
    for (const { tags } of selectAll(this.#store, { interval })) {
      known.add(`${tags.kind} ${tags.member ?? ''}`);
      known.add(`${tags.kind} `);
      if (tags.kind === 'settlement') known.add(`settlement #${this.count('settlement', interval)}`);
    }
    return known;
  }
}

/** Every leaf that fits, in log order, page by page. */
export function* selectAll(store: Selectable, query: LeafQuery): Generator<StoredLeaf> {
  let from = query.from ?? 0;
  for (;;) {
    const page = store.select({ ...query, from, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    from = page.at(-1)!.index + 1;
  }
}
