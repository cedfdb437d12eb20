// What stands at a path: looks at the disk for `verifyPath`, and at nothing else.
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../log/errors.ts';

export interface LedgerPlace {
  readonly database: string | null;
  readonly exported: string | null;
}

/**
 * A directory with a checkpoint is an export; one with a database is a ledger's own, with its export if there is one; what is no
 * directory is a database.
 * @throws StoreError for a directory with neither
 */
export function ledgerPlace(path: string): LedgerPlace {
  if (!isDirectory(path)) return { database: path, exported: null };
  if (stands(join(path, 'checkpoint'))) return { database: null, exported: path };
  const inside = join(path, 'ledger.sqlite');
  if (!stands(inside)) {
    throw new StoreError('not-a-log', `${path} holds neither a checkpoint nor a ledger.sqlite: it is no ledger`);
  }
  const beside = join(path, 'export');
  // One that is still empty says nothing.
  const exported = stands(beside) && !(isDirectory(beside) && readdirSync(beside).length === 0) ? beside : null;
  return { database: inside, exported };
}

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
/** Whatever it is: who opens it refuses what is no plain file. */
const stands = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
