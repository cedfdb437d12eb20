// The evidence file of a cheat that a replica has found: from its own copy, without asking anybody.

import type { AuditedLeaf } from '../audit/auditor.ts';
import { equivocationOf } from '../audit/evidence/equivocation.ts';
import { NoProof } from '../audit/evidence/finding.ts';
import type { Evidence } from '../audit/evidence/format.ts';
import { historyOf } from '../audit/evidence/make-history.ts';
import { omissionOf } from '../audit/evidence/omission.ts';
import { type AuditSource, databaseSource } from '../audit/sources.ts';
import type { LogStore } from '../log/store.ts';
import type { Cheated, Proof } from './verdict.ts';

/**
 * @param operator the log key, a vkey
 * @param store the replica's; null for a light member, which keeps no leaves
 * @returns null where nothing proves it to others
 */
export async function evidenceOf(cheated: Cheated, operator: string, store: LogStore | null): Promise<Evidence | null> {
  const { proof, leaf, code } = cheated;
  try {
    switch (proof?.kind) {
      case 'equivocation':
        return equivocationOf(operator, proof.a, proof.b, proof.index);
      case 'omission':
        return omissionOf(operator, proof.receipt, proof.checkpoint, proof);
      case 'history':
        return store && (await historyOf(sourceOf(store, proof), { leaf, code }));
      default:
        return null;
    }
  } catch (problem) {
    if (problem instanceof NoProof) return null;
    throw problem;
  }
}

/** What is kept, and the block after it that could not be. */
function sourceOf(store: LogStore, { beyond, checkpoint }: Extract<Proof, { kind: 'history' }>): AuditSource {
  const kept = databaseSource(store.raw);
  if (beyond.length === 0) return kept;
  const size = kept.size + beyond.length;
  return {
    ...kept,
    size,
    sealedSize: size,
    *leaves() {
      yield* kept.leaves() as Iterable<AuditedLeaf>;
      for (const [i, { note, body }] of beyond.entries()) yield { index: kept.size + i, note, body };
    },
    checkpoint: (at) => (at === size ? checkpoint : kept.checkpoint(at)),
  };
}
