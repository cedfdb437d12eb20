// Two checkpoints of one log that do not seem to fit: fetches the leaves of the other history, until they give its root, and finds
// the first leaf in which it differs from ours. What comes out is evidence: two signed checkpoints, two proofs, one index.
import { equalBytes, fromBase64, toBase64, toHex } from '../log/bytes.ts';
import type { LogStore } from '../log/store.ts';
import { CompactTree, inclusionProof, leafHash, nodeHash, type ReadNode } from '../log/tree.ts';
import type { SentLeaf } from './messages.ts';

export interface SeenCheckpoint {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly note: string;
}

export interface Side {
  readonly checkpoint: string;
  readonly leaf?: string;
  readonly path?: readonly string[];
}

export type Compared =
  | { readonly kind: 'equivocation'; readonly a: Side; readonly b: Side; readonly index: number }
  /** The other one continues ours, or is an earlier state of it. */
  | { readonly kind: 'same' }
  /** What was sent does not give its root. */
  | { readonly kind: 'unproven' };

export class Comparison {
  readonly other: SeenCheckpoint;
  #hashes: Uint8Array[] = [];
  #tries = 0;

  constructor(other: SeenCheckpoint) {
    this.other = other;
  }

  /** Index of the leaf that is needed next. */
  get next(): number {
    return this.#hashes.length;
  }

  /** Whether nobody seems to have that history. */
  get hopeless(): boolean {
    return this.#tries >= 3;
  }

  restart(): void {
    this.#hashes = [];
    this.#tries++;
  }

  add(from: number, leaves: readonly SentLeaf[]): void {
    if (from > this.#hashes.length) return;
    for (const { note } of leaves.slice(this.#hashes.length - from)) {
      if (this.#hashes.length < this.other.size) this.#hashes.push(leafHash(note));
    }
  }

  /** The answer, once all leaves of the other history are here. @param store ours */
  result(store: LogStore): Compared | null {
    const { size, root, note } = this.other;
    if (this.#hashes.length < size) return null;
    const tree = new CompactTree();
    for (const hash of this.#hashes) tree.append(hash);
    if (!equalBytes(tree.root(), fromBase64(root))) return { kind: 'unproven' };
    const index = this.#firstDifference(store);
    const ours = store.checkpoints(index + 1, 1)[0];
    if (!ours) return { kind: 'same' };
    const b = { leaf: this.#hashes[index]!, path: inclusionProof(index, size, nodesOf(this.#hashes)) };
    const read: ReadNode = (level, i) => store.node(level, i);
    const a = { leaf: store.leaf(index)!.leafHash, path: inclusionProof(index, ours.size, read) };
    return { kind: 'equivocation', index, a: side(ours.note, a), b: side(note, b) };
  }

  /** As many as both have where there is none. */
  #firstDifference(store: LogStore): number {
    for (let from = 0; from < this.#hashes.length; from += 1000) {
      for (const { index, leafHash: mine } of store.leaves(from, 1000)) {
        const theirs = this.#hashes[index];
        if (!theirs || !equalBytes(mine, theirs)) return theirs ? index : store.size;
      }
    }
    return store.size;
  }
}

function side(checkpoint: string, { leaf, path }: { leaf: Uint8Array; path: readonly Uint8Array[] }): Side {
  return { checkpoint, leaf: toHex(leaf), path: path.map(toBase64) };
}

function nodesOf(hashes: readonly Uint8Array[]): ReadNode {
  const node = (level: number, index: number): Uint8Array =>
    level === 0 ? hashes[index]! : nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1));
  return node;
}
