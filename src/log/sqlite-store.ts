// The embedded engine of the log: one SQLite file, one connection, one transaction per append, durable before it returns (unless the
// caller wants that only when it is closed: see Durability).
// Opening is verifying: the stored tree must give the root of the newest checkpoint, and the tail must hash to its leaves.
import type { DatabaseSync } from 'node:sqlite';
import { equalBytes, fromHex, sha256Hex } from './bytes.ts';
import { readCheckpoint } from './checkpoint.ts';
import { FormatError, StoreError } from './errors.ts';
import { openDatabase, settleDatabase, storeError } from './sqlite-open.ts';
import { SqliteRaw } from './sqlite-raw.ts';
import {
  CHECKPOINTS_FROM,
  INSERT_LEAF,
  isHashHex,
  LEAF_WITH_BODY,
  requireHash,
  requireLeaf,
  selection,
  toLeaf,
} from './sqlite-rows.ts';
import { SqliteStatements } from './sqlite-statements.ts';
import type { Durability, LeafInput, LeafQuery, LogStore, StoredCheckpoint, StoredLeaf } from './store.ts';
import { CompactTree, leafHash, nodeHash, rootAt } from './tree.ts';

/** Levels of the tree that one row of `node` spans. */
const TILE_HEIGHT = 8;
/** Leaves before the newest checkpoint that opening hashes again; the tree already vouches for the older ones. */
const REHASHED_LEAVES = 4096;
/** Leaves per transaction where durability waits for the end: pages of the scattered ids are then written once for many leaves. */
const UNSYNCED_LEAVES = 16_384;

export interface SqliteStoreOptions {
  readonly readOnly?: boolean;
  /** `every-commit` unless told */
  readonly durability?: Durability;
}

