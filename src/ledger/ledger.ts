// The ledger of a community as its operator runs it: records are judged, committed in groups, and sealed into blocks with a
// signed header and checkpoint. An answer is given after the commit, never before. Needs no trust: src/audit checks it all.
import { parseStrictJson } from '../log/canonical-json.ts';
import { type CosignatureStore, openCosignatures } from '../log/cosignature-store.ts';
import { FormatError } from '../log/errors.ts';
import type { NoteSigner } from '../log/note.ts';
import type { Durability, LeafInput, LogStore, StoredCheckpoint, StoredLeaf } from '../log/store.ts';
import { leafHash } from '../log/tree.ts';
import { intervalStart } from '../time/interval.ts';
import { type Arrival, type Arrivals, readArrivals } from './arrivals.ts';
import type { Book } from './book.ts';
import { type LedgerExport, openDirectory } from './directory-store.ts';
import { type Author, type Genesis, joinRecord, type NewMember } from './genesis.ts';
import {
  fold,
  judgeAuthor,
  judgeContent,
  ONLY_ID_TELLS,
  type Proven,
  type Refusal,
  type RefusalCode,
} from './judge.ts';
import type { MemberKeys } from './keys.ts';
import type { Body } from './kinds.ts';
import { beginLedger, type OpenContext, resumeLedger } from './open.ts';
import { rosterAfter } from './power-history.ts';
import type { WitnessState } from './quorum.ts';
import { type Receipt, receiptsWhenAsked } from './receipt.ts';
import { makeRecord, type ReadRecord, type SignedRecord } from './record.ts';
import { selectAll } from './recorded.ts';
import type { Roster } from './roster.ts';
import { leafOf, sealBlock } from './seal.ts';
import { fenceFault, type SeenCheckpoint } from './seen-checkpoint.ts';
import type { LedgerState } from './state.ts';
import {
  type BlockQuery,
  type BlockSummary,
  HEADER_KIND,
  type LedgerRecord,
  type Proof,
  type RecordQuery,
  Views,
} from './views.ts';
import { type Witnessed, Witnesses } from './witnesses.ts';
import { WorkQueue } from './work-queue.ts';

export type AppendResult =
  | {
      readonly ok: true;
      readonly id: string;
      readonly index: number;
      readonly duplicate: boolean;
      /** The operator's signed word that it is there; null for one that was there before. Signed when first asked for. */
      readonly receipt: Receipt | null;
    }
  | { readonly ok: false; readonly refusal: Refusal };

export interface SealOptions {
  /** The interval that this block clears; must be that of the clearing in the block, where there is one. */
  readonly interval?: string | null;
  /** Last records of the block, stored in the same transaction as its header: usually the clearing. */
  readonly records?: readonly SignedRecord[];
  /** When the block is closed, Unix ms; `now()` in its turn unless given. */
  readonly time?: number;
}

export interface LedgerOptions {
  /** Directory of `ledger.sqlite` and `export/`; made when it is not there. */
  readonly path: string;
  /** Name of the ledger, `<community>/ledger/<epoch>`. */
  readonly origin: string;
  readonly operator: MemberKeys;
  /** What a new ledger begins with; an existing one keeps what it began with. */
  readonly genesis?: Genesis;
  /** Unix ms. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Instead of `path`/ledger.sqlite, without an export. */
  readonly store?: LogStore;
  /** Blocks between two exports: 1 (default) after each; 0 only when closing. */
  readonly exportEvery?: number;
  /** `every-commit` (default): an answer is given after its record is durable. `when-closed`: for simulations only. */
  readonly durability?: Durability;
  /** The newest checkpoints that witnesses and replicas hold: nothing is signed that contradicts them. */
  readonly seen?: readonly SeenCheckpoint[];
}

type Admitted = Extract<AppendResult, { ok: false }> | Omit<Extract<AppendResult, { ok: true }>, 'receipt'>;

