// A member's outbox: a signed record stays here, durably, until an inclusion proof in a witnessed checkpoint shows that it is in the
// ledger. Records go out one after the other, in their order, and again until they are acknowledged; sending again is harmless, since
// the same record has the same id. Receipts are kept with them as evidence.
import { checkReceipt } from '../ledger/receipt.ts';
import { readNote, type SignedRecord } from '../ledger/record.ts';
import { fromBase64, toHex } from '../log/bytes.ts';
import { FormatError } from '../log/errors.ts';
import { leafHash, verifyInclusion } from '../log/tree.ts';
import type {
  CheckpointMessage,
  Message,
  ProofMessage,
  ReceiptMessage,
  RefusedMessage,
  SentReceipt,
} from './messages.ts';
import { MOST_PROOFS } from './serve.ts';
import { openRefusal } from './signed.ts';

/** What lies in the outbox, in the order in which it was put there. */
export interface OutboxEntry extends SignedRecord {
  readonly id: string;
  /** Where the operator says that it stands; null while it has not answered. */
  readonly index: number | null;
  readonly receipt: SentReceipt | null;
}

/** Durable: what a method has done when it returns, no power cut takes back. Methods throw StoreError. */
export interface OutboxStore {
  /** @returns false when it was put in before, be it still here or long in the ledger */
  add(entry: OutboxEntry): boolean;
  acknowledge(id: string, index: number, receipt: SentReceipt | null): void;
  /** Takes a record out; that it was here stays known. */
  remove(id: string): void;
  /** The oldest ones without, or with, an answer. */
  waiting(acknowledged: boolean, limit: number): OutboxEntry[];
  get(id: string): OutboxEntry | null;
  /** How many are not proven yet. */
  count(): number;
  /** Whether a record was ever put in here. */
  knows(id: string): boolean;
  /** When this outbox was begun, as a record's `time`. */
  readonly since: string;
  close(): void;
}

/** What an outbox believes a checkpoint only after having asked for. */
export interface Trust {
  readonly logKey: string | null;
  /** Size and root of a checkpoint that the log key has signed and enough witnesses have cosigned; null for any other. */
  witnessed(checkpoint: string): { readonly size: number; readonly root: Uint8Array } | null;
}

export type OutboxVerdict =
  | { readonly state: 'proven'; readonly id: string; readonly index: number }
  | {
      readonly state: 'refused';
      readonly id: string;
      readonly code: string;
      readonly text: string;
      readonly record: SignedRecord;
    };

export interface OutboxEffects {
  readonly send: readonly Message[];
  readonly verdicts: readonly OutboxVerdict[];
}

/** Ticks between two attempts: 1, 2, 4, ... at most this. */
const LONGEST_PAUSE = 16;
/** Ticks after which what was acknowledged and is not proven goes out once more: its ledger may have lost it to a new operator. */
const ONCE_MORE = 32;
const MOST_AGAIN = 16;

const NOTHING: OutboxEffects = { send: [], verdicts: [] };

export class Outbox {
  readonly #origin: string;
  readonly #member: string;
  readonly #store: OutboxStore;
  readonly #trust: Trust;
  /** The record that was sent last and has no answer, and how often. */
  #sent: { id: string; tries: number } | null = null;
  #pause = 0;
  #ticks = 0;
  /** Size of the newest witnessed checkpoint that was told of, by whomever. */
  #askedUnder = 0;

  constructor(origin: string, member: string, store: OutboxStore, trust: Trust) {
    this.#origin = origin;
    this.#member = member;
    this.#store = store;
    this.#trust = trust;
  }

  /** Records that are not proven yet. */
  get count(): number {
    return this.#store.count();
  }

  /** Whether this machine has made a record; one from before the outbox was begun counts as such. */
  readonly made = (id: string, time: string): boolean => time < this.#store.since || this.#store.knows(id);

  /**
   * Keeps a record, and sends it when its turn has come.
   * @throws FormatError when it is no record of this member for this ledger, StoreError when it could not be kept
   */
  add({ note, body }: SignedRecord): OutboxEffects {
    const { id, head } = readNote(note);
    if (head.ledger !== this.#origin || head.member !== this.#member) {
      const text = `this outbox is of ${this.#member} in ${this.#origin}, but the record is of ${head.member} in ${head.ledger}`;
      throw new FormatError('wrong-member', text);
    }
    this.#store.add({ id, note, body, index: null, receipt: null });
    return this.#sent === null ? this.#sendNext() : NOTHING;
  }

