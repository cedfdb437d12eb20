// A member's machine as a witness: what the witness node does, on a simulated disk. What it cosigned last is on the disk before the line leaves.
import { fromBase64 } from '../../log/bytes.ts';
import type { Cosigner } from '../../log/cosignature.ts';
import { FormatError } from '../../log/errors.ts';
import { verifierOf } from '../../log/note.ts';
import { offer, readKept, type Witness } from '../../log/witness.ts';
import type { CheckpointMessage, Message } from '../../replica/messages.ts';
import type { MachineDisk } from './machine-disk.ts';

export interface SeatOptions {
  readonly origin: string;
  readonly member: string;
  readonly cosigner: Cosigner;
  readonly disk: MachineDisk;
  /** Told of each cosignature before it leaves. */
  readonly cosigned: (size: number, root: string) => void;
}

/** The same checkpoint is cosigned again after this long, ms: the line may have been lost. */
const AGAIN_MS = 60_000;
const FILE = 'witness';
const CONFLICT = 'witness conflict';

export class WitnessSeat {
  readonly #options: SeatOptions;
  #last = { size: -1, time: 0 };

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  /** The other history, where the operator signed two and this witness was shown both. */
  get conflict(): { readonly mine: string; readonly theirs: string } | null {
    const { disk } = this.#options;
    const theirs = disk.read(CONFLICT);
    return theirs === null ? null : { mine: disk.read(FILE) ?? '', theirs };
  }

  /**
   * @param logKeys the log's keys, one for each term
   * @param now Unix ms
   */
  receive(message: CheckpointMessage, logKeys: readonly string[], now: number): Message[] {
    const { origin, member, cosigner, disk, cosigned } = this.#options;
    if (logKeys.length === 0 || this.conflict) return [];
    const witness: Witness = { origin, cosigner, logKeys: logKeys.map(verifierOf) };
    const note = disk.read(FILE);
    const kept = note === null ? null : readKept(witness, note);
    const { size, from } = message;
    if (size === this.#last.size && Math.abs(now - this.#last.time) < AGAIN_MS && kept?.size === size) return [];
    const plain = kept === null || size === kept.size;
    const proof = plain ? [] : proofOf(message);
    const oldSize = kept === null ? 0 : plain ? size : (from?.size ?? 0);
    const answer = offer(witness, kept, { oldSize, proof, note: message.note }, Math.max(0, Math.floor(now / 1000)));
    if (answer.kind === 'cosign') {
      disk.write(FILE, answer.keep);
      this.#last = { size, time: now };
      cosigned(size, message.root);
      return [{ type: 'cosignature', origin, size, member, line: answer.line }];
    }
    if (answer.kind === 'conflict' && answer.proven) disk.write(CONFLICT, answer.theirs);
    if (answer.kind === 'behind' && size > answer.size) {
      return [{ type: 'checkpoint-wanted', origin, from: answer.size, member }];
    }
    return [];
  }
}

function proofOf({ from }: CheckpointMessage): Uint8Array[] {
  try {
    return (from?.proof ?? []).map(fromBase64);
  } catch (problem) {
    if (problem instanceof FormatError) return [];
    throw problem;
  }
}
