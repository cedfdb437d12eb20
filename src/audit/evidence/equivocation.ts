// Two histories under one key: the proof is two checkpoints that no one log can have had. Where they are over as many leaves,
// their roots differ; else an inclusion proof of another leaf, or a consistency proof from another root, shows it.
import { equalBytes, toBase64, toHex } from '../../log/bytes.ts';
import type { Checkpoint } from '../../log/checkpoint.ts';
import { consistencyProof, type ReadNode, rootAt, verifyConsistency, verifyInclusion } from '../../log/tree.ts';
import {
  bySize,
  hashOf,
  NoProof,
  type Proved,
  pathOf,
  readHead,
  signedCheckpoint,
  withoutCosignatures,
} from './finding.ts';
import { type Equivocation, EVIDENCE_VERSION, type OtherPrefix, type SameLeaf, type SameSize } from './format.ts';

/** A checkpoint as somebody was shown it, with a proof that it holds a leaf where there is one. */
export interface Shown {
  readonly checkpoint: string;
  /** Hash of the leaf, hex. */
  readonly leaf?: string;
  /** Its inclusion path, base64. */
  readonly path?: readonly string[];
}

/**
 * Evidence that one key has signed two histories.
 * @param operator the log key, a vkey
 * @param index of the leaf that both show, where they are not over as many leaves
 * @throws NoProof where they do not contradict each other
 */
export function equivocationOf(operator: string, a: Shown, b: Shown, index?: number): Equivocation {
  const common = commonOf(operator, a.checkpoint);
  const head = ({ checkpoint }: Shown) => ({ checkpoint: withoutCosignatures(checkpoint, operator) });
  const heads: SameSize = { ...common, a: head(a), b: head(b) };
  if (a.leaf === undefined || b.leaf === undefined || index === undefined) return proven(heads);
  const shown = ({ leaf = '', path = [], ...rest }: Shown) => ({ ...head(rest), leaf, path: [...path] });
  return proven({ ...common, a: shown(a), b: shown(b), index });
}

/**
 * Evidence that a log does not go on from a checkpoint that its key has signed.
 * @param other a checkpoint over fewer leaves, or as many
 * @param newest the log's own
 * @param readNode of the log's own tree
 * @throws NoProof where the log does go on from it
 */
export function rewriteOf(operator: string, other: string, newest: string, readNode: ReadNode): Equivocation {
  const [older, newer] = bySize(other, newest);
  const common = commonOf(operator, older);
  const heads = {
    a: { checkpoint: withoutCosignatures(older, operator) },
    b: { checkpoint: withoutCosignatures(newer, operator) },
  };
  const [a, b] = [older, newer].map((note) => signedCheckpoint(note, common.ledger, operator));
  if (a!.size === b!.size) return proven({ ...common, ...heads });
  if (newer !== newest) throw new NoProof('the longer of the two histories must be there with its leaves');
  const root = toHex(rootAt(a!.size, readNode));
  const proof = consistencyProof(a!.size, b!.size, readNode).map(toBase64);
  return proven({ ...common, ...heads, root, proof });
}

/** @throws NoProof */
export function checkEquivocation(evidence: Equivocation): Proved {
  const { ledger, operator } = evidence;
  const a = signedCheckpoint(evidence.a.checkpoint, ledger, operator);
  const b = signedCheckpoint(evidence.b.checkpoint, ledger, operator);
  if ('index' in evidence) return sameLeaf(evidence, a, b);
  if ('proof' in evidence) return otherPrefix(evidence, a, b);
  if (a.size !== b.size) {
    throw new NoProof(`the checkpoints are over ${a.size} and ${b.size} leaves, and no proof says that they differ`);
  }
  if (equalBytes(a.root, b.root)) throw new NoProof('both checkpoints say the same');
  const text = `two histories of ${a.size} leaves, one with the root ${toBase64(a.root)} and one with ${toBase64(b.root)}`;
  return { code: 'equivocation', leaf: null, text };
}

function sameLeaf({ a, b, index }: SameLeaf, first: Checkpoint, second: Checkpoint): Proved {
  if (a.leaf === b.leaf) throw new NoProof(`both checkpoints hold the same leaf ${index}`);
  for (const [{ leaf, path }, { size, root }] of [
    [a, first],
    [b, second],
  ] as const) {
    if (verifyInclusion(hashOf(leaf), index, size, pathOf(path), root)) continue;
    throw new NoProof(`the path does not lead from leaf ${index} to the checkpoint over ${size} leaves`);
  }
  const text = `a history of ${first.size} leaves and one of ${second.size}, in which leaf ${index} is not the same`;
  return { code: 'equivocation', leaf: index, text };
}

function otherPrefix({ root, proof }: OtherPrefix, a: Checkpoint, b: Checkpoint): Proved {
  if (a.size >= b.size) throw new NoProof('checkpoint b must be over more leaves than checkpoint a');
  const begins = hashOf(root);
  if (equalBytes(begins, a.root)) throw new NoProof('the longer history goes on from the shorter one');
  if (!verifyConsistency(a.size, begins, b.size, b.root, pathOf(proof))) {
    throw new NoProof(`the proof does not show what the ${b.size} leaves begin with`);
  }
  const text = `a history of ${a.size} leaves, and one of ${b.size} whose first ${a.size} leaves are others`;
  return { code: 'equivocation', leaf: null, text };
}

function commonOf(operator: string, note: string): Pick<SameSize, 'version' | 'kind' | 'ledger' | 'operator'> {
  return { version: EVIDENCE_VERSION, kind: 'equivocation', ledger: readHead(note).origin, operator };
}

function proven<Kind extends Equivocation>(evidence: Kind): Kind {
  checkEquivocation(evidence);
  return evidence;
}