interface LedgerParts {
  readonly store: LogStore;
  readonly context: OpenContext;
  readonly options: LedgerOptions;
  readonly cosignatures: CosignatureStore;
  readonly exporter: LedgerExport | null;
}

/** Orders further ahead than this are refused, so that nobody fills the memory with books of next year. */
const HORIZON_MS = 8 * 86_400_000;

/**
 * Opens the ledger in a directory, or begins it with block 0.
 * @throws Error with a sentence: in use, damaged, another ledger, another operator's, or new without a genesis
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { store, cosignatures, exporter } = options.store
    ? { store: options.store, cosignatures: openCosignatures(null), exporter: null }
    : openDirectory(options.path, options.durability);
  try {
    const { origin, operator } = options;
    const fresh = store.size === 0;
    if (fresh && !options.genesis)
      throw new Error(`there is no ledger in ${options.path} yet, and no rules to begin it with`);
    const context = fresh
      ? beginLedger(store, authorOf(options), options.genesis!)
      : resumeLedger(store, origin, operator);
    const fault = fenceFault(origin, store, context.state.term.term, options.seen ?? []);
    if (fault) throw new Error(fault);
    dropErased(store);
    const ledger = new Ledger({ store, cosignatures, context, options, exporter });
    await ledger.export();
    return ledger;
  } catch (error) {
    cosignatures.close();
    store.close();
    throw error;
  }
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #store: LogStore;
  readonly #context: OpenContext;
  readonly #views: Views;
  readonly #queue: WorkQueue<SignedRecord, AppendResult, Arrivals>;
  readonly #logKey: NoteSigner;
  readonly #exporter: LedgerExport | null;
  readonly #witnesses: Witnesses;
  #gateClosed = '';
  #unexported = 0;
  #exportFault: string | null = null;

  /** Use `openLedger`. */
  constructor({ store, cosignatures, context, options, exporter }: LedgerParts) {
    this.#options = options;
    this.#store = store;
    this.#context = context;
    this.#exporter = exporter;
    this.#views = new Views(store);
    this.#witnesses = new Witnesses(store, cosignatures, (size) => this.rosterAt(size - 2));
    this.#logKey = options.operator.log(options.origin, context.state.term.term);
    this.#queue = new WorkQueue(
      (records) => readArrivals(this.state, records),
      (arrivals) => this.#commit(arrivals),
    );
  }

  /** Rules, roster, height, last cleared interval. Read it, do not change it. */
  get state(): LedgerState {
    return this.#context.state;
  }

  /** Leaves in the log, sealed or not. */
  get size(): number {
    return this.#store.size;
  }

  /** The log underneath, for whoever checks it while it runs (`verifyStore` of src/audit). Not to be written to. */
  get store(): LogStore {
    return this.#store;
  }

  root(): Uint8Array {
    return this.#store.root();
  }

  /** Why the last export failed, or null. The ledger itself is not affected; the next block tries again. */
  get exportFault(): string | null {
    return this.#exportFault;
  }

  /**
   * Appends records; one transaction takes all that arrived while the last one was written.
   * Resolves after the commit with one answer per record, in their order: its index, or why it is refused.
   * @throws Error when the disk refused: nothing is acknowledged, and the ledger has to be opened again
   */
  append(records: readonly SignedRecord[]): Promise<AppendResult[]> {
    return this.#queue.add(records);
  }

  /**
   * Appends one record that follows from others, such as a bill: whether it still does is asked in its turn, when nothing can come
   * in between any more.
   * @param fault one sentence, or null
   */
  async appendChecked(record: SignedRecord, code: RefusalCode, fault: () => string | null): Promise<AppendResult> {
    const arrivals = readArrivals(this.state, [record]);
    return this.#queue.run(async () => {
      const arrived = await arrivals;
      const text = fault();
      return text === null ? this.#commit(arrived)[0]! : { ok: false, refusal: { code, text } };
    });
  }

  /**
   * Closes the gate of an interval and of all before it: from now on orders and cancels for them are refused as late.
   * What arrived before is committed first. Resolves with the book, to which nothing is added any more.
   * @throws Error when the interval is cleared already
   */
  async closeGate(interval: string): Promise<Book> {
    intervalStart(interval);
    return this.#queue.run(() => {
      const { cleared } = this.state;
      if (cleared !== null && interval <= cleared) throw new Error(`${interval} is already cleared`);
      if (interval > this.#gateClosed) this.#gateClosed = interval;
      return this.#context.books.of(interval);
    });
  }

  /**
   * Closes the open block: last records, header and checkpoint in one transaction, then the export. Signatures are verified while
   * what was added before is still being written.
   * @throws Error when one of the last records is refused (those before it are kept, nothing is sealed)
   */
  async seal(options: SealOptions = {}): Promise<BlockSummary> {
    const arrivals = readArrivals(this.state, options.records ?? []);
    // A failure is told when its turn comes.
    arrivals.catch(() => {});
    const summary = await this.#queue.run(async () => this.#seal(options, await arrivals));
    this.#unexported++;
    const every = this.#options.exportEvery ?? 1;
    if (every > 0 && this.#unexported >= every) await this.export();
    return summary;
  }

  /**
   * Enrols a member whose keys are at hand, or takes a roster record that a member has signed with its new key (`join`, `recover`) and adds
   * the operator's signature. Who joins may write from the next block on.
   * Enrolling once more what waits for that block changes nothing.
   * @throws Error with the reason when refused
   */
  async enrol(member: NewMember | SignedRecord): Promise<void> {
    if (!('note' in member)) {
      const waiting = this.state.open.changes.get(member.id);
      if (waiting?.action === 'join' && waiting.key === member.keys.record.vkey) return;
    }
    const [result] = await this.append([joinRecord(authorOf(this.#options), member)]);
    if (result && !result.ok) throw new FormatError(result.refusal.code, result.refusal.text);
  }

  leaf(index: number): StoredLeaf | undefined {
    return this.#store.leaf(index);
  }

  /** Records in log order (or newest first), as many as `limit` (1000). */
  records(query: RecordQuery = {}): LedgerRecord[] {
    return this.#views.records(query);
  }

  /** Sealed blocks, newest first; from a height on: oldest first. */
  blocks(query: BlockQuery = {}): BlockSummary[] {
    return this.#views.blocks(query);
  }

  /** The roster by which a leaf was judged: that of the header before it; in block 0 that of the block itself. */
  rosterAt(index: number): Roster {
    const header =
      this.#store.select({ kind: HEADER_KIND, newestFirst: true, from: index, limit: 1 })[0] ??
      this.#store.select({ kind: HEADER_KIND, limit: 1 })[0];
    const until = header?.index ?? this.#store.size;
    const newest = this.#store.select({ kind: HEADER_KIND, newestFirst: true, limit: 1 })[0];
    return until === newest?.index ? this.state.roster : rosterAfter(this.#store, until);
  }

  /**
   * Compares with what a witness or a replica holds. Where somebody else has taken over, or the histories differ, this ledger steps down:
   * it signs and takes nothing any more.
   * @returns why, or null
   */
  saw(seen: SeenCheckpoint): string | null {
    const fault = fenceFault(this.#options.origin, this.#store, this.state.term.term, [seen]);
    if (fault) this.#queue.fail(new Error(fault));
    return fault;
  }

  /**
   * Drops what a record says, for good, and records that it was done. Signature, time and place of the record stay.
   * @param reason a code such as `member-request` @throws FormatError when it may not be erased, or not yet
   */
  async erase(leaf: number, reason: string): Promise<void> {
    const { origin, operator, time, random } = authorOf(this.#options);
    const head = { ledger: origin, member: operator.member, kind: 'erasure', interval: null, time } as const;
    const [result] = await this.append([makeRecord(operator.record, head, { leaf, reason }, random)]);
    if (result && !result.ok) throw new FormatError(result.refusal.code, result.refusal.text);
  }

  /** Inclusion proof of a sealed leaf in the newest checkpoint. @throws RangeError when it is not sealed yet */
  proof(index: number): Proof {
    return this.#views.proof(index);
  }

  /**
   * Takes the cosignature of a witness for the checkpoint over this many leaves; the same again changes nothing.
   * @returns how far the checkpoint is witnessed now
   * @throws FormatError when there is no such checkpoint, or the line is not by one of its witnesses; StoreError when the disk refuses
   */
  addCosignature(size: number, line: string): WitnessState {
    const before = this.witnessed();
    const state = this.#witnesses.add(size, line);
    if (this.witnessed() !== before) this.#queue.run(() => this.#exportWitnessed()).catch(() => {});
    return state;
  }

  /** The newest checkpoint that reached its quorum, with its cosignatures; null while none has. All leaves below its size are witnessed. */
  witnessed(): Witnessed | null {
    return this.#witnesses.newest;
  }

  /** How far the checkpoint over this many leaves is witnessed: as the newest that has its quorum and covers it, else by itself. */
  witnessOf(size: number): WitnessState | null {
    return this.#witnesses.stateOf(size);
  }

  /** Checkpoints with the cosignatures that are kept of them, smallest first. */
  cosigned(): StoredCheckpoint[] {
    return this.#witnesses.all();
  }

  /** Brings the export up to the newest checkpoint. A failure is kept in `exportFault`, it does not touch the ledger. */
  export(): Promise<void> {
    return this.#queue.run(() => this.#export());
  }

  /** Commits what is waiting, exports what was not, and closes the database. */
  async close(): Promise<void> {
    await this.#queue.close(() => (this.#unexported > 0 ? this.#export() : undefined));
    this.#witnesses.close();
    this.#store.close();
  }

  #commit({ all, proven }: Arrivals): AppendResult[] {
    const leaves: LeafInput[] = [];
    const results = all.map((arrival) => this.#admit(arrival, proven, leaves));
    const first = this.#store.size;
    if (leaves.length > 0) this.#store.append(leaves);
    this.#erase(leaves);
    this.#context.recorded.trim();
    const receiptOf = this.#receipts(first, leaves);
    return results.map((result) => {
      if (!result.ok) return result;
      const { id, index, duplicate } = result;
      return {
        ok: true,
        id,
        index,
        duplicate,
        get receipt() {
          return duplicate ? null : receiptOf(index);
        },
      };
    });
  }

  #receipts(first: number, leaves: readonly LeafInput[]): (index: number) => Receipt {
    const { origin, term } = this.state;
    const time = new Date(this.#options.now()).toISOString();
    const commit = () => ({
      origin,
      term: term.term,
      time,
      first,
      leafHashes: leaves.map(({ note }) => leafHash(note)),
    });
    return receiptsWhenAsked(commit, this.#logKey);
  }

  /** Drops the bodies that these records speak of, once they are durable: a crash in between is made good when the ledger opens. */
  #erase(leaves: readonly LeafInput[]): void {
    for (const { tags, body } of leaves) if (tags.kind === 'erasure' && body !== null) dropBodyOf(this.#store, body);
  }

  /** Judges a record; when it is in order, adds its leaf to the transaction and folds it. */
  #admit(arrival: Arrival, proven: Proven, leaves: LeafInput[]): Admitted {
    if (arrival.refusal) return { ok: false, refusal: arrival.refusal };
    const { signed, record } = arrival;
    const { id, body } = record;
    const refusal =
      judgeAuthor(this.state, record, body, proven) ??
      this.#judgeArrival(record) ??
      judgeContent(this.#context, record, body);
    // A record that is in the log already breaks a rule when it comes again; only for some kinds nothing but its id tells.
    const known = refusal || ONLY_ID_TELLS.has(record.head.kind) ? this.#indexOf(id, leaves) : undefined;
    if (known !== undefined) return { ok: true, id, index: known, duplicate: true };
    if (refusal) return { ok: false, refusal };
    const index = this.#store.size + leaves.length;
    fold(this.#context, index, record, body);
    if (record.head.interval !== null) this.#context.recorded.expect(record.head.interval);
    leaves.push(leafOf(signed, record));
    return { ok: true, id, index, duplicate: false };
  }

  #indexOf(id: string, leaves: readonly LeafInput[]): number | undefined {
    const waiting = leaves.findIndex((leaf) => leaf.id === id);
    return waiting >= 0 ? this.#store.size + waiting : this.#store.indexOf(id);
  }

  /** What the operator refuses when it arrives, though a copy of the log cannot tell: a closed gate, a far future. */
  #judgeArrival({ head: { kind, interval, member } }: ReadRecord): Refusal | null {
    if (kind === 'term') {
      const text = `${member} cannot take over from an operator that runs: it goes on with a copy of its own`;
      return { code: 'bad-change', text };
    }
    if (interval === null || (kind !== 'order' && kind !== 'cancel')) return null;
    if (interval <= this.#gateClosed) {
      return { code: 'late', text: `the ${kind} comes too late: the gate of ${interval} is closed` };
    }
    if (intervalStart(interval) > this.#options.now() + HORIZON_MS) {
      return { code: 'too-early', text: `${interval} is more than eight days ahead; order later` };
    }
    return null;
  }

  #seal({ interval, time = this.#options.now() }: SealOptions, { all, proven }: Arrivals): BlockSummary {
    const leaves: LeafInput[] = [];
    const results = all.map((arrival) => this.#admit(arrival, proven, leaves));
    const refused = results.find((result) => !result.ok);
    const { cleared } = this.state.open;
    let fault: Refusal | null = refused?.ok === false ? refused.refusal : null;
    if (!fault && interval != null && cleared !== null && interval !== cleared) {
      fault = { code: 'malformed', text: `the clearing in it is of ${cleared}, not of ${interval}` };
    }
    try {
      if (fault) {
        if (leaves.length > 0) this.#store.append(leaves);
      } else {
        const summary = sealBlock(this.#store, this.state, this.#logKey, time, leaves);
        this.#erase(leaves);
        return summary;
      }
      this.#erase(leaves);
    } catch (error) {
      // State and books are ahead of the disk now.
      throw this.#queue.fail(error);
    } finally {
      this.#context.recorded.trim();
    }
    throw new FormatError(fault.code, `the block is not sealed: ${fault.text}`);
  }

  async #export(): Promise<void> {
    try {
      await this.#exporter?.run();
      this.#unexported = 0;
      this.#exportFault = null;
    } catch (error) {
      this.#exportFault = error instanceof Error ? error.message : String(error);
    }
    await this.#exportWitnessed();
  }

  async #exportWitnessed(): Promise<void> {
    const note = this.witnessed()?.note;
    if (note === undefined || this.#exportFault !== null) return;
    try {
      await this.#exporter?.witnessed(note);
    } catch (error) {
      this.#exportFault = error instanceof Error ? error.message : String(error);
    }
  }
}

/** Drops every body that an erasure in the log speaks of and that is still there. */
function dropErased(store: LogStore): void {
  for (const { body } of selectAll(store, { kind: 'erasure' })) if (body !== null) dropBodyOf(store, body);
}

/** @param erasure the body of an erasure that is in order */
function dropBodyOf(store: LogStore, erasure: string): void {
  const { leaf } = parseStrictJson(erasure) as unknown as Body<'erasure'>;
  const { body, bodyHash } = store.leaf(leaf) ?? {};
  if (typeof body === 'string' && typeof bodyHash === 'string') store.dropBody(bodyHash, leaf);
}

function authorOf({ origin, operator, now, random }: LedgerOptions): Author {
  return { origin, operator, time: new Date(now()).toISOString(), random };
}
