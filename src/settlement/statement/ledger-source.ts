// Reads a month out of a ledger that is open: interval by interval, so that memory does not grow with the month, and what was
// settled or corrected late for earlier months. Generators, so that the caller can breathe between two intervals.
import { HEADER_KIND, headerOf } from '../../ledger/views.ts';
import { toBase64 } from '../../log/bytes.ts';
import { parseCheckpoint } from '../../log/checkpoint.ts';
import { parseNote } from '../../log/note.ts';
import type { LogStore, StoredLeaf } from '../../log/store.ts';
import type { ProofFigures } from './document.ts';
import { addLeaf, headOf } from './leaves.ts';
import { type IntervalParts, noParts } from './parts.ts';
import { intervalsOf, type Period } from './period.ts';

export type StatementStore = Pick<LogStore, 'size' | 'select' | 'checkpoints'>;

const PAGE = 500;

/** Everything that the statements of a month stand on, one interval at a time. */
export function* ledgerParts(store: StatementStore, period: Period): Generator<IntervalParts> {
  for (const interval of lateIntervals(store, period)) yield intervalParts(store, interval);
  for (const interval of intervalsOf(period)) yield intervalParts(store, interval);
}

/** The settlements that earlier statements hold, in pieces: what the balances before a month come from. */
export function* ledgerBefore(store: StatementStore, { start, opens }: Period): Generator<IntervalParts> {
  for (const leaf of settlements(store, 0, blockAt(store, opens).end)) {
    const { interval } = leaf.tags;
    if (interval === null || Date.parse(interval) >= start) continue;
    const parts = noParts(interval);
    const time = timeOf(leaf);
    if (time >= opens) continue;
    addLeaf(parts, leaf, { kind: 'settlement', member: '', time: () => time });
    yield parts;
  }
}

/** Every record about an interval. */
export function intervalParts(store: StatementStore, interval: string): IntervalParts {
  const parts = noParts(interval);
  for (let from = 0; ; ) {
    const page = store.select({ interval, from, limit: PAGE });
    for (const leaf of page) {
      addLeaf(parts, leaf, { kind: leaf.tags.kind, member: leaf.tags.member ?? '', time: () => timeOf(leaf) });
    }
    if (page.length < PAGE) return parts;
    from = page.at(-1)!.index + 1;
  }
}

/** The first checkpoint that covers a leaf: the same whenever it is asked for. Null while it is not sealed. */
export function ledgerProof(store: StatementStore, newestLeaf: number): ProofFigures | null {
  const found = store.checkpoints(newestLeaf + 1, 1)[0];
  return newestLeaf < 0 || !found ? null : proofOf(found.note);
}

/** What a signed checkpoint says. @throws FormatError */
export function proofOf(checkpoint: string): ProofFigures {
  const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
  return { checkpoint, size, root: toBase64(root) };
}

/** Intervals before the month that were settled or corrected while it was open. */
function lateIntervals(store: StatementStore, { start, opens, closes }: Period): string[] {
  const late = new Set<string>();
  for (const leaf of settlements(store, blockAt(store, opens).first, blockAt(store, closes).end)) {
    const { interval } = leaf.tags;
    if (interval !== null && Date.parse(interval) < start && timeOf(leaf) >= opens) late.add(interval);
  }
  return [...late].sort();
}

function* settlements(store: StatementStore, from: number, until: number): Generator<StoredLeaf> {
  for (let next = from; next < until; ) {
    const page = store.select({ kind: 'settlement', from: next, limit: PAGE });
    for (const leaf of page) {
      if (leaf.index >= until) return;
      yield leaf;
    }
    if (page.length < PAGE) return;
    next = page.at(-1)!.index + 1;
  }
}

/**
 * The block that was open at an instant, by bisection, for the times of headers never fall: its first leaf, and the one after its
 * last. Records made before the instant lie before the end, those made after it from the first leaf on.
 */
function blockAt(store: StatementStore, time: number): { first: number; end: number } {
  let low = 0;
  let high = store.size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const leaf = store.select({ kind: HEADER_KIND, from: middle, limit: 1 })[0];
    if (leaf && Date.parse(headerOf(leaf).time) < time) low = leaf.index + 1;
    else high = middle;
  }
  const header = store.select({ kind: HEADER_KIND, from: low, limit: 1 })[0];
  return { first: low, end: header ? header.index : store.size };
}

function timeOf(leaf: StoredLeaf): number {
  return headOf(leaf)?.time ?? Number.NaN;
}
