// Orders whose bodies a reader gets only once their auction is cleared: the book made again, each order judged by what the rules
// said of it where it stands.
import { Book, Books } from '../ledger/book.ts';
import { fold, judgeContent, type Recorded } from '../ledger/judge.ts';
import { readBody, readNote } from '../ledger/record.ts';
import { LedgerState } from '../ledger/state.ts';
import { FormatError } from '../log/errors.ts';

/** Leaves of an interval below a leaf, in order; those that are neither orders nor cancels are passed over. */
export type LateOrders = (
  interval: string,
  before: number,
) => Iterable<{ readonly index: number; readonly note: string; readonly body: string | null }>;

interface Fault {
  readonly leaf: number;
  readonly code: string;
  readonly text: string;
}

const NOTHING: Recorded = { has: () => false, count: () => 0, add: () => {}, at: () => null };

/** @param state before the clearing is folded */
export function readLate(state: LedgerState, leaves: ReturnType<LateOrders>): { book: Book; faults: Fault[] } {
  const book = new Book();
  const books = new Books(() => book);
  // Folding counts; what it counts into is thrown away.
  const scratch = new LedgerState(state.origin, { body: state.rules, hash: state.rulesHash }, state.term, state.roster);
  const context = { state: scratch, books, recorded: NOTHING };
  const faults: Fault[] = [];
  for (const { index, note: text, body: bytes } of leaves) {
    const note = readNote(text);
    if (note.head.kind !== 'order' && note.head.kind !== 'cancel') continue;
    let body: unknown = null;
    try {
      body = bytes === null ? null : readBody(note.head, bytes);
    } catch (problem) {
      if (!(problem instanceof FormatError)) throw problem;
      faults.push({ leaf: index, code: 'malformed', text: problem.message });
    }
    // Where the rules changed since, those that judged this order are not at hand.
    const refusal = state.rulesAt(index) === state.rules ? judgeContent(context, note, body) : null;
    if (refusal) faults.push({ leaf: index, ...refusal });
    fold(context, index, note, body);
  }
  return { book, faults };
}
