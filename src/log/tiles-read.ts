// Reads an exported log back, for whoever verifies it: the leaves in order with the hash that the tiles give them. Nothing read
// here is trusted; tiles-check.ts compares every file with what leaves and checkpoint say.
import { fromUtf8 } from './bytes.ts';
import { readCheckpoint } from './checkpoint.ts';
import { FormatError, LeafError, StoreError } from './errors.ts';
import type { FileStore } from './file-store.ts';
import {
  CHECKPOINT_PATH,
  decodeEntries,
  entriesPath,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  tilePath,
  tilesOfLevel,
} from './tiles.ts';

export interface ExportedLeaf {
  readonly index: number;
  readonly note: string;
  /** as the level-0 tile has it */
  readonly leafHash: Uint8Array;
}

export const HASH_BYTES = 32;
const MAX_CHECKPOINT_BYTES = 64 * 1024;
/** Of a bundle of entries. */
const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + 0xffff);

/** @throws StoreError when there is no checkpoint; FormatError when it is malformed */
export async function readTiles(files: FileStore): Promise<TilesReader> {
  const bytes = await files.read(CHECKPOINT_PATH, MAX_CHECKPOINT_BYTES);
  if (bytes === null) throw new StoreError('not-a-log', 'this is no exported log: it has no file "checkpoint"');
  return new TilesReader(files, fromUtf8(bytes));
}

export class TilesReader {
  /** the signed checkpoint, not verified */
  readonly checkpoint: string;
  /** number of leaves that the checkpoint speaks of */
  readonly size: number;
  readonly files: FileStore;

  constructor(files: FileStore, checkpoint: string) {
    this.files = files;
    this.checkpoint = checkpoint;
    this.size = readCheckpoint(checkpoint).size;
  }

  /** All leaves in order. @throws LeafError with the first leaf that cannot be read */
  async *leaves(from = 0): AsyncGenerator<ExportedLeaf> {
    for (const tile of tilesOfLevel(0, this.size, from)) {
      const first = tile.index * TILE_WIDTH;
      if (first + tile.width <= from) continue;
      const entries = await reading(first, 'leaf-missing', () => this.entries(tile.index, tile.width));
      const hashes = await reading(first, 'file-altered', () => this.hashes(tile));
      for (const [i, entry] of entries.entries()) {
        if (first + i < from) continue;
        const leafHash = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
        const note = await reading(first + i, 'leaf-malformed', () => fromUtf8(entry));
        yield { index: first + i, note, leafHash };
      }
    }
  }

  /** The first `width` entries of a bundle, from the file of that width or the full one. @throws FormatError, StoreError */
  async entries(index: number, width: number): Promise<Uint8Array[]> {
    for (const stored of [width, TILE_WIDTH]) {
      const entries = await this.bundle(index, stored);
      if (entries !== null) return entries.slice(0, width);
    }
    throw new FormatError('entry', `the leaves from ${index * TILE_WIDTH} on are missing`);
  }

  /** The entries of one file; null when there is none. @throws FormatError, StoreError */
  async bundle(index: number, width: number): Promise<Uint8Array[] | null> {
    const bytes = await this.files.read(entriesPath(index, width), MAX_BUNDLE_BYTES);
    return bytes === null ? null : decodeEntries(bytes, width);
  }

  /** The widest bundle of an index, which may reach beyond the checkpoint; empty when there is none. @throws FormatError, StoreError */
  async widestBundle(index: number): Promise<Uint8Array[]> {
    const full = await this.bundle(index, TILE_WIDTH);
    if (full !== null) return full;
    const folder = `${entriesPath(index, TILE_WIDTH)}.p/`;
    const widths = (await this.files.list(folder)).map((name) => parseTilePath(folder + name)?.width ?? 0);
    const widest = Math.max(0, ...widths);
    return (widest > 0 && (await this.bundle(index, widest))) || [];
  }

  /** The hashes of a tile, from the file of its width or the full one. @throws FormatError, StoreError */
  async hashes({ level, index, width }: Tile): Promise<Uint8Array> {
    for (const stored of [width, TILE_WIDTH]) {
      const tile = await this.files.read(tilePath({ level, index, width: stored }), TILE_WIDTH * HASH_BYTES);
      if (tile === null) continue;
      if (tile.length === stored * HASH_BYTES) return tile.subarray(0, width * HASH_BYTES);
      throw new FormatError('tile', `the tile ${index} of level ${level} does not have ${stored} hashes`);
    }
    throw new FormatError('tile', `the tile ${index} of level ${level} is missing`);
  }
}

/** Gives an error of reading its leaf. What lies in the way of a file is a fault of the export; a disk that refuses is not. */
export async function reading<T>(leaf: number, code: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StoreError && (error.code === 'not-a-file' || error.code === 'damaged')) {
      throw new LeafError(leaf, 'file-altered', error.message);
    }
    if (error instanceof FormatError && !(error instanceof LeafError)) throw new LeafError(leaf, code, error.message);
    throw error;
  }
}
