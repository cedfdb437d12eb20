// Compares two histories of one ledger, as two members were shown them, and makes evidence where they contradict each other.
import { equalBytes } from '../../log/bytes.ts';
import { Pace } from '../../log/pace.ts';
import { CompactTree, leafHash, type ReadNode } from '../../log/tree.ts';
import type { AuditSource } from '../sources.ts';
import { rewriteOf } from './equivocation.ts';
import { bySize, NoProof, readHead } from './finding.ts';
import type { Equivocation } from './format.ts';
import type { Pacing } from './history.ts';

/** A history as somebody holds it: its newest checkpoint, and its leaves where they are at hand. */
export interface Held {
  readonly checkpoint: string;
  readonly source: AuditSource | null;
}

/**
 * Evidence that two histories are not one.
 * @param keys log keys that are known, or that the histories declare: one of them must have signed both
 * @throws NoProof where they agree, or where nothing can be shown with what is at hand
 */
export async function contradictionOf(
  a: Held,
  b: Held,
  keys: readonly string[],
  pacing: Pacing = {},
): Promise<Equivocation> {
  const [older, newer] = bySize(a.checkpoint, b.checkpoint)[0] === a.checkpoint ? [a, b] : [b, a];
  const [first, second] = [readHead(older.checkpoint), readHead(newer.checkpoint)];
  if (first.origin !== second.origin) {
    throw new NoProof(`they are of two ledgers, ${first.origin} and ${second.origin}`);
  }
  if (first.size === second.size && equalBytes(first.root, second.root)) {
    throw new NoProof(`both are the same history of ${first.size} leaves`);
  }
  // Checkpoints over as many leaves speak for themselves.
  const readNode = first.size === second.size ? noNodes : await nodesOf(newer, second.size, pacing);
  let why: unknown = new NoProof('no log key is known that could have signed them; give it with --roster');
  for (const operator of new Set(keys)) {
    try {
      return rewriteOf(operator, older.checkpoint, newer.checkpoint, readNode);
    } catch (error) {
      if (!(error instanceof NoProof)) throw error;
      why = error;
    }
  }
  throw why;
}

const noNodes: ReadNode = () => {
  throw new NoProof('the leaves of the longer history are not at hand');
};

/** The tree over the leaves of a history, which must be those that its checkpoint was signed for. */
async function nodesOf({ source, checkpoint }: Held, size: number, { now, signal }: Pacing): Promise<ReadNode> {
  if (!source) throw new NoProof('the longer of the two histories must be there with its leaves');
  const levels: Uint8Array[][] = [[]];
  const tree = new CompactTree();
  const pace = new Pace(now);
  for await (const { note } of source.leaves()) {
    if (tree.size === size) break;
    const hash = leafHash(note);
    levels[0]!.push(hash);
    tree.append(hash, (level, index, node) => {
      levels[level] ??= [];
      levels[level][index] = node;
    });
    if (!pace.due) continue;
    await pace.turn();
    signal?.throwIfAborted();
  }
  const { root } = readHead(checkpoint);
  if (tree.size !== size || !equalBytes(tree.root(), root)) {
    throw new NoProof(`the leaves of the longer history are not the ${size} that its checkpoint was signed for`);
  }
  return (level, index) => levels[level]![index]!;
}
