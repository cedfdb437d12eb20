// A witness (c2sp.org/tlog-witness) as a pure step: it is offered a checkpoint with a proof that this continues the last one it cosigned,
// and cosigns it or says why not. It never cosigns two roots for one size and never goes back, whatever it is offered, in any order.
import { equalBytes } from './bytes.ts';
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { type Cosigner, MAX_COSIGNED_LINES, readCosignatures } from './cosignature.ts';
import { FormatError } from './errors.ts';
import { type NoteVerifier, parseNote, signatureLine } from './note.ts';
import { verifyConsistency } from './tree.ts';

/** What a witness of one log is: fixed for as long as it runs. */
export interface Witness {
  /** of the log */
  readonly origin: string;
  /** the log's keys: usually one; after an operator took over, the former ones, too */
  readonly logKeys: readonly NoteVerifier[];
  readonly cosigner: Cosigner;
}

export interface Offer {
  /** size from which the proof leads: the one that this witness cosigned last, 0 before the first */
  readonly oldSize: number;
  /** consistency proof from there (RFC 9162 section 2.1.4); empty from 0, and for the same size again */
  readonly proof: readonly Uint8Array[];
  /** the signed checkpoint; cosignatures of others in it are ignored */
  readonly note: string;
}

export type Answer =
  /** `keep` must be durable before `line` leaves the machine. */
  | { readonly kind: 'cosign'; readonly line: string; readonly keep: string; readonly size: number }
  /** The proof leads from elsewhere, or the checkpoint is an old one: send one that leads on from `size` (409 of C2SP). */
  | { readonly kind: 'behind'; readonly size: number }
  /**
   * Theirs does not continue mine; both are signed by the log. `proven`: two roots for one size, which the two notes alone show to
   * anyone. Otherwise the proof fails (422 of C2SP): the log may still have a good one.
   */
  | {
      readonly kind: 'conflict';
      readonly mine: string;
      readonly theirs: string;
      readonly proven: boolean;
      readonly text: string;
    }
  | { readonly kind: 'refused'; readonly text: string };

/** Hashes in a proof, as C2SP bounds them. */
const MOST_HASHES = 63;

/** What a witness keeps between two offers: the checkpoint it cosigned last, and when. */
export interface Kept extends Checkpoint {
  readonly note: string;
  /** Unix seconds of its cosignature */
  readonly time: number;
}

/**
 * Reads back what `offer` gave to keep. It is believed only with the signatures of the log and of this witness.
 * @throws FormatError when it is anything else: torn, altered, of another log. A witness must then cosign nothing until a person acts.
 */
export function readKept(witness: Witness, note: string): Kept {
  const checkpoint = openOffered(witness, note);
  const { valid, bad } = readCosignatures(note, [witness.cosigner.vkey]);
  const [own] = valid;
  if (!own || bad.length > 0) {
    throw new FormatError('witness', 'the checkpoint that was kept does not bear the cosignature of this witness');
  }
  return { ...checkpoint, note, time: own.time };
}

/**
 * Judges an offer.
 * @param kept what the last `cosign` gave to keep, as read back from where it is durable; null if there never was one
 * @param now Unix seconds; the time of a cosignature never goes back behind that of the last one, even if the clock does
 */
export function offer(witness: Witness, kept: Kept | null, offered: Offer, now: number): Answer {
  const { oldSize, proof, note } = offered;
  let theirs: Checkpoint;
  try {
    theirs = openOffered(witness, note);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return refused(`the checkpoint is refused: ${error.message}`);
  }
  const { size, root } = theirs;
  if (size === 0) return refused('a checkpoint over no leaf is not cosigned');
  const conflict = (proven: boolean, text: string): Answer => ({
    kind: 'conflict',
    mine: kept?.note ?? '',
    theirs: note,
    proven,
    text,
  });
  if (kept?.size === size && !equalBytes(kept.root, root)) {
    return conflict(true, `the operator signed two histories: ${size} leaves under two different roots`);
  }
  if (!Number.isSafeInteger(oldSize) || oldSize < 0 || oldSize > size) {
    return refused(`no proof leads from ${oldSize} to ${size} leaves`);
  }
  const keptSize = kept?.size ?? 0;
  if (oldSize !== keptSize || size < keptSize) return { kind: 'behind', size: keptSize };
  if (kept === null || size === keptSize) {
    if (proof.length > 0) return refused(`a checkpoint offered from ${oldSize} to ${size} leaves takes no proof`);
  } else if (proof.length > MOST_HASHES || !verifyConsistency(keptSize, kept.root, size, root, proof)) {
    return conflict(false, `the ${size} leaves are not shown to continue the ${keptSize} that were cosigned`);
  }
  const { text, signatures } = parseNote(note, MAX_COSIGNED_LINES);
  const line = witness.cosigner.cosign(text, Math.max(now, kept?.time ?? 0));
  const log = signatures.filter((signature) => isOf(witness.logKeys, signature)).map(signatureLine);
  return { kind: 'cosign', line, keep: `${text}\n${[...new Set(log)].join('')}${line}`, size };
}

function refused(text: string): Answer {
  return { kind: 'refused', text };
}

/** @throws FormatError, NoteError */
function openOffered({ origin, logKeys }: Witness, note: string): Checkpoint {
  const named = parseCheckpoint(parseNote(note, MAX_COSIGNED_LINES).text).origin;
  if (named !== origin) throw new FormatError('origin', `it is of the ledger ${named}, not of ${origin}`);
  return openCheckpoint(note, logKeys, MAX_COSIGNED_LINES);
}

function isOf(keys: readonly NoteVerifier[], { name, keyId }: { readonly name: string; readonly keyId: string }) {
  return keys.some((key) => key.name === name && key.keyId === keyId);
}
