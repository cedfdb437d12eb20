// A store without a file, on a disk that can be told to fail: for simulations of faults, and for logs that nobody keeps. It
// answers like the embedded store. What a disk does to a store is modelled per commit, as SQLite's journal has it (WAL,
// synchronous=FULL): a commit is there or it is not. A failed one may be either, and the store takes nothing more.
import { equalBytes, sha256Hex } from './bytes.ts';
import { readCheckpoint } from './checkpoint.ts';
import { StoreError } from './errors.ts';
import type { LogFault } from './fault.ts';
import { requireLeaf } from './sqlite-rows.ts';
import type { LeafInput, LeafQuery, LogStore, RawLog, StoredCheckpoint, StoredLeaf } from './store.ts';
import { CompactTree, leafHash, rootAt } from './tree.ts';

const DEFAULT_LIMIT = 1000;

interface Commit {
  readonly leaves: readonly LeafInput[];
  readonly checkpoint: string | null;
}

/** How the next commit fails: it is `lost`, or it is `kept` although the store was told that it failed. */
export type DiskFault = 'lost' | 'kept';

/** What outlasts a store: its commits. A program that is killed leaves the disk as it is; `open` then gives a new store. */
export class MemoryDisk {
  #commits: Commit[] = [];
  #dropped = new Set<number>();
  /** Bodies that came after their leaves. */
  #added = new Map<number, string>();
  readonly #meta = new Map<string, string>();
  #open: MemoryStore | null = null;
  /** How the next commit fails; null when it does not. */
  fault: DiskFault | null = null;

  /** The store on this disk. Whoever had it open before is cut off, as by a kill. */
  open(): LogStore {
    this.#open?.cut();
    this.#open = new MemoryStore(this, this.#commits, this.#dropped, this.#added, this.#meta);
    return this.#open;
  }

  get commits(): number {
    return this.#commits.length;
  }

  /** A backup as of now, to be given to `restore`. */
  backup(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.#commits = [...this.#commits];
    copy.#dropped = new Set(this.#dropped);
    copy.#added = new Map(this.#added);
    return copy;
  }

  /** A disk that lied: the last commits are gone, though they were acknowledged. */
  lose(commits: number): void {
    this.#open?.cut();
    this.#commits.splice(Math.max(0, this.#commits.length - commits));
  }

  /** @throws StoreError `failed` where a fault was set */
  write(commit: Commit): void {
    const { fault } = this;
    this.fault = null;
    if (fault !== 'lost') this.#commits.push(commit);
    if (fault !== null) throw new StoreError('failed', 'the disk refused the ledger: input/output error');
  }
}

class MemoryStore implements LogStore {
  readonly raw: RawLog = new MemoryRaw(this);
  readonly #disk: MemoryDisk;
  readonly #dropped: Set<number>;
  readonly #added: Map<number, string>;
  readonly #meta: Map<string, string>;
  readonly #leaves: StoredLeaf[] = [];
  readonly #ids = new Map<string, number>();
  readonly #byKind = new Map<string, number[]>();
  readonly #byInterval = new Map<string, number[]>();
  /** Complete subtrees by level, as the tree grows. */
  readonly #nodes: Uint8Array[][] = [];
  readonly #checkpoints: StoredCheckpoint[] = [];
  #tree = new CompactTree();
  #refusal: StoreError | null = null;

