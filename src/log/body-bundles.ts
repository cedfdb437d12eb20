// Bodies of an exported log: one text file per 256 leaves, `bodies/<index path>`, line i = body of leaf 256 x index + i, empty where
// the leaf has none or it was withheld. A file per body would be a million files a year. Unlike tiles, these may lose lines (erasure).
import { fromUtf8 } from './bytes.ts';
import { FormatError } from './errors.ts';
import type { FileStore } from './file-store.ts';
import type { LogStore } from './store.ts';
import { BODIES_PATH, TILE_WIDTH, tilePath } from './tiles.ts';

/** 256 bodies of 4 MiB would not fit a string; real ones have some hundred bytes. */
const MAX_BUNDLE_BYTES = 256 * 1024 * 1024;
const LEVEL_ZERO = 'tile/0/';

/** Such as `bodies/x001/234`. */
export function bodyBundlePath(index: number): string {
  return `${BODIES_PATH}/${tilePath({ level: 0, index, width: TILE_WIDTH }).slice(LEVEL_ZERO.length)}`;
}

/** Writes the bundles of the leaves from `from` up to `size`, whole files at a time; call it before the checkpoint is written. */
export async function exportBodies(store: LogStore, files: FileStore, from: number, size: number): Promise<void> {
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size; index++) {
    const first = index * TILE_WIDTH;
    const leaves = store.leaves(first, Math.min(TILE_WIDTH, size - first));
    await files.write(bodyBundlePath(index), leaves.map((leaf) => `${leaf.body ?? ''}\n`).join(''));
  }
}

/** Reads bodies back by the index of their leaf, a bundle at a time. */
export class BodyReader {
  readonly #files: FileStore;
  #index = -1;
  #lines: readonly string[] = [];

  constructor(files: FileStore) {
    this.#files = files;
  }

  /** Null when it was withheld or erased. @throws FormatError `bodies` when the bundle is not readable */
  async body(leaf: number): Promise<string | null> {
    const index = Math.floor(leaf / TILE_WIDTH);
    if (index !== this.#index) {
      this.#lines = await this.#read(index);
      this.#index = index;
    }
    return this.#lines[leaf - index * TILE_WIDTH] || null;
  }

  async #read(index: number): Promise<readonly string[]> {
    const bytes = await this.#files.read(bodyBundlePath(index), MAX_BUNDLE_BYTES);
    if (bytes === null) return [];
    const lines = fromUtf8(bytes).split('\n');
    if (lines.pop() !== '' || lines.length > TILE_WIDTH) {
      throw new FormatError(
        'bodies',
        `the bundle ${bodyBundlePath(index)} is not made of at most ${TILE_WIDTH} whole lines`,
      );
    }
    return lines;
  }
}
