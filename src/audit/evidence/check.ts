// Looks at evidence as somebody who has never seen the ledger: does the proof hold, what is proved, and against which key.
import { parseVkey } from '../../log/note.ts';
import { checkEquivocation } from './equivocation.ts';
import { NoProof, type Proved } from './finding.ts';
import { claimsEvidence, type Evidence, type EvidenceKind, parseEvidence } from './format.ts';
import { checkHistory, type Pacing } from './history.ts';
import { checkOmission } from './omission.ts';

export interface EvidenceOptions extends Pacing {
  /** Public keys known from elsewhere, as vkeys. */
  readonly keys?: readonly string[];
}

export interface EvidenceVerdict {
  /** Whether the proof holds. */
  readonly ok: boolean;
  /** Whether the accused key is one of those known from elsewhere. */
  readonly trusted: boolean;
  readonly evidence: {
    /** Null where the file is no evidence. */
    readonly kind: EvidenceKind | null;
    readonly ledger: string | null;
    /** The log key that the proof is against. */
    readonly operator: string | null;
    /** `equivocation`, `omission`, or that of the fault; null where nothing is proved. */
    readonly code: string | null;
    readonly leaf: number | null;
    /** One or two sentences: what is proved and what is not, or why nothing is. */
    readonly text: string;
  };
}

/** Never throws for what is in the evidence. */
export async function checkEvidence(evidence: Evidence, options: EvidenceOptions = {}): Promise<EvidenceVerdict> {
  const { kind, ledger, operator } = evidence;
  const known = (options.keys ?? []).filter((vkey) => parseVkey(vkey).name === ledger);
  const trusted = known.includes(operator);
  try {
    if (known.length > 0 && !trusted) throw new NoProof(`it is against another key than the one known for ${ledger}`);
    const { code, leaf, text } = await prove(evidence, options);
    const whose = trusted
      ? 'That key is among those you know.'
      : 'Whose key that is, this file cannot tell: compare it with one that you have from elsewhere.';
    const sentences = `The key ${operator} has signed ${text}. ${whose}`;
    return { ok: true, trusted, evidence: { kind, ledger, operator, code, leaf, text: sentences } };
  } catch (error) {
    if (!(error instanceof NoProof)) throw error;
    const text = `This proves nothing: ${error.message}.`;
    return { ok: false, trusted, evidence: { kind, ledger, operator, code: null, leaf: null, text } };
  }
}

/**
 * The verdict on the text of a file.
 * @returns null where it does not even say that it is evidence
 */
export async function checkEvidenceText(text: string, options: EvidenceOptions = {}): Promise<EvidenceVerdict | null> {
  if (!claimsEvidence(text)) return null;
  let evidence: Evidence;
  try {
    evidence = parseEvidence(text);
  } catch (error) {
    const nothing = { kind: null, ledger: null, operator: null, code: null, leaf: null };
    const why = `This proves nothing: ${error instanceof Error ? error.message : error}.`;
    return { ok: false, trusted: false, evidence: { ...nothing, text: why } };
  }
  return checkEvidence(evidence, options);
}

async function prove(evidence: Evidence, pacing: Pacing): Promise<Proved> {
  if (evidence.kind === 'equivocation') return checkEquivocation(evidence);
  if (evidence.kind === 'omission') return checkOmission(evidence);
  return checkHistory(evidence, pacing);
}
