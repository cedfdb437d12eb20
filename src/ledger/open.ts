// Opening a ledger: an empty store gets block 0, an existing one is checked against what its newest header and checkpoint
// promise and then continued, with the leaves that were acknowledged but not sealed before a crash.
import { openCheckpoint, readCheckpoint } from '../log/checkpoint.ts';
import { FormatError, LeafError } from '../log/errors.ts';
import { openNote, verifierOf } from '../log/note.ts';
import type { LogStore, StoredLeaf } from '../log/store.ts';
import { Book, Books, bookEntry } from './book.ts';
import { type Author, foldGenesis, type Genesis, genesisRecords } from './genesis.ts';
import { parseHeader } from './header.ts';
import { type Context, fold, judgeAuthor, judgeContent } from './judge.ts';
import type { MemberKeys } from './keys.ts';
import { BODY_DECIDES, type Body, type RecordKind } from './kinds.ts';
import { closingHeader, foldPowers } from './power-history.ts';
import { type ReadNote, type ReadRecord, readBody, readNote, readRecord } from './record.ts';
import { type Selectable, StoreRecorded, selectAll } from './recorded.ts';
import { leafOf, sealBlock } from './seal.ts';
import type { LedgerState } from './state.ts';
import { HEADER_KIND, headerOf } from './views.ts';

export interface OpenContext extends Context {
  readonly recorded: StoreRecorded;
}

/** The context in which new records of this store are judged. */
export function contextOf(store: Selectable, state: LedgerState): OpenContext {
  return { state, books: new Books((interval) => loadBook(store, interval)), recorded: new StoreRecorded(store) };
}

/**
 * Writes block 0 into an empty store.
 * @throws FormatError when the genesis breaks a rule
 */
export function beginLedger(store: LogStore, author: Author, genesis: Genesis): OpenContext {
  const { origin, operator, time } = author;
  const signed = genesisRecords(author, genesis);
  const records = signed.map(readRecord);
  const state = foldGenesis(origin, records);
  sealBlock(
    store,
    state,
    operator.log(origin),
    Date.parse(time),
    signed.map((record, i) => leafOf(record, records[i]!)),
  );
  return contextOf(store, state);
}

/**
 * Continues the ledger in a store.
 * @throws Error with a sentence when it is another ledger, another operator's, or contradicts what was signed
 */
export function resumeLedger(store: LogStore, origin: string, operator: MemberKeys): OpenContext {
  const context = readLedger(store, origin);
  requireOperator(context.state, operator);
  return context;
}

/**
 * The ledger in a store as it stands, whoever operates it.
 * @throws Error with a sentence when it is another ledger, or contradicts what was signed
 */
export function readLedger(store: LogStore, origin: string): OpenContext {
  const genesis = readGenesis(store);
  if (genesis[0]?.head.ledger !== origin) {
    throw new Error(`this database holds the ledger ${genesis[0]?.head.ledger ?? '(none)'}, not ${origin}`);
  }
  const state = foldGenesis(origin, genesis);
  const note = store.checkpoint();
  if (note === null) throw new Error(`the database of ${origin} has no checkpoint; restore a copy`);
  const sealed = readCheckpoint(note).size;
  state.powers.commit();
  const end = genesisEnd(store);
  foldPowers(state.powers, store, end, sealed - 1);
  requireCheckpoint(note, state);
  continueAfterHeader(store, state, end, sealed - 1);
  const context = contextOf(store, state);
  readTail(store, context, sealed);
  return context;
}

function readGenesis(store: LogStore): ReadRecord[] {
  const records: ReadRecord[] = [];
  for (let from = 0; from < store.size; from += 500) {
    for (const leaf of store.leaves(from, 500)) {
      if (leaf.tags.kind === HEADER_KIND) return records;
      const body = requireBody(leaf.body, leaf.index);
      records.push(atLeaf(leaf.index, () => readRecord({ note: leaf.note, body })));
    }
  }
  throw new Error('the ledger has no block 0; its database was not written by this program');
}

