// Follows a log from its first leaf, believing nothing: every signature, every rule by position, every header, every clearing
// and settlement. Its memory hardly grows with the log: nine bytes a leaf. Codes and their meaning: docs/ledger-format.md.

import { type Book, Books } from '../ledger/book.ts';
import { foldGenesis } from '../ledger/genesis.ts';
import { HEADER_LINE, type Header, parseHeader } from '../ledger/header.ts';
import { type Context, fold, judgeAuthor, judgeContent, ONLY_ID_TELLS, type Proven } from '../ledger/judge.ts';
import { BODY_DECIDES, type Body, type RecordKind } from '../ledger/kinds.ts';
import { type ReadNote, type ReadRecord, type RecordHead, readBody, readNote } from '../ledger/record.ts';
import type { Roster, RosterEntry } from '../ledger/roster.ts';
import type { LedgerState } from '../ledger/state.ts';
import { sha256Hex, toBase64, toHex } from '../log/bytes.ts';
import { canonicalJson } from '../log/canonical-json.ts';
import { FormatError, LeafError } from '../log/errors.ts';
import type { LogFault } from '../log/fault.ts';
import { type NoteVerifier, parseNote, verifierOf } from '../log/note.ts';
import { LogVerifier } from '../log/verify.ts';
import { placesOf } from './auction.ts';
import { type LateOrders, readLate } from './late-orders.ts';
import { OpenSettlements } from './open-settlements.ts';
import { checkClearing, type Verdict } from './recompute.ts';
import { SeenBits } from './seen.ts';

/** What does not hold, and where. */
export interface AuditError {
  /** Index of the bad leaf; null where the fault is in no leaf. */
  readonly leaf: number | null;
  /** Height of the block that the leaf stands in; null where the fault is in no block, or was found after the blocks were read. */
  readonly block: number | null;
  readonly code: string;
  readonly text: string;
}

/** A leaf as a database or an export gives it; what is absent is not checked. */
export interface AuditedLeaf {
  readonly index: number;
  readonly note: string;
  readonly leafHash?: Uint8Array;
  readonly id?: string;
  /** Null when withheld or erased. */
  readonly body: string | null;
  readonly bodyHash?: string | null;
  readonly tags?: { readonly member: string | null; readonly kind: string; readonly interval: string | null };
  /** The note, where it was read already; from exactly these bytes. */
  readonly read?: ReadNote;
  /** Which of its signatures are known to be valid. */
  readonly proven?: Proven;
}

/** A standby that went on with the log. It holds when the witnesses of the roster have cosigned a checkpoint with it. */
export interface Takeover {
  readonly leaf: number;
  readonly block: number;
  readonly term: number;
  readonly operator: string;
  /** As of the header before. */
  readonly roster: Roster;
}

export class Auditor {
  readonly errors: AuditError[] = [];
  /** Records whose body is withheld or erased. */
  withheld = 0;
  /** Clearings and settlements that could not be recomputed, because a body is withheld. */
  unchecked = 0;
  /** Every key that each member has had, for comparison with keys that a reader knows. */
  readonly keysOf = new Map<string, Set<string>>();
  readonly #mostErrors: number;
  readonly #late: LateOrders | null;
  readonly #logKeys: NoteVerifier[] = [];
  readonly #log = new LogVerifier(this.#logKeys);
  readonly #ids = new Set<string>();
  readonly #seen = new SeenBits();
  /** The record read last, where it could be read. */
  #head: RecordHead | null = null;
  readonly #takeovers: Takeover[] = [];
  #genesis: ReadRecord[] | null = [];
  #context: Context | null = null;
  #settlements: OpenSettlements | null = null;
  #rootBroken = false;
  /** Whether a leaf could not be read, so that counts and state differ from the headers' through no fault of these. */
  #foldBroken = false;
  /** Leaves of the open block that could not be read. */
  #unreadable = 0;
  #sealedRecords = 0;
  /** Whether the leaf read last is a header, so that a checkpoint may follow. */
  #afterHeader = false;
  #stopped = false;

  /**
   * @param late orders and cancels of an interval below a leaf, once more and in order: for a reader from whom their bodies were
   * withheld until the auction was cleared
   */
  constructor(mostErrors = 100, late: LateOrders | null = null) {
    this.#mostErrors = mostErrors;
    this.#late = late;
  }

  /** Null until block 0 was read. */
  get state(): LedgerState | null {
    return this.#context?.state ?? null;
  }

  /** Leaves read. */
  get size(): number {
    return this.#log.size;
  }

  /** Terms after the first. */
  get takeovers(): readonly Takeover[] {
    return this.#takeovers;
  }

