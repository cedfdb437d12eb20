// Bodies of an exported log: one text file per 256 leaves, `bodies/<index path>`, line i = body of leaf 256 x index + i, empty where
// the leaf has none or it was withheld. A file per body would be a million files a year. Unlike tiles, these may lose lines (erasure).
import { sha256Hex } from './bytes.ts';
import { FormatError } from './errors.ts';
import type { FileStore } from './file-store.ts';
import type { LogStore, StoredLeaf } from './store.ts';
import { bodyBundlePath, TILE_WIDTH } from './tiles.ts';

/** Of a file. 256 bodies of 4 MiB would be more; real ones have some hundred bytes. */
export const MAX_BUNDLE_BYTES = 256 * 1024 * 1024;

/**
 * Writes the bundles of the leaves from `from` on, whole files at a time, as the store has their bodies now, up to the `size` of the
 * export. Called after a body was dropped, it takes the body out of the export, too.
 * @throws FormatError `bodies` when a body has more than one line (JSON never has)
 */
export async function exportBodies(store: LogStore, files: FileStore, from: number, size: number): Promise<void> {
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size; index++) {
    const first = index * TILE_WIDTH;
    await writeBodies(files, index, store.leaves(first, Math.min(TILE_WIDTH, size - first)));
  }
}

/** Writes the bundle of these leaves, which begin with leaf 256 x index. @throws FormatError `bodies` as above, or too long */
export async function writeBodies(files: FileStore, index: number, leaves: readonly StoredLeaf[]): Promise<void> {
  const lines = leaves.map(({ body }) => body ?? '');
  const from = `the leaves from ${index * TILE_WIDTH} on`;
  if (lines.some((line) => line.includes('\n'))) {
    throw new FormatError('bodies', `a body among ${from} has more than one line`);
  }
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  // A UTF-16 code unit takes three bytes at most.
  if (bytes > MAX_BUNDLE_BYTES / 3 && Buffer.byteLength(lines.join('')) + lines.length > MAX_BUNDLE_BYTES) {
    throw new FormatError('bodies', `the bodies of ${from} are longer than the ${MAX_BUNDLE_BYTES} bytes of a file`);
  }
  await files.write(bodyBundlePath(index), `${lines.join('\n')}\n`);
}

/**
 * The bodies of a bundle as bytes, the i-th for leaf 256 x index + i: empty where a leaf has none; null when there is no bundle.
 * @throws FormatError `bodies` when the bundle is not made of whole lines, StoreError when it cannot be read
 */
export async function readBodies(files: FileStore, index: number): Promise<Uint8Array[] | null> {
  const bytes = await files.read(bodyBundlePath(index), MAX_BUNDLE_BYTES);
  if (bytes === null) return null;
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length && lines.length <= TILE_WIDTH; ) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) break;
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  const read = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (lines.length === 0 || lines.length > TILE_WIDTH || read !== bytes.length) {
    throw new FormatError(
      'bodies',
      `the bodies from leaf ${index * TILE_WIDTH} on are not at most ${TILE_WIDTH} whole lines`,
    );
  }
  return lines;
}

/**
 * Whether a line may stand for a leaf: empty, or a body that the text of the leaf names by its hash. An altered byte must not pass for a
 * withheld body.
 */
export function belongs(body: Uint8Array, note: string): boolean {
  return body.length === 0 || note.includes(sha256Hex(body));
}