/**
 * Opens the database at a path, or creates it.
 * @throws StoreError with a sentence when it is in use, not ours, or its content contradicts itself
 */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): LogStore {
  const database = openDatabase(path, options.readOnly ?? false, options.durability);
  try {
    const store = new SqliteStore(path, database, options);
    store.verifyTail();
    return store;
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}

class SqliteStore implements LogStore {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #readOnly: boolean;
  readonly raw: SqliteRaw;
  readonly #sql: SqliteStatements;
  #tree: CompactTree;
  readonly #syncs: boolean;
  /** Leaves in the open transaction; it outlasts an append only where nothing is synced before the end. */
  #uncommitted: number | null = null;

  constructor(path: string, database: DatabaseSync, { readOnly = false, durability }: SqliteStoreOptions) {
    this.#path = path;
    this.#database = database;
    this.#sql = new SqliteStatements(database, path);
    this.raw = new SqliteRaw(this.#sql);
    this.#readOnly = readOnly;
    this.#syncs = durability !== 'when-closed';
    const last = this.#sql.get('SELECT max(idx) AS last FROM leaf')?.['last'];
    this.#tree = CompactTree.at(typeof last === 'number' ? last + 1 : 0, this.#readNode);
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
    this.#requireSize(size);
    return rootAt(size, this.#readNode);
  }

  indexOf(id: string): number | undefined {
    if (!isHashHex(id)) return undefined;
    const bytes = fromHex(id);
    const row = this.#sql.get('SELECT idx, id FROM leaf WHERE substr(id, 1, 16) = ?', bytes.subarray(0, 16));
    return row !== undefined && equalBytes(requireHash(row['id']), bytes) ? Number(row['idx']) : undefined;
  }

  append(leaves: readonly LeafInput[], checkpoint?: string): number[] {
    this.#requireWritable();
    leaves.forEach(requireLeaf);
    const tree = this.#tree.clone();
    try {
      if (this.#uncommitted === null) this.#database.exec('BEGIN IMMEDIATE');
      this.#uncommitted = (this.#uncommitted ?? 0) + leaves.length;
      const indices = leaves.map((leaf) => this.#insertLeaf(tree, leaf));
      if (checkpoint !== undefined) this.#insertCheckpoint(tree, checkpoint);
      if (this.#syncs || this.#uncommitted >= UNSYNCED_LEAVES) this.#commit();
      this.#tree = tree;
      if (this.#syncs && checkpoint !== undefined) this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return indices;
    } catch (error) {
      throw this.#abandon(error);
    }
  }

  checkpoint(): string | null {
    const row = this.#sql.get('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1');
    return row === undefined ? null : String(row['note']);
  }

  checkpoints(fromSize: number, limit: number): StoredCheckpoint[] {
    const rows = this.#sql.all(CHECKPOINTS_FROM, fromSize, limit);
    return rows.map((row) => ({ size: Number(row['size']), note: String(row['note']) }));
  }

  leaf(index: number): StoredLeaf | undefined {
    if (!Number.isSafeInteger(index)) return undefined;
    const row = this.#sql.get(`${LEAF_WITH_BODY} WHERE leaf.idx = ?`, index);
    return row === undefined ? undefined : toLeaf(row);
  }

  leaves(from: number, count: number): StoredLeaf[] {
    const sql = `${LEAF_WITH_BODY} WHERE leaf.idx >= ? AND leaf.idx < ? ORDER BY leaf.idx`;
    return this.#sql.all(sql, from, from + count).map(toLeaf);
  }

  notes(from: number, count: number): string[] {
    const rows = this.#sql.all('SELECT note FROM leaf WHERE idx >= ? AND idx < ? ORDER BY idx', from, from + count);
    return rows.map((row) => String(row['note']));
  }

  select(query: LeafQuery): StoredLeaf[] {
    const { sql, values } = selection(query);
    return this.#sql.all(sql, ...values).map(toLeaf);
  }

  node(level: number, index: number): Uint8Array {
    if (!Number.isSafeInteger(index) || index < 0 || (index + 1) * 2 ** level > this.size) {
      throw new StoreError(
        'refused',
        `node ${index} of level ${level} is not complete in a log of ${this.size} leaves`,
      );
    }
    return this.#readNode(level, index);
  }

  dropBody(bodyHash: string, index?: number): void {
    this.#requireWritable();
    this.#write(() => {
      this.#commit();
      if (index === undefined) this.#sql.run('DELETE FROM body WHERE hash = ?', fromHex(bodyHash));
      else this.#sql.run('DELETE FROM body WHERE idx = ? AND hash = ?', index, fromHex(bodyHash));
      // Erased means erased from the write-ahead file, too.
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }

  addBody(index: number, body: string): void {
    this.#requireWritable();
    const hash = this.leaf(index)?.bodyHash;
    if (!hash || sha256Hex(body) !== hash)
      throw new StoreError('refused', `the body offered for leaf ${index} is not the one that its leaf names`);
    this.#write(() => {
      this.#commit();
      this.#sql.run(
        'INSERT INTO body (idx, hash, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        index,
        fromHex(hash),
        body,
      );
    });
  }

  meta(key: string): string | null {
    const row = this.#sql.get('SELECT value FROM meta WHERE key = ?', key);
    return row === undefined ? null : String(row['value']);
  }

  setMeta(key: string, value: string): void {
    this.#requireWritable();
    this.#write(() =>
      this.#sql.run(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        key,
        value,
      ),
    );
  }

  close(): void {
    if (this.#sql.refusal?.code === 'closed') return;
    const failed = this.#sql.refusal !== null;
    if (!failed) this.#write(() => this.#commit());
    this.#sql.refuse(new StoreError('closed', `the ledger database ${this.#path} is closed`));
    if (failed) return;
    if (this.#syncs) this.#database.close();
    else settleDatabase(this.#database, this.#path);
  }

  #commit(): void {
    if (this.#uncommitted === null) return;
    this.#database.exec('COMMIT');
    this.#uncommitted = null;
  }

  /** @throws StoreError `damaged` when tree, checkpoints and tail contradict each other */
  verifyTail(): void {
    const [newest, previous] = this.#sql.all('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 2');
    let from = 0;
    if (newest !== undefined) {
      const { size, root } = this.#requireCheckpoint(Number(newest['size']), String(newest['note']));
      if (size > this.size) {
        throw this.#damaged(`its checkpoint speaks of ${size} leaves, but it holds ${this.size}`);
      }
      if (!equalBytes(rootAt(size, this.#readNode), root)) {
        throw this.#damaged(`its first ${size} leaves do not have the root of the checkpoint signed over them`);
      }
      from = Math.max(Number(previous?.['size'] ?? 0), size - REHASHED_LEAVES);
    }
    const sql = 'SELECT idx, leaf_hash, note FROM leaf WHERE idx >= ? ORDER BY idx LIMIT 1000';
    while (from < this.size) {
      const start = from;
      for (const { idx, leaf_hash: stored, note } of this.#sql.all(sql, from)) {
        if (idx !== from) throw this.#damaged(`leaf ${from} is missing`);
        if (!equalBytes(leafHash(String(note)), requireHash(stored))) throw this.#damaged(`leaf ${from} was altered`);
        from++;
      }
      if (from === start) throw this.#damaged(`leaf ${from} is missing`);
    }
  }

  #insertLeaf(tree: CompactTree, { note, id, body, bodyHash, tags }: LeafInput): number {
    const hash = leafHash(note);
    const index = tree.size;
    const bodyHashBytes = bodyHash === null ? null : Buffer.from(bodyHash, 'hex');
    const { changes } = this.#sql.run(
      INSERT_LEAF,
      index,
      Buffer.from(id, 'hex'),
      hash,
      bodyHashBytes,
      tags.member,
      tags.kind,
      tags.interval,
      note,
    );
    if (Number(changes) === 0) {
      const first = this.indexOf(id);
      if (first === undefined)
        throw new StoreError('refused', `a different leaf begins with the same half of the id ${id}`);
      return first;
    }
    if (body !== null) this.#sql.run('INSERT INTO body (idx, hash, body) VALUES (?, ?, ?)', index, bodyHashBytes, body);
    tree.append(hash, (level, nodeIndex, node) => {
      if (level % TILE_HEIGHT === 0)
        this.#sql.run('INSERT INTO node (level, idx, hash) VALUES (?, ?, ?)', level, nodeIndex, node);
    });
    return index;
  }

  #insertCheckpoint(tree: CompactTree, note: string): void {
    const { size, root } = readCheckpoint(note);
    if (size !== tree.size || !equalBytes(root, tree.root())) {
      throw new StoreError(
        'refused',
        `the checkpoint is not over the ${tree.size} leaves that the log would then hold`,
      );
    }
    const existing = this.#sql.get('SELECT note FROM checkpoint WHERE size = ?', size);
    if (existing === undefined) this.#sql.run('INSERT INTO checkpoint (size, note) VALUES (?, ?)', size, note);
    else if (existing['note'] !== note) {
      throw new StoreError('refused', `another checkpoint over ${size} leaves was stored before`);
    }
  }

  #requireCheckpoint(size: number, note: string): { size: number; root: Uint8Array } {
    try {
      const checkpoint = readCheckpoint(note);
      if (checkpoint.size === size) return checkpoint;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
    throw this.#damaged(`its checkpoint over ${size} leaves is not readable`);
  }

  readonly #readNode = (level: number, index: number): Uint8Array => {
    const height = level % TILE_HEIGHT;
    const base = level - height;
    const first = index * 2 ** height;
    const last = first + 2 ** height;
    const rows =
      base === 0
        ? this.#sql.all('SELECT leaf_hash AS hash FROM leaf WHERE idx >= ? AND idx < ? ORDER BY idx', first, last)
        : this.#sql.all(
            'SELECT hash FROM node WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx',
            base,
            first,
            last,
          );
    let hashes = rows.map((row) => requireHash(row['hash']));
    if (hashes.length !== last - first)
      throw this.#damaged(`a part of the tree (level ${level}, node ${index}) is missing`);
    while (hashes.length > 1) {
      const above: Uint8Array[] = [];
      for (let i = 0; i < hashes.length; i += 2) above.push(nodeHash(hashes[i]!, hashes[i + 1]!));
      hashes = above;
    }
    return hashes[0]!;
  };

  #write(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw this.#abandon(error);
    }
  }

  /** After a failed write nobody knows what is on the disk: only opening again, which verifies, can tell. */
  #abandon(error: unknown): Error {
    if (this.#database.isTransaction) {
      try {
        this.#database.exec('ROLLBACK');
      } catch {
        // The first error is the one to report.
      }
    }
    // A transaction of several appends took leaves with it whose indices were given out.
    const lost = !this.#syncs && this.#uncommitted !== null;
    this.#uncommitted = null;
    if (!lost && (error instanceof StoreError || error instanceof FormatError)) return error;
    const wrapped = storeError(error, this.#path);
    this.#sql.refuse(wrapped);
    try {
      this.#database.close();
    } catch {
      // Same here.
    }
    return wrapped;
  }

  #requireWritable(): void {
    if (this.#sql.refusal) throw this.#sql.refusal;
    if (this.#readOnly)
      throw new StoreError('read-only', `the ledger database ${this.#path} was opened for reading only`);
  }

  #requireSize(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) {
      throw new StoreError('refused', `the log holds ${this.size} leaves, not ${size}`);
    }
  }

  #damaged(what: string): StoreError {
    return new StoreError('damaged', `the ledger database ${this.#path} is damaged: ${what}; restore a copy`);
  }
}
