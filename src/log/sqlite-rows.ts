// Rows of the embedded store: how a leaf is written, read back and found.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { toHex } from './bytes.ts';
import { StoreError } from './errors.ts';
import type { LeafInput, LeafQuery, StoredLeaf } from './store.ts';

/** C2SP entry bundles give the length of an entry in 16 bits. */
export const MAX_NOTE_BYTES = 65_535;
const DEFAULT_LIMIT = 1000;
/** A bare `LIMIT ?` lets SQLite (from 3.47 on) plan by the value, that is compile the statement anew for every run: ten times the cost. */
const LIMIT = 'LIMIT ? + 0';
export const CHECKPOINTS_FROM = `SELECT size, note FROM checkpoint WHERE size >= ? ORDER BY size ${LIMIT}`;
const HASH_HEX = /^[0-9a-f]{64}$/;

export const INSERT_LEAF =
  'INSERT INTO leaf (idx, id, leaf_hash, body_hash, member, kind, interval, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ' +
  'ON CONFLICT DO NOTHING';

const COLUMNS =
  'SELECT leaf.idx, leaf.id, leaf.leaf_hash, leaf.body_hash, leaf.member, leaf.kind, leaf.interval, leaf.note, body.body';
const WITH_BODY = 'LEFT JOIN body ON body.idx = leaf.idx';
/** Everything of a leaf, to be followed by WHERE. */
export const LEAF_WITH_BODY = `${COLUMNS} FROM leaf ${WITH_BODY}`;

export function isHashHex(text: string): boolean {
  return HASH_HEX.test(text);
}

/** @throws StoreError `refused` for a leaf that could not be exported or found again */
export function requireLeaf({ note, id, body, bodyHash }: LeafInput): void {
  // A UTF-16 code unit takes three bytes at most.
  if (note.length > MAX_NOTE_BYTES / 3 && Buffer.byteLength(note) > MAX_NOTE_BYTES) {
    throw new StoreError('refused', `a leaf has at most ${MAX_NOTE_BYTES} bytes`);
  }
  if (!isHashHex(id)) throw new StoreError('refused', 'the id of a leaf is 64 lower-case hexadecimal digits');
  if (bodyHash === null ? body !== null : !isHashHex(bodyHash)) {
    throw new StoreError('refused', 'a body needs its hash, 64 lower-case hexadecimal digits');
  }
}

/** @throws StoreError `damaged` */
export function requireHash(value: SQLOutputValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== 32) {
    throw new StoreError('damaged', 'a hash stored in the ledger database does not have 32 bytes; restore a copy');
  }
  return value;
}

export function toLeaf(row: Record<string, SQLOutputValue>): StoredLeaf {
  const { idx, id, leaf_hash: hash, body_hash: bodyHash, body, note, member, kind, interval } = row;
  return {
    index: Number(idx),
    note: String(note),
    id: toHex(requireHash(id)),
    leafHash: requireHash(hash),
    bodyHash: bodyHash === null ? null : toHex(requireHash(bodyHash)),
    body: body === null ? null : String(body),
    tags: {
      member: member === null ? null : String(member),
      kind: String(kind),
      interval: interval === null ? null : String(interval),
    },
  };
}

/** The statement that answers a query, and its values in order. */
export function selection(query: LeafQuery): { sql: string; values: SQLInputValue[] } {
  const { member, kind, interval, from, limit = DEFAULT_LIMIT, newestFirst = false } = query;
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  for (const [column, value] of Object.entries({ interval, member, kind })) {
    if (value === undefined) continue;
    conditions.push(`leaf.${column} = ?`);
    values.push(value);
  }
  // The narrowest index by experience: an interval has few leaves, a member fewer than a kind.
  const index = interval !== undefined ? 'interval' : member !== undefined ? 'member' : 'kind';
  const hint = conditions.length > 0 ? `INDEXED BY leaf_${index}` : '';
  if (from !== undefined) {
    conditions.push(`leaf.idx ${newestFirst ? '<=' : '>='} ?`);
    values.push(from);
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const order = `ORDER BY leaf.idx ${newestFirst ? 'DESC' : 'ASC'} ${LIMIT}`;
  return { sql: `${COLUMNS} FROM leaf ${hint} ${WITH_BODY} ${where} ${order}`, values: [...values, limit] };
}
