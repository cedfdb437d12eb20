// Bodies of an exported log: one text file per 256 leaves, `bodies/<index path>`, line i = body of leaf 256 x index + i, empty where
// the leaf has none or it was withheld. A file per body would be a million files a year. Unlike tiles, these may lose lines (erasure).
import { fromUtf8, sha256Hex } from './bytes.ts';
import { FormatError } from './errors.ts';
import type { FileStore } from './file-store.ts';
import type { LogStore, StoredLeaf } from './store.ts';
import { bodyBundlePath, TILE_WIDTH } from './tiles.ts';

/** 256 bodies of 4 MiB would not fit a string; real ones have some hundred bytes. */
const MAX_BUNDLE_BYTES = 256 * 1024 * 1024;

/**
 * Writes the bundles of the leaves from `from` up to `size`, whole files at a time, as the store has their bodies now. Called for a
 * single leaf after its body was dropped, it takes the body out of the export, too.
 * @throws FormatError `bodies` when a body has more than one line (JSON never has)
 */
export async function exportBodies(store: LogStore, files: FileStore, from: number, size: number): Promise<void> {
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size; index++) {
    const first = index * TILE_WIDTH;
    await writeBodies(files, index, store.leaves(first, Math.min(TILE_WIDTH, size - first)));
  }
}

/** Writes the bundle of these leaves, which begin with leaf 256 x index. @throws FormatError `bodies` as above */
export async function writeBodies(files: FileStore, index: number, leaves: readonly StoredLeaf[]): Promise<void> {
  const lines = leaves.map(({ body }) => body ?? '');
  if (lines.some((line) => line.includes('\n'))) {
    throw new FormatError('bodies', `a body among the leaves from ${index * TILE_WIDTH} on has more than one line`);
  }
  await files.write(bodyBundlePath(index), `${lines.join('\n')}\n`);
}

/**
 * The bodies of a bundle, the i-th for leaf 256 x index + i: '' where a leaf has none or it is not there; fewer when the end is missing.
 * @throws FormatError `bodies` when the bundle is not made of whole lines
 */
export async function readBodies(files: FileStore, index: number): Promise<string[]> {
  const bytes = await files.read(bodyBundlePath(index), MAX_BUNDLE_BYTES);
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

/**
 * What is wrong with a bundle, or null. A body that the text of its leaf does not name by its hash is a fault: an altered byte must not
 * pass for a withheld body.
 * @param notes the notes of the leaves of the bundle, from its first on
 */
export function faultOfBodies(bodies: readonly string[], notes: readonly string[]): string | null {
  const wrong = notes.findIndex((note, i) => {
    const body = bodies[i] ?? '';
    return body !== '' && !note.includes(sha256Hex(body));
  });
  return wrong < 0 ? null : `its line ${wrong + 1} is not the body of its leaf`;
}
