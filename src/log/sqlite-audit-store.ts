// A database opened to be audited: all rows as they are, without the checks that opening for use makes (they would give up at the
// first fault and could not name its leaf), and SQLite's own check of the file, in a thread of its own.
import { Worker } from 'node:worker_threads';
import { openQuietly } from './sqlite-open.ts';
import { SqliteRaw } from './sqlite-raw.ts';
import { SqliteStatements } from './sqlite-statements.ts';
import type { RawLog } from './store.ts';

export interface AuditStore {
  readonly raw: RawLog;
  /** What `PRAGMA integrity_check` finds wrong with the file: pages, order of rows, indexes. Holds nobody up. */
  integrity(): Promise<string[]>;
  /** @throws StoreError `in-use` when somebody wrote to the database since it was opened */
  requireUnchanged(): void;
  close(): void;
}

/** SQLite cannot do this check in parts, and of a big database it takes seconds. */
const CHECK = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(workerData, { readOnly: true });
  const rows = database.prepare('PRAGMA integrity_check(10)').all();
  database.close();
  parentPort.postMessage(rows.map((row) => String(row.integrity_check)).filter((line) => line !== 'ok'));
`;

/** @throws StoreError when it is no database of ours, in use, or so damaged that its tables cannot be told */
export function openAuditStore(path: string): AuditStore {
  const { database, location, requireUnchanged } = openQuietly(path);
  return {
    raw: new SqliteRaw(new SqliteStatements(database, path)),
    integrity: () => integrityOf(location),
    requireUnchanged,
    close: () => database.close(),
  };
}

function integrityOf(location: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    // Its standard error is not ours: older Node says there that SQLite is experimental.
    const worker = new Worker(CHECK, { eval: true, workerData: location, stderr: true });
    worker.once('message', resolve);
    // The check itself may stumble over what it should find.
    worker.once('error', (error: unknown) => resolve([error instanceof Error ? error.message : String(error)]));
    worker.once('exit', () => reject(new Error('the check of the database ended without an answer')));
  });
}
