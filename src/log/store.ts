// What the log asks of a storage engine: keep leaves in order, durably, and give them back. The engine is not trusted:
// signatures, the tree and the checkpoints find out whatever it loses or alters.

import type { LogFault } from './fault.ts';
import type { CompactTree } from './tree.ts';

/**
 * When a power cut can no longer take back what was appended. `every-commit`: once `append` has returned. `when-closed`: not before
 * `close` has returned; until then a kill may cost the last leaves, a power cut the whole file. For logs that can be made again, such
 * as those of a simulation; never for a log whose leaves are acknowledged to others.
 */
export type Durability = 'every-commit' | 'when-closed';

export interface LeafTags {
  /** whose leaf it is; null where it is nobody's in particular */
  readonly member: string | null;
  readonly kind: string;
  /** the interval the leaf is about; null where it is about none */
  readonly interval: string | null;
}

export interface LeafInput {
  /** the whole signed note, at most 65 535 bytes in UTF-8 */
  readonly note: string;
  /** SHA-256 of the note's text, hexadecimal: the same id again is the same leaf */
  readonly id: string;
  readonly body: string | null;
  /** SHA-256 of the body, hexadecimal */
  readonly bodyHash: string | null;
  readonly tags: LeafTags;
}

export interface StoredLeaf {
  readonly index: number;
  readonly note: string;
  readonly id: string;
  /** SHA-256(0x00 || note), as stored */
  readonly leafHash: Uint8Array;
  readonly bodyHash: string | null;
  /** null when the leaf has none, or when it was dropped or withheld */
  readonly body: string | null;
  readonly tags: LeafTags;
}

export interface LeafQuery {
  readonly member?: string;
  readonly kind?: string;
  readonly interval?: string;
  /** first index to return; with newestFirst: the last one */
  readonly from?: number;
  /** how many at most (1000 unless told) */
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** What an engine holds, for whoever audits it: nothing is checked, so that every fault can be named. Methods throw StoreError. */
export interface RawLog {
  /** one more than the highest position of a leaf; some below it may be missing */
  readonly size: number;
  /** the size that the newest checkpoint is stored under; 0 without one */
  readonly sealedSize: number;
  /** the next `count` leaves that are there, from a position on */
  leaves(from: number, count: number): StoredLeaf[];
  checkpoints(fromSize: number, limit: number): StoredCheckpoint[];
  /** faults of what the engine keeps beside leaves and checkpoints; null now and then, so that the caller can pause */
  faults(): Iterable<LogFault | null>;
}

/** Methods throw StoreError; what they return is what the engine holds, not yet what is true. */
export interface LogStore {
  /** number of leaves */
  readonly size: number;
  /** root over all leaves */
  root(): Uint8Array;
  /** a copy of the tree over all leaves: append to it to learn the root that a planned commit will have */
  tree(): CompactTree;
  /** root over the first leaves */
  rootAt(size: number): Uint8Array;
  /** index of the leaf with this id */
  indexOf(id: string): number | undefined;
  /**
   * Appends leaves, and a signed checkpoint over all leaves then in the log, in one durable transaction: when it returns, a power
   * cut takes nothing back (but see Durability). A leaf whose id is in the log already is not stored again. Returns the index of each leaf.
   * Stores nothing and throws `refused` when a leaf is too long or the checkpoint has another size or root than the log then has.
   */
  append(leaves: readonly LeafInput[], checkpoint?: string): number[];
  /** the newest checkpoint, as signed */
  checkpoint(): string | null;
  /** checkpoints are kept for ever; those of at least this size, smallest first */
  checkpoints(fromSize: number, limit: number): StoredCheckpoint[];
  leaf(index: number): StoredLeaf | undefined;
  /** `count` leaves from `from` on, fewer at the end; page through a long log, so that memory stays bounded */
  leaves(from: number, count: number): StoredLeaf[];
  /** only the notes of these leaves */
  notes(from: number, count: number): string[];
  select(query: LeafQuery): StoredLeaf[];
  /** root of the complete subtree of 2^level leaves, the index-th of its level */
  node(level: number, index: number): Uint8Array;
  /**
   * Forgets a body (erasure); the leaf stays, and with it signature and tree. With the index of its leaf this is instant,
   * without it the whole log is searched.
   */
  dropBody(bodyHash: string, index?: number): void;
  /**
   * Keeps a body that was withheld when its leaf was appended. Refused when it is not the leaf's; a body that is there stays.
   */
  addBody(index: number, body: string): void;
  /** a remark of the level above, such as the origin */
  meta(key: string): string | null;
  setMeta(key: string, value: string): void;
  /** the same as it lies on the disk, for an audit */
  readonly raw: RawLog;
  close(): void;
}
