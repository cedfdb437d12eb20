// Writes a log out as files that any web server can serve and any person can read: C2SP tiles and entry bundles, the bodies
// beside them, the notes of each day as text, and last of all the checkpoint. Derived from the store; may be deleted and made again.
import { exportBodies, writeBodies } from './body-bundles.ts';
import { equalBytes, fromUtf8 } from './bytes.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { FormatError, StoreError } from './errors.ts';
import type { FileStore } from './file-store.ts';
import type { LogStore, StoredLeaf } from './store.ts';
import {
  CHECKPOINT_PATH,
  encodeEntries,
  entriesPath,
  NOTES_PATH,
  noteEntry,
  notesPath,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  tilePath,
  tilesOfLevel,
} from './tiles.ts';

export interface ExportOptions {
  /** UTC day (`2026-11-22`) that the notes of a block are filed under, from the last leaf of the block */
  readonly dayOf?: (lastLeaf: StoredLeaf) => string;
  /** leaves whose body was dropped because of what the leaves `from` to `size` - 1 say */
  readonly dropped?: (from: number, size: number) => Iterable<number>;
}

export interface ExportSummary {
  /** leaves exported, by this run and before */
  readonly size: number;
  /** leaves that this run added */
  readonly added: number;
}

const MAX_CHECKPOINT_BYTES = 64 * 1024;
const MAX_NOTES_BYTES = 1024 ** 3;
const MOST_LEAVES_AT_ONCE = 4096;
const TILES_AT_ONCE = 4;
const UNDATED = 'undated';
const DAY = /^[\dA-Za-z-]{1,32}$/;

/**
 * Brings the files up to the newest checkpoint of the store.
 * @throws StoreError `damaged` when the files are ahead of the store or of another log: then the store has lost or changed leaves
 */
export async function exportTiles(
  store: LogStore,
  files: FileStore,
  options: ExportOptions = {},
): Promise<ExportSummary> {
  return new TilesExport(store, files, options).run();
}

/** An export that remembers where its daily text ends, so that each run only continues it. */
export class TilesExport {
  readonly #store: LogStore;
  readonly #files: FileStore;
  readonly #dayOf: (lastLeaf: StoredLeaf) => string;
  readonly #dropped: NonNullable<ExportOptions['dropped']>;
  #notes: { day: string; bytes: number; size: number } | null = null;

  constructor(store: LogStore, files: FileStore, options: ExportOptions = {}) {
    this.#store = store;
    this.#files = files;
    this.#dayOf = options.dayOf ?? ((leaf) => leaf.tags.interval?.slice(0, 10) ?? UNDATED);
    this.#dropped = options.dropped ?? (() => []);
  }

  /** Brings the files up to the newest checkpoint. Runs must not overlap. */
  async run(): Promise<ExportSummary> {
    const note = this.#store.checkpoint();
    if (note === null) return { size: 0, added: 0 };
    const { size } = readCheckpoint(note);
    const from = await this.#exportedSize(size);
    await this.#writeLeaves(from, size);
    await this.#dropBodies(from, size);
    await this.#writeUpperTiles(from, size);
    await this.#writeNotes(from, size);
    await this.#files.flush();
    // The checkpoint comes last: whoever reads it finds all that it speaks of.
    await this.#files.write(CHECKPOINT_PATH, note);
    await this.#files.flush();
    await this.#removePartialTiles(from, size);
    return { size, added: size - from };
  }

  async #exportedSize(storedSize: number): Promise<number> {
    const bytes = await this.#files.read(CHECKPOINT_PATH, MAX_CHECKPOINT_BYTES);
    if (bytes === null) return 0;
    let exported: Checkpoint;
    try {
      exported = readCheckpoint(fromUtf8(bytes));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new StoreError(
        'damaged',
        'the exported checkpoint is not readable; move the export away, it is then made anew',
      );
    }
    if (exported.size > storedSize) {
      const lost = `the export holds ${exported.size} leaves, the ledger database only ${storedSize}`;
      throw new StoreError('damaged', `${lost}: the database has lost leaves that were sealed; restore a newer copy`);
    }
    if (!equalBytes(exported.root, this.#store.rootAt(exported.size))) {
      throw new StoreError(
        'damaged',
        'the export beside the ledger database is of another log, or one of them was altered',
      );
    }
    return exported.size;
  }

