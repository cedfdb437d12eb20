// The rows of the embedded store as they stand, for whoever audits them: nothing is checked on the way, and nothing is left out.
// What no leaf shows (rows of nothing, inner nodes, sizes that cannot be) comes out as faults, a few milliseconds of work at a time.
import type { SQLOutputValue } from 'node:sqlite';
import { equalBytes, toHex } from './bytes.ts';
import type { LogFault } from './fault.ts';
import { CHECKPOINTS_FROM, LEAF_WITH_BODY } from './sqlite-rows.ts';
import type { SqliteStatements } from './sqlite-statements.ts';
import type { RawLog, StoredCheckpoint, StoredLeaf } from './store.ts';
import { nodeHash } from './tree.ts';

/** Levels of the tree that one row of `node` spans, and how many children that is. */
const HEIGHT = 8;
const CHILDREN = 2 ** HEIGHT;
/** Rows of `body` that are compared at once. */
const BODIES_AT_ONCE = 1024;
const MAX = Number.MAX_SAFE_INTEGER;

type Row = Record<string, SQLOutputValue>;

export class SqliteRaw implements RawLog {
  readonly #sql: SqliteStatements;

  constructor(sql: SqliteStatements) {
    this.#sql = sql;
  }

  get size(): number {
    return this.#number(`SELECT CAST(max(idx) AS TEXT) AS n FROM leaf WHERE idx >= 0 AND idx < ${MAX}`, -1) + 1;
  }

  get sealedSize(): number {
    return this.#number(`SELECT CAST(max(size) AS TEXT) AS n FROM checkpoint WHERE size > 0 AND size <= ${MAX}`, 0);
  }

  leaves(from: number, count: number): StoredLeaf[] {
    const sql = `${LEAF_WITH_BODY} WHERE leaf.idx >= ? AND leaf.idx < ${MAX} ORDER BY leaf.idx LIMIT ? + 0`;
    return this.#sql.all(sql, from, count).map(toRawLeaf);
  }

  checkpoints(fromSize: number, limit: number): StoredCheckpoint[] {
    if (fromSize > this.sealedSize) return [];
    const rows = this.#sql.all(CHECKPOINTS_FROM.replace('ORDER', `AND size <= ${MAX} ORDER`), fromSize, limit);
    return rows.map((row) => ({ size: Number(row['size']), note: String(row['note']) }));
  }

  *faults(): Generator<LogFault | null> {
    yield* this.#strays('leaf', `idx < 0 OR idx >= ${MAX}`, 'a position that no log has');
    yield* this.#strays('checkpoint', 'size < 1 OR size > ?', 'a size that this log does not have', this.size);
    yield* this.#strays('meta', 'true', 'no meaning in this version');
    yield* this.#bodyFaults();
    yield* this.#nodeFaults();
  }

  *#bodyFaults(): Generator<LogFault | null> {
    const sql =
      'SELECT body.idx, leaf.idx AS known FROM body LEFT JOIN leaf ON leaf.idx = body.idx ' +
      'WHERE body.idx >= ? AND body.idx < ? AND body.hash IS NOT leaf.body_hash LIMIT 10';
    for (let from = 0; from < this.size; from += BODIES_AT_ONCE) {
      for (const { idx, known } of this.#sql.all(sql, from, Math.min(from + BODIES_AT_ONCE, this.size))) {
        const of =
          known === null ? `leaf ${Number(idx)}, which is not there` : `leaf ${Number(idx)} under another hash`;
        yield altered(Number(idx), `the table body holds a body of ${of}`);
      }
      yield null;
    }
    yield* this.#strays('body', 'idx < 0 OR idx >= ?', 'no leaf', this.size);
  }

  /** Every complete subtree of 2^8, 2^16, ... leaves has one row, and it is the root of the rows below. */
  *#nodeFaults(): Generator<LogFault | null> {
    let children = this.size;
    let level = HEIGHT;
    for (; ; level += HEIGHT) {
      const count = Math.floor(children / CHILDREN);
      yield* this.#strays('node', 'level = ? AND (idx < 0 OR idx >= ?)', 'no complete subtree', level, count);
      if (count === 0) break;
      for (let index = 0; index < count; index++) {
        const found = this.#sql.get('SELECT hash FROM node WHERE level = ? AND idx = ?', level, index)?.['hash'];
        const right = this.#rootOf(level, index);
        const same = found instanceof Uint8Array && right !== null && equalBytes(found, right);
        yield same ? null : altered(null, `node ${index} of level ${level} is not the root of the hashes below it`);
      }
      children = count;
    }
    yield* this.#strays('node', 'level < 8 OR level > ? OR level % 8 <> 0', 'a level that is not kept', level);
  }

  /** Null where a child is missing. */
  #rootOf(level: number, index: number): Uint8Array | null {
    const first = index * CHILDREN;
    const rows =
      level === HEIGHT
        ? this.#sql.all('SELECT leaf_hash AS hash FROM leaf WHERE idx >= ? AND idx < ?', first, first + CHILDREN)
        : this.#sql.all(
            'SELECT hash FROM node WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx',
            level - HEIGHT,
            first,
            first + CHILDREN,
          );
    if (rows.length !== CHILDREN) return null;
    let hashes = rows.map((row) => row['hash'] as Uint8Array);
    while (hashes.length > 1) hashes = hashes.flatMap((hash, i) => (i % 2 ? [nodeHash(hashes[i - 1]!, hash)] : []));
    return hashes[0]!;
  }

  *#strays(table: string, condition: string, what: string, ...values: number[]): Generator<LogFault | null> {
    const count = this.#number(`SELECT CAST(count(*) AS TEXT) AS n FROM ${table} WHERE ${condition}`, 0, ...values);
    const rows = count === 1 ? 'a row' : `${count} rows`;
    yield count === 0 ? null : altered(null, `the table ${table} holds ${rows} of ${what}`);
  }

  /** As text, because a forged row may hold a number that is not exact here. */
  #number(sql: string, otherwise: number, ...values: number[]): number {
    const value = this.#sql.get(sql, ...values)?.['n'];
    return typeof value === 'string' ? Number(value) : otherwise;
  }
}

function altered(leaf: number | null, text: string): LogFault {
  return { leaf, code: 'row-altered', text };
}

function toRawLeaf(row: Row): StoredLeaf {
  const { idx, id, leaf_hash: hash, body_hash: bodyHash, body, note, member, kind, interval } = row;
  const text = (value: SQLOutputValue | undefined) => (value === null ? null : String(value));
  return {
    index: Number(idx),
    note: String(note),
    id: toHex(id as Uint8Array),
    leafHash: hash as Uint8Array,
    bodyHash: bodyHash === null ? null : toHex(bodyHash as Uint8Array),
    body: text(body),
    tags: { member: text(member), kind: String(kind), interval: text(interval) },
  };
}
