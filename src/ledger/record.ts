// A record: a C2SP signed note whose text is the line `microgrid-record/1` and one line of RFC 8785 JSON (the head), and
// a body beside it, found by its SHA-256. Making and reading; the exact bytes are what is signed, hashed and stored.
import { sha256Hex, toHex } from '../log/bytes.ts';
import { canonicalJson, parseStrictJson } from '../log/canonical-json.ts';
import { FormatError } from '../log/errors.ts';
import { type NoteSignature, type NoteSigner, parseNote, signatureLine } from '../log/note.ts';
import { isInterval } from '../time/interval.ts';
import { isTime } from './fields.ts';
import { type Body, type BodyFields, bodyFault, bodySchemas, HAS_INTERVAL, type RecordKind } from './kinds.ts';
import { isMemberId, parseOrigin } from './names.ts';

export const RECORD_LINE = 'microgrid-record/1\n';
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** An entry of a tlog-tiles bundle has a 16-bit length. */
export const MAX_NOTE_BYTES = 65_535;

/** The exact bytes of a record: what its author hands over and what is stored. */
export interface SignedRecord {
  readonly note: string;
  readonly body: string;
}

export interface RecordHead<Kind extends RecordKind = RecordKind> {
  /** Name of the ledger, `<community>/ledger/<epoch>`. */
  readonly ledger: string;
  /** The member whose record this is. */
  readonly member: string;
  readonly kind: Kind;
  /** The delivery interval it is about, or null. */
  readonly interval: string | null;
  /** When the author says it was made: UTC with milliseconds. Decides nothing; position in the log does. */
  readonly time: string;
  /** SHA-256 of the body, hexadecimal. */
  readonly bodyHash: string;
}

/** A record taken apart. `id` is the SHA-256 of `text`. */
export interface ReadRecord<Kind extends RecordKind = RecordKind> {
  readonly id: string;
  readonly text: string;
  readonly head: RecordHead<Kind>;
  readonly body: Body<Kind>;
  readonly signatures: readonly NoteSignature[];
}

/** A head and signatures without the body, as they stay when the body was withheld or erased. */
export interface ReadNote {
  readonly id: string;
  readonly text: string;
  readonly head: RecordHead;
  readonly signatures: readonly NoteSignature[];
}

const HEAD =
  /^microgrid-record\/1\n\{"bodyHash":"([0-9a-f]{64})","interval":(null|"[0-9TZ:-]{17}"),"kind":"([a-z]{1,20})","ledger":"([a-z0-9./-]{1,300})","member":"([a-z0-9-]{1,63})","time":"([0-9TZ:.-]{24})"\}\n$/;

/** What `makeRecord` made in this process need not be parsed again: it is frozen, so note and body are still those made. */
class MadeRecord implements SignedRecord {
  readonly id: string;
  readonly note: string;
  readonly body: string;
  readonly #parsed: ReadRecord;

  constructor(parsed: ReadRecord, note: string, body: string) {
    this.id = parsed.id;
    this.note = note;
    this.body = body;
    this.#parsed = parsed;
    Object.freeze(this);
  }

  static parsedOf(record: SignedRecord): ReadRecord | undefined {
    return #parsed in record ? record.#parsed : undefined;
  }
}

const origins = new Set<string>();

/**
 * Makes and signs a record. Adds a fresh nonce, and the body's version where it is 1.
 * @param signers the keys that sign, in this order; one for most kinds, see the format document for `roster` and `trade`
 * @param random source of the nonce
 * @throws FormatError when head or body break a rule of the format
 */
export function makeRecord<Kind extends RecordKind>(
  signers: NoteSigner | readonly NoteSigner[],
  head: Omit<RecordHead<Kind>, 'bodyHash'>,
  fields: BodyFields<Kind>,
  random: (bytes: number) => Uint8Array,
): SignedRecord & { readonly id: string } {
  const version = fields.version ?? `${head.kind}/1`;
  const value = { ...fields, version, nonce: toHex(random(16)) };
  const fault = bodyFault(head.kind, value);
  if (fault) throw new FormatError('schema', fault);
  const body = canonicalJson(value);
  if (body.length > MAX_BODY_BYTES / 3 && Buffer.byteLength(body) > MAX_BODY_BYTES) throw tooLarge('body');
  const { ledger, member, kind, interval, time } = head;
  const full: RecordHead<Kind> = { ledger, member, kind, interval, time, bodyHash: sha256Hex(body) };
  checkHead(full);
  const text = headText(full);
  const all = Array.isArray(signers) ? (signers as readonly NoteSigner[]) : [signers as NoteSigner];
  const signatures = all.map((signer) => signer.signature(text));
  const id = sha256Hex(text);
  const note = `${text}\n${signatures.map(signatureLine).join('')}`;
  return new MadeRecord({ id, text, head: full, body: value as unknown as Body<Kind>, signatures }, note, body);
}

