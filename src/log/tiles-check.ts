// Looks at every file of an exported log once and compares it, byte by byte, with what leaves and checkpoint say. An export that was
// interrupted has files beyond its checkpoint: these must go on from it and fit together. Anything else does not belong there.
import { belongs, readBodies } from './body-bundles.ts';
import { equalBytes, fromUtf8 } from './bytes.ts';
import { FormatError, StoreError } from './errors.ts';
import type { LogFault } from './fault.ts';
import type { FileStore } from './file-store.ts';
import { parseNote } from './note.ts';
import type { Pace } from './pace.ts';
import {
  BODIES_PATH,
  bodyBundlePath,
  CHECKPOINT_PATH,
  NOTES_PATH,
  noteEntry,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  tilePath,
  WITNESSED_PATH,
} from './tiles.ts';
import { HASH_BYTES, type TilesReader } from './tiles-read.ts';
import { CompactTree, leafHash } from './tree.ts';

const NOTES_FILE = /^notes\/\d{4}-\d{2}-\d{2}\.txt$/;
const DRAFT = '.tmp';
/** Folders of the layout, also while they are still empty. */
const FOLDER = /^(?:notes|bodies(?:\/x\d{3})*|tile(?:\/(?:entries|\d{1,2})(?:\/x\d{3})*(?:\/\d{3}\.p)?)?)\/$/;
const MAX_NOTES_BYTES = 1024 ** 3;

/** Yields for each file its fault, or null. Call it after the leaves were verified: it takes them as they are. */
export function checkFiles(reader: TilesReader, pace: Pace): AsyncGenerator<LogFault | null> {
  return new TilesCheck(reader, pace).run();
}

class TilesCheck {
  readonly #reader: TilesReader;
  readonly #files: FileStore;
  readonly #pace: Pace;
  /** Leaves that the daily texts looked at so far hold, from the first on: together they hold each leaf once. */
  #noted = 0;
  /** Whether the daily texts ended within an entry, as an interrupted export leaves them. */
  #cut = false;
  /** The bundle read last, as far as it goes: many files are compared with the same. */
  #widest: { readonly index: number; readonly entries: readonly Uint8Array[] } = { index: -1, entries: [] };

  constructor(reader: TilesReader, pace: Pace) {
    this.#reader = reader;
    this.#files = reader.files;
    this.#pace = pace;
  }

