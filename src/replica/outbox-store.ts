// The outbox on disk: one SQLite file, WAL with synchronous=FULL, so that what was put in survives a power cut. Ids of what went
// through stay, 32 bytes each: by them a machine knows which records it made.
import { dirname } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { fromHex } from '../log/bytes.ts';
import { StoreError } from '../log/errors.ts';
import { makeDirectory } from '../log/folder-store.ts';
import { storeError } from '../log/sqlite-open.ts';
import type { SentReceipt } from './messages.ts';
import type { OutboxEntry, OutboxStore } from './outbox.ts';

/** "mgrO": an outbox, and no other program's database. */
const APPLICATION_ID = 0x6d67724f;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS record (place INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, note TEXT, body TEXT, leaf INTEGER, receipt TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS unproven ON record (place) WHERE note IS NOT NULL;
  CREATE TABLE IF NOT EXISTS meta (since TEXT NOT NULL) STRICT;
`;

/** @param now Unix ms, for a new one @throws StoreError when it cannot be opened or is something else */
export function openOutbox(path: string, now: number): OutboxStore {
  try {
    makeDirectory(dirname(path));
    const database = new DatabaseSync(path);
    try {
      return new SqliteOutbox(path, database, now);
    } catch (problem) {
      database.close();
      throw problem;
    }
  } catch (problem) {
    throw storeError(problem, path);
  }
}

class SqliteOutbox implements OutboxStore {
  readonly since: string;
  readonly #path: string;
  readonly #database: DatabaseSync;

  constructor(path: string, database: DatabaseSync, now: number) {
    this.#path = path;
    this.#database = database;
    const application = database.prepare('PRAGMA application_id').get()?.['application_id'];
    const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'];
    if (application !== APPLICATION_ID && tables !== 0) {
      throw new StoreError('not-a-log', `${path} is a database of something else, not an outbox; move it away`);
    }
    database.exec(
      'PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF',
    );
    database.exec(`PRAGMA application_id=${APPLICATION_ID}; ${SCHEMA}`);
    const stored = database.prepare('SELECT since FROM meta').get()?.['since'];
    this.since = typeof stored === 'string' ? stored : new Date(now).toISOString();
    if (typeof stored !== 'string') database.prepare('INSERT INTO meta (since) VALUES (?)').run(this.since);
  }

  add({ id, note, body }: OutboxEntry): boolean {
    const sql = 'INSERT INTO record (id, note, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    return this.#try(() => Number(this.#database.prepare(sql).run(fromHex(id), note, body).changes) > 0);
  }

  acknowledge(id: string, index: number, receipt: SentReceipt | null): void {
    const sql = 'UPDATE record SET leaf = ?, receipt = coalesce(?, receipt) WHERE id = ?';
    const text = receipt === null ? null : JSON.stringify(receipt);
    this.#try(() => this.#database.prepare(sql).run(index, text, fromHex(id)));
  }

  remove(id: string): void {
    const sql = 'UPDATE record SET note = NULL, body = NULL, receipt = NULL WHERE id = ?';
    this.#try(() => this.#database.prepare(sql).run(fromHex(id)));
  }

  waiting(acknowledged: boolean, limit: number): OutboxEntry[] {
    const which = acknowledged ? 'leaf IS NOT NULL' : 'leaf IS NULL';
    const sql = `SELECT * FROM record WHERE note IS NOT NULL AND ${which} ORDER BY place LIMIT ?`;
    return this.#try(() => this.#database.prepare(sql).all(limit).map(entryOf));
  }

  get(id: string): OutboxEntry | null {
    const sql = 'SELECT * FROM record WHERE id = ? AND note IS NOT NULL';
    const row = /^[0-9a-f]{64}$/.test(id) ? this.#try(() => this.#database.prepare(sql).get(fromHex(id))) : undefined;
    return row ? entryOf(row) : null;
  }

  count(): number {
    const sql = 'SELECT count(*) AS n FROM record WHERE note IS NOT NULL';
    return this.#try(() => Number(this.#database.prepare(sql).get()?.['n']));
  }

  knows(id: string): boolean {
    return this.#try(() => this.#database.prepare('SELECT 1 FROM record WHERE id = ?').get(fromHex(id))) !== undefined;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #try<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (problem) {
      throw storeError(problem, this.#path);
    }
  }
}

function entryOf(row: Record<string, SQLOutputValue>): OutboxEntry {
  const { id, note, body, leaf, receipt } = row;
  return {
    id: Buffer.from(id as Uint8Array).toString('hex'),
    note: String(note),
    body: String(body),
    index: leaf === null ? null : Number(leaf),
    receipt: receipt === null ? null : (JSON.parse(String(receipt)) as SentReceipt),
  };
}
