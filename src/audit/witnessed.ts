// The part of an audit about witnesses: which of the cosigned checkpoints at hand belong to this log, and the newest that its witnesses
// brought to a quorum. That there is none is no fault; that one is of another history is.
import { type WitnessState, witnessesOf, witnessState } from '../ledger/quorum.ts';
import type { Roster } from '../ledger/roster.ts';
import type { LedgerState } from '../ledger/state.ts';
import { toBase64 } from '../log/bytes.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES, readCosignatures } from '../log/cosignature.ts';
import { FormatError } from '../log/errors.ts';
import type { LogFault } from '../log/fault.ts';
import { verifierOf } from '../log/note.ts';
import type { CosignedSource } from './cosigned.ts';

/** How far the newest checkpoint that reached its quorum is witnessed. */
export type WitnessedResult = Pick<WitnessState, 'size' | 'cosigned' | 'needed' | 'witnesses'>;

/** Compares cosigned checkpoints as the leaves go by. */
export class WitnessedCheck {
  readonly #source: CosignedSource;
  readonly #waiting: Map<number, string>;
  #newest: WitnessedResult | null = null;

  constructor(source: CosignedSource) {
    this.#source = source;
    this.#waiting = new Map(source.notes.map(({ size, note }) => [size, note]));
  }

  get newest(): WitnessedResult | null {
    return this.#newest;
  }

  /**
   * To be told of each size that a header has just closed.
   * @param roster of the header before; in block 0 its own
   * @param root base64, asked for only where a checkpoint is compared
   */
  reached(size: number, state: LedgerState, roster: Roster, root: () => string): LogFault | null {
    const note = this.#waiting.get(size);
    if (note === undefined) return null;
    this.#waiting.delete(size);
    const { name, complete } = this.#source;
    try {
      const checkpoint = openCheckpoint(note, [verifierOf(state.term.key)], MAX_COSIGNED_LINES);
      if (toBase64(checkpoint.root) !== root()) {
        const text = `${name} is of another history: its root over ${size} leaves is ${toBase64(checkpoint.root)}`;
        return { leaf: null, code: 'root-mismatch', text };
      }
      const vkeys = witnessesOf(roster).map(({ vkey }) => vkey);
      const { bad } = readCosignatures(note, vkeys);
      const witnessed = witnessState(note, roster);
      if (witnessed.reached) {
        const { cosigned, needed, witnesses } = witnessed;
        this.#newest = { size, cosigned, needed, witnesses };
      }
      const code = complete ? 'file-altered' : 'row-altered';
      if (bad.length > 0) {
        const text = `${name} has a cosignature over ${size} leaves that its witness did not give: ${bad[0]!.trim()}`;
        return { leaf: null, code, text };
      }
      if (complete && !witnessed.reached) {
        const { cosigned, needed } = witnessed;
        const text = `${name} has ${cosigned} of the ${needed} cosignatures that the checkpoint over ${size} leaves needs`;
        return { leaf: null, code, text };
      }
      return null;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return { leaf: null, code: 'checkpoint-invalid', text: `${name} is not valid: ${error.message}` };
    }
  }

  /** What could not be read, and what speaks of leaves that are not there, or of a size that no block ends with. @param size of the log */
  *left(size: number): Generator<LogFault> {
    const { name, faults } = this.#source;
    yield* faults;
    for (const unread of this.#waiting.keys()) {
      if (unread > size) {
        const text = `${name} speaks of ${unread} leaves, which members have witnessed, but only ${size} are there`;
        yield { leaf: null, code: 'size-mismatch', text };
      } else {
        const text = `${name} speaks of ${unread} leaves, where no block ends`;
        yield { leaf: null, code: 'checkpoint-invalid', text };
      }
    }
  }
}
