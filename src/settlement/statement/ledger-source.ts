// Reads a month out of a ledger that is open: interval by interval, so that memory does not grow with the month, and what was
// settled or corrected late for earlier months.
import { parseOrigin } from '../../ledger/names.ts';
import { HEADER_KIND, headerOf } from '../../ledger/views.ts';
import { toBase64 } from '../../log/bytes.ts';
import { parseCheckpoint } from '../../log/checkpoint.ts';
import { parseNote } from '../../log/note.ts';
import type { Pace } from '../../log/pace.ts';
import type { LogStore, StoredLeaf } from '../../log/store.ts';
import type { ProofFigures } from './document.ts';
import { addLeaf, headOf, SETTLING } from './leaves.ts';
import { Balances, type StatementSource } from './make.ts';
import { type IntervalParts, noParts, type PaymentMade } from './parts.ts';
import { readPaymentNote } from './payment-note.ts';
import { intervalsOf, type Period } from './period.ts';

export type StatementStore = Pick<LogStore, 'size' | 'select' | 'checkpoints'>;

/** Leaves read at once: few, because the body of a settlement may be large. */
const PAGE = 100;

export interface LedgerSourceOptions {
  readonly store: StatementStore;
  /** Name of the ledger, `<community>/ledger/<epoch>`. */
  readonly ledger: string;
  readonly currency: string;
  /** Whose notes tell of payments. */
  readonly operator: string;
  readonly pace: Pace;
  /** What roofs gave in an interval, where something else than the ledger knows it. */
  readonly generation?: (interval: string) => IntervalParts['generation'];
}

export class LedgerSource implements StatementSource {
  readonly ledger: string;
  readonly community: string;
  readonly currency: string;
  readonly #options: LedgerSourceOptions;

  constructor(options: LedgerSourceOptions) {
    this.#options = options;
    this.ledger = options.ledger;
    this.community = parseOrigin(options.ledger).community;
    this.currency = options.currency;
  }

  async *parts(period: Period): AsyncGenerator<IntervalParts> {
    const { store, generation, pace } = this.#options;
    for (const interval of await lateIntervals(store, period, pace)) yield intervalParts(store, interval);
    for (const interval of intervalsOf(period)) {
      const parts = intervalParts(store, interval);
      yield generation ? { ...parts, generation: generation(interval) } : parts;
    }
  }

  /** What earlier statements hold: read from the first settlement on. */
  async before({ start, opens }: Period): Promise<ReadonlyMap<string, bigint>> {
    const { store, pace } = this.#options;
    const balances = new Balances();
    for (const leaf of settlements(store, 0, blockAt(store, opens).end)) {
      const { interval } = leaf.tags;
      const time = timeOf(leaf);
      if (interval === null || Date.parse(interval) >= start || time >= opens) continue;
      const parts = noParts(interval);
      addLeaf(parts, leaf, { kind: leaf.tags.kind, member: '', time: () => time });
      balances.settled(parts);
      if (pace.due) await pace.turn();
    }
    for (const payment of this.#payments(0, blockAt(store, opens).end)) if (payment.at < opens) balances.paid(payment);
    return balances.all;
  }

  payments({ opens, closes }: Period): Iterable<PaymentMade> {
    const { store } = this.#options;
    return this.#payments(blockAt(store, opens).first, blockAt(store, closes).end);
  }

  /** The first checkpoint that covers a leaf: the same whenever it is asked for. Null while it is not sealed. */
  proof(newestLeaf: number): ProofFigures | null {
    if (newestLeaf < 0) return null;
    const found = this.#options.store.checkpoints(newestLeaf + 1, 1)[0];
    return found ? proofOf(found.note) : null;
  }

  *#payments(from: number, until: number): Generator<PaymentMade> {
    const { store, operator, currency } = this.#options;
    for (const leaf of leavesOf(store, 'note', from, until)) {
      if (leaf.tags.member !== operator || leaf.body === null) continue;
      const { text } = JSON.parse(leaf.body) as { readonly text?: unknown };
      const payment = readPaymentNote(text, currency, timeOf(leaf), leaf.index);
      if (payment) yield payment;
    }
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

/** What a signed checkpoint says. @throws FormatError */
export function proofOf(checkpoint: string): ProofFigures {
  const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
  return { checkpoint, size, root: toBase64(root) };
}

/** Intervals before the month that were settled or corrected while it was open. */
async function lateIntervals(store: StatementStore, { start, opens, closes }: Period, pace: Pace): Promise<string[]> {
  const late = new Set<string>();
  for (const leaf of settlements(store, blockAt(store, opens).first, blockAt(store, closes).end)) {
    const { interval } = leaf.tags;
    if (interval !== null && Date.parse(interval) < start && timeOf(leaf) >= opens) late.add(interval);
    if (pace.due) await pace.turn();
  }
  return [...late].sort();
}

function* settlements(store: StatementStore, from: number, until: number): Generator<StoredLeaf> {
  for (const kind of SETTLING) yield* leavesOf(store, kind, from, until);
}

function* leavesOf(store: StatementStore, kind: string, from: number, until: number): Generator<StoredLeaf> {
  for (let next = from; next < until; ) {
    const page = store.select({ kind, from: next, limit: PAGE });
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
