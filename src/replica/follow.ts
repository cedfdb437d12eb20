// A full replica: follows the operator's ledger and believes nothing of it. Leaves are kept once the log key has signed them; what is
// kept is audited leaf by leaf (signatures, rules, auctions, bills), at start once more from the disk. Two histories, a record left out
// despite its receipt, a wrong bill: each ends as `cheated`, with what the evidence needs. One step at a time: `receive`, `tick`, `audit`.

import { checkReceipt } from '../ledger/receipt.ts';
import type { Roster } from '../ledger/roster.ts';
import { equalBytes, fromBase64, sha256Hex, toBase64 } from '../log/bytes.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../log/cosignature.ts';
import { FormatError } from '../log/errors.ts';
import { type NoteSigner, verifierOf } from '../log/note.ts';
import { Pace } from '../log/pace.ts';
import type { LogStore } from '../log/store.ts';
import { CompactTree, leafHash, verifyConsistency } from '../log/tree.ts';
import { type Accusation, omission, twoCheckpoints } from './accuse.ts';
import { AuditRun } from './audit-run.ts';
import { Comparison, type SeenCheckpoint } from './compare.ts';
import { Cosigned, type CosignedNote } from './cosigned.ts';
import { type Block, Incoming, type NoBlock, readBlock } from './incoming.ts';
import type { CheckpointMessage, LeavesMessage, Message, ReceiptMessage, SentReceipt } from './messages.ts';
import { concerns } from './messages.ts';
import { type Saved, Seen, type SeenState } from './seen.ts';
import { answer, MOST_LEAVES, newestCheckpoint, type ServedLog } from './serve.ts';
import { signRequest } from './signed.ts';
import { type Situation, standing } from './standing.ts';
import type { Cheated, Effects, Proof, Verdict } from './verdict.ts';

export interface ReplicaOptions {
  /** Name of the ledger. */
  readonly origin: string;
  /** Whose replica it is; it asks in this name. */
  readonly member: string;
  /** The member's record key, which shows that it may read its own meter values; null: an outsider. */
  readonly signer: NoteSigner | null;
  /** Log key or record key of the operator, as a vkey; null: the first one that is shown is believed. */
  readonly operatorKey: string | null;
  readonly store: LogStore;
  readonly saved: Saved<SeenState>;
  /** Whether this machine has made a record of the member; null where it does not know all that it made. */
  readonly made?: ((id: string, time: string) => boolean) | null;
  /** Milliseconds of a clock that does not jump, for pauses; the machine's unless told. */
  readonly elapsed?: () => number;
}

