// The directory of a ledger on disk: `ledger.sqlite` and, derived from it, `export/`.
import { join } from 'node:path';
import { openFileStore } from '../log/file-store.ts';
import { makeDirectory } from '../log/folder-store.ts';
import { openSqliteStore } from '../log/sqlite-store.ts';
import type { Durability, LogStore } from '../log/store.ts';
import { TilesExport } from '../log/tiles-export.ts';
import { headerOf } from './views.ts';

export const DATABASE_NAME = 'ledger.sqlite';
export const EXPORT_NAME = 'export';

export interface LedgerDirectory {
  readonly store: LogStore;
  /** Brings the export up to the newest checkpoint. */
  readonly exporter: () => Promise<void>;
}

/** Opens or creates both. @throws StoreError when the database is in use, damaged or not ours */
export function openDirectory(path: string, durability: Durability = 'every-commit'): LedgerDirectory {
  makeDirectory(path);
  const store = openSqliteStore(join(path, DATABASE_NAME), { durability });
  const files = openFileStore(join(path, EXPORT_NAME));
  // A block ends with its header, so the last leaf tells the day of sealing.
  const tiles = new TilesExport(store, files, { dayOf: (leaf) => headerOf(leaf).time.slice(0, 10) });
  return {
    store,
    exporter: async () => {
      await tiles.run();
    },
  };
}
