// Opens blocks and records of a ledger that was checked: the records of a block in words, and of a record its fields, its signatures,
// and its path to the root, hash by hash, computed here and now.
import type { AuditError } from '../../src/audit/auditor.ts';
import { HEADER_LINE, parseHeader } from '../../src/ledger/header.ts';
import { readNote } from '../../src/ledger/record.ts';
import { equalBytes, sha256Hex, toBase64 } from '../../src/log/bytes.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import { type NoteSignature, parseNote, verifierOf } from '../../src/log/note.ts';
import { climb, inclusionProof, leafHash } from '../../src/log/tree.ts';
import { faultOf } from './faults.ts';
import type { LedgerIndex } from './ledger-index.ts';
import { type Log, type StoredRecord, withNodes } from './log.ts';
import type { BlockView, Field, RecordRow, RecordView, SignatureView } from './protocol.ts';
import { countText, fieldsOf, intervalText, kindText, sentenceOf, timeText } from './words.ts';

const ROWS_AT_ONCE = 100;

export class Explorer {
  readonly #log: Log;
  readonly #index: LedgerIndex;
  readonly #errors: readonly AuditError[];

  constructor(log: Log, index: LedgerIndex, errors: readonly AuditError[]) {
    this.#log = log;
    this.#index = index;
    this.#errors = errors;
  }

  /** A page of the records of a block, from a leaf on; its seal is the last of them. */
  async block(height: number, from: number): Promise<BlockView> {
    const { first, count, interval } = this.#index.blocks[height]!;
    const end = first + count + 1;
    const until = Math.min(end, Math.max(from, first) + ROWS_AT_ONCE);
    const rows: RecordRow[] = [];
    for (let leaf = Math.max(from, first); leaf < until; leaf++) rows.push(await this.#row(leaf, interval));
    return { height, rows, next: until < end ? until : null };
  }

  /** @param known interval that the block speaks of anyway */
  async #row(leaf: number, known: string | null): Promise<RecordRow> {
    const bad = this.#errors.some((error) => error.leaf === leaf);
    try {
      const { kind, member, sentence } = tell(await this.#log.leaf(leaf), this.#index.currency, known);
      return { leaf, kind, member, sentence, bad };
    } catch (error) {
      return { leaf, kind: 'unreadable', member: null, sentence: `It cannot be read: ${messageOf(error)}`, bad };
    }
  }

  async record(leaf: number): Promise<RecordView> {
    const stored = await this.#log.leaf(leaf);
    const { note, body } = stored;
    const told = attempt(() => tell(stored, this.#index.currency));
    const hash = leafHash(note);
    return {
      leaf,
      sentence: told instanceof Error ? `It cannot be read: ${told.message}` : told.sentence,
      fields: told instanceof Error ? [] : told.fields,
      signatures: this.#signatures(note),
      faults: this.#errors.filter((error) => error.leaf === leaf).map(faultOf),
      note,
      body,
      leafHash: toBase64(hash),
      ...(await this.#path(leaf, hash)),
    };
  }

  async #path(leaf: number, hash: Uint8Array): Promise<Pick<RecordView, 'path' | 'root' | 'reaches' | 'broken'>> {
    const { size, root } = readCheckpoint(this.#log.checkpoint);
    const signed = toBase64(root);
    try {
      const proof = await withNodes(this.#log, (readNode) => inclusionProof(leaf, size, readNode));
      const { steps, complete } = climb(hash, leaf, size, proof);
      const path = steps.map(({ sibling, side, node }) => ({ sibling: toBase64(sibling), side, node: toBase64(node) }));
      return { path, root: signed, reaches: complete && equalBytes(steps.at(-1)?.node ?? hash, root), broken: null };
    } catch (error) {
      return { path: [], root: signed, reaches: false, broken: messageOf(error) };
    }
  }

  #signatures(note: string): SignatureView[] {
    const parsed = attempt(() => parseNote(note));
    if (parsed instanceof Error) return [];
    return parsed.signatures.map((line) => this.#signature(parsed.text, line));
  }

  #signature(text: string, { name, keyId, signature }: NoteSignature): SignatureView {
    const vkey = this.#index.vkeyOf(name, keyId);
    if (vkey === null) return { name, state: 'open', text: `by a key that this ledger does not name (${keyId})` };
    const valid = attempt(() => verifierOf(vkey).verify(text, signature));
    return valid === true
      ? { name, state: 'good', text: `belongs to this text (key ${keyId})` }
      : { name, state: 'bad', text: `does not belong to this text (key ${keyId})` };
  }
}

interface Told {
  readonly kind: string;
  readonly member: string | null;
  readonly sentence: string;
  readonly fields: Field[];
}

/** @throws FormatError where the note cannot be read */
function tell({ note, body }: StoredRecord, currency: string, known: string | null = null): Told {
  if (note.startsWith(HEADER_LINE)) return tellHeader(note);
  const { id, head } = readNote(note);
  const { kind, member, interval, time } = head;
  const content = body === null ? null : attempt(() => JSON.parse(body) as Readonly<Record<string, unknown>>);
  const readable = content === null || content instanceof Error ? null : content;
  const fields: Field[] = [
    { name: 'kind', value: kindText(kind) },
    { name: 'author', value: member },
    ...(interval === null ? [] : [{ name: 'quarter hour', value: intervalText(interval) }]),
    { name: 'made', value: timeText(time) },
    ...(readable === null ? [] : fieldsOf(readable, currency)),
    { name: 'record id', value: id },
    { name: 'hash of the content', value: contentHash(head.bodyHash, body) },
  ];
  return { kind, member, sentence: sentenceOf(kind, member, interval === known ? null : interval, readable), fields };
}

function contentHash(named: string, body: string | null): string {
  if (body === null) return `${named}; the content itself is withheld or erased`;
  return sha256Hex(body) === named ? `${named}, and so it is` : `${named}, but it is ${sha256Hex(body)}`;
}

function tellHeader(note: string): Told {
  const { text } = parseNote(note);
  const header = parseHeader(text);
  const { height, count, first, interval, time, operator, term, previous, root, roster, rules, state } = header;
  const sentence = `The seal of block ${height}: ${countText(count, 'record')}, signed by ${operator}`;
  const fields: Field[] = [
    { name: 'block', value: String(height) },
    { name: 'records', value: count === 0 ? 'none' : `${count}, from leaf ${first} on` },
    { name: 'auction', value: interval === null ? 'none' : intervalText(interval) },
    { name: 'sealed', value: timeText(time) },
    { name: 'operator', value: `${operator}, term ${term}` },
    { name: 'hash of this seal', value: sha256Hex(text) },
    { name: 'seal before', value: previous ?? 'none: this is the first block' },
    { name: 'root before', value: root },
    { name: 'members', value: roster },
    { name: 'rules', value: rules },
    { name: 'counts', value: state },
  ];
  return { kind: 'header', member: null, sentence, fields };
}

function attempt<Value>(action: () => Value): Value | Error {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
