// A ledger at hand, leaf by leaf and node by node, for whoever looks at it after it was checked: the files of an export, or leaves in memory.
import { readBodies } from '../../src/log/body-bundles.ts';
import { fromUtf8 } from '../../src/log/bytes.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import type { FileStore } from '../../src/log/file-store.ts';
import { TILE_HEIGHT, TILE_WIDTH } from '../../src/log/tiles.ts';
import { HASH_BYTES, readTiles, type TilesReader } from '../../src/log/tiles-read.ts';
import { CompactTree, leafHash, type ReadNode } from '../../src/log/tree.ts';

export interface StoredRecord {
  readonly note: string;
  /** Null where it is withheld or erased. */
  readonly body: string | null;
}

export interface Log {
  readonly size: number;
  /** The signed checkpoint. */
  readonly checkpoint: string;
  leaf(index: number): Promise<StoredRecord>;
  node(level: number, index: number): Promise<Uint8Array>;
}

/** @throws FormatError, StoreError where the files cannot be read */
export async function exportedLog(files: FileStore): Promise<Log> {
  const reader = await readTiles(files);
  const { size, checkpoint } = reader;
  const widthOf = (level: number, index: number) =>
    Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
  const bundles = new Recent((index) => readBundle(reader, Number(index), widthOf(0, Number(index))));
  const tiles = new Recent((key) => {
    const [level = 0, index = 0] = key.split(' ').map(Number);
    return reader.hashes({ level, index, width: widthOf(level, index) });
  });
  return {
    size,
    checkpoint,
    async leaf(index) {
      const { notes, bodies } = await bundles.get(String(Math.floor(index / TILE_WIDTH)));
      const body = bodies[index % TILE_WIDTH];
      const note = fromUtf8(notes[index % TILE_WIDTH]!);
      return { note, body: body === undefined || body.length === 0 ? null : fromUtf8(body) };
    },
    async node(level, index) {
      const tileLevel = Math.floor(level / TILE_HEIGHT);
      const span = 2 ** (level % TILE_HEIGHT);
      const tile = await tiles.get(`${tileLevel} ${Math.floor((index * span) / TILE_WIDTH)}`);
      const from = ((index * span) % TILE_WIDTH) * HASH_BYTES;
      const tree = new CompactTree();
      for (let at = from; at < from + span * HASH_BYTES; at += HASH_BYTES)
        tree.append(tile.subarray(at, at + HASH_BYTES));
      return tree.root();
    },
  };
}

/** Leaves that are all at hand, such as those of an evidence file. */
export function memoryLog(checkpoint: string, leaves: readonly StoredRecord[]): Log {
  const size = Math.min(leaves.length, readCheckpoint(checkpoint).size);
  const hashes: Uint8Array[] = [];
  const hashAt = (index: number) => {
    hashes[index] ??= leafHash(leaves[index]!.note);
    return hashes[index];
  };
  return {
    size,
    checkpoint,
    leaf: async (index) => leaves[index]!,
    async node(level, index) {
      const span = 2 ** level;
      const tree = new CompactTree();
      for (let leaf = index * span; leaf < (index + 1) * span; leaf++) tree.append(hashAt(leaf));
      return tree.root();
    },
  };
}

/** Runs a computation over nodes that have to be fetched: first only to learn which, then with them. */
export async function withNodes<Result>(log: Log, compute: (readNode: ReadNode) => Result): Promise<Result> {
  const needed = new Map<string, readonly [level: number, index: number]>();
  const unknown = new Uint8Array(HASH_BYTES);
  compute((level, index) => {
    needed.set(`${level} ${index}`, [level, index]);
    return unknown;
  });
  const nodes = new Map<string, Uint8Array>();
  for (const [key, [level, index]] of needed) nodes.set(key, await log.node(level, index));
  return compute((level, index) => nodes.get(`${level} ${index}`)!);
}

async function readBundle(
  reader: TilesReader,
  index: number,
  width: number,
): Promise<{ notes: readonly Uint8Array[]; bodies: readonly Uint8Array[] }> {
  const notes = await reader.entries(index, width);
  // Bodies that cannot be read were a fault of the check; here they are as good as withheld.
  const bodies = await readBodies(reader.files, index).catch(() => null);
  return { notes, bodies: bodies ?? [] };
}

/** Keeps what was read last. */
class Recent<Value> {
  readonly #read: (key: string) => Promise<Value>;
  readonly #kept = new Map<string, Promise<Value>>();

  constructor(read: (key: string) => Promise<Value>) {
    this.#read = read;
  }

  get(key: string): Promise<Value> {
    const kept = this.#kept.get(key) ?? this.#read(key);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > 8) this.#kept.delete(this.#kept.keys().next().value!);
    return kept;
  }
}
