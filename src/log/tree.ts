// The Merkle tree of RFC 6962 section 2.1 (SHA-256, 0x00 before leaves, 0x01 before nodes), and its proofs as RFC 9162
// sections 2.1.3 and 2.1.4 verify them. Sizes go up to 2^53-1, hence arithmetic instead of 32-bit shifts.
import { hash } from 'node:crypto';
import { equalBytes, sha256 } from './bytes.ts';

/** Reads the root of the complete subtree of 2^level leaves that starts at leaf index * 2^level. Level 0 = leaf hashes. */
export type ReadNode = (level: number, index: number) => Uint8Array;

const NODE_INPUT = Buffer.alloc(65, 1);

/** Hash of a leaf's content: SHA-256(0x00 || data). */
export function leafHash(data: string | Uint8Array): Uint8Array {
  if (typeof data === 'string') return hash('sha256', `\0${data}`, 'buffer');
  return hash('sha256', Buffer.concat([Buffer.alloc(1), data]), 'buffer');
}

/** Hash of an inner node: SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  NODE_INPUT.set(left, 1);
  NODE_INPUT.set(right, 33);
  return hash('sha256', NODE_INPUT, 'buffer');
}

/** Root of the tree without leaves. */
export const EMPTY_ROOT: Uint8Array = sha256('');

/** A tree that keeps only its frontier: the roots of the complete subtrees that its size is made of. Memory: 32 bytes per level. */
export class CompactTree {
  #size = 0;
  readonly #frontier: Uint8Array[] = [];

  get size(): number {
    return this.#size;
  }

  /** The tree of the given size whose complete subtrees can be read. */
  static at(size: number, readNode: ReadNode): CompactTree {
    const tree = new CompactTree();
    tree.#size = requireSize(size);
    let start = 0;
    for (let level = levelsOf(size); level >= 0; level--) {
      const width = 2 ** level;
      if (!hasBit(size, level)) continue;
      tree.#frontier[level] = readNode(level, start / width);
      start += width;
    }
    return tree;
  }

  /** Adds a leaf hash; `onNode` is told each inner subtree that this completes, lowest first. */
  append(leaf: Uint8Array, onNode?: (level: number, index: number, hash: Uint8Array) => void): void {
    let node = leaf;
    let level = 0;
    let index = this.#size;
    while (index % 2 === 1) {
      node = nodeHash(this.#frontier[level]!, node);
      index = (index - 1) / 2;
      level++;
      onNode?.(level, index, node);
    }
    this.#frontier[level] = node;
    this.#size++;
  }

  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (let level = 0; level <= levelsOf(this.#size); level++) {
      if (!hasBit(this.#size, level)) continue;
      const node = this.#frontier[level]!;
      root = root === undefined ? node : nodeHash(node, root);
    }
    return root ?? EMPTY_ROOT;
  }

  clone(): CompactTree {
    const copy = new CompactTree();
    copy.#size = this.#size;
    copy.#frontier.push(...this.#frontier);
    return copy;
  }
}

/** Root of the first `size` leaves. */
export function rootAt(size: number, readNode: ReadNode): Uint8Array {
  return requireSize(size) === 0 ? EMPTY_ROOT : rangeRoot(0, size, readNode);
}

/** Proof that leaf `index` is in the tree of `size` leaves, lowest sibling first. @throws RangeError when it is not */
export function inclusionProof(index: number, size: number, readNode: ReadNode): Uint8Array[] {
  requireSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`there is no leaf ${index} in a log of ${size} leaves`);
  }
  const proof: Uint8Array[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      proof.push(rangeRoot(middle, to, readNode));
      to = middle;
    } else {
      proof.push(rangeRoot(from, middle, readNode));
      from = middle;
    }
  }
  return proof.reverse();
}