  async #writeLeaves(from: number, size: number): Promise<void> {
    // The files of some tiles are written while the leaves of the next are read.
    const writing: Promise<unknown>[] = [];
    try {
      for (const tile of tilesOfLevel(0, size, from)) {
        if (tile.index * TILE_WIDTH + tile.width <= from) continue;
        const tileWritten = this.#writeTile(tile);
        // A failure is told when its turn comes.
        tileWritten.catch(() => {});
        writing.push(tileWritten);
        if (writing.length >= TILES_AT_ONCE) await writing.shift();
      }
      await Promise.all(writing);
    } finally {
      // After a failure, too, nothing goes on behind the back of the next run.
      await Promise.allSettled(writing);
    }
  }

  async #writeTile(tile: Tile): Promise<void> {
    const first = tile.index * TILE_WIDTH;
    const leaves = this.#store.leaves(first, tile.width);
    if (leaves.length !== tile.width) throw new StoreError('damaged', `leaves from ${first} on are missing`);
    // The leaves first: after an interruption whatever stands beyond the checkpoint can be compared with them.
    await this.#files.write(entriesPath(tile.index, tile.width), encodeEntries(leaves.map((leaf) => leaf.note)));
    const writes = await Promise.allSettled([
      this.#files.write(tilePath(tile), Buffer.concat(leaves.map((leaf) => leaf.leafHash))),
      writeBodies(this.#files, tile.index, leaves),
    ]);
    // Told only when all have ended: the next run must not meet a file that is still being written.
    const failed = writes.find((write) => write.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Takes out of the bundles written before what is erased since. Done before the checkpoint, so that no interruption leaves it undone. */
  async #dropBodies(from: number, size: number): Promise<void> {
    const bundles = new Set([...this.#dropped(from, size)].map((leaf) => Math.floor(leaf / TILE_WIDTH)));
    for (const index of bundles) {
      const first = index * TILE_WIDTH;
      if (first < from) await exportBodies(this.#store, this.#files, first, Math.min(first + TILE_WIDTH, size));
    }
  }

  async #writeUpperTiles(from: number, size: number): Promise<void> {
    for (let level = 1; TILE_WIDTH ** level <= size; level++) {
      for (const tile of tilesOfLevel(level, size, from)) {
        const hashes: Uint8Array[] = [];
        for (let i = 0; i < tile.width; i++) {
          hashes.push(this.#store.node(level * TILE_HEIGHT, tile.index * TILE_WIDTH + i));
        }
        await this.#files.write(tilePath(tile), Buffer.concat(hashes));
      }
    }
  }

  async #writeNotes(from: number, size: number): Promise<void> {
    if (this.#notes === null || this.#notes.size !== from) await this.#findNotes(from);
    let at = this.#notes?.size ?? 0;
    while (at < size) {
      const { day, end } = this.#blocksOfDay(at, size);
      const bytes = this.#notes?.day === day ? this.#notes.bytes : 0;
      const text = this.#textOf(at, end);
      await this.#files.append(notesPath(day), bytes, text);
      this.#notes = { day, bytes: bytes + text.length, size: end };
      at = end;
    }
  }

  /** Blocks from a leaf on that go into one file, so that it is synced once for all; a bounded number of leaves. */
  #blocksOfDay(from: number, size: number): { day: string; end: number } {
    let day: string | null = null;
    let end = from;
    while (end < size && end - from < MOST_LEAVES_AT_ONCE) {
      const block = this.#store.checkpoints(end + 1, 1)[0]?.size ?? size;
      const next = this.#dayOfBlock(block);
      if (day !== null && next !== day) break;
      day = next;
      end = block;
    }
    return { day: day ?? UNDATED, end };
  }

  /** After a start: the last daily text counts only if it is, byte for byte, what the store says; otherwise all are written anew. */
  async #findNotes(from: number): Promise<void> {
    this.#notes = null;
    const names = (await this.#files.list(NOTES_PATH)).filter((name) => name.endsWith('.txt'));
    const last = from === 0 ? undefined : names.at(-1);
    if (last === undefined) return this.#files.remove(NOTES_PATH);
    const content = Buffer.from((await this.#files.read(`${NOTES_PATH}/${last}`, MAX_NOTES_BYTES)) ?? []);
    let at = Number(/^leaf (\d{1,16})\n/.exec(content.toString('utf8', 0, 32))?.[1] ?? from);
    if (at >= from) {
      // A later day that an interrupted run began: what it holds may now belong to the day before.
      await this.#files.remove(`${NOTES_PATH}/${last}`);
      return this.#findNotes(from);
    }
    let bytes = 0;
    while (at < from) {
      const end = Math.min(at + TILE_WIDTH, from);
      const text = this.#textOf(at, end);
      if (!content.subarray(bytes, bytes + text.length).equals(text)) return this.#files.remove(NOTES_PATH);
      bytes += text.length;
      at = end;
    }
    this.#notes = { day: last.slice(0, -'.txt'.length), bytes, size: from };
  }

  /** Days never go back, so that each daily text is one run of leaves. */
  #dayOfBlock(size: number): string {
    const last = this.#store.leaf(size - 1);
    const day = last === undefined ? UNDATED : this.#dayOf(last);
    if (!DAY.test(day)) throw new StoreError('refused', 'the day of a block must be written like 2026-11-22');
    return this.#notes !== null && this.#notes.day > day ? this.#notes.day : day;
  }

  #textOf(from: number, to: number): Buffer {
    const parts: string[] = [];
    for (let at = from; at < to; at += TILE_WIDTH) {
      const notes = this.#store.notes(at, Math.min(TILE_WIDTH, to - at));
      for (const [i, note] of notes.entries()) parts.push(noteEntry(at + i, note));
    }
    return Buffer.from(parts.join(''));
  }

  /** Partial tiles may go once the full tile stands; until then others may still be fetching them. */
  async #removePartialTiles(from: number, size: number): Promise<void> {
    for (let level = 0; TILE_WIDTH ** level <= size; level++) {
      for (const tile of tilesOfLevel(level, size, from)) {
        if (tile.width < TILE_WIDTH) continue;
        await this.#files.remove(`${tilePath(tile)}.p`);
        if (level === 0) await this.#files.remove(`${entriesPath(tile.index, TILE_WIDTH)}.p`);
      }
    }
    await this.#files.flush();
  }
}
