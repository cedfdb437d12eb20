// What a replica accuses an operator of, beside what its audit finds: two histories, and a record left out. Each with its proof.
import { checkReceipt } from '../ledger/receipt.ts';
import { toBase64, toHex } from '../log/bytes.ts';
import { FormatError } from '../log/errors.ts';
import type { LogStore } from '../log/store.ts';
import { inclusionProof } from '../log/tree.ts';
import { termOf } from './audit-run.ts';
import type { SentReceipt } from './messages.ts';
import type { Cheated } from './verdict.ts';

export type Accusation = Omit<Cheated, 'state'>;

/** Two checkpoints of one size, both signed, with different roots. */
export function twoCheckpoints(a: string, b: string, size: number): Accusation {
  const text = `the operator signed two histories: two checkpoints over ${size} leaves with different roots`;
  const proof = { kind: 'equivocation' as const, a: { checkpoint: a }, b: { checkpoint: b } };
  return { code: 'equivocation', text, leaf: null, block: null, proof };
}

/** A record that was acknowledged, and another where it should stand. @returns null where it stands there, or nobody can know */
export function omission(store: LogStore, receipt: SentReceipt, logKey: string): Accusation | null {
  const { index, leaf } = receipt;
  const mine = store.leaf(index);
  const checkpoint = store.checkpoints(index + 1, 1)[0];
  if (!mine || !checkpoint || toHex(mine.leafHash) === leaf) return null;
  // What was acknowledged in a term that was cut off is sent again; nobody promised more.
  const term = termIn(receipt, logKey);
  if (term === null || term !== termOf(store, index)) return null;
  const path = inclusionProof(index, checkpoint.size, (level, i) => store.node(level, i)).map(toBase64);
  const found = toHex(mine.leafHash);
  const text = `the operator acknowledged a record at index ${index}, but another stands there: it was left out`;
  const proof = { kind: 'omission' as const, receipt, checkpoint: checkpoint.note, leaf: found, path };
  return { code: 'omission', text, leaf: index, block: null, proof };
}

/** Null where another key signed it: that of a term before. */
function termIn(receipt: SentReceipt, logKey: string): number | null {
  try {
    return checkReceipt(receipt, logKey).term;
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}
