// Checkpoints (c2sp.org/tlog-checkpoint): a signed note of exactly three lines - origin, size, root in base64.
// Extension lines are refused: nobody audits what they say.
import { fromBase64, toBase64 } from './bytes.ts';
import { FormatError, NoteError } from './errors.ts';
import { MAX_SIGNATURES, type NoteSigner, type NoteVerifier, openNote, parseNote, signNote } from './note.ts';

export interface Checkpoint {
  /** identity of the log; also the name of the key that signs */
  readonly origin: string;
  /** number of leaves */
  readonly size: number;
  /** 32 bytes */
  readonly root: Uint8Array;
}

const SIZE = /^(?:0|[1-9]\d{0,15})$/;
const CONTROL = /\p{Cc}/u;

/** The text to be signed. @throws FormatError `checkpoint` when a part cannot stand in a checkpoint */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${toBase64(root)}\n`;
  parseCheckpoint(text);
  return text;
}

/** Parses the text of a checkpoint (without signatures). @throws FormatError `checkpoint` */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const [origin, size, root, rest] = lines;
  if (origin === undefined || size === undefined || root === undefined || rest !== '' || lines.length !== 4) {
    throw new FormatError('checkpoint', 'a checkpoint has exactly three lines: origin, size and root');
  }
  if (origin === '' || !origin.isWellFormed() || CONTROL.test(origin)) {
    throw new FormatError('checkpoint', 'the origin of a checkpoint is a line of text without control characters');
  }
  if (!SIZE.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new FormatError(
      'checkpoint',
      'the size of a checkpoint is a decimal number up to 2^53-1 without leading zeros',
    );
  }
  const bytes = fromBase64(root);
  if (bytes.length !== 32) throw new FormatError('checkpoint', 'the root of a checkpoint has 32 bytes');
  return { origin, size: Number(size), root: bytes };
}

/** A signed checkpoint. @throws FormatError when the log key's name is not the origin */
export function signCheckpoint(checkpoint: Checkpoint, logKey: NoteSigner): string {
  if (logKey.name !== checkpoint.origin) {
    throw new FormatError('checkpoint', `the key ${logKey.name} cannot sign for the log ${checkpoint.origin}`);
  }
  return signNote(formatCheckpoint(checkpoint), logKey);
}

/**
 * The content of a checkpoint signed by the key of its origin.
 * @throws NoteError when the note is malformed or not signed by a given key that bears the origin's name; FormatError `checkpoint`
 */
export function openCheckpoint(
  note: string,
  logKeys: readonly NoteVerifier[],
  maxSignatures = MAX_SIGNATURES,
): Checkpoint {
  const { text, verified } = openNote(note, logKeys, maxSignatures);
  const checkpoint = parseCheckpoint(text);
  if (!verified.some((key) => key.name === checkpoint.origin)) {
    throw new NoteError('unverified', `the checkpoint of ${checkpoint.origin} is not signed by a key of that name`);
  }
  return checkpoint;
}

/** The content of a checkpoint note whose signatures were not looked at. @throws NoteError or FormatError when malformed */
export function readCheckpoint(note: string, maxSignatures = MAX_SIGNATURES): Checkpoint {
  return parseCheckpoint(parseNote(note, maxSignatures).text);
}