function requireOperator(state: LedgerState, operator: MemberKeys): void {
  const recorded = state.roster.get(state.operator)?.key;
  if (state.operator !== operator.member) {
    throw new Error(`${state.origin} is operated by ${state.operator}, not by ${operator.member}`);
  }
  if (state.term.key !== operator.log(state.origin, state.term.term).vkey) {
    throw new Error(
      `the key of ${operator.member} is not the one that began ${state.origin} (${recorded ?? 'none'}); put back its key file`,
    );
  }
}

function requireCheckpoint(note: string, { origin, term }: LedgerState): void {
  const checkpoint = openCheckpoint(note, [verifierOf(term.key)]);
  if (checkpoint.origin !== origin) {
    throw new Error(`the newest checkpoint is of ${checkpoint.origin}, not of ${origin}`);
  }
}

function continueAfterHeader(store: LogStore, state: LedgerState, genesis: number, index: number): void {
  const leaf = store.leaf(index);
  if (leaf?.tags.kind !== HEADER_KIND || leaf.body === null) {
    throw new Error(`leaf ${index} under the newest checkpoint is not a header with its state; restore a copy`);
  }
  const { text } = openNote(leaf.note, [verifierOf(state.term.key)]);
  const header = parseHeader(text);
  for (const change of selectAll(store, { kind: 'rules', from: genesis })) {
    if (change.index > index) break;
    const { head, body } = readStored(change);
    // They judge from the block after theirs on.
    state.changeRules(body as Body<'rules'>, head.bodyHash, closingHeader(store, change.index) + 1);
  }
  state.resume(header, leaf.id, leaf.body);
}

function genesisEnd(store: LogStore): number {
  const header = store.select({ kind: HEADER_KIND, limit: 1 })[0];
  if (!header || headerOf(header).height !== 0) throw new Error('the header of block 0 is missing; restore a copy');
  return header.index;
}

/** Folds the leaves that were acknowledged after the newest header, judging each as if it arrived now. */
function readTail(store: LogStore, context: OpenContext, from: number): void {
  const { state } = context;
  // What the store holds beyond the header is being folded now; lookups must not see it before its turn.
  const sealed: Selectable = { select: (query) => store.select(query).filter((leaf) => leaf.index < from) };
  const known = { ...contextOf(sealed, state), recorded: new StoreRecorded(sealed, store) };
  for (let start = from; start < store.size; start += 500) {
    for (const leaf of store.leaves(start, 500)) {
      const { body, ...note } = readStored(leaf, BODY_DECIDES);
      const refusal = judgeAuthor(state, note, body) ?? judgeContent(known, note, body);
      if (refusal) {
        throw new LeafError(leaf.index, refusal.code, `leaf ${leaf.index} should not be in the log: ${refusal.text}`);
      }
      fold(known, leaf.index, note, body);
    }
  }
}

function loadBook(store: Selectable, interval: string): Book {
  const book = new Book();
  for (const leaf of selectAll(store, { interval })) {
    const { kind, member } = leaf.tags;
    if ((kind !== 'order' && kind !== 'cancel') || member === null) continue;
    if (leaf.body === null) {
      if (kind === 'order') book.placeWithheld(leaf.id, member);
      book.withheld = true;
      continue;
    }
    const { body, ...note } = readStored(leaf);
    if (kind === 'cancel') book.cancel((body as Body<'cancel'>).order);
    else book.place(bookEntry(leaf.index, note, body as Body<'order'>));
  }
  return book;
}

/** A record as it lies in the store. @param needed kinds whose body must be there; all unless told */
function readStored(leaf: StoredLeaf, needed?: ReadonlySet<RecordKind>): ReadNote & { readonly body: unknown } {
  return atLeaf(leaf.index, () => {
    const note = readNote(leaf.note);
    const absent = leaf.body === null && needed !== undefined && !needed.has(note.head.kind);
    return { ...note, body: absent ? null : readBody(note.head, requireBody(leaf.body, leaf.index)) };
  });
}

/** Gives an error of reading its leaf. @throws LeafError */
function atLeaf<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new LeafError(index, error.code, `leaf ${index}: ${error.message}`);
  }
}

function requireBody(body: string | null, index: number): string {
  if (body === null)
    throw new Error(`the body of leaf ${index} is missing, and without it nobody can be recognised; restore a copy`);
  return body;
}
