// The audit of what a replica keeps, as far as it has come: leaf by leaf from the store, with pauses. Before an auction it waits for
// the bodies of orders that were withheld until then; what a member should not find in the log under its own name it warns of.
import { type AuditError, Auditor } from '../audit/auditor.ts';
import { readNote } from '../ledger/record.ts';
import { selectAll } from '../ledger/recorded.ts';
import type { Roster } from '../ledger/roster.ts';
import { HEADER_KIND, headerOf } from '../ledger/views.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import { LOG_FAULT_CODES } from '../log/fault.ts';
import type { Pace } from '../log/pace.ts';
import type { LogStore, StoredLeaf } from '../log/store.ts';
import type { Verdict } from './verdict.ts';

type Warning = Extract<Verdict, { state: 'warning' }>;

/** Rows read at once: few, because a body may have 4 MiB. */
const LEAVES_AT_ONCE = 16;
/** Blocks whose witnesses are remembered. */
const MOST_ROSTERS = 32;
/** Orders of intervals ahead whose bodies are waited for. */
const MOST_LATE = 100_000;
const DAMAGE: ReadonlySet<string> = new Set([...LOG_FAULT_CODES, 'tags-altered']);

export class AuditRun {
  readonly auditor: Auditor;
  /** Roster by which a block was judged, by the index of its header. */
  readonly rosters = new Map<number, Roster>();
  /** Leaves whose bodies are erased by a record of the log. */
  readonly erased = new Set<number>();
  /** Leaves whose bodies the audit waits for. */
  waiting: readonly number[] = [];
  readonly #store: LogStore;
  readonly #member: string;
  readonly #made: ((id: string, time: string) => boolean) | null;
  /** Leaves that were here when this began: they were audited before. */
  readonly #old: number;
  readonly #late = new Map<string, number[]>();
  #lateCount = 0;
  #warnings: Warning[] = [];

  constructor(store: LogStore, member: string, made: ((id: string, time: string) => boolean) | null) {
    this.#store = store;
    this.#member = member;
    this.#made = made;
    this.#old = store.size;
    this.auditor = new Auditor(1, (interval, before) => ordersBefore(store, interval, before));
  }

  /** Audits up to a size, unless bodies have to be waited for. @throws StoreError where this machine's own copy is damaged */
  async advance(until: number, pace: Pace, signal?: AbortSignal): Promise<void> {
    while (this.auditor.size < until && this.waiting.length === 0 && this.auditor.errors.length === 0) {
      const from = this.auditor.size;
      for (const leaf of this.#store.leaves(from, Math.min(LEAVES_AT_ONCE, until - from))) {
        this.waiting = this.#neededBefore(leaf);
        if (this.waiting.length > 0) return;
        this.#leaf(leaf);
        if (this.auditor.errors.length > 0) break;
        if (!pace.due) continue;
        await pace.turn();
        if (signal?.aborted) return;
      }
      if (this.auditor.size === from) throw new StoreError('damaged', `leaf ${from} is missing in this machine's copy`);
    }
    const fault = this.fault();
    if (fault && (fault.leaf ?? 0) < this.#old && DAMAGE.has(fault.code)) throw new StoreError('damaged', fault.text);
  }

  fault(): AuditError | null {
    return this.auditor.errors[0] ?? null;
  }

  /** Leaves that the store does not keep: those of a block in which one stands twice. */
  beyond(leaves: readonly { readonly note: string; readonly body: string | null }[]): void {
    for (const { note, body } of leaves) this.auditor.leaf({ index: this.auditor.size, note, body });
  }

  /** A body that was waited for has come, or will not come. */
  gotBody(index: number): void {
    this.waiting = this.waiting.filter((one) => one !== index);
  }

  giveUpWaiting(): void {
    this.waiting = [];
  }

  warnings(): Warning[] {
    const told = this.#warnings;
    this.#warnings = [];
    return told;
  }

  /** Orders of the interval that a clearing is about to clear, as far as their bodies are still missing. */
  #neededBefore({ tags: { kind, interval } }: StoredLeaf): readonly number[] {
    if (kind !== 'clearing' || interval === null) return [];
    const late = this.#late.get(interval) ?? [];
    for (const known of this.#late.keys()) {
      if (known > interval) continue;
      this.#lateCount -= this.#late.get(known)!.length;
      this.#late.delete(known);
    }
    return late.filter((index) => this.#store.leaf(index)?.body === null && !this.erased.has(index));
  }

  #leaf(leaf: StoredLeaf): void {
    const { index, tags, body } = leaf;
    const roster = this.auditor.state?.roster;
    this.auditor.leaf(leaf);
    if (tags.kind === HEADER_KIND) {
      this.auditor.checkpoint(
        this.#store.checkpoints(index + 1, 1).find(({ size }) => size === index + 1)?.note ?? null,
      );
      const judged = roster ?? this.auditor.state?.roster;
      if (judged) this.rosters.set(index, judged);
      for (const old of this.rosters.keys()) if (this.rosters.size > MOST_ROSTERS) this.rosters.delete(old);
      return;
    }
    const { cleared = null } = this.auditor.state ?? {};
    if ((tags.kind === 'order' || tags.kind === 'cancel') && body === null && this.#lateCount < MOST_LATE) {
      if (tags.interval !== null && (cleared === null || tags.interval > cleared)) {
        this.#late.set(tags.interval, [...(this.#late.get(tags.interval) ?? []), index]);
        this.#lateCount++;
      }
    }
    if (tags.kind === 'erasure' && body !== null && this.auditor.errors.length === 0) this.#erase(leaf);
    if (index >= this.#old) this.#lookForClone(leaf);
  }

  #erase({ index, body }: StoredLeaf): void {
    const { leaf } = JSON.parse(body ?? '{}') as { leaf?: unknown };
    if (typeof leaf !== 'number' || leaf >= index) return;
    this.erased.add(leaf);
    const stored = this.#store.leaf(leaf);
    if (stored?.bodyHash && stored.body !== null) this.#store.dropBody(stored.bodyHash, leaf);
  }

  /** A record under this member's name that this machine did not make: somebody else has its key. */
  #lookForClone({ index, note, tags }: StoredLeaf): void {
    if (tags.member !== this.#member || tags.kind === 'roster' || !this.#made) return;
    const { id, head } = readNote(note);
    if (this.#made(id, head.time)) return;
    const text = `leaf ${index}, a ${head.kind} of ${head.member}, is signed with its key, but this machine did not make it: another machine has the same key; give the member a new one`;
    this.#warnings.push({ state: 'warning', code: 'clone', text, leaf: index });
  }
}

function* ordersBefore(store: LogStore, interval: string, before: number) {
  for (const leaf of selectAll(store, { interval })) {
    if (leaf.index >= before) return;
    yield leaf;
  }
}

/** Term of the block that a leaf stands in; null where that is not sealed here. */
export function termOf(store: LogStore, index: number): number | null {
  const header = store.select({ kind: HEADER_KIND, from: index, limit: 1 })[0];
  try {
    return header ? headerOf(header).term : null;
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}
