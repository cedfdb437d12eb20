// Opens the file of the embedded store (node:sqlite) with the settings that the log's promises rest on, and refuses whatever is not
// plainly our own database: links, directories, foreign or empty files, a file in use, an altered schema.
import { closeSync, existsSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreError } from './errors.ts';
import { syncDirectory } from './folder-store.ts';
import { type Layout, LOG_LAYOUT } from './sqlite-schema.ts';
import type { Durability } from './store.ts';

// SQLite result codes (primary part) that have a meaning of their own here.
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** Opens or (unless read-only) creates the database. @throws StoreError */
export function openDatabase(
  path: string,
  readOnly: boolean,
  durability: Durability = 'every-commit',
  layout: Layout = LOG_LAYOUT,
): DatabaseSync {
  const exists = requirePlainFile(path);
  if (!exists) {
    if (readOnly) throw new StoreError('not-a-file', `there is no ledger database at ${path}`);
    createDatabase(path, layout);
  }
  const database = readOnly ? connectReadOnly(path) : connect(path, ['PRAGMA locking_mode=EXCLUSIVE']);
  try {
    requireOurs(database, path, layout);
    if (!readOnly) tune(database);
    if (durability === 'when-closed') relax(database);
    requireSchema(database, path, layout);
    return database;
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}

/** A database opened for reading by somebody who wants to leave no trace. */
export interface QuietDatabase {
  readonly database: DatabaseSync;
  /** what to give SQLite to open it once more in the same way */
  readonly location: string;
  /** @throws StoreError `in-use` when somebody wrote to it meanwhile, so that what was read may not fit together */
  requireUnchanged(): void;
}

/**
 * Opens a database to read all of it, whatever it holds. A database with a write-ahead file is read as SQLite does it, under a
 * lock. One without has no writer (a writer keeps that file as long as it lives): it is read without lock and without the
 * files that SQLite would leave beside it, and `requireUnchanged` tells whether that held to the end.
 * @throws StoreError
 */
export function openQuietly(path: string, layout: Layout = LOG_LAYOUT): QuietDatabase {
  if (!requirePlainFile(path)) throw new StoreError('not-a-file', `there is no ledger database at ${path}`);
  const live = ['-wal', '-journal'].some((suffix) => {
    const entry = lstatSync(path + suffix, { throwIfNoEntry: false });
    if (entry && !entry.isFile()) throw new StoreError('not-a-file', `${path}${suffix} is not a plain file`);
    return entry !== undefined;
  });
  const before = stateOf(path);
  const location = live ? path : `${pathToFileURL(path).href}?immutable=1`;
  const database = connect(location, [], true);
  try {
    requireOurs(database, path, layout);
    requireSchema(database, path, layout);
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
  return {
    database,
    location,
    requireUnchanged() {
      if (!live && stateOf(path) !== before) throw new StoreError('in-use', `somebody is writing to ${path}`);
    },
  };
}

/** Changes whenever somebody opens the database for writing, or did. */
function stateOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true });
  return [ino, size, mtimeNs, existsSync(`${path}-wal`)].join();
}

/** Turns an error of SQLite into one with a code and a sentence; leaves our own as they are. */
export function storeError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const errcode: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  switch (typeof errcode === 'number' ? errcode & 0xff : -1) {
    case BUSY:
    case LOCKED:
      return new StoreError(
        'in-use',
        `the ledger database ${path} is in use by another process; read the export beside it, or stop that process`,
        error,
      );
    case CORRUPT:
      return new StoreError('damaged', `the ledger database ${path} is damaged (${message}); restore a copy`, error);
    case NOT_A_DATABASE:
      return new StoreError('not-a-log', `${path} is not an SQLite database (${message})`, error);
    case READ_ONLY:
    case IO_ERROR:
    case FULL:
    case CANNOT_OPEN:
      return new StoreError('failed', `the disk refused the ledger database ${path}: ${message}`, error);
    default:
      return new StoreError('failed', `the ledger database ${path} failed: ${message}`, error);
  }
}

function requirePlainFile(path: string): boolean {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) {
    // A write-ahead file without its database would be replayed into whatever is created in its place.
    if (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0) {
      throw new StoreError(
        'damaged',
        `${path} is missing, but its write-ahead file is there: restore the database first`,
      );
    }
    return false;
  }
  if (entry.isSymbolicLink()) {
    throw new StoreError('not-a-file', `${path} is a symbolic link; name the ledger database itself`);
  }
  if (!entry.isFile()) throw new StoreError('not-a-file', `${path} is not a file (a directory or device)`);
  if (entry.size === 0) throw new StoreError('not-a-log', `${path} is empty (0 bytes): restore a copy of the ledger`);
  return true;
}