  /** Sends again what had no answer, and asks for proofs. To be called every few seconds. */
  tick(): OutboxEffects {
    const proofs = { send: [...this.#askForProofs().send, ...this.#onceMore()] };
    if (this.#sent !== null && this.#pause-- > 0) return { ...proofs, verdicts: [] };
    const tries = this.#sent === null ? 0 : this.#sent.tries + 1;
    const next = this.#sendNext(tries);
    this.#pause = Math.min(2 ** tries, LONGEST_PAUSE) - 1;
    return { send: [...next.send, ...proofs.send], verdicts: [] };
  }

  receive(message: Message): OutboxEffects {
    if (
      message.origin !== this.#origin ||
      ('to' in message && message.to !== undefined && message.to !== this.#member)
    ) {
      return NOTHING;
    }
    // Somebody is heard again: what waits for a second attempt need not wait long.
    this.#pause = Math.min(this.#pause, 1);
    switch (message.type) {
      case 'receipt':
        return this.#onReceipt(message);
      case 'refused':
        return this.#onRefused(message);
      case 'proof':
        return this.#onProof(message);
      case 'checkpoint':
        return this.#onCheckpoint(message);
      default:
        return NOTHING;
    }
  }

  /** Many tell of the same checkpoint: it is asked about once, and again with the next tick. */
  #onCheckpoint({ size, state }: CheckpointMessage): OutboxEffects {
    if (state !== 'witnessed' || size <= this.#askedUnder) return NOTHING;
    this.#askedUnder = size;
    return this.#askForProofs();
  }

  #sendNext(tries = 0): OutboxEffects {
    const [entry] = this.#store.waiting(false, 1);
    this.#sent = entry ? { id: entry.id, tries } : null;
    if (!entry) return NOTHING;
    return { send: [{ type: 'record', origin: this.#origin, note: entry.note, body: entry.body }], verdicts: [] };
  }

  #onceMore(): Message[] {
    if (++this.#ticks % ONCE_MORE !== 0) return [];
    const type = 'record' as const;
    return this.#store.waiting(true, MOST_AGAIN).map(({ note, body }) => ({ type, origin: this.#origin, note, body }));
  }

  #askForProofs(): OutboxEffects {
    const ids = this.#store.waiting(true, MOST_PROOFS).map(({ id }) => id);
    return ids.length === 0 ? NOTHING : { send: [{ type: 'proof-wanted', origin: this.#origin, ids }], verdicts: [] };
  }

  #onReceipt({ id, index, receipt }: ReceiptMessage): OutboxEffects {
    const entry = this.#store.get(id);
    if (!entry || (entry.index !== null && entry.receipt !== null)) return NOTHING;
    const valid =
      receipt !== null && receipt.leaf === toHex(leafHash(entry.note)) && this.#isSigned(receipt) ? receipt : null;
    // A receipt that does not hold is no answer; none at all is one for a record that the log had before.
    if (receipt !== null && valid === null) return NOTHING;
    this.#store.acknowledge(id, index, valid);
    return this.#sent?.id === id ? this.#sendNext() : NOTHING;
  }

  #onRefused({ note }: RefusedMessage): OutboxEffects {
    const { logKey } = this.#trust;
    const refusal = logKey === null ? null : openRefusal(note, logKey, this.#origin);
    const entry = refusal ? this.#store.get(refusal.id) : null;
    if (!refusal || !entry || entry.index !== null) return NOTHING;
    this.#store.remove(entry.id);
    const { code, text } = refusal;
    const { send } = this.#sent?.id === entry.id ? this.#sendNext() : NOTHING;
    const record = { note: entry.note, body: entry.body };
    return { send, verdicts: [{ state: 'refused', id: entry.id, code, text, record }] };
  }

  #onProof({ id, index, path, checkpoint }: ProofMessage): OutboxEffects {
    const entry = this.#store.get(id);
    const under = entry ? this.#trust.witnessed(checkpoint) : null;
    if (!entry || !under) return NOTHING;
    try {
      if (!verifyInclusion(leafHash(entry.note), index, under.size, path.map(fromBase64), under.root)) return NOTHING;
    } catch (problem) {
      if (problem instanceof FormatError) return NOTHING;
      throw problem;
    }
    this.#store.remove(id);
    const { send } = this.#sent?.id === id ? this.#sendNext() : NOTHING;
    return { send, verdicts: [{ state: 'proven', id, index }] };
  }

  #isSigned(receipt: SentReceipt): boolean {
    const { logKey } = this.#trust;
    // Before the key is known nothing can be said; the proof decides in the end.
    if (logKey === null) return true;
    try {
      return checkReceipt(receipt, logKey).index === receipt.index;
    } catch (problem) {
      if (problem instanceof FormatError) return false;
      throw problem;
    }
  }
}