  async *run(): AsyncGenerator<LogFault | null> {
    for await (const path of walk(this.#files, '')) {
      if (path !== CHECKPOINT_PATH) yield await this.#faultOf(path);
    }
    if (this.#noted < this.#reader.size) {
      const text = `the daily texts in ${NOTES_PATH}/ end before leaf ${this.#noted}`;
      yield { leaf: null, code: 'file-altered', text };
    }
  }

  async #faultOf(path: string): Promise<LogFault | null> {
    const check = this.#checkOf(path);
    if (check === null) {
      return { leaf: null, code: 'file-unknown', text: `${path} does not belong to an exported log` };
    }
    let fault: string | null;
    try {
      fault = await check();
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof StoreError)) throw error;
      fault = error.message;
    }
    return fault === null ? null : { leaf: null, code: 'file-altered', text: `the file ${path} was altered: ${fault}` };
  }

  /** How to look at a path; null for what no export has. */
  #checkOf(path: string): (() => Promise<string | null>) | null {
    if (path.endsWith('/')) return FOLDER.test(path) ? async () => null : null;
    const tile = parseTilePath(path);
    if (tile?.kind === 'entries') return () => this.#checkEntries(tile);
    if (tile !== null) return () => this.#checkHashes(tile);
    const bundle = parseBodiesPath(path);
    if (bundle !== null) return () => this.#checkBodies(bundle);
    if (NOTES_FILE.test(path)) return () => this.#checkNotes(path);
    const target = path.endsWith(DRAFT) ? path.slice(0, -DRAFT.length) : '';
    // What the witnessed checkpoint says is compared by whoever knows the witnesses.
    if (path === WITNESSED_PATH) return () => this.#checkPlain(path);
    const isNote = target === CHECKPOINT_PATH || target === WITNESSED_PATH;
    const isDraft = isNote || parseTilePath(target) !== null || parseBodiesPath(target) !== null;
    return isDraft ? () => this.#checkPlain(path) : null;
  }

  /** A file whose content is none of ours here, such as an unfinished one: only its being a file counts. */
  async #checkPlain(path: string): Promise<string | null> {
    return (await this.#files.isFile(path)) ? null : 'it is not a plain file';
  }

  async #checkEntries({ index, width }: Tile): Promise<string | null> {
    const found = (await this.#reader.bundle(index, width)) ?? [];
    const sealed = this.#sealed(0, index);
    if (sealed > 0) {
      const expected = await this.#reader.entries(index, sealed);
      const same = found.slice(0, sealed).every((entry, i) => equalBytes(entry, expected[i]!));
      if (!same) return 'its entries are not those of the log';
    }
    if (width <= sealed) return null;
    const widest = await this.#beyond(index);
    for (const [i, entry] of found.entries()) {
      if (i < sealed) continue;
      if (!equalBytes(entry, widest[i]!)) return 'its entries are not those of the longer bundle';
      parseNote(fromUtf8(entry));
    }
    return null;
  }

  async #checkHashes(tile: Tile): Promise<string | null> {
    const { level, index, width } = tile;
    const sealed = Math.min(this.#sealed(level, index), width);
    const found = await this.#files.read(tilePath(tile), TILE_WIDTH * HASH_BYTES);
    if (found?.length !== width * HASH_BYTES) return `a tile of ${width} hashes has ${width * HASH_BYTES} bytes`;
    if (sealed > 0) {
      const expected = await this.#reader.hashes({ level, index, width: this.#sealed(level, index) });
      if (!equalBytes(found.subarray(0, sealed * HASH_BYTES), expected.subarray(0, sealed * HASH_BYTES))) {
        return 'its hashes are not those of the log';
      }
    }
    // Sealed leaf hashes were compared with the leaves. Of sealed upper tiles only the one that the checkpoint needs is compared
    // with the level below; the others are compared with it.
    const from = level === 0 || width < this.#sealed(level, index) ? sealed : 0;
    for (let i = from; i < width; i++) {
      const right = await this.#hashOf(level, index * TILE_WIDTH + i, i < sealed);
      if (right === null) return `its hash ${i} is of leaves that are not there`;
      if (!equalBytes(right, found.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))) {
        return `its hash ${i} is not that of what it stands for`;
      }
      if (this.#pace.due) await this.#pace.turn();
    }
    return null;
  }

  /** A hash as it follows from the level below; null when that is not there, which only beyond the checkpoint is no fault of its own. */
  async #hashOf(level: number, node: number, sealed: boolean): Promise<Uint8Array | null> {
    if (level === 0) {
      const entry = (await this.#beyond(Math.floor(node / TILE_WIDTH)))[node % TILE_WIDTH];
      return entry === undefined ? null : leafHash(fromUtf8(entry));
    }
    const tile = { level: level - 1, index: node, width: TILE_WIDTH };
    if (!sealed && !(await this.#files.isFile(tilePath(tile)))) return null;
    const below = await this.#reader.hashes(tile);
    const tree = new CompactTree();
    for (let at = 0; at < below.length; at += HASH_BYTES) tree.append(below.subarray(at, at + HASH_BYTES));
    return tree.root();
  }

  async #checkBodies(index: number): Promise<string | null> {
    const bodies = (await readBodies(this.#files, index)) ?? [];
    const sealed = this.#sealed(0, index);
    const entries: readonly Uint8Array[] =
      bodies.length > sealed ? await this.#beyond(index) : await this.#reader.entries(index, sealed);
    if (bodies.length < sealed) return `it has ${bodies.length} lines for ${sealed} leaves`;
    if (bodies.length > entries.length) return `it has ${bodies.length} lines, but there are ${entries.length} leaves`;
    for (const [i, body] of bodies.entries()) {
      if (!belongs(body, fromUtf8(entries[i]!))) return `its line ${i + 1} is not the body of its leaf`;
      if (this.#pace.due) await this.#pace.turn();
    }
    return null;
  }

  async #checkNotes(path: string): Promise<string | null> {
    if (this.#cut) return 'it follows a text that ends within an entry';
    const bytes = (await this.#files.read(path, MAX_NOTES_BYTES)) ?? new Uint8Array(0);
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (content.length === 0 && this.#noted < this.#reader.size) return 'it is empty';
    let at = 0;
    for await (const { index, note } of this.#notes(this.#noted)) {
      if (at === content.length) return null;
      const entry = Buffer.from(noteEntry(index, note));
      const found = content.subarray(at, at + entry.length);
      if (found.equals(entry)) this.#noted = index + 1;
      else {
        // The end of what an interrupted export wrote for the next checkpoint.
        this.#cut = index >= this.#reader.size && found.length < entry.length;
        if (!this.#cut || !entry.subarray(0, found.length).equals(found)) return `its text differs from leaf ${index}`;
      }
      at += found.length;
      if (this.#pace.due) await this.#pace.turn();
    }
    return at < content.length ? 'something follows after its last leaf' : null;
  }

  /** Leaves from one on, and after the last sealed one those that an interrupted export wrote. */
  async *#notes(from: number): AsyncGenerator<{ readonly index: number; readonly note: string }> {
    const { size } = this.#reader;
    yield* this.#reader.leaves(from);
    for (let at = Math.max(from, size); ; ) {
      const entries = await this.#beyond(Math.floor(at / TILE_WIDTH));
      const rest = entries.slice(at % TILE_WIDTH);
      for (const entry of rest) yield { index: at++, note: fromUtf8(entry) };
      if (rest.length === 0 || at % TILE_WIDTH !== 0) return;
    }
  }

  /** The widest bundle of an index, whatever the checkpoint says. */
  async #beyond(index: number): Promise<readonly Uint8Array[]> {
    if (this.#widest.index !== index) this.#widest = { index, entries: await this.#reader.widestBundle(index) };
    return this.#widest.entries;
  }

  /** How many hashes of a tile the checkpoint speaks of. */
  #sealed(level: number, index: number): number {
    const nodes = Math.floor(this.#reader.size / TILE_WIDTH ** level);
    return Math.max(0, Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH));
  }
}

/** The index of a file of bodies; null for any other path. */
function parseBodiesPath(path: string): number | null {
  // Numbered like the bundles of entries.
  const tile = path.startsWith(`${BODIES_PATH}/`)
    ? parseTilePath(`tile/entries${path.slice(BODIES_PATH.length)}`)
    : null;
  return tile !== null && bodyBundlePath(tile.index) === path ? tile.index : null;
}

/** Paths of all that lies below a folder, which is '' or ends with "/"; folders end with "/", too, and come before their content. */
async function* walk(files: FileStore, folder: string): AsyncGenerator<string> {
  for (const name of await files.list(folder)) {
    yield folder + name;
    if (name.endsWith('/')) yield* walk(files, folder + name);
  }
}
