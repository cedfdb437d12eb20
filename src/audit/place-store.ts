// What stands at a path: looks at the disk for `verifyPath`, and at nothing else.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A directory with a checkpoint is an export; a directory with a database is a ledger's own; anything else is taken for a database. */
export function ledgerPlace(path: string): { readonly kind: 'export' | 'database'; readonly path: string } {
  if (existsSync(join(path, 'checkpoint'))) return { kind: 'export', path };
  const inside = join(path, 'ledger.sqlite');
  return { kind: 'database', path: existsSync(inside) ? inside : path };
}
