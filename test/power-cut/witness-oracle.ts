// What must hold of a witness after a power cut: it remembers at least what it cosigned, never cosigns another root for that size,
// goes on with the next checkpoint of the same history, and does not forget that it was shown two.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { cosigner } from '../../src/log/cosignature.ts';
import { ed25519Signer, verifierOf } from '../../src/log/note.ts';
import { CompactTree, consistencyProof, leafHash, type ReadNode } from '../../src/log/tree.ts';
import type { Offer, Witness } from '../../src/log/witness.ts';
import { type DurableWitness, openWitness } from '../../src/log/witness-store.ts';
import type { CrashState } from './disk.ts';

const ORIGIN = 'street.example/ledger/1';
export const MOST = 40;
const log = ed25519Signer(ORIGIN, new Uint8Array(32).fill(3));
const witness: Witness = {
  origin: ORIGIN,
  logKeys: [verifierOf(log.vkey)],
  cosigner: cosigner('street.example/witness/ada', new Uint8Array(32).fill(1)),
};

/** One history of a log. */
class History {
  readonly #roots: Uint8Array[] = [];
  readonly #readNode: ReadNode;

  constructor(name: string) {
    const levels: Uint8Array[][] = [[]];
    const tree = new CompactTree();
    this.#roots.push(tree.root());
    for (let i = 0; i < MOST; i++) {
      const leaf = leafHash(`${name} ${i}`);
      levels[0]!.push(leaf);
      tree.append(leaf, (level, index, node) => {
        levels[level] ??= [];
        levels[level][index] = node;
      });
      this.#roots.push(tree.root());
    }
    this.#readNode = (level, index) => levels[level]![index]!;
  }

  offer(oldSize: number, size: number): Offer {
    const proof = oldSize > 0 && oldSize < size ? consistencyProof(oldSize, size, this.#readNode) : [];
    return { oldSize, proof, note: signCheckpoint({ origin: ORIGIN, size, root: this.#roots[size]! }, log) };
  }
}

export const honest = new History('leaf');
export const forked = new History('another leaf');

export function open(directory: string): DurableWitness {
  return openWitness(join(directory, 'microgrid/witness/street'), witness);
}

export function check({ said }: CrashState, _root: string, directory: string): void {
  let cosigned = 0;
  let conflict = false;
  for (const line of said) {
    const [what, size] = line.split(' ');
    if (what === 'cosigned') cosigned = Number(size);
    if (what === 'conflict') conflict = true;
  }
  const durable = open(directory);
  try {
    const size = durable.kept?.size ?? 0;
    assert.ok(size >= cosigned, `it cosigned ${cosigned} and remembers ${size}`);
    if (size > 0) {
      const { kind } = durable.offer(forked.offer(size, size), 2000);
      assert.equal(kind, 'conflict', 'it would cosign another root for a size that it cosigned');
    }
  } finally {
    durable.close();
  }
  // A second one shown before the cut is remembered; one shown now, too.
  const again = open(directory);
  try {
    const size = again.kept?.size ?? 0;
    const { kind } = again.offer(honest.offer(size, MOST), 2000);
    assert.equal(kind, conflict || size > 0 ? 'conflict' : 'cosign');
  } finally {
    again.close();
  }
}
