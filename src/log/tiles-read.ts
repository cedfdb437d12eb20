// Reads an exported log back, for whoever verifies it: the leaves in order with the hash that the tiles give them, and a walk
// over all files that compares every byte with what leaves and checkpoint say. Nothing read here is trusted.
import { faultOfBodies, readBodies } from './body-bundles.ts';
import { equalBytes, fromUtf8 } from './bytes.ts';
import { readCheckpoint } from './checkpoint.ts';
import { FormatError, StoreError } from './errors.ts';
import type { FileStore } from './file-store.ts';
import {
  BODIES_PATH,
  bodyBundlePath,
  CHECKPOINT_PATH,
  decodeEntries,
  entriesPath,
  NOTES_PATH,
  noteEntry,
  parseTilePath,
  TILE_WIDTH,
  tilePath,
  tilesOfLevel,
} from './tiles.ts';
import { CompactTree } from './tree.ts';
import type { LogFault } from './verify.ts';

export interface ExportedLeaf {
  readonly index: number;
  readonly note: string;
  /** as the level-0 tile has it */
  readonly leafHash: Uint8Array;
}

const HASH_BYTES = 32;
const NOTES_FILE = /\/\d{4}-\d{2}-\d{2}\.txt$/;
const MAX_CHECKPOINT_BYTES = 64 * 1024;
const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + 0xffff);
const MAX_NOTES_BYTES = 1024 ** 3;

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
  readonly #files: FileStore;
  /** Leaves that the daily texts looked at so far hold, from the first on: together they hold each leaf once. */
  #noted = 0;

  constructor(files: FileStore, checkpoint: string) {
    this.#files = files;
    this.checkpoint = checkpoint;
    this.size = readCheckpoint(checkpoint).size;
  }

  /** All leaves in order. @throws FormatError with the index of the first leaf that cannot be read */
  async *leaves(from = 0): AsyncGenerator<ExportedLeaf> {
    for (const tile of tilesOfLevel(0, this.size, from)) {
      const first = tile.index * TILE_WIDTH;
      if (first + tile.width <= from) continue;
      const entries = await this.#entries(tile.index, tile.width);
      const hashes = await this.#hashes(0, tile.index, tile.width);
      for (const [i, entry] of entries.entries()) {
        if (first + i < from) continue;
        yield {
          index: first + i,
          note: fromUtf8(entry),
          leafHash: hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
        };
      }
    }
  }

  /**
   * Looks at every file once and yields for each its fault, or null. Call it after the leaves were verified: it compares tiles,
   * bundles and texts with them. What an interrupted export wrote beyond the checkpoint is not looked at.
   */
  async *verifyFiles(): AsyncGenerator<LogFault | null> {
    this.#noted = 0;
    for await (const path of walkFiles(this.#files, '')) {
      if (path === CHECKPOINT_PATH || path.endsWith('.tmp')) continue;
      let fault: string | null;
      try {
        fault = await this.#checkFile(path);
      } catch (error) {
        if (!(error instanceof FormatError || error instanceof StoreError)) throw error;
        fault = error.message;
      }
      yield fault === null
        ? null
        : { leaf: null, code: 'file-altered', text: `the file ${path} was altered: ${fault}` };
    }
    if (this.#noted < this.size) {
      const text = `the daily texts in ${NOTES_PATH}/ end before leaf ${this.#noted}`;
      yield { leaf: null, code: 'file-altered', text };
    }
  }

  async #checkFile(path: string): Promise<string | null> {
    const tile = parseTilePath(path);
    if (tile?.kind === 'entries') return this.#checkEntries(path, tile.index, tile.width);
    if (tile !== null) return this.#checkHashes(path, tile.level, tile.index, tile.width);
    if (path.startsWith(`${BODIES_PATH}/`)) return this.#checkBodies(path);
    if (path.startsWith(`${NOTES_PATH}/`) && NOTES_FILE.test(path)) return this.#checkNotes(path);
    return 'it does not belong to an exported log';
  }

  async #checkEntries(path: string, index: number, width: number): Promise<string | null> {
    const sealed = Math.min(TILE_WIDTH, this.size - index * TILE_WIDTH);
    if (sealed <= 0) return null;
    const found = decodeEntries((await this.#files.read(path, MAX_BUNDLE_BYTES)) ?? Buffer.alloc(0), width);
    const expected = await this.#entries(index, sealed);
    const same = found.slice(0, sealed).every((entry, i) => equalBytes(entry, expected[i]!));
    return same ? null : 'its entries are not those of the log';
  }

  async #checkHashes(path: string, level: number, index: number, width: number): Promise<string | null> {
    const nodes = Math.floor(this.size / TILE_WIDTH ** level);
    const sealed = Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH);
    if (sealed <= 0) return null;
    const found = await this.#files.read(path, TILE_WIDTH * HASH_BYTES);
    if (found?.length !== width * HASH_BYTES) return `a tile of ${width} hashes has ${width * HASH_BYTES} bytes`;
    const shared = Math.min(sealed, width) * HASH_BYTES;
    const expected = await this.#hashes(level, index, sealed);
    if (!equalBytes(found.subarray(0, shared), expected.subarray(0, shared)))
      return 'its hashes are not those of the log';
    // Only the tile that the checkpoint needs is compared with the level below; the others are compared with it.
    if (level === 0 || width !== sealed) return null;
    for (let i = 0; i < sealed; i++) {
      const below = await this.#hashes(level - 1, index * TILE_WIDTH + i, TILE_WIDTH);
      const tree = new CompactTree();
      for (let at = 0; at < below.length; at += HASH_BYTES) tree.append(below.subarray(at, at + HASH_BYTES));
      if (!equalBytes(tree.root(), expected.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))) {
        return `its hash ${i} is not the root of the tile below`;
      }
    }
    return null;
  }

  async #checkBodies(path: string): Promise<string | null> {
    const index = Number(path.slice(BODIES_PATH.length).replace(/[x/]/g, ''));
    if (!Number.isSafeInteger(index) || bodyBundlePath(index) !== path) return 'it does not belong to an exported log';
    const sealed = Math.min(TILE_WIDTH, this.size - index * TILE_WIDTH);
    if (sealed <= 0) return null;
    const entries = await this.#entries(index, sealed);
    return faultOfBodies(await readBodies(this.#files, index), entries.map(fromUtf8));
  }

  async #checkNotes(path: string): Promise<string | null> {
    const content = Buffer.from((await this.#files.read(path, MAX_NOTES_BYTES)) ?? []);
    const start = /^leaf (\d{1,16})\n/.exec(content.toString('utf8', 0, 32))?.[1];
    if (start === undefined) return 'it does not begin with the index of a leaf';
    if (Number(start) >= this.size) return null;
    if (Number(start) !== this.#noted) return `it begins with leaf ${start}, but leaf ${this.#noted} follows here`;
    let at = 0;
    for await (const leaf of this.leaves(Number(start))) {
      if (at === content.length) return null;
      const entry = Buffer.from(noteEntry(leaf.index, leaf.note));
      if (!content.subarray(at, at + entry.length).equals(entry)) return `its text differs from leaf ${leaf.index}`;
      at += entry.length;
      this.#noted = leaf.index + 1;
    }
    // What an interrupted export wrote for the next checkpoint may follow, and nothing else.
    const rest = /^leaf (\d{1,16})\n/.exec(content.toString('utf8', at, at + 32))?.[1];
    if (at < content.length && (rest === undefined || Number(rest) < this.size))
      return 'something follows after its last leaf';
    return null;
  }

  /** The first `width` entries of a bundle, from the file of that width or the full one. */
  async #entries(index: number, width: number): Promise<Uint8Array[]> {
    for (const stored of [width, TILE_WIDTH]) {
      const bundle = await this.#files.read(entriesPath(index, stored), MAX_BUNDLE_BYTES);
      if (bundle !== null) return decodeEntries(bundle, stored).slice(0, width);
    }
    throw new FormatError('entry', `the leaves from ${index * TILE_WIDTH} on are missing`);
  }

  async #hashes(level: number, index: number, width: number): Promise<Uint8Array> {
    for (const stored of [width, TILE_WIDTH]) {
      const tile = await this.#files.read(tilePath({ level, index, width: stored }), TILE_WIDTH * HASH_BYTES);
      if (tile === null) continue;
      if (tile.length === stored * HASH_BYTES) return tile.subarray(0, width * HASH_BYTES);
      throw new FormatError('tile', `the tile ${index} of level ${level} does not have ${stored} hashes`);
    }
    throw new FormatError('tile', `the tile ${index} of level ${level} is missing`);
  }
}

/** Paths of all files below a folder, which is '' or ends with "/". */
async function* walkFiles(files: FileStore, folder: string): AsyncGenerator<string> {
  for (const name of await files.list(folder)) {
    if (name.endsWith('/')) yield* walkFiles(files, folder + name);
    else yield folder + name;
  }
}