  root(): string {
    return toBase64(this.#log.root());
  }

  /** Records under headers. */
  get records(): number {
    return this.#sealedRecords;
  }

  /** Whether going on would only repeat itself: block 0 is wrong, a deciding body is missing, or too many errors. */
  get stopped(): boolean {
    return this.#stopped || this.errors.length >= this.#mostErrors;
  }

  /** The next leaf. */
  leaf(leaf: AuditedLeaf): void {
    const before = this.errors.length;
    this.#afterHeader = leaf.note.startsWith(HEADER_LINE);
    const root = this.#afterHeader ? toHex(this.#log.root()) : '';
    const fault = this.#log.add(leaf);
    if (fault) {
      this.#rootBroken = true;
      this.#report(fault.leaf, fault.code, fault.text);
      // Nothing after a gap has its place in the tree.
      if (fault.code === 'leaf-missing') this.#stopped = true;
      if (this.#stopped) return;
    }
    this.#head = null;
    try {
      this.#read(leaf, root);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#report(leaf.index, 'malformed', error.message);
      this.#foldBroken = true;
      this.#unreadable++;
      if (!this.#context) this.#stopped = true;
    }
    this.#seen.keep(this.#head);
    // One leaf, one error: the first, which the others follow from.
    this.errors.splice(before + 1);
  }

  /** A checkpoint over exactly the leaves read so far; null where there is none, though a header must have one. */
  checkpoint(note: string | null): void {
    const last = this.size - 1;
    if (note === null) {
      if (this.#afterHeader) this.#report(last, 'checkpoint-missing', `no checkpoint is kept for the header ${last}`);
      return;
    }
    if (!this.#afterHeader) {
      this.#report(last, 'checkpoint-invalid', `a checkpoint ends with leaf ${last}, which is no header`);
      return;
    }
    if (!this.#context) return;
    const fault = this.#log.check(note);
    if (fault) this.#report(fault.leaf, fault.code, fault.text);
  }

  /** A fault found outside the leaves, or one that keeps the next from being read. */
  add({ leaf, code, text }: LogFault | Pick<AuditError, 'leaf' | 'code' | 'text'>): void {
    if (leaf !== null && leaf < this.size) this.errors.push({ leaf, block: null, code, text });
    else this.#report(leaf, code, text);
  }

  #read(leaf: AuditedLeaf, root: string): void {
    if (leaf.note.startsWith(HEADER_LINE)) {
      const { text, signatures } = parseNote(leaf.note);
      this.#header(leaf, parseHeader(text), text, signatures, root);
      return;
    }
    const note = leaf.read ?? readNote(leaf.note);
    this.#head = note.head;
    const { member, kind, interval } = note.head;
    this.#checkTags(leaf, { member, kind, interval }, note.head.bodyHash);
    const body = this.#body(leaf, note);
    if (!this.#context) {
      if (body === null) this.#missing(leaf.index, kind);
      else this.#genesis?.push({ ...note, body: body as ReadRecord['body'] });
    } else this.#record(this.#context, leaf.index, note, body, leaf.proven ?? null);
  }

  /** The body; null where it is withheld, or reported as wrong and then left aside like a withheld one. */
  #body(leaf: AuditedLeaf, { head }: ReadNote): unknown {
    if (leaf.body === null) {
      this.withheld++;
      return null;
    }
    try {
      return readBody(head, leaf.body);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#report(leaf.index, error.code === 'body-mismatch' ? 'body-altered' : 'malformed', error.message);
      return null;
    }
  }

  #missing(index: number, kind: RecordKind): void {
    this.#report(
      index,
      'missing-body',
      `the body of a ${kind} record is missing, and without it nothing after it can be judged`,
    );
    this.#stopped = true;
  }

  #record(context: Context, index: number, note: ReadNote, body: unknown, proven: Proven | null): void {
    const { kind, interval, member } = note.head;
    if (body === null && BODY_DECIDES.has(kind)) {
      this.#missing(index, kind);
      return;
    }
    const refusal = judgeAuthor(context.state, note, body, proven) ?? judgeContent(context, note, body);
    if (refusal) this.#report(index, refusal.code, refusal.text);
    if (ONLY_ID_TELLS.has(kind)) {
      if (this.#ids.has(note.id)) this.#report(index, 'already-recorded', 'the same record stands in the log before');
      this.#ids.add(note.id);
    }
    if (kind === 'roster' && (body as Body<'roster'>).action !== 'recover') this.#remember(body as Body<'roster'>);
    if (interval !== null) this.#recompute(context, index, kind, interval, member, body);
    // What changes powers against the rules changes none; whatever else stands in the log is what the header speaks of.
    fold(context, index, note, refusal && (kind === 'term' || kind === 'approval') ? null : body);
    if (kind === 'term' && !refusal) this.#takeOver(context, index, body as Body<'term'>);
  }

  /** From the block of a takeover on, headers and checkpoints are signed by its log key. */
  #takeOver({ state }: Context, leaf: number, { key, term, operator }: Body<'term'>): void {
    this.#logKeys.splice(0, this.#logKeys.length, verifierOf(key));
    this.#takeovers.push({ leaf, block: state.height + 1, term, operator, roster: state.roster });
  }

