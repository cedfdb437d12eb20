// The operator's end of the conversation: takes records and cosignatures from members, answers their questions from the ledger, and
// tells everybody of each new block, and again once it is witnessed.
import type { AppendResult, Ledger } from '../ledger/ledger.ts';
import { RECORD_LINE, readNote, type SignedRecord } from '../ledger/record.ts';
import { headerOf } from '../ledger/views.ts';
import { sha256Hex } from '../log/bytes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../log/cosignature.ts';
import { FormatError } from '../log/errors.ts';
import { type NoteSigner, parseNote } from '../log/note.ts';
import type { Message, RecordMessage } from './messages.ts';
import { answer, newestCheckpoint, type ServedLog } from './serve.ts';
import { signRefusal } from './signed.ts';

/** What came from a member and is not taken. */
export interface Refused {
  readonly code: string;
  readonly text: string;
  readonly refused: Message;
}

export interface Operated {
  readonly send: readonly Message[];
  readonly refused: readonly Refused[];
}

export class OperatorEnd {
  readonly #ledger: Ledger;
  readonly #logKey: NoteSigner;
  /** Told last: the newest checkpoint, and the newest witnessed one. */
  #told = '';

  /** @param logKey signs what the operator does not take */
  constructor(ledger: Ledger, logKey: NoteSigner) {
    this.#ledger = ledger;
    this.#logKey = logKey;
  }

  get served(): ServedLog {
    return servedLedger(this.#ledger);
  }

  /** @param now Unix ms @throws StoreError when the disk refused; who sent it sends it again */
  async receive(message: Message, now: number): Promise<Operated> {
    const { origin, operator } = this.#ledger.state;
    if (message.origin !== origin || ('to' in message && message.to !== undefined && message.to !== operator)) {
      return { send: [], refused: [] };
    }
    switch (message.type) {
      case 'record':
        return this.#record(message, now);
      case 'cosignature':
        try {
          this.#ledger.addCosignature(message.size, message.line);
          return { send: this.news(), refused: [] };
        } catch (problem) {
          if (!(problem instanceof FormatError)) throw problem;
          return { send: [], refused: [{ code: problem.code, text: problem.message, refused: message }] };
        }
      case 'checkpoint-wanted':
      case 'leaves-wanted':
      case 'proof-wanted':
      case 'roster-wanted':
        return { send: answer(this.served, message, now), refused: [] };
      default:
        return { send: [], refused: [] };
    }
  }

  /** The newest checkpoint, where it, or that it is witnessed, was not told yet; with the proof from the one before. */
  news(): Message[] {
    const { store } = this.#ledger;
    const checkpoint = store.checkpoint();
    if (checkpoint === null) return [];
    const { size } = readCheckpoint(checkpoint);
    // Once more when the last witness has cosigned; not with each, which would be as many messages as members, to as many.
    const { cosigned, witnesses } = this.#ledger.witnessOf(size) ?? {};
    const key = `${size} ${this.served.collected(checkpoint).reached} ${cosigned === witnesses}`;
    if (key === this.#told) return [];
    this.#told = key;
    // A block begins where the checkpoint before it ends.
    return [newestCheckpoint(this.served, headerOf(store.leaf(size - 1)!).first)];
  }

  async #record(message: RecordMessage, now: number): Promise<Operated> {
    const { origin, note, body } = message;
    const to = authorOf(note);
    const [result] = await this.#ledger.append([{ note, body }]);
    if (result?.ok) {
      const { id, index, receipt } = result;
      return { send: to === null ? [] : [{ type: 'receipt', origin, id, index, receipt, to }], refused: [] };
    }
    const { code, text } = (result as Extract<AppendResult, { ok: false }>).refusal;
    const refused = [{ code, text, refused: message }];
    if (to === null) return { send: [], refused };
    const signed = signRefusal(this.#logKey, { code, id: idOf({ note, body }), ledger: origin, text }, now);
    return { send: [{ type: 'refused', origin, note: signed, to }], refused };
  }
}

/** A ledger as others are answered from it. */
export function servedLedger(ledger: Ledger): ServedLog {
  return {
    origin: ledger.state.origin,
    store: ledger.store,
    community: ledger.state,
    collected(note) {
      const witnessed = ledger.witnessed();
      const { size } = readCheckpoint(note, MAX_COSIGNED_LINES);
      return witnessed?.size === size ? { note: witnessed.note, reached: true } : { note, reached: false };
    },
    witnessed: () => ledger.witnessed()?.note ?? null,
    // Of a header the leaf before it: a header leaf itself already has the roster after it.
    rosterAt: (index) => ledger.rosterAt(index - 1),
  };
}

function authorOf(note: string): string | null {
  try {
    return readNote(note).head.member;
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}

/** Id of what may be no record at all. */
function idOf({ note }: SignedRecord): string {
  try {
    return sha256Hex(parseNote(note).text);
  } catch (problem) {
    if (problem instanceof FormatError) return sha256Hex(RECORD_LINE + note);
    throw problem;
  }
}
