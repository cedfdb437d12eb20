// The directory of a ledger on disk: `ledger.sqlite`, beside it `cosignatures.sqlite` and, derived from both, `export/`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseStrictJson } from '../log/canonical-json.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../log/cosignature.ts';
import { type CosignatureStore, openCosignatures } from '../log/cosignature-store.ts';
import { openFileStore } from '../log/file-store.ts';
import { openSqliteStore } from '../log/sqlite-store.ts';
import type { Durability, LogStore } from '../log/store.ts';
import { WITNESSED_PATH } from '../log/tiles.ts';
import { TilesExport } from '../log/tiles-export.ts';
import type { Body } from './kinds.ts';
import { selectAll } from './recorded.ts';
import { headerOf } from './views.ts';

export const DATABASE_NAME = 'ledger.sqlite';
export const COSIGNATURES_NAME = 'cosignatures.sqlite';
export const EXPORT_NAME = 'export';

export interface LedgerDirectory {
  readonly store: LogStore;
  readonly cosignatures: CosignatureStore;
  readonly exporter: LedgerExport;
}

export interface LedgerExport {
  /** Brings the export up to the newest checkpoint. */
  run(): Promise<void>;
  /** Writes the newest checkpoint with a quorum, unless the export does not reach up to it yet. */
  witnessed(note: string): Promise<void>;
}

/** Opens or creates all of it. @throws StoreError when a database is in use, damaged or not ours */
export function openDirectory(path: string, durability: Durability = 'every-commit'): LedgerDirectory {
  mkdirSync(path, { recursive: true });
  const store = openSqliteStore(join(path, DATABASE_NAME), { durability });
  let cosignatures: CosignatureStore;
  try {
    cosignatures = openCosignatures(join(path, COSIGNATURES_NAME), durability);
  } catch (error) {
    store.close();
    throw error;
  }
  const files = openFileStore(join(path, EXPORT_NAME));
  // A block ends with its header, so the last leaf tells the day of sealing.
  const tiles = new TilesExport(store, files, {
    dayOf: (leaf) => headerOf(leaf).time.slice(0, 10),
    *dropped(from, size) {
      for (const { index, body } of selectAll(store, { kind: 'erasure', from })) {
        if (index >= size) return;
        if (body !== null) yield (parseStrictJson(body) as unknown as Body<'erasure'>).leaf;
      }
    },
  });
  let exported = 0;
  let written: string | null = null;
  const exporter: LedgerExport = {
    async run() {
      exported = (await tiles.run()).size;
    },
    async witnessed(note) {
      if (note === written || readCheckpoint(note, MAX_COSIGNED_LINES).size > exported) return;
      await files.write(WITNESSED_PATH, note);
      await files.flush();
      written = note;
    },
  };
  return { store, cosignatures, exporter };
}
