// Signed notes (c2sp.org/signed-note): a text that ends in a newline, a blank line, and one line per signature.
// Keys are C2SP verifier keys `name+keyid+base64(type || public key)`; only type 0x01 (Ed25519 over the text) signs notes here.
import { concatBytes, equalBytes, fromBase64, sha256, toBase64, toHex } from './bytes.ts';
import { importPublicKey, importSeed, signEd25519, verifyEd25519, verifyEd25519Elsewhere } from './ed25519.ts';
import { FormatError, NoteError } from './errors.ts';

export interface NoteSigner {
  readonly name: string;
  readonly vkey: string;
  signature(text: string): NoteSignature;
  /** The signature line for a text, with its newline. */
  sign(text: string): string;
}

export interface NoteVerifier {
  readonly name: string;
  readonly vkey: string;
  /** 8 hexadecimal digits */
  readonly keyId: string;
  verify(text: string, signature: Uint8Array): boolean;
  /** The same without holding this thread: `done` is called with the verdict, never before this returns. */
  verifyElsewhere(text: string, signature: Uint8Array, done: (valid: boolean) => void): void;
}

export interface NoteSignature {
  readonly name: string;
  /** 8 hexadecimal digits */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface ParsedNote {
  /** with its last newline, as it was signed */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface OpenedNote {
  readonly text: string;
  readonly verified: readonly NoteVerifier[];
  readonly unverified: readonly NoteSignature[];
}

/** Signatures a note may carry unless the caller allows more; C2SP demands at least 16. */
export const MAX_SIGNATURES = 16;

const TYPE_ED25519 = 0x01;
const PREFIX = '\u2014 ';
// White space as Unicode defines it (Go's unicode.IsSpace), and the plus that separates the parts of a key.
const NAME_FORBIDDEN = /[\t-\r \u0085\p{Z}+]/u;
const CONTROL_BUT_NEWLINE = /[\0-\t\v-\x1f]/;
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;

/** Verifiers already checked: the check of the curve point costs as much as seventy verifications. */
const known = new Map<string, NoteVerifier>();
/** A kilobyte each; as many as a roster may have. */
const KNOWN_LIMIT = 200_000;

/** Whether a text can be the name of a key: not empty, no white space, no plus, no control characters. */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !NAME_FORBIDDEN.test(name) && !CONTROL_BUT_NEWLINE.test(name);
}

/** Key id of C2SP: first 4 bytes of SHA-256(name || 0x0A || type || public key), as 8 hexadecimal digits. */
export function keyIdOf(name: string, type: number, publicKey: Uint8Array): string {
  return toHex(sha256(concatBytes(Buffer.from(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4));
}

/** @throws FormatError `name` or `key` */
export function ed25519Signer(name: string, seed: Uint8Array): NoteSigner {
  if (!isKeyName(name)) throw new FormatError('name', 'a key name must be without white space and without "+"');
  const { privateKey, publicKey } = importSeed(seed);
  const keyId = keyIdOf(name, TYPE_ED25519, publicKey);
  const signature = (text: string) => ({ name, keyId, signature: signEd25519(privateKey, text) });
  return {
    name,
    vkey: `${name}+${keyId}+${toBase64(concatBytes(Uint8Array.of(TYPE_ED25519), publicKey))}`,
    signature,
    sign: (text) => signatureLine(signature(text)),
  };
}

/** A signature as it stands in a note, with its newline. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  const bytes = Buffer.allocUnsafe(4 + signature.length);
  bytes.write(keyId, 'hex');
  bytes.set(signature, 4);
  return `${PREFIX}${name} ${bytes.toString('base64')}\n`;
}

/** Parts of a verifier key of any type. @throws FormatError `vkey` when malformed or the key id does not belong to it */
export function parseVkey(vkey: string): { name: string; keyId: string; type: number; publicKey: Uint8Array } {
  const [, name, keyId, base64] = VKEY.exec(vkey) ?? [];
  if (name === undefined || keyId === undefined || base64 === undefined || !isKeyName(name)) {
    throw new FormatError('vkey', 'expected a verifier key "name+keyid+base64" (c2sp.org/signed-note)');
  }
  const bytes = fromBase64(base64);
  const type = bytes[0]!;
  const publicKey = bytes.subarray(1);
  if (keyIdOf(name, type, publicKey) !== keyId) {
    throw new FormatError(
      'vkey',
      `the key id ${keyId} does not belong to the key of ${name}: it was mistyped or altered`,
    );
  }
  return { name, keyId, type, publicKey };
}

/** A checked key. @throws FormatError `vkey` when malformed, `key-type` when it is for other purposes, `key` when weak */
export function verifierOf(vkey: string): NoteVerifier {
  const cached = known.get(vkey);
  if (cached) return cached;
  const { name, keyId, type, publicKey } = parseVkey(vkey);
  if (type !== TYPE_ED25519) {
    throw new FormatError(
      'key-type',
      `the key of ${name} has type ${type}; records and checkpoints take Ed25519 keys (type 1)`,
    );
  }
  const key = importPublicKey(publicKey);
  const verifier: NoteVerifier = {
    name,
    vkey,
    keyId,
    verify: (text, signature) => verifyEd25519(key, text, signature),
    verifyElsewhere: (text, signature, done) => verifyEd25519Elsewhere(key, text, signature, done),
  };
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(vkey, verifier);
  return verifier;
}

/** @throws NoteError `malformed` when the text cannot be signed: no last newline, control characters, half surrogate pairs */
export function signNote(text: string, ...signers: readonly NoteSigner[]): string {
  requireNoteText(text);
  if (!text.endsWith('\n')) throw new NoteError('malformed', 'a text to be signed ends in a newline');
  if (signers.length === 0) throw new NoteError('malformed', 'a note needs at least one signature');
  return `${text}\n${signers.map((signer) => signer.sign(text)).join('')}`;
}

/** Takes a note apart without believing it. @throws NoteError `malformed` */
export function parseNote(note: string, maxSignatures = MAX_SIGNATURES): ParsedNote {
  requireNoteText(note);
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || split + 2 === note.length) {
    throw new NoteError('malformed', 'a note is a text, a blank line and signature lines, each ended by a newline');
  }
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > maxSignatures) {
    throw new NoteError('malformed', `the note has ${lines.length} signatures; at most ${maxSignatures} are accepted`);
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * The text of a note that at least one of the given keys has signed.
 * Signatures of unknown keys are listed and otherwise ignored; every line that bears name and id of a known key must verify.
 * @throws NoteError `malformed`, `unverified`, `invalid-signature` (a known key's signature is wrong), `ambiguous-key`
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[], maxSignatures = MAX_SIGNATURES): OpenedNote {
  const { text, signatures } = parseNote(note, maxSignatures);
  const verified: NoteVerifier[] = [];
  const unverified: NoteSignature[] = [];
  for (const signature of signatures) {
    const verifier = findVerifier(verifiers, signature);
    if (verifier === undefined) {
      if (!unverified.some((other) => sameSignature(other, signature))) unverified.push(signature);
    } else {
      // Each line of a known key, also after a good one: else what counts would depend on the order of the lines.
      if (!verifier.verify(text, signature.signature)) {
        throw new NoteError('invalid-signature', `the signature of ${verifier.name} does not belong to this text`);
      }
      if (!verified.includes(verifier)) verified.push(verifier);
    }
  }
  if (verified.length === 0) throw new NoteError('unverified', 'none of the known keys has signed this note');
  return { text, verified, unverified };
}

function findVerifier(verifiers: readonly NoteVerifier[], { name, keyId }: NoteSignature): NoteVerifier | undefined {
  let found: NoteVerifier | undefined;
  for (const verifier of verifiers) {
    if (verifier.keyId !== keyId || verifier.name !== name) continue;
    if (found !== undefined && found.vkey !== verifier.vkey) {
      throw new NoteError('ambiguous-key', `two different keys are called ${name} and share the key id ${keyId}`);
    }
    found = verifier;
  }
  return found;
}

function sameSignature(a: NoteSignature, b: NoteSignature): boolean {
  return a.name === b.name && a.keyId === b.keyId && equalBytes(a.signature, b.signature);
}

function parseSignatureLine(line: string): NoteSignature {
  const space = line.indexOf(' ', PREFIX.length);
  const name = line.slice(PREFIX.length, space);
  if (!line.startsWith(PREFIX) || space < 0 || !isKeyName(name)) {
    throw new NoteError('malformed', 'after its blank line a note has signature lines only: dash, name, base64');
  }
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(line.slice(space + 1));
  } catch {
    throw new NoteError('malformed', `the signature line of ${name} is not canonical base64`);
  }
  if (bytes.length < 5) throw new NoteError('malformed', `the signature line of ${name} is too short`);
  return { name, keyId: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

function requireNoteText(text: string): void {
  if (typeof text !== 'string' || !text.isWellFormed()) {
    throw new NoteError('malformed', 'a note is a Unicode text without half surrogate pairs');
  }
  if (CONTROL_BUT_NEWLINE.test(text)) {
    throw new NoteError('malformed', 'a note holds no control characters other than newline');
  }
}
