// What comes of looking at evidence: whether the proof holds, and one sentence that says what is proved and against which key.
import { fromBase64, fromHex } from '../../log/bytes.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from '../../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../../log/cosignature.ts';
import { FormatError } from '../../log/errors.ts';
import { parseNote, signatureLine, verifierOf } from '../../log/note.ts';

/** What is proved. */
export interface Proved {
  /** `equivocation`, `omission`, or the code of the fault in a history. */
  readonly code: string;
  /** Index of the leaf that it is about; null where it is about a whole tree. */
  readonly leaf: number | null;
  /** What the key has signed, as the end of a sentence that begins with the key. */
  readonly text: string;
}

/** Thrown where a proof does not hold, or cannot be made: one sentence. */
export class NoProof extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'NoProof';
  }
}

/**
 * A checkpoint of the ledger that the accused key has signed.
 * @throws NoProof when it is another ledger's, another key's, or malformed
 */
export function signedCheckpoint(note: string, ledger: string, operator: string): Checkpoint {
  const checkpoint = holding(() => openCheckpoint(note, [verifierOf(operator)], MAX_COSIGNED_LINES));
  if (checkpoint.origin !== ledger) throw new NoProof(`a checkpoint is of ${checkpoint.origin}, not of ${ledger}`);
  return checkpoint;
}

/** A checkpoint without the signatures of others: they prove nothing here, and there may be many. */
export function withoutCosignatures(note: string, operator: string): string {
  const { name, keyId } = verifierOf(operator);
  const { text, signatures } = parseNote(note, MAX_COSIGNED_LINES);
  const line = signatures.find((each) => each.name === name && each.keyId === keyId);
  return line ? `${text}\n${signatureLine(line)}` : note;
}

/** What a checkpoint says, before anybody has looked at its signatures. @throws NoProof when it is malformed */
export const readHead = (note: string): Checkpoint => holding(() => readCheckpoint(note, MAX_COSIGNED_LINES));

/** Of two checkpoints the one over fewer leaves first. @throws NoProof when one is malformed */
export function bySize(a: string, b: string): [string, string] {
  return readHead(a).size <= readHead(b).size ? [a, b] : [b, a];
}

/** Turns what is malformed into a proof that does not hold. */
export function holding<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw new NoProof(error.message);
    throw error;
  }
}

export const hashOf = (hex: string): Uint8Array => fromHex(hex);
export const pathOf = (path: readonly string[]): Uint8Array[] => holding(() => path.map(fromBase64));
