// Cosignatures of checkpoints (c2sp.org/tlog-cosignature, version 1, Ed25519): a witness says that at this time this checkpoint was the
// largest of the log that it had seen, and that it continues all it saw before. Signed is `cosignature/v1`, the time, the checkpoint.
import type { KeyObject } from 'node:crypto';
import { concatBytes, toBase64 } from './bytes.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { importPublicKey, importSeed, signEd25519, verifyEd25519 } from './ed25519.ts';
import { FormatError } from './errors.ts';
import { isKeyName, keyIdOf, type NoteSignature, parseNote, parseVkey, signatureLine } from './note.ts';

/** Type of a key that cosigns checkpoints. It never signs a record: its key id is another, and so is what it signs. */
export const COSIGNATURE_KEY_TYPE = 0x04;
/** Signature lines that a cosigned checkpoint may have, those of the log among them. */
export const MAX_COSIGNED_LINES = 1024;

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

export interface Cosigner {
  readonly name: string;
  readonly vkey: string;
  /**
   * The signature line, with its newline, of a checkpoint's text (three lines).
   * @throws FormatError when the text is not a checkpoint, RangeError when the time is not a whole number of seconds
   */
  cosign(checkpointText: string, unixSeconds: number): string;
}

export interface Cosignature {
  /** of the witness */
  readonly vkey: string;
  /** Unix seconds, as the witness says */
  readonly time: number;
  /** as it stands in the note, with its newline */
  readonly line: string;
}

/** @throws FormatError `name` or `key` */
export function cosigner(name: string, seed: Uint8Array): Cosigner {
  if (!isKeyName(name)) throw new FormatError('name', 'a key name must be without white space and without "+"');
  const { privateKey, publicKey } = importSeed(seed);
  const keyId = keyIdOf(name, COSIGNATURE_KEY_TYPE, publicKey);
  return {
    name,
    vkey: `${name}+${keyId}+${toBase64(concatBytes(Uint8Array.of(COSIGNATURE_KEY_TYPE), publicKey))}`,
    cosign(checkpointText, unixSeconds) {
      parseCheckpoint(checkpointText);
      if (!Number.isSafeInteger(unixSeconds) || unixSeconds < 0) {
        throw new RangeError(`${unixSeconds} is not a time in whole seconds since 1970`);
      }
      const time = Buffer.alloc(TIME_BYTES);
      time.writeBigUInt64BE(BigInt(unixSeconds));
      const signature = signEd25519(privateKey, signedText(checkpointText, unixSeconds));
      return signatureLine({ name, keyId, signature: concatBytes(time, signature) });
    },
  };
}

/**
 * Valid cosignatures of a checkpoint by these witnesses, each witness once (its newest), in their order. Lines of others are passed over.
 * @param witnesses vkeys of type 4
 * @returns also the lines that bear the name and id of one of these keys and are not by it
 * @throws FormatError when the note is not a checkpoint, has too many lines, or a vkey is malformed, of another type or weak
 */
export function readCosignatures(
  note: string,
  witnesses: readonly string[],
  maxSignatures: number = MAX_COSIGNED_LINES,
): { valid: Cosignature[]; bad: string[] } {
  const { text, signatures } = parseNote(note, maxSignatures);
  parseCheckpoint(text);
  const lines = new Map<string, NoteSignature[]>();
  for (const signature of signatures) {
    const bearer = bearerOf(signature);
    lines.set(bearer, [...(lines.get(bearer) ?? []), signature]);
  }
  const valid: Cosignature[] = [];
  const bad = new Set<string>();
  for (const vkey of new Set(witnesses)) {
    const witness = witnessOf(vkey);
    let newest: Cosignature | null = null;
    for (const signature of lines.get(bearerOf(witness)) ?? []) {
      const time = timeOf(signature);
      const line = signatureLine(signature);
      if (time === null || !verifyEd25519(witness.key, signedText(text, time), signatureOf(signature))) bad.add(line);
      else if (newest === null || time > newest.time) newest = { vkey, time, line };
    }
    if (newest !== null) valid.push(newest);
  }
  return { valid, bad: [...bad] };
}

/**
 * A checkpoint with more cosignatures: first the lines of the log, as they are, then the others sorted by name, each key once (its newest).
 * Nothing is verified: give it lines that are.
 * @param lines signature lines, with or without newline
 * @throws FormatError when the note is not a checkpoint or a line not a signature line
 */
export function withCosignatures(note: string, lines: readonly string[]): string {
  const { text, signatures } = parseNote(note, MAX_COSIGNED_LINES);
  const { origin } = parseCheckpoint(text);
  const added = lines.flatMap((line) => parseNote(`${text}\n${line.replace(/\n?$/, '\n')}`).signatures);
  const log = [...signatures, ...added].filter(({ name }) => name === origin).map(signatureLine);
  const newest = new Map<string, NoteSignature>();
  for (const signature of [...signatures, ...added]) {
    if (signature.name === origin) continue;
    const before = newest.get(bearerOf(signature));
    if (before === undefined || (timeOf(signature) ?? 0) >= (timeOf(before) ?? 0)) {
      newest.set(bearerOf(signature), signature);
    }
  }
  const others = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, signature]) => signatureLine(signature));
  return `${text}\n${[...new Set(log), ...others].join('')}`;
}

interface Witness {
  readonly name: string;
  readonly keyId: string;
  readonly key: KeyObject;
}

/** Keys already checked: the check of the curve point costs as much as seventy verifications. */
const known = new Map<string, Witness>();
const KNOWN_LIMIT = 20_000;

function witnessOf(vkey: string): Witness {
  const cached = known.get(vkey);
  if (cached) return cached;
  const { name, keyId, type, publicKey } = parseVkey(vkey);
  if (type !== COSIGNATURE_KEY_TYPE) {
    throw new FormatError('key-type', `the key of ${name} has type ${type}; witnesses have keys of type 4`);
  }
  const witness = { name, keyId, key: importPublicKey(publicKey) };
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(vkey, witness);
  return witness;
}

function bearerOf({ name, keyId }: { readonly name: string; readonly keyId: string }): string {
  return `${name} ${keyId}`;
}

function signedText(checkpointText: string, time: number): string {
  return `cosignature/v1\ntime ${time}\n${checkpointText}`;
}

/** Null where the line cannot be a cosignature: of another length, or of a time beyond what a number holds exactly. */
function timeOf({ signature }: NoteSignature): number | null {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = Buffer.from(signature.subarray(0, TIME_BYTES)).readBigUInt64BE();
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : null;
}

function signatureOf({ signature }: NoteSignature): Uint8Array {
  return signature.subarray(TIME_BYTES);
}
