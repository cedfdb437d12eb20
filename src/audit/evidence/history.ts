// A history with a fault that its key has signed: all leaves up to a checkpoint, and the bodies that the verdict needs. Whoever
// reads it audits it as any ledger. Bodies that are left out can hide a fault, never make one: what they decide is unchecked.

import { HEADER_LINE } from '../../ledger/header.ts';
import { equalBytes } from '../../log/bytes.ts';
import { FormatError } from '../../log/errors.ts';
import { type NoteVerifier, parseNote, verifierOf } from '../../log/note.ts';
import { CompactTree, leafHash } from '../../log/tree.ts';
import { audit, type VerifyOptions } from '../audit.ts';
import { NOT_COSIGNED } from '../cosigned.ts';
import { type AuditSource, bodyHashOf } from '../sources.ts';
import { holding, NoProof, type Proved, signedCheckpoint } from './finding.ts';
import type { History } from './format.ts';
import { isProvable, unknownFormat } from './provable.ts';

export type Pacing = Pick<VerifyOptions, 'now' | 'signal' | 'onProgress' | 'onLeaf'>;

/** @throws NoProof */
export async function checkHistory(evidence: History, pacing: Pacing = {}): Promise<Proved> {
  const { ledger, operator, checkpoint, leaves, fault } = evidence;
  const { size, root } = signedCheckpoint(checkpoint, ledger, operator);
  if (leaves.length !== size) {
    throw new NoProof(`the checkpoint is over ${size} leaves, but ${leaves.length} are in the file`);
  }
  if (fault.leaf >= size) throw new NoProof(`there is no leaf ${fault.leaf} among ${size}`);
  if (!equalBytes(rootOf(leaves), root))
    throw new NoProof('the leaves are not those that the checkpoint was signed for');
  if (!isProvable(fault.code)) throw new NoProof(`${fault.code} is no fault that a history can prove`);
  if (
    !closedBy(
      holding(() => verifierOf(operator)),
      leaves,
      fault.leaf,
    )
  ) {
    throw new NoProof('the block of the fault was closed by another key than the one that is accused');
  }
  const result = await audit(historySource(leaves), { ...pacing, mostErrors: 1 });
  const [found] = result.errors;
  if (!found) throw new NoProof('no fault is found in this history');
  if (found.leaf !== fault.leaf || found.code !== fault.code) {
    throw new NoProof(`what is found is not that fault, but ${found.code} at leaf ${found.leaf}: ${found.text}`);
  }
  // Without an operator block 0 itself is the fault, and whoever signed over it is who began so.
  if (result.operator !== null && result.operator !== operator) {
    throw new NoProof(`the log key of this history is ${result.operator}, not the one that is accused`);
  }
  const newer = unknownFormat(evidence);
  if (newer !== null) throw new NoProof(`this program does not know ${newer}, so it cannot judge; use a newer one`);
  const text = `a history of ${size} leaves that breaks the rules at leaf ${found.leaf}: ${found.text}`;
  return { code: found.code, leaf: found.leaf, text };
}

/** The leaves of evidence as an audit reads them: no files, no rows, no checkpoint, because that one was looked at before. */
function historySource(leaves: History['leaves']): AuditSource {
  return {
    size: leaves.length,
    sealedSize: leaves.length,
    keepsCheckpoints: false,
    *leaves() {
      for (const [index, [note, body]] of leaves.entries()) {
        const bodyHash = bodyHashOf(note);
        yield { index, note, body, ...(bodyHash === null ? {} : { bodyHash }) };
      }
    },
    checkpoint: () => null,
    cosigned: NOT_COSIGNED,
    faults: () => [],
  };
}

function rootOf(leaves: History['leaves']): Uint8Array {
  const tree = new CompactTree();
  for (const [note] of leaves) tree.append(leafHash(note));
  return tree.root();
}

/**
 * Whether the header that closes the block of a leaf is by the key, or the last leaf, which the key's checkpoint ends with. So
 * nobody who took a ledger over is accused of what its former operator did.
 */
function closedBy(key: NoteVerifier, leaves: History['leaves'], leaf: number): boolean {
  const closing = leaves.findIndex(([note], index) => index >= leaf && note.startsWith(HEADER_LINE));
  if (closing < 0 || closing === leaves.length - 1) return true;
  try {
    const { text, signatures } = parseNote(leaves[closing]![0]);
    return signatures.some(
      ({ name, keyId, signature }) => name === key.name && keyId === key.keyId && key.verify(text, signature),
    );
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