/** Proof that the tree of `size1` leaves is a prefix of the tree of `size2` leaves. @throws RangeError unless 0 < size1 <= size2 */
export function consistencyProof(size1: number, size2: number, readNode: ReadNode): Uint8Array[] {
  requireSize(size2);
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) {
    throw new RangeError(`no consistency proof leads from ${size1} to ${size2} leaves`);
  }
  const proof: Uint8Array[] = [];
  let from = 0;
  let to = size2;
  // The old tree itself is known to the verifier as long as it has been a left child all the way down.
  let known = true;
  while (size1 < to) {
    const middle = from + splitOf(to - from);
    if (size1 <= middle) {
      proof.push(rangeRoot(middle, to, readNode));
      to = middle;
    } else {
      proof.push(rangeRoot(from, middle, readNode));
      from = middle;
      known = false;
    }
  }
  if (!known) proof.push(rangeRoot(from, to, readNode));
  return proof.reverse();
}

/** One join on the way from a leaf to the root: the sibling, on which side it stands, and the node above both. */
export interface PathStep {
  readonly sibling: Uint8Array;
  readonly side: 'left' | 'right';
  readonly node: Uint8Array;
}

/**
 * Walks from a leaf to the root along an inclusion proof, lowest sibling first, and keeps what it passes.
 * @returns `complete` when the proof has as many siblings as the way has joins; only then the last node is a root
 */
export function climb(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): { readonly steps: readonly PathStep[]; readonly complete: boolean } {
  const steps: PathStep[] = [];
  if (!isSize(index) || !isSize(size) || index >= size) return { steps, complete: false };
  let position = index;
  let last = size - 1;
  let node = leaf;
  for (const sibling of proof) {
    if (last === 0) return { steps, complete: false };
    const left = position % 2 === 1 || position === last;
    node = left ? nodeHash(sibling, node) : nodeHash(node, sibling);
    while (left && position % 2 === 0 && position !== 0) {
      position /= 2;
      last = Math.floor(last / 2);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
    steps.push({ sibling, side: left ? 'left' : 'right', node });
  }
  return { steps, complete: last === 0 };
}

/** Whether the proof shows that the leaf hash stands at `index` of the tree with this size and root. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (![leaf, root, ...proof].every(isHash)) return false;
  const { steps, complete } = climb(leaf, index, size, proof);
  return complete && equalBytes(steps.at(-1)?.node ?? leaf, root);
}

/** Whether the proof shows that the second tree continues the first. From the empty tree nothing can be shown: false. */
export function verifyConsistency(
  size1: number,
  root1: Uint8Array,
  size2: number,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) return false;
  if (size1 === size2) return proof.length === 0 && equalBytes(root1, root2);
  if (proof.length === 0 || ![root1, root2, ...proof].every(isHash)) return false;
  const path = Number.isInteger(Math.log2(size1)) ? [root1, ...proof] : proof;
  let node = size1 - 1;
  let last = size2 - 1;
  while (node % 2 === 1) {
    node = (node - 1) / 2;
    last = Math.floor(last / 2);
  }
  let first = path[0]!;
  let second = path[0]!;
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      first = nodeHash(sibling, first);
      second = nodeHash(sibling, second);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else second = nodeHash(second, sibling);
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(first, root1) && equalBytes(second, root2);
}

/** Root over leaves [from, to), where `from` is a multiple of the next power of two above the length. */
function rangeRoot(from: number, to: number, readNode: ReadNode): Uint8Array {
  const length = to - from;
  const split = splitOf(length);
  if (length === 1 || split * 2 === length) {
    return readNode(length === 1 ? 0 : Math.round(Math.log2(length)), from / length);
  }
  return nodeHash(rangeRoot(from, from + split, readNode), rangeRoot(from + split, to, readNode));
}

/** The largest power of two smaller than the length (RFC 6962: k). */
function splitOf(length: number): number {
  let split = 1;
  while (split * 2 < length) split *= 2;
  return split;
}

function levelsOf(size: number): number {
  let level = 0;
  while (2 ** (level + 1) <= size) level++;
  return level;
}

function hasBit(size: number, level: number): boolean {
  return Math.floor(size / 2 ** level) % 2 === 1;
}

function isHash(value: Uint8Array): boolean {
  return value.length === 32;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function requireSize(size: number): number {
  if (!isSize(size)) throw new RangeError(`${size} is not a size of a log`);
  return size;
}
