// The directory of a ledger on disk: `ledger.sqlite` and, derived from it, `export/`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { exportBodies } from '../log/body-bundles.ts';
import { equalBytes, fromUtf8 } from '../log/bytes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { FormatError } from '../log/errors.ts';
import { type FileStore, openFileStore } from '../log/file-store.ts';
import { openSqliteStore } from '../log/sqlite-store.ts';
import type { LogStore, StoredLeaf } from '../log/store.ts';
import { CHECKPOINT_PATH } from '../log/tiles.ts';
import { TilesExport } from '../log/tiles-export.ts';
import { headerOf } from './views.ts';

export const DATABASE_NAME = 'ledger.sqlite';
export const EXPORT_NAME = 'export';

export interface LedgerDirectory {
  readonly store: LogStore;
  /** Brings the export up to the newest checkpoint. */
  readonly exporter: () => Promise<void>;
}

const MAX_CHECKPOINT_BYTES = 64 * 1024;

/** Opens or creates both. @throws StoreError when the database is in use, damaged or not ours */
export function openDirectory(path: string): LedgerDirectory {
  mkdirSync(path, { recursive: true });
  const store = openSqliteStore(join(path, DATABASE_NAME));
  const files = openFileStore(join(path, EXPORT_NAME));
  // A block ends with its header, so the last leaf tells the day of sealing.
  const dayOf = (leaf: StoredLeaf) => headerOf(leaf).time.slice(0, 10);
  const tiles = new TilesExport(withoutBodies(store), files, { dayOf });
  return {
    store,
    exporter: async () => {
      const from = await exportedSize(store, files);
      const note = store.checkpoint();
      if (from !== null && note !== null) await exportBodies(store, files, from, readCheckpoint(note).size);
      await tiles.run();
    },
  };
}

/** Leaves that the files hold already; null when they are not of this log, which the export of the tiles will say. */
async function exportedSize(store: LogStore, files: FileStore): Promise<number | null> {
  const bytes = await files.read(CHECKPOINT_PATH, MAX_CHECKPOINT_BYTES);
  if (bytes === null) return 0;
  try {
    const { size, root } = readCheckpoint(fromUtf8(bytes));
    return size <= store.size && equalBytes(root, store.rootAt(size)) ? size : null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** The store as the tiles see it: bodies lie in bundles of their own. */
function withoutBodies(store: LogStore): ConstructorParameters<typeof TilesExport>[0] {
  return {
    get size() {
      return store.size;
    },
    root: () => store.root(),
    tree: () => store.tree(),
    rootAt: (size) => store.rootAt(size),
    indexOf: (id) => store.indexOf(id),
    append: (leaves, checkpoint) => store.append(leaves, checkpoint),
    checkpoint: () => store.checkpoint(),
    checkpoints: (fromSize, limit) => store.checkpoints(fromSize, limit),
    leaf: (index) => store.leaf(index),
    leaves: (from, count) => store.leaves(from, count).map((leaf) => ({ ...leaf, body: null })),
    select: (query) => store.select(query),
    node: (level, index) => store.node(level, index),
    dropBody: (hash) => store.dropBody(hash),
    meta: (key) => store.meta(key),
    setMeta: (key, value) => store.setMeta(key, value),
    close: () => store.close(),
  };
}
