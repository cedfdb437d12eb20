import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { equalBytes, fromBase64, fromHex, sha256, toHex } from '../../src/log/bytes.ts';
import {
  CompactTree,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  nodeHash,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from '../../src/log/tree.ts';
import { needSharedData } from '../support/shared-data.ts';

const LIMIT = 300;
const leaves = Array.from({ length: LIMIT }, (_, i) => leafHash(`leaf ${i}`));

/** RFC 6962 section 2.1 word by word, on leaf hashes: what the fast code is compared with. */
function naiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return sha256('');
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(naiveRoot(hashes.slice(0, k)), naiveRoot(hashes.slice(k)));
}

/** RFC 6962 section 2.1.1. */
function naivePath(m: number, hashes: readonly Uint8Array[]): Uint8Array[] {
  if (hashes.length === 1) return [];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  if (m < k) return [...naivePath(m, hashes.slice(0, k)), naiveRoot(hashes.slice(k))];
  return [...naivePath(m - k, hashes.slice(k)), naiveRoot(hashes.slice(0, k))];
}

/** RFC 6962 section 2.1.2. */
function naiveSubproof(m: number, hashes: readonly Uint8Array[], known: boolean): Uint8Array[] {
  if (m === hashes.length) return known ? [] : [naiveRoot(hashes)];
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  if (m <= k) return [...naiveSubproof(m, hashes.slice(0, k), known), naiveRoot(hashes.slice(k))];
  return [...naiveSubproof(m - k, hashes.slice(k), false), naiveRoot(hashes.slice(0, k))];
}

const readNode = (level: number, index: number) =>
  naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
const hexes = (hashes: readonly Uint8Array[]) => hashes.map(toHex);

