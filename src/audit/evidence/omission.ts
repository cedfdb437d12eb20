// A record that was left out: the operator has signed for it at an index of the log, and signed a checkpoint that has another leaf
// there. A log key serves one term, so both were signed in the same one: what a takeover loses is no omission.
import { checkReceipt, type Receipt } from '../../ledger/receipt.ts';
import { verifyInclusion } from '../../log/tree.ts';
import { hashOf, holding, NoProof, type Proved, pathOf, signedCheckpoint, withoutCosignatures } from './finding.ts';
import { EVIDENCE_VERSION, type Omission } from './format.ts';

/** The leaf that stands where the receipt says that another does. */
export interface InclusionProof {
  /** Its hash, hex. */
  readonly leaf: string;
  /** Its inclusion path in the checkpoint's tree, base64. */
  readonly path: readonly string[];
}

/**
 * Evidence that a record was left out despite its receipt.
 * @param operator the log key, a vkey
 * @throws NoProof where receipt and checkpoint do not contradict each other
 */
export function omissionOf(operator: string, receipt: Receipt, checkpoint: string, proof: InclusionProof): Omission {
  const { origin } = holding(() => checkReceipt(receipt, operator));
  const { note, index, leaf, path } = receipt;
  const evidence: Omission = {
    version: EVIDENCE_VERSION,
    kind: 'omission',
    ledger: origin,
    operator,
    receipt: { note, index, leaf, path: [...path] },
    checkpoint: holding(() => withoutCosignatures(checkpoint, operator)),
    leaf: proof.leaf,
    path: [...proof.path],
  };
  checkOmission(evidence);
  return evidence;
}

/** @throws NoProof */
export function checkOmission({ ledger, operator, receipt, checkpoint, leaf, path }: Omission): Proved {
  const { origin, index, leaf: promised } = holding(() => checkReceipt(receipt, operator));
  if (origin !== ledger) throw new NoProof(`the receipt is of ${origin}, not of ${ledger}`);
  const { size, root } = signedCheckpoint(checkpoint, ledger, operator);
  if (index >= size) throw new NoProof(`the checkpoint is over ${size} leaves, so it says nothing of leaf ${index}`);
  if (leaf === promised) throw new NoProof(`the record of the receipt stands at leaf ${index}, as promised`);
  if (!verifyInclusion(hashOf(leaf), index, size, pathOf(path), root)) {
    throw new NoProof(`the path does not lead from leaf ${index} to the checkpoint over ${size} leaves`);
  }
  const text = `a receipt for a record at leaf ${index}, and a history of ${size} leaves in which another stands there`;
  return { code: 'omission', leaf: index, text };
}