/** Ticks without an answer before everybody is asked, and before it is said. */
const PATIENCE = 3;
/** Ticks between two questions for the newest checkpoint. */
const ASK_EVERY = 6;
/** Single leaves asked for at once. */
const MOST_SINGLE = 16;

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #store: LogStore;
  readonly #seen: Seen;
  readonly #incoming = new Incoming();
  readonly #run: AuditRun;
  /** Of the term in force; null before block 0. */
  #logKey: string | null = null;
  /** Leaves that are said to be there, while no key is known. */
  #hint = 0;
  #sealed: number;
  /** Over the sealed leaves. */
  readonly #tree: CompactTree;
  #comparison: Comparison | null = null;
  #cheated: Cheated | null = null;
  /** Why leaves were not taken, last. */
  #refused: { readonly code: NoBlock; count: number } | null = null;
  /** The next block, where it cannot be kept because a leaf of it stands twice. */
  #strange: Block | null = null;
  #waits = 0;
  #ticks = 0;
  #asked = '';
  #askedForTerm = false;
  #told = '';
  #effects: { send: Message[]; verdicts: Verdict[] } = { send: [], verdicts: [] };
  readonly #cosigned = new Cosigned();

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#seen = new Seen(options.saved);
    const newest = options.store.checkpoint();
    this.#sealed = newest === null ? 0 : readCheckpoint(newest).size;
    this.#tree = CompactTree.at(this.#sealed, (level, index) => options.store.node(level, index));
    this.#run = new AuditRun(options.store, options.member, options.made ?? null);
    const keys = options.store.select({ kind: 'term' }).flatMap(({ body }) => keyIn(body) ?? []);
    this.#logKey = keys.at(-1) ?? null;
    requireKey(options, keys);
    this.#cheated = this.#seen.cheated;
    if (this.#cheated) this.#effects.verdicts.push(this.#cheated);
  }

  get origin(): string {
    return this.#options.origin;
  }

  /** The key that signs the ledger; null while it is not known. */
  get logKey(): string | null {
    return this.#logKey;
  }

  /** Leaves kept, all signed by the operator. */
  get size(): number {
    return this.#sealed;
  }

  /** Leaves audited, and found in order. */
  get audited(): number {
    return this.#run.auditor.size;
  }

  get cheated(): Cheated | null {
    return this.#cheated;
  }

  /** What others are answered from. */
  get served(): ServedLog | null {
    const { state } = this.#run.auditor;
    if (!state || this.#sealed === 0) return null;
    return {
      origin: this.#options.origin,
      store: this.#store,
      community: state,
      collected: (note) => {
        const cosigned = this.#cosigned.at(readCheckpoint(note).size);
        return { note: cosigned?.note ?? note, reached: cosigned?.state.reached ?? false };
      },
      witnessed: () => this.witnessed?.note ?? null,
      rosterAt: (index) => this.#run.rosters.get(index) ?? null,
    };
  }

  /** The newest checkpoint that enough witnesses have cosigned. */
  get witnessed(): CosignedNote | null {
    return this.#cosigned.witnessed;
  }

  /** @param now Unix ms of the community's clock */
  receive(message: Message, now: number): Effects {
    const { origin, member } = this.#options;
    if (!concerns(message, origin, member)) return this.#flush();
    switch (message.type) {
      case 'checkpoint':
        this.#onCheckpoint(message, now);
        break;
      case 'leaves':
        this.#onLeaves(message, now);
        break;
      case 'receipt':
        this.#onReceipt(message);
        break;
      case 'checkpoint-wanted':
      case 'leaves-wanted':
      case 'proof-wanted':
        if (this.served && !('member' in message && message.member === member))
          this.#effects.send.push(...answer(this.served, message, now));
        break;
      default:
    }
    return this.#flush();
  }

  /** Asks again for what did not come, and looks whether the operator is silent. To be called every few seconds. */
  tick(now: number): Effects {
    this.#waits++;
    if (this.#ticks++ % ASK_EVERY === 0) this.#askForCheckpoint();
    this.#asked = '';
    this.#askedForTerm = false;
    this.#ask(now);
    this.#tell(now, this.#waits > 1);
    return this.#flush();
  }

  /** Audits what is kept and not audited yet; gives the event loop back every few milliseconds. */
  async audit(now: number, signal?: AbortSignal): Promise<Effects> {
    if (this.#cheated) return this.#flush();
    const { auditor } = this.#run;
    const before = auditor.size;
    await this.#run.advance(this.#sealed, new Pace(this.#options.elapsed), signal);
    if (this.#strange && auditor.size === this.#sealed) this.#run.beyond(this.#strange.leaves);
    this.#effects.verdicts.push(...this.#run.warnings());
    const fault = this.#run.fault();
    if (fault) this.#accuse({ ...fault, proof: this.#historyUpTo(fault.leaf ?? 0) });
    else {
      for (const receipt of this.#seen.due(auditor.size)) this.#look(receipt);
      this.#seen.reached(auditor.size);
      if (auditor.size > before && auditor.size === this.#sealed) this.#hold();
    }
    this.#ask(now);
    this.#tell(now, false);
    return this.#flush();
  }

  #onCheckpoint({ note, size: said, from }: CheckpointMessage, now: number): void {
    if (this.#logKey === null) {
      this.#hint = Math.max(this.#hint, said);
      this.#ask(now);
      return;
    }
    const checkpoint = this.#open(note);
    if (!checkpoint) {
      if (said > this.#sealed) this.#askForTerm(now);
      return;
    }
    const { size, root } = checkpoint;
    const seen = { size, root: toBase64(root), note };
    if (size <= this.#sealed) {
      if (!equalBytes(root, this.#store.rootAt(size))) this.#conflict(seen);
      else {
        this.#cosigned.wait(size, note);
        this.#cosigned.settle(this.#rosterOf, this.#run.auditor.size);
      }
    } else {
      const before = this.#seen.at(size);
      if (before && before.root !== seen.root) this.#accuse(twoCheckpoints(before.note, note, size));
      else if (!before) this.#seen.add(seen);
      if (from?.size === this.#sealed && this.#sealed > 0 && !continues(checkpoint, from, this.#tree.root())) {
        this.#compare(seen);
      }
      this.#cosigned.wait(size, note);
    }
    this.#ask(now);
  }

  #onLeaves({ from, leaves, checkpoint }: LeavesMessage, now: number): void {
    if (this.#comparison) this.#onCompared(from, leaves, checkpoint);
    if (!this.#cheated) this.#overlap(from, leaves, checkpoint);
    const next = this.#sealed + this.#incoming.length;
    if (this.#cheated || this.#strange || from > next || from + leaves.length <= next) {
      this.#ask(now);
      return;
    }
    this.#waits = 0;
    this.#incoming.add(leaves.slice(next - from));
    for (let block = this.#incoming.take(); block !== null && !this.#cheated; block = this.#incoming.take()) {
      const read = readBlock(block, {
        origin: this.#options.origin,
        tree: this.#tree,
        logKey: this.#logKey,
        operatorKey: this.#options.operatorKey,
        roster: this.#run.auditor.state?.roster ?? new Map(),
      });
      if (typeof read === 'string') {
        this.#refuse(read, block.at(-1)?.checkpoint ?? '');
        break;
      }
      this.#keep(read);
    }
    this.#ask(now);
  }

  /** Leaves that are here already: byte by byte the same, or there is another history. Bodies that were withheld are kept now. */
  #overlap(from: number, leaves: LeavesMessage['leaves'], checkpoint: string): void {
    for (const [i, { note, body }] of leaves.entries()) {
      const index = from + i;
      const mine = index < this.#sealed ? this.#store.leaf(index) : undefined;
      if (!mine) return;
      if (mine.note !== note) {
        const other = this.#open(checkpoint);
        if (other) this.#conflict({ size: other.size, root: toBase64(other.root), note: checkpoint });
        return;
      }
      if (body === null || mine.body !== null || this.#run.erased.has(index) || sha256Hex(body) !== mine.bodyHash)
        continue;
      this.#store.addBody(index, body);
      this.#run.gotBody(index);
      this.#waits = 0;
    }
  }

  #keep(block: Block): void {
    const seen = this.#seen.at(block.size);
    if (seen && seen.root !== block.root) {
      this.#accuse(twoCheckpoints(seen.note, block.checkpoint, block.size));
      return;
    }
    const ids = new Set(block.leaves.map(({ id }) => id));
    if (
      ids.size < block.leaves.length ||
      block.leaves.some(({ id }) => (this.#store.indexOf(id) ?? Infinity) < this.#sealed)
    ) {
      this.#strange = block;
      return;
    }
    this.#store.append(block.leaves, block.checkpoint);
    for (const { note, tags, body } of block.leaves) {
      this.#tree.append(leafHash(note));
      if (tags.kind === 'term') this.#logKey = keyIn(body) ?? this.#logKey;
    }
    this.#sealed = block.size;
    this.#refused = null;
    this.#cosigned.wait(block.size, block.checkpoint);
  }

  /** Leaves that are no block. Where the log key signed the checkpoint all the same, its leaves are looked for. */
  #refuse(code: NoBlock, checkpoint: string): void {
    this.#incoming.clear();
    this.#refused = { code, count: this.#refused?.code === code ? this.#refused.count + 1 : 1 };
    const other = code === 'other-root' ? this.#open(checkpoint) : null;
    if (other && other.size > this.#sealed)
      this.#compare({ size: other.size, root: toBase64(other.root), note: checkpoint });
  }

  #conflict(other: SeenCheckpoint): void {
    const mine = this.#store.checkpoints(other.size, 1)[0];
    if (mine?.size === other.size && readRoot(mine.note) !== other.root)
      this.#accuse(twoCheckpoints(mine.note, other.note, other.size));
    else if (other.size > this.#sealed || readRoot(other.note) !== toBase64(this.#store.rootAt(other.size)))
      this.#compare(other);
  }

  #compare(other: SeenCheckpoint): void {
    if (!this.#cheated) this.#comparison ??= new Comparison(other);
  }

  #onCompared(from: number, leaves: LeavesMessage['leaves'], checkpoint: string): void {
    const comparison = this.#comparison!;
    const shown = this.#open(checkpoint);
    // Of our own history there is nothing to learn.
    const isOurs = shown && shown.size <= this.#sealed && equalBytes(shown.root, this.#store.rootAt(shown.size));
    if (!shown || isOurs || shown.size < comparison.other.size) return;
    const before = comparison.next;
    comparison.add(from, leaves);
    if (comparison.next > before) this.#waits = 0;
    const result = comparison.result(this.#store);
    if (!result) return;
    if (result.kind === 'unproven') comparison.restart();
    else this.#comparison = null;
    if (result.kind !== 'equivocation') return;
    const { index } = result;
    const text = `the operator signed two histories: leaf ${index} is not the same in its checkpoints over ${sizeOf(result.a.checkpoint)} and ${sizeOf(result.b.checkpoint)} leaves`;
    this.#accuse({ code: 'equivocation', text, leaf: index, block: null, proof: result });
  }

  #onReceipt({ receipt }: ReceiptMessage): void {
    if (!receipt || this.#logKey === null) return;
    try {
      checkReceipt(receipt, this.#logKey);
    } catch (problem) {
      if (problem instanceof FormatError) return;
      throw problem;
    }
    if (receipt.index < this.#run.auditor.size) this.#look(receipt);
    else this.#seen.receive(receipt);
  }

  /** Whether what was acknowledged stands where it should. */
  #look(receipt: SentReceipt): void {
    const accusation = this.#logKey === null ? null : omission(this.#store, receipt, this.#logKey);
    if (accusation) this.#accuse(accusation);
  }

  #accuse({ code, text, leaf, block, proof }: Accusation): void {
    if (this.#cheated) return;
    const cheated: Cheated = { state: 'cheated', code, text, leaf, block, proof };
    // What the leaves show, a restart finds again.
    if (proof !== null && proof.kind !== 'history') this.#seen.accuse(cheated);
    this.#cheated = cheated;
    this.#comparison = null;
    this.#effects.verdicts.push(this.#cheated);
  }

  #historyUpTo(leaf: number): Proof {
    const checkpoint = this.#store.checkpoints(leaf + 1, 1)[0]?.note;
    if (checkpoint) return { kind: 'history', checkpoint, beyond: [] };
    const beyond = this.#strange?.leaves.map(({ note, body }) => ({ note, body })) ?? [];
    return { kind: 'history', checkpoint: this.#strange?.checkpoint ?? '', beyond };
  }

  #hold(): void {
    const { auditor } = this.#run;
    const { height, time, cleared } = auditor.state!;
    this.#cosigned.settle(this.#rosterOf, auditor.size);
    const root = auditor.root();
    const { withheld, unchecked, size } = auditor;
    this.#effects.verdicts.push({
      state: 'held',
      block: height,
      interval: cleared,
      time: time ?? '',
      size,
      root,
      withheld,
      unchecked,
    });
    // Told to all: who was shown another history learns of it.
    if (this.served) this.#effects.send.push(newestCheckpoint(this.served));
  }

  #askForCheckpoint(): void {
    const { origin, member } = this.#options;
    if (!this.#cheated) this.#effects.send.push({ type: 'checkpoint-wanted', origin, from: this.#sealed, member });
  }

  /** Another key has signed: whether somebody took over, the next leaves show. Everybody is asked; the operator that is known may be gone. */
  #askForTerm(now: number): void {
    if (this.#askedForTerm || this.#cheated || this.#strange) return;
    this.#askedForTerm = true;
    const { origin, member, signer } = this.#options;
    const from = this.#sealed + this.#incoming.length;
    const signed = signer ? { signed: signRequest(signer, origin, member, from, now) } : {};
    this.#effects.send.push({ type: 'leaves-wanted', origin, from, limit: MOST_LEAVES, member, ...signed });
  }

  /** Asks for what is missing, once; `tick` asks again. */
  #ask(now: number): void {
    if (this.#cheated || this.#strange) return;
    const wanted = this.#wanted();
    const key = wanted.map(({ from }) => from).join();
    if (wanted.length === 0 || key === this.#asked) return;
    this.#asked = key;
    const { origin, member, signer } = this.#options;
    const operator = this.#run.auditor.state?.operator;
    const to = operator !== undefined && !this.#comparison && this.#waits < PATIENCE ? { to: operator } : {};
    for (const { from, limit } of wanted) {
      const signed = signer ? { signed: signRequest(signer, origin, member, from, now) } : {};
      this.#effects.send.push({ type: 'leaves-wanted', origin, from, limit, member, ...signed, ...to });
    }
  }

  #wanted(): { from: number; limit: number }[] {
    if (this.#comparison) return [{ from: this.#comparison.next, limit: MOST_LEAVES }];
    if (this.#run.waiting.length > 0) {
      // Who has them may be gone: then the auction stays unchecked.
      if (this.#waits > 2 * PATIENCE) this.#run.giveUpWaiting();
      return this.#run.waiting.slice(0, MOST_SINGLE).map((from) => ({ from, limit: 1 }));
    }
    const ahead = Math.max(this.#hint, this.#seen.newest?.size ?? 0);
    const next = this.#sealed + this.#incoming.length;
    return ahead > next ? [{ from: next, limit: MOST_LEAVES }] : [];
  }

  /** Says whether it follows, when that has changed. @param patient whether being a little behind is worth a word */
  #tell(now: number, patient: boolean): void {
    const said = this.#cheated ? null : standing(this.#situation(), now);
    if (!said || (said.state === 'behind' && said.code === 'catching-up' && !patient)) return;
    const key =
      said.state === 'following'
        ? `${said.size} ${said.witness?.cosigned}`
        : said.state === 'behind'
          ? said.code
          : said.state;
    if (key === this.#told) return;
    this.#told = key;
    this.#effects.verdicts.push(said);
  }

  #situation(): Situation {
    const { state, size: audited } = this.#run.auditor;
    return {
      state,
      sealed: this.#sealed,
      audited,
      ahead: Math.max(this.#hint, this.#seen.newest?.size ?? 0),
      comparing: this.#comparison !== null,
      refused: this.#refused && this.#refused.count >= PATIENCE ? this.#refused.code : null,
      unanswered: this.#waits >= PATIENCE,
      witness: this.#cosigned.at(this.#sealed)?.state ?? null,
    };
  }

  readonly #rosterOf = (size: number): Roster | undefined => this.#run.rosters.get(size - 1);

  #open(note: string): Checkpoint | null {
    if (this.#logKey === null) return null;
    try {
      const checkpoint = openCheckpoint(note, [verifierOf(this.#logKey)], MAX_COSIGNED_LINES);
      return checkpoint.origin === this.#options.origin && checkpoint.size > 0 ? checkpoint : null;
    } catch (problem) {
      if (problem instanceof FormatError) return null;
      throw problem;
    }
  }

  #flush(): Effects {
    const effects = this.#effects;
    this.#effects = { send: [], verdicts: [] };
    return effects;
  }
}

/** @throws Error where the copy that is kept is of another operator than the one whose key was given since */
function requireKey({ operatorKey, origin }: ReplicaOptions, keys: readonly string[]): void {
  if (operatorKey === null || keys.length === 0 || !operatorKey.startsWith(`${origin}+`) || keys.includes(operatorKey))
    return;
  throw new Error(
    `the copy of ${origin} that is kept here is signed by another key than the one given; ask the operator in person, and move the copy away if it is wrong`,
  );
}

function continues(
  { size, root }: Checkpoint,
  from: { readonly size: number; readonly proof: readonly string[] },
  before: Uint8Array,
): boolean {
  try {
    return verifyConsistency(from.size, before, size, root, from.proof.map(fromBase64));
  } catch (problem) {
    if (problem instanceof FormatError) return false;
    throw problem;
  }
}

function keyIn(body: string | null): string | null {
  if (body === null) return null;
  const { key } = JSON.parse(body) as { key?: unknown };
  return typeof key === 'string' ? key : null;
}

const readRoot = (note: string) => toBase64(readCheckpoint(note, MAX_COSIGNED_LINES).root);
const sizeOf = (note: string) => readCheckpoint(note, MAX_COSIGNED_LINES).size;