describe('log/tree', () => {
  it('has the published nodes and roots of the RFC 6962 reference tree', function () {
    const reference = JSON.parse(readFileSync(needSharedData(this, 'ledger/rfc6962_reference_tree.json'), 'utf8')) as {
      leaf_inputs_hex: string[];
      node_hashes_hex_by_level: string[][];
      root_hashes_hex_size1_to_8: string[];
      empty_root_hex: string;
    };
    const tree = new CompactTree();
    assert.equal(toHex(tree.root()), reference.empty_root_hex);
    const nodes: string[][] = [[], [], [], []];
    for (const [i, input] of reference.leaf_inputs_hex.entries()) {
      const hash = leafHash(fromHex(input));
      nodes[0]!.push(toHex(hash));
      tree.append(hash, (level, _, node) => nodes[level]!.push(toHex(node)));
      assert.equal(toHex(tree.root()), reference.root_hashes_hex_size1_to_8[i]);
    }
    assert.deepEqual(nodes, reference.node_hashes_hex_by_level);
  });

  it('equals the naive tree for every size from 0 to 300, also when rebuilt from stored nodes', () => {
    const tree = new CompactTree();
    for (let size = 0; size <= LIMIT; size++) {
      const root = toHex(naiveRoot(leaves.slice(0, size)));
      assert.equal(tree.size, size);
      assert.equal(toHex(tree.root()), root, `size ${size}`);
      assert.equal(toHex(CompactTree.at(size, readNode).root()), root);
      assert.equal(toHex(rootAt(size, readNode)), root);
      if (size < LIMIT) tree.append(leaves[size]!);
    }
    assert.equal(toHex(EMPTY_ROOT), toHex(sha256('')));
  });

  it('reports each completed node once, with the hash of its leaves', () => {
    const seen = new Set<string>();
    const tree = new CompactTree();
    for (const leaf of leaves) {
      tree.append(leaf, (level, index, hash) => {
        assert.ok(!seen.has(`${level}/${index}`));
        seen.add(`${level}/${index}`);
        assert.ok(equalBytes(hash, readNode(level, index)));
      });
    }
    let expected = 0;
    for (let level = 1; 2 ** level <= LIMIT; level++) expected += Math.floor(LIMIT / 2 ** level);
    assert.equal(seen.size, expected);
  });

  it('keeps a clone apart from its original', () => {
    const tree = CompactTree.at(7, readNode);
    const before = toHex(tree.root());
    const copy = tree.clone();
    copy.append(leaves[7]!);
    assert.equal(toHex(tree.root()), before);
    assert.equal(toHex(copy.root()), toHex(naiveRoot(leaves.slice(0, 8))));
  });

  it('proves inclusion as RFC 6962 does, and each proof verifies', () => {
    for (const size of [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100]) {
      const root = naiveRoot(leaves.slice(0, size));
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, readNode);
        assert.deepEqual(hexes(proof), hexes(naivePath(index, leaves.slice(0, size))));
        assert.ok(verifyInclusion(leaves[index]!, index, size, proof, root));
      }
    }
  });

  it('proves consistency as RFC 6962 does, and each proof verifies', () => {
    for (let size2 = 1; size2 <= 40; size2++) {
      const root2 = naiveRoot(leaves.slice(0, size2));
      for (let size1 = 1; size1 <= size2; size1++) {
        const proof = consistencyProof(size1, size2, readNode);
        assert.deepEqual(
          hexes(proof),
          hexes(naiveSubproof(size1, leaves.slice(0, size2), true)),
          `${size1} to ${size2}`,
        );
        assert.ok(verifyConsistency(size1, naiveRoot(leaves.slice(0, size1)), size2, root2, proof));
      }
    }
  });

  it('refuses every mutated proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), fc.nat(), (size, a, b, bit) => {
        const index = a % size;
        const root = naiveRoot(leaves.slice(0, size));
        const proof = inclusionProof(index, size, readNode).map((hash) => Uint8Array.from(hash));
        const leaf = leaves[index]!;
        assert.ok(!verifyInclusion(leaf, index, size, proof.slice(1), root));
        assert.ok(!verifyInclusion(leaf, index, size, proof.slice(0, -1), root));
        assert.ok(!verifyInclusion(leaf, index, size, [...proof, root], root));
        const other = (index + 1 + (b % (size - 1))) % size;
        assert.ok(!verifyInclusion(leaf, other, size, proof, root));
        assert.ok(!verifyInclusion(leaf, index, size, proof, leaf));
        proof[b % proof.length]![bit % 32]! ^= 1 << (bit % 8);
        assert.ok(!verifyInclusion(leaf, index, size, proof, root));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size2, a, bit) => {
        const size1 = 1 + (a % (size2 - 1));
        const root1 = naiveRoot(leaves.slice(0, size1));
        const root2 = naiveRoot(leaves.slice(0, size2));
        const proof = consistencyProof(size1, size2, readNode).map((hash) => Uint8Array.from(hash));
        assert.ok(!verifyConsistency(size1, root2, size2, root2, proof));
        assert.ok(!verifyConsistency(size1, root1, size2, root1, proof));
        assert.ok(!verifyConsistency(size1, root1, size2, root2, proof.slice(1)));
        assert.ok(!verifyConsistency(size1, root1, size2, root2, [...proof, root1]));
        proof[a % proof.length]![bit % 32]! ^= 1 << (bit % 8);
        assert.ok(!verifyConsistency(size1, root1, size2, root2, proof));
      }),
    );
  });

  it('does not take an inner node for a leaf', () => {
    // The forger offers node (1, 0) as the leaf of a tree half as high: only the 0x00 and 0x01 prefixes tell them apart.
    const inner = Buffer.concat([leaves[0]!, leaves[1]!]);
    const root = naiveRoot(leaves.slice(0, 4));
    assert.ok(!verifyInclusion(leafHash(inner), 0, 2, [readNode(1, 1)], root));
    assert.ok(!equalBytes(leafHash(inner), readNode(1, 0)));
  });

  it('agrees with the published inclusion vectors, good and bad', function () {
    const { vectors } = JSON.parse(readFileSync(needSharedData(this, 'ledger/merkle_inclusion.json'), 'utf8')) as {
      vectors: InclusionVector[];
    };
    assert.equal(vectors.length, 98);
    for (const vector of vectors) {
      const proof = (vector.proof ?? []).map(bytes);
      const ok = verifyInclusion(bytes(vector.leafHash), vector.leafIdx, vector.treeSize, proof, bytes(vector.root));
      assert.equal(ok, !vector.wantErr, vector.file);
    }
  });

  it('agrees with the published consistency vectors, good and bad', function () {
    const { vectors } = JSON.parse(readFileSync(needSharedData(this, 'ledger/merkle_consistency.json'), 'utf8')) as {
      vectors: ConsistencyVector[];
    };
    assert.equal(vectors.length, 98);
    for (const vector of vectors) {
      const proof = (vector.proof ?? []).map(bytes);
      const ok = verifyConsistency(vector.size1, bytes(vector.root1), vector.size2, bytes(vector.root2), proof);
      assert.equal(ok, !vector.wantErr, vector.file);
    }
  });

  it('answers false to sizes and indices that are none', () => {
    const hash = leaves[0]!;
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -0.5]) {
      assert.equal(verifyInclusion(hash, bad, 1, [], hash), false);
      assert.equal(verifyInclusion(hash, 0, bad, [], hash), false);
      assert.equal(verifyConsistency(bad, hash, 1, hash, []), false);
      assert.equal(verifyConsistency(1, hash, bad, hash, []), false);
    }
    assert.equal(verifyConsistency(0, EMPTY_ROOT, 1, hash, []), false);
    assert.throws(() => inclusionProof(1, 1, readNode), RangeError);
    assert.throws(() => inclusionProof(-1, 1, readNode), RangeError);
    assert.throws(() => consistencyProof(0, 1, readNode), RangeError);
    assert.throws(() => consistencyProof(2, 1, readNode), RangeError);
  });

  it('verifies in a tree larger than 32 bits can count', () => {
    // All leaves equal: then a node depends on its level only, and 2^40 leaves need no memory.
    const levels = [leafHash('same')];
    for (let level = 1; level <= 41; level++) levels.push(nodeHash(levels[level - 1]!, levels[level - 1]!));
    const same = (level: number) => levels[level]!;
    const size = 2 ** 40 + 5;
    const root = rootAt(size, same);
    for (const index of [0, 2 ** 31, 2 ** 39, 2 ** 40 - 1, 2 ** 40, size - 1]) {
      const proof = inclusionProof(index, size, same);
      assert.ok(verifyInclusion(levels[0]!, index, size, proof, root), `leaf ${index}`);
      assert.ok(!verifyInclusion(levels[0]!, index, size, proof.slice(1), root));
    }
    for (const size1 of [1, 2 ** 31 + 1, 2 ** 40 - 1, 2 ** 40, 2 ** 40 + 4]) {
      const proof = consistencyProof(size1, size, same);
      assert.ok(verifyConsistency(size1, rootAt(size1, same), size, root, proof), `from ${size1}`);
    }
  });
});

interface InclusionVector {
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  proof: string[] | null;
  wantErr: boolean;
  file: string;
}

interface ConsistencyVector {
  size1: number;
  size2: number;
  root1: string;
  root2: string;
  proof: string[] | null;
  wantErr: boolean;
  file: string;
}

function bytes(base64: string | null): Uint8Array {
  return fromBase64(base64 ?? '');
}
