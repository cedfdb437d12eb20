// Verifies a ledger as a stranger would, where it stands: in its database, in an exported directory, or both. May run inside Node-RED:
// the audit itself (audit.ts) gives the event loop back.
import { basename, dirname, join } from 'node:path';
import { COSIGNATURES_NAME, DATABASE_NAME } from '../ledger/directory-store.ts';
import { toBase64 } from '../log/bytes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { StoreError } from '../log/errors.ts';
import { openFileStore } from '../log/file-store.ts';
import { type AuditStore, openAuditStore } from '../log/sqlite-audit-store.ts';
import type { LogStore, RawLog, StoredCheckpoint } from '../log/store.ts';
import { audit, unreadable, type VerifyOptions, type VerifyResult, verifyFiles } from './audit.ts';
import type { AuditError } from './auditor.ts';
import { cosignedNotes, NOT_COSIGNED } from './cosigned.ts';
import { cosignatureFile } from './cosigned-store.ts';
import { ledgerPlace } from './place-store.ts';
import { readAhead } from './read-ahead.ts';
import { type AuditSource, databaseFileSource, databaseSource } from './sources.ts';

export { audit, type VerifyOptions, type VerifyResult } from './audit.ts';

/**
 * Verifies a ledger database that no other process has open, SQLite's own structures included.
 * @throws StoreError when it cannot be opened; `in-use` names the export beside it
 */
export function verifyDatabase(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  return inDatabase(path, (store) => audit(fileSource(path, store), onAllCores(options)));
}

const onAllCores = (options: VerifyOptions): VerifyOptions => ({ readAhead, ...options });

/** A database file, with the cosignatures beside it where it lies in the directory of a ledger. */
function fileSource(path: string, store: AuditStore): AuditSource {
  const own = basename(path) === DATABASE_NAME;
  const cosigned = own ? cosignatureFile(join(dirname(path), COSIGNATURES_NAME), store.raw) : NOT_COSIGNED;
  return databaseFileSource(store, cosigned);
}

async function inDatabase(path: string, verify: (store: AuditStore) => Promise<VerifyResult>): Promise<VerifyResult> {
  let store: AuditStore;
  try {
    store = openAuditStore(path);
  } catch (error) {
    // Ours, but its tables cannot be told: that is an answer, not a failure to answer.
    if (error instanceof StoreError && error.code === 'damaged') return unreadable('damaged', error);
    throw error;
  }
  try {
    const result = await verify(store);
    store.requireUnchanged();
    return result;
  } finally {
    store.close();
  }
}

/**
 * Verifies an open store as it stands now, also while records arrive: all but the structures of SQLite, whose check holds up the thread.
 * @param cosigned checkpoints with the cosignatures that were collected (`Ledger.cosigned`)
 * @throws StoreError when the store is closed meanwhile
 */
export function verifyStore(
  store: LogStore,
  options: VerifyOptions = {},
  cosigned: readonly StoredCheckpoint[] = [],
): Promise<VerifyResult> {
  return audit(databaseSource(store.raw, cosignedNotes(cosigned)), onAllCores(options));
}

/** Verifies an exported directory. @throws StoreError when there is none: no file `checkpoint` */
export async function verifyExport(directory: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  return verifyFiles(openFileStore(directory), onAllCores(options));
}

/**
 * Verifies what stands at a path: a database, an exported directory, or a ledger's directory with both (then both).
 * @throws StoreError when it is none of them, or in use
 */
export async function verifyPath(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { database, exported } = ledgerPlace(path);
  if (database === null) return verifyExport(exported ?? path, options);
  return inDatabase(database, async (store) => {
    const result = await audit(fileSource(database, store), onAllCores(options));
    if (exported === null || !result.ok) return result;
    return { ...result, ...(await faultsBeside(exported, store.raw, options)) };
  });
}

/** What an export says that its database, found in order, does not: it may lag behind, but only with a root that the database has had. */
async function faultsBeside(
  exported: string,
  raw: RawLog,
  options: VerifyOptions,
): Promise<Pick<VerifyResult, 'ok' | 'errors'>> {
  let errors: AuditError[];
  try {
    const beside = await verifyExport(exported, options);
    errors = beside.errors.map((error) => ({ ...error, text: `in the export: ${error.text}` }));
    const { size, root } = beside;
    const [kept] = raw.checkpoints(size, 1);
    if (errors.length === 0 && (kept?.size !== size || toBase64(readCheckpoint(kept.note).root) !== root)) {
      const text = `the export beside the database is of another log: its root over ${size} leaves is ${root}`;
      errors.push({ leaf: null, block: null, code: 'root-mismatch', text });
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'failed') throw error;
    const code = error.code === 'not-a-log' ? 'checkpoint-missing' : 'file-altered';
    errors = [{ leaf: null, block: null, code, text: `in the export: ${error.message}` }];
  }
  return { ok: errors.length === 0, errors };
}