  #recompute(
    { state, books, recorded }: Context,
    index: number,
    kind: RecordKind,
    interval: string,
    member: string,
    body: unknown,
  ): void {
    const settlements = this.#settlements!;
    if (kind === 'meter' || kind === 'correction') {
      settlements.meter(interval, member, body as Body<'meter' | 'correction'> | null);
    } else if (kind === 'price') settlements.price(interval, (body as Body<'price'> | null)?.price ?? null);
    else if (kind === 'clearing') {
      const clearing = body as Body<'clearing'> | null;
      const book = this.#bookOf(state, books, interval, index);
      this.#verdict(index, 'wrong-clearing', checkClearing(state, interval, book, clearing));
      recorded.add('clearing', '', interval);
      settlements.clearing(interval, clearing, state.rules, placesOf(state));
    } else if (kind === 'settlement') {
      this.#verdict(index, 'wrong-settlement', settlements.check(interval, body as Body<'settlement'> | null));
    }
  }

  /** The book of an interval; where bodies of it were withheld so far, as it reads now, and judged now. */
  #bookOf(state: LedgerState, books: Books, interval: string, before: number): Book {
    const book = books.of(interval);
    if (!book.withheld || !this.#late) return book;
    const { book: known, faults } = readLate(state, this.#late(interval, before));
    for (const { leaf, code, text } of faults) this.#report(leaf, code, text);
    return known;
  }

  #verdict(index: number, code: string, verdict: Verdict): void {
    if (verdict === 'unchecked') this.unchecked++;
    else if (verdict !== 'right') this.#report(index, code, verdict.wrong);
  }

  #begin(): boolean {
    const records = this.#genesis ?? [];
    this.#genesis = null;
    try {
      const state = foldGenesis(records[0]?.head.ledger ?? '', records);
      const recorded = this.#seen;
      this.#context = { state, books: new Books(), recorded };
      this.#settlements = new OpenSettlements((kind, interval) => recorded.has(kind, '', interval));
      this.#logKeys.push(verifierOf(state.term.key));
      for (const record of records) {
        this.#ids.add(record.id);
        if (record.head.kind === 'roster') this.#remember(record.body as Body<'roster'>);
      }
      return true;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof RangeError)) throw error;
      const leaf = error instanceof LeafError ? error.leaf : 0;
      this.#report(leaf, error instanceof FormatError ? error.code : 'genesis', error.message);
      this.#stopped = true;
      return false;
    }
  }

  #header(leaf: AuditedLeaf, header: Header, text: string, signatures: ReadNote['signatures'], root: string): void {
    this.#checkTags(leaf, { member: null, kind: 'header', interval: header.interval }, header.state);
    if (!this.#context && !this.#begin()) return;
    const { state } = this.#context!;
    const key = this.#logKeys[0]!;
    const line = signatures[0];
    if (signatures.length !== 1 || line?.name !== key.name || line.keyId !== key.keyId) {
      this.#report(leaf.index, 'wrong-key', 'the header is not signed by the log key, and by nothing else');
    } else if (!key.verify(text, line.signature)) {
      this.#report(leaf.index, 'bad-signature', 'the signature of the log key does not belong to this header');
    }
    const folded = state.nextHeader(root, header.time);
    const expected = { ...folded, count: folded.count + this.#unreadable };
    for (const field of Object.keys(expected) as (keyof Header)[]) {
      if (expected[field] === header[field] || this.#follows(field)) continue;
      const code = field === 'previous' ? 'broken-link' : 'wrong-header';
      const right = canonicalJson(expected[field]);
      this.#report(
        leaf.index,
        code,
        `the header says ${field} ${canonicalJson(header[field])}, but the log gives ${right}`,
      );
    }
    this.#sealedRecords += state.open.count;
    this.#unreadable = 0;
    for (const recovery of state.powers.recoveries.values()) if (recovery.approved) this.#remember(recovery);
    // Go on from what the log really holds, so that one wrong header is one error.
    state.seal({ ...expected, time: header.time }, sha256Hex(text));
  }

  /** Whether a wrong field only follows from what was reported before; from now on it does. */
  #follows(field: keyof Header): boolean {
    if (field === 'root') {
      const known = this.#rootBroken;
      this.#rootBroken = true;
      return known;
    }
    if (field !== 'state' && field !== 'roster' && field !== 'rules' && field !== 'interval') return false;
    const known = this.#foldBroken;
    this.#foldBroken = true;
    return known;
  }

  #checkTags(leaf: AuditedLeaf, tags: NonNullable<AuditedLeaf['tags']>, bodyHash: string): void {
    if (leaf.bodyHash !== undefined && leaf.bodyHash !== bodyHash) {
      this.#report(leaf.index, 'tags-altered', 'the database has another body hash for this leaf than the leaf itself');
    }
    if (leaf.tags && canonicalJson({ ...leaf.tags }) !== canonicalJson(tags)) {
      this.#report(
        leaf.index,
        'tags-altered',
        'the database has another member, kind or interval for this leaf than the leaf itself',
      );
    }
  }

  #remember({ member, key }: Pick<RosterEntry, 'member' | 'key'>): void {
    const keys = this.keysOf.get(member) ?? new Set();
    this.keysOf.set(member, keys.add(key));
  }

  #report(leaf: number | null, code: string, text: string): void {
    const height = this.#context ? this.#context.state.height + 1 : 0;
    this.errors.push({ leaf, block: leaf === null ? null : height, code, text });
  }
}
