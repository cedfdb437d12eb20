// Cosignatures that witnesses gave to checkpoints of a log, collected by its operator: a small SQLite file beside the log, whose own file
// keeps its format. Whoever adds a line has verified it. Lost lines are no loss: witnesses cosign the next checkpoint.
import { lstatSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, type StoreErrorCode } from './errors.ts';
import { openDatabase, openQuietly, settleDatabase, storeError } from './sqlite-open.ts';
import type { Layout } from './sqlite-schema.ts';
import type { Durability } from './store.ts';

const LAYOUT: Layout = {
  // "mgrc"
  applicationId: 0x6d677263,
  version: 1,
  schema: [
    'CREATE TABLE cosignature (size INTEGER NOT NULL, witness TEXT NOT NULL, line TEXT NOT NULL, ' +
      'PRIMARY KEY (size, witness)) STRICT, WITHOUT ROWID',
  ],
};
/** Checkpoints whose lines are kept at most: those that nobody brings to a quorum must not fill the disk. */
const MOST_SIZES = 100;

export interface CosignatureStore {
  /** Sizes of the checkpoints that have lines, smallest first. */
  sizes(): number[];
  /** Signature lines of the checkpoint over this many leaves, as they lie on the disk. */
  lines(size: number): string[];
  /** Keeps a line of a witness (its vkey), durably; the first one of each witness stays. Returns whether it is new. */
  add(size: number, witness: string, line: string): boolean;
  /** Forgets the lines of checkpoints below a size. */
  dropBelow(size: number): void;
  close(): void;
}

/**
 * Opens the file; it is made with the first line. One that is damaged is put aside as `<path>.damaged`: a ledger must not stand still for it.
 * @param path null keeps the lines in memory only
 * @throws StoreError when it is in use or no plain file
 */
export function openCosignatures(path: string | null, durability: Durability = 'every-commit'): CosignatureStore {
  if (path === null) {
    const database = new DatabaseSync(':memory:');
    database.exec(LAYOUT.schema.join('; '));
    return new SqliteCosignatures('', database);
  }
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return new SqliteCosignatures(path, null, durability);
  try {
    return new SqliteCosignatures(path, openFile(path, durability), durability);
  } catch (error) {
    if (!(error instanceof StoreError) || !PUT_ASIDE.has(error.code)) throw error;
    for (const suffix of ['', '-wal']) {
      if (lstatSync(path + suffix, { throwIfNoEntry: false })) renameSync(path + suffix, `${path}.damaged${suffix}`);
    }
    return new SqliteCosignatures(path, null, durability);
  }
}

const PUT_ASIDE: ReadonlySet<string> = new Set<StoreErrorCode>(['damaged', 'not-a-log', 'wrong-version']);

function openFile(path: string, durability: Durability): DatabaseSync {
  const database = openDatabase(path, false, durability, LAYOUT);
  try {
    // It is small, and read as a whole anyway.
    const found = database.prepare('PRAGMA quick_check').get()?.['quick_check'];
    if (found !== 'ok') throw new StoreError('damaged', `the database ${path} contradicts itself: ${String(found)}`);
    return database;
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}

/** The lines of a file that nobody has open, by the size of their checkpoint; none where there is no file. @throws StoreError */
export function readCosignatureFile(path: string): Map<number, string[]> {
  const lines = new Map<number, string[]>();
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return lines;
  const { database, requireUnchanged } = openQuietly(path, LAYOUT);
  try {
    const store = new SqliteCosignatures(path, database);
    for (const size of store.sizes()) lines.set(size, store.lines(size));
    requireUnchanged();
    return lines;
  } finally {
    database.close();
  }
}

class SqliteCosignatures implements CosignatureStore {
  readonly #path: string;
  readonly #durability: Durability;
  /** Null until there is a line. */
  #database: DatabaseSync | null;
  #closed = false;

  constructor(path: string, database: DatabaseSync | null, durability: Durability = 'every-commit') {
    this.#path = path;
    this.#database = database;
    this.#durability = durability;
  }

  sizes(): number[] {
    const rows = this.#run((database) => database.prepare('SELECT DISTINCT size FROM cosignature ORDER BY size').all());
    return (rows ?? []).map((row) => Number(row['size']));
  }

  lines(size: number): string[] {
    const sql = 'SELECT line FROM cosignature WHERE size = ? ORDER BY witness';
    return (this.#run((database) => database.prepare(sql).all(size)) ?? []).map((row) => String(row['line']));
  }

  add(size: number, witness: string, line: string): boolean {
    if (!this.#closed) this.#database ??= openFile(this.#path, this.#durability);
    const added = this.#run((database) => {
      const sql = 'INSERT INTO cosignature (size, witness, line) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
      if (database.prepare(sql).run(size, witness, line).changes === 0) return false;
      const oldest = 'SELECT DISTINCT size FROM cosignature ORDER BY size DESC LIMIT 1 OFFSET ?';
      database.prepare(`DELETE FROM cosignature WHERE size <= (${oldest})`).run(MOST_SIZES);
      return true;
    });
    return added ?? false;
  }

  dropBelow(size: number): void {
    this.#run((database) => database.prepare('DELETE FROM cosignature WHERE size < ?').run(size));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#database === null) return;
    if (this.#durability === 'when-closed') settleDatabase(this.#database, this.#path);
    else this.#database.close();
  }

  #run<T>(action: (database: DatabaseSync) => T): T | null {
    if (this.#closed) throw new StoreError('closed', `the cosignatures of ${this.#path} are closed`);
    try {
      return this.#database && action(this.#database);
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }
}