  constructor(
    disk: MemoryDisk,
    commits: readonly Commit[],
    dropped: Set<number>,
    added: Map<number, string>,
    meta: Map<string, string>,
  ) {
    this.#disk = disk;
    this.#dropped = dropped;
    this.#added = added;
    this.#meta = meta;
    for (const commit of commits) this.#take(commit);
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  tree(): CompactTree {
    return this.#tree.clone();
  }

  rootAt(size: number): Uint8Array {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) {
      throw new StoreError('refused', `there is no root over ${size} leaves in a log of ${this.size}`);
    }
    return rootAt(size, this.#readNode);
  }

  indexOf(id: string): number | undefined {
    return this.#ids.get(id);
  }

  append(leaves: readonly LeafInput[], checkpoint?: string): number[] {
    this.#requireOpen();
    leaves.forEach(requireLeaf);
    const known = new Map(this.#ids);
    const fresh: LeafInput[] = [];
    const indices = leaves.map((leaf) => {
      const index = known.get(leaf.id) ?? this.size + fresh.length;
      if (!known.has(leaf.id)) {
        known.set(leaf.id, index);
        fresh.push(leaf);
      }
      return index;
    });
    if (checkpoint !== undefined) this.#requireFitting(fresh, checkpoint);
    const commit = { leaves: fresh, checkpoint: checkpoint ?? null };
    try {
      this.#disk.write(commit);
    } catch (error) {
      // Nobody knows what the disk holds: it has to be opened again.
      if (error instanceof StoreError) this.#refusal = error;
      throw error;
    }
    this.#take(commit);
    return indices;
  }

  checkpoint(): string | null {
    return this.#checkpoints.at(-1)?.note ?? null;
  }

  checkpoints(fromSize: number, limit: number): StoredCheckpoint[] {
    return this.#checkpoints.filter(({ size }) => size >= fromSize).slice(0, limit);
  }

  leaf(index: number): StoredLeaf | undefined {
    this.#requireOpen();
    const leaf = this.#leaves[index];
    if (!leaf) return undefined;
    return { ...leaf, body: this.#dropped.has(index) ? null : (leaf.body ?? this.#added.get(index) ?? null) };
  }

  leaves(from: number, count: number): StoredLeaf[] {
    const end = Math.min(from + count, this.size);
    return Array.from({ length: Math.max(0, end - from) }, (_, i) => this.leaf(from + i)!);
  }

  notes(from: number, count: number): string[] {
    return this.leaves(from, count).map(({ note }) => note);
  }

  select({ member, kind, interval, from, limit = DEFAULT_LIMIT, newestFirst = false }: LeafQuery): StoredLeaf[] {
    const fits = ({ tags }: StoredLeaf) =>
      (member === undefined || tags.member === member) &&
      (kind === undefined || tags.kind === kind) &&
      (interval === undefined || tags.interval === interval);
    const places = this.#placesOf(interval, kind);
    const found: StoredLeaf[] = [];
    const step = newestFirst ? -1 : 1;
    let at = from === undefined ? (newestFirst ? places.length - 1 : 0) : places.from(from, newestFirst);
    for (; at >= 0 && at < places.length && found.length < limit; at += step) {
      const leaf = this.leaf(places.at(at))!;
      if (fits(leaf)) found.push(leaf);
    }
    return found;
  }

  node(level: number, index: number): Uint8Array {
    const node = this.#nodes[level]?.[index];
    if (!node) {
      throw new StoreError(
        'refused',
        `node ${index} of level ${level} is not complete in a log of ${this.size} leaves`,
      );
    }
    return node;
  }

  dropBody(bodyHash: string, index?: number): void {
    this.#requireOpen();
    const at = index === undefined ? this.#leaves.filter((leaf) => leaf.bodyHash === bodyHash) : [this.leaf(index)];
    for (const leaf of at) if (leaf?.bodyHash === bodyHash) this.#dropped.add(leaf.index);
  }

  addBody(index: number, body: string): void {
    this.#requireOpen();
    const hash = this.leaf(index)?.bodyHash;
    if (!hash || sha256Hex(body) !== hash)
      throw new StoreError('refused', `the body offered for leaf ${index} is not the one that its leaf names`);
    if (this.leaf(index)?.body !== null) return;
    this.#dropped.delete(index);
    this.#added.set(index, body);
  }

  meta(key: string): string | null {
    return this.#meta.get(key) ?? null;
  }

  setMeta(key: string, value: string): void {
    this.#requireOpen();
    this.#meta.set(key, value);
  }

  close(): void {
    this.cut();
  }

  /** Ends it where it stands, as a kill does. */
  cut(): void {
    this.#refusal ??= new StoreError('closed', 'the ledger is closed');
  }

  #take({ leaves, checkpoint }: Commit): void {
    for (const leaf of leaves) {
      const index = this.size;
      const hash = leafHash(leaf.note);
      this.#ids.set(leaf.id, index);
      this.#leaves.push({ ...leaf, index, leafHash: hash });
      const { kind, interval } = leaf.tags;
      addTo(this.#byKind, kind, index);
      if (interval !== null) addTo(this.#byInterval, interval, index);
      this.#keep(0, index, hash);
      this.#tree.append(hash, (level, at, node) => this.#keep(level, at, node));
    }
    if (checkpoint !== null && this.#checkpoints.at(-1)?.size !== this.size) {
      this.#checkpoints.push({ size: this.size, note: checkpoint });
    }
  }

  /** The shortest list of leaves that holds all of an interval or a kind. */
  #placesOf(interval: string | undefined, kind: string | undefined): Places {
    if (interval !== undefined) return listed(this.#byInterval.get(interval) ?? []);
    if (kind !== undefined) return listed(this.#byKind.get(kind) ?? []);
    const { length } = this.#leaves;
    return {
      length,
      at: (position) => position,
      from: (index, before) => (before ? Math.min(index, length - 1) : index),
    };
  }

  #keep(level: number, index: number, node: Uint8Array): void {
    this.#nodes[level] ??= [];
    this.#nodes[level][index] = node;
  }

  readonly #readNode = (level: number, index: number): Uint8Array => this.node(level, index);

  #requireFitting(fresh: readonly LeafInput[], checkpoint: string): void {
    const tree = this.#tree.clone();
    for (const { note } of fresh) tree.append(leafHash(note));
    const { size, root } = readCheckpoint(checkpoint);
    if (size !== tree.size || !equalBytes(root, tree.root())) {
      throw new StoreError(
        'refused',
        `the checkpoint is not over the ${tree.size} leaves that the log would then hold`,
      );
    }
    const existing = this.#checkpoints.at(-1);
    if (existing?.size === size && existing.note !== checkpoint) {
      throw new StoreError('refused', `another checkpoint over ${size} leaves was stored before`);
    }
  }

  #requireOpen(): void {
    if (this.#refusal) throw this.#refusal;
  }
}

/** Indices of leaves, ascending. */
interface Places {
  readonly length: number;
  at(position: number): number;
  /** Position of the first that is not below an index; or, going back, of the last that is not above it. */
  from(index: number, before: boolean): number;
}

function listed(indices: readonly number[]): Places {
  return {
    length: indices.length,
    at: (position) => indices[position]!,
    from(index, before) {
      let [low, high] = [0, indices.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (before ? indices[middle]! <= index : indices[middle]! < index) low = middle + 1;
        else high = middle;
      }
      return before ? low - 1 : low;
    },
  };
}

function addTo(lists: Map<string, number[]>, key: string, index: number): void {
  const list = lists.get(key);
  if (list) list.push(index);
  else lists.set(key, [index]);
}

/** There is nothing beside the leaves that could contradict them. */
class MemoryRaw implements RawLog {
  readonly #store: Pick<LogStore, 'size' | 'leaves' | 'checkpoints' | 'checkpoint'>;

  constructor(store: Pick<LogStore, 'size' | 'leaves' | 'checkpoints' | 'checkpoint'>) {
    this.#store = store;
  }

  get size(): number {
    return this.#store.size;
  }

  get sealedSize(): number {
    const note = this.#store.checkpoint();
    return note === null ? 0 : readCheckpoint(note).size;
  }

  leaves(from: number, count: number): StoredLeaf[] {
    return this.#store.leaves(from, count);
  }

  checkpoints(fromSize: number, limit: number): StoredCheckpoint[] {
    return this.#store.checkpoints(fromSize, limit);
  }

  *faults(): Iterable<LogFault | null> {}
}
