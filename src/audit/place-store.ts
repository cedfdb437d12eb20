// What stands at a path: looks at the disk for `verifyPath`, and at nothing else.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface LedgerPlace {
  readonly database: string | null;
  readonly exported: string | null;
}

/** A directory with a checkpoint is an export; one with a database is a ledger's own, with its export if there is one; else it is a database. */
export function ledgerPlace(path: string): LedgerPlace {
  if (existsSync(join(path, 'checkpoint'))) return { database: null, exported: path };
  const inside = join(path, 'ledger.sqlite');
  if (!existsSync(inside)) return { database: path, exported: null };
  const beside = join(path, 'export');
  return { database: inside, exported: existsSync(beside) ? beside : null };
}