/**
 * Asked through SQLite, never by reading the file: closing a second handle on a database would, by the rules of POSIX, drop the locks
 * that this process holds on it.
 */
function requireOurs(database: DatabaseSync, path: string, { applicationId }: Layout): void {
  if (pragma(database, 'application_id') !== applicationId) {
    throw new StoreError('not-a-log', `${path} is a database of another program`);
  }
}

function pragma(database: DatabaseSync, name: string): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}

/** Builds the database under another name and renames it, so that a power cut leaves either nothing or a complete file. */
function createDatabase(path: string, { applicationId, version, schema }: Layout): void {
  const draft = `${path}.new`;
  try {
    for (const suffix of ['', '-wal', '-journal']) rmSync(draft + suffix, { force: true });
    const database = connect(draft, ['PRAGMA locking_mode=EXCLUSIVE']);
    try {
      database.exec(`PRAGMA application_id=${applicationId}; PRAGMA user_version=${version}`);
      tune(database);
      database.exec(`BEGIN; ${schema.join('; ')}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`);
    } finally {
      database.close();
    }
    renameSync(draft, path);
    syncDirectory(dirname(path));
  } catch (error) {
    throw storeError(error, path);
  }
}

function connect(path: string, pragmas: readonly string[], readOnly = false): DatabaseSync {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { readOnly, allowExtension: false, enableDoubleQuotedStringLiterals: false });
  } catch (error) {
    throw storeError(error, path);
  }
  try {
    for (const pragma of ['PRAGMA trusted_schema=OFF', 'PRAGMA cell_size_check=ON', ...pragmas]) database.exec(pragma);
    return database;
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}

function connectReadOnly(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = connect(path, [], true);
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database?.close();
    const wrapped = storeError(error, path);
    // SQLite wants to create its shared-memory file even to read; on a read-only medium nobody can be writing.
    if (wrapped.code !== 'failed' || (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0)) throw wrapped;
    return connect(`${pathToFileURL(path).href}?immutable=1`, [], true);
  }
}

/** Settings measured against simulated power cuts: WAL with FULL lost no acknowledged row, every weaker pair did. */
function tune(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode=WAL');
  const mode = pragma(database, 'journal_mode');
  if (mode !== 'wal')
    throw new Error(`the file system does not allow a write-ahead log (journal mode ${String(mode)})`);
  database.exec('PRAGMA synchronous=FULL');
  // Ids scatter their index over many pages: the more commits share a copy back into the database, the fewer pages are written twice.
  database.exec('PRAGMA wal_autocheckpoint=16000');
  database.exec('PRAGMA cache_size=-32768');
  // An erased body must not linger in free pages.
  database.exec('PRAGMA secure_delete=ON');
}

/** For a log that is durable only once it is closed: nothing waits for the disk. `settleDatabase` makes up for it. */
function relax(database: DatabaseSync): void {
  database.exec('PRAGMA synchronous=OFF');
  database.exec('PRAGMA cache_size=-65536');
}

/** Closes a database opened with `when-closed`; when it returns, all of it is on the disk. @throws StoreError */
export function settleDatabase(database: DatabaseSync, path: string): void {
  try {
    database.exec('PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    // After the close, so that no lock is lost: pages copied back earlier were never synced, whatever the checkpoint did.
    const file = openSync(path, 'r+');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncDirectory(dirname(path));
  } catch (error) {
    throw storeError(error, path);
  }
}

function requireSchema(database: DatabaseSync, path: string, layout: Layout): void {
  const version = pragma(database, 'user_version');
  if (version !== layout.version) {
    throw new StoreError(
      'wrong-version',
      `${path} has format ${String(version)}; this version of the program reads format ${layout.version}`,
    );
  }
  const rows = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  const found = rows.map((row) => String(row['sql'])).sort();
  const expected = [...layout.schema].sort();
  if (found.length !== expected.length || found.some((sql, i) => sql !== expected[i])) {
    throw new StoreError('damaged', `the tables, indexes or triggers of ${path} were altered; restore a copy`);
  }
}