/** The same record with one more signature line, for kinds that two parties sign. */
export function cosignRecord(record: SignedRecord, signer: NoteSigner): SignedRecord & { readonly id: string } {
  const { id, text } = readNote(record.note);
  return Object.freeze({ id, note: `${record.note}${signer.sign(text)}`, body: record.body });
}

/**
 * Reads a record strictly: canonical bytes, known kind, every field in range, body under its hash. Checks no signature.
 * @throws FormatError with the rule that it breaks
 */
export function readRecord(record: SignedRecord): ReadRecord {
  const known = MadeRecord.parsedOf(record);
  if (known) return known;
  const note = readNote(record.note);
  return { ...note, body: readBody(note.head, record.body) };
}

/** Reads the note of a record strictly, without its body. @throws FormatError */
export function readNote(note: string): ReadNote {
  if (note.length > MAX_NOTE_BYTES) throw tooLarge('note');
  const { text, signatures } = parseNote(note);
  const match = HEAD.exec(text);
  if (!match) {
    throw new FormatError(
      'head',
      'the note is not a record: its text must be the line microgrid-record/1 and one line of canonical JSON with bodyHash, interval, kind, ledger, member and time',
    );
  }
  const head = {
    ledger: match[4]!,
    member: match[5]!,
    kind: match[3]! as RecordKind,
    interval: match[2] === 'null' ? null : match[2]!.slice(1, -1),
    time: match[6]!,
    bodyHash: match[1]!,
  };
  checkHead(head);
  return { id: sha256Hex(text), text, head, signatures };
}

/** Reads a body strictly: exact hash, canonical bytes, schema of the kind. @throws FormatError */
export function readBody<Kind extends RecordKind>(head: RecordHead<Kind>, body: string): Body<Kind> {
  if (body.length > MAX_BODY_BYTES) throw tooLarge('body');
  if (sha256Hex(body) !== head.bodyHash) {
    throw new FormatError(
      'body-mismatch',
      'the body is not the one that was signed: its SHA-256 differs from bodyHash',
    );
  }
  const value = parseStrictJson(body, { maxBytes: MAX_BODY_BYTES });
  const fault = bodyFault(head.kind, value);
  if (fault) throw new FormatError('schema', fault);
  return value as unknown as Body<Kind>;
}

/** The text that is signed. Every field is of a plain alphabet, so this IS its canonical JSON. */
function headText(head: RecordHead): string {
  const interval = head.interval === null ? 'null' : `"${head.interval}"`;
  return `${RECORD_LINE}{"bodyHash":"${head.bodyHash}","interval":${interval},"kind":"${head.kind}","ledger":"${head.ledger}","member":"${head.member}","time":"${head.time}"}\n`;
}

function checkHead(head: RecordHead): void {
  if (!Object.hasOwn(bodySchemas, head.kind)) {
    throw new FormatError('head', `"${head.kind}" is not a kind of record that this version knows`);
  }
  if (!isMemberId(head.member)) throw new FormatError('head', `"${head.member}" is not a member id`);
  if (!isTime(head.time)) throw new FormatError('head', `"${head.time}" is not a UTC time with milliseconds`);
  if (head.interval !== null && !isInterval(head.interval)) {
    throw new FormatError('head', `"${head.interval}" is not a UTC quarter hour`);
  }
  const rule = HAS_INTERVAL[head.kind];
  if (rule !== 'optional' && (rule === 'always') !== (head.interval !== null)) {
    throw new FormatError(
      'head',
      `a ${head.kind} record ${rule === 'always' ? 'needs an' : 'must not name an'} interval`,
    );
  }
  if (!origins.has(head.ledger)) {
    try {
      parseOrigin(head.ledger);
    } catch (error) {
      throw new FormatError('head', error instanceof Error ? error.message : 'the ledger name is malformed');
    }
    // A handful in practice; forgotten at a size that only an attack reaches.
    if (origins.size > 1000) origins.clear();
    origins.add(head.ledger);
  }
}

function tooLarge(part: 'note' | 'body'): FormatError {
  const limit = part === 'note' ? `${MAX_NOTE_BYTES} bytes` : '4 MiB';
  return new FormatError('too-large', `the ${part} is larger than ${limit}`);
}
