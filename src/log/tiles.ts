// Layout of a log as files (c2sp.org/tlog-tiles): hash tiles of 256 nodes, entry bundles with 16-bit length prefixes, and where our own
// bodies and daily notes stand beside them.
import { FormatError } from './errors.ts';

/** Nodes of a full tile, and leaves of a full bundle. */
export const TILE_WIDTH = 256;
/** Levels of the tree per level of tiles. */
export const TILE_HEIGHT = 8;
export const CHECKPOINT_PATH = 'checkpoint';
/** The newest checkpoint that a quorum has cosigned, with its cosignatures. */
export const WITNESSED_PATH = 'witnessed';
export const NOTES_PATH = 'notes';
export const BODIES_PATH = 'bodies';

export interface Tile {
  readonly level: number;
  readonly index: number;
  /** 1 to 256; below 256 the tile is partial */
  readonly width: number;
}

/** `tile/<level>/<index>` or `tile/<level>/<index>.p/<width>` */
export function tilePath({ level, index, width }: Tile): string {
  return `tile/${level}/${indexPath(index)}${widthSuffix(width)}`;
}

/** `tile/entries/<index>` or `tile/entries/<index>.p/<width>` */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index)}${widthSuffix(width)}`;
}

/** Where the bodies of 256 leaves stand, such as `bodies/x001/234`. */
export function bodyBundlePath(index: number): string {
  return `${BODIES_PATH}/${indexPath(index)}`;
}

/** Text file with the notes of a UTC day, such as `notes/2026-11-22.txt`. */
export function notesPath(day: string): string {
  return `${NOTES_PATH}/${day}.txt`;
}

/** A leaf as it stands in the daily text: its index, the note, a blank line. */
export function noteEntry(index: number, note: string): string {
  return `leaf ${index}\n${note}\n`;
}

/**
 * The hash tiles of a level that a log of `size` leaves has from leaf `from` on; none when the level does not exist. One by one,
 * because a forged checkpoint may claim any size.
 */
export function* tilesOfLevel(level: number, size: number, from = 0): Generator<Tile> {
  const span = TILE_WIDTH ** level;
  const nodes = Math.floor(size / span);
  for (let index = Math.floor(Math.floor(from / span) / TILE_WIDTH); index * TILE_WIDTH < nodes; index++) {
    yield { level, index, width: Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH) };
  }
}

/** @throws FormatError `entry` when an entry is longer than 65 535 bytes */
export function encodeEntries(entries: readonly (string | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const bytes = Buffer.from(entry);
    if (bytes.length > 0xffff) throw new FormatError('entry', 'an entry of a bundle has at most 65535 bytes');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** @throws FormatError `entry` unless the bundle holds exactly `width` entries */
export function decodeEntries(bundle: Uint8Array, width: number): Uint8Array[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (at !== bytes.length || entries.length !== width) {
    throw new FormatError('entry', `the entry bundle does not hold exactly ${width} whole entries`);
  }
  return entries;
}

/** Three digits per path element, all but the last with an `x`: 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
  const parts = digits.match(/\d{3}/g) ?? [];
  return parts.map((part, i) => (i < parts.length - 1 ? `x${part}` : part)).join('/');
}

function widthSuffix(width: number): string {
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}

/** What a path of the tile directory names; null when it is not exactly a path that this layout writes. */
export function parseTilePath(path: string): (Tile & { readonly kind: 'hashes' | 'entries' }) | null {
  const [, top, digits, partial] =
    /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? [];
  if (top === undefined || digits === undefined) return null;
  const kind = top === 'entries' ? 'entries' : 'hashes';
  const tile = {
    level: kind === 'entries' ? 0 : Number(top),
    index: Number(digits.replace(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  const canonical = kind === 'entries' ? entriesPath(tile.index, tile.width) : tilePath(tile);
  return canonical === path && tile.width >= 1 && tile.width <= TILE_WIDTH && Number.isSafeInteger(tile.index)
    ? { kind, ...tile }
    : null;
}
