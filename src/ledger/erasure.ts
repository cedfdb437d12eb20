// Which bodies may be dropped, at whose request, and when. The leaf stays with its signature and its place in the tree; what is
// dropped is what it said. Nothing may go while a bill still follows from it, nor before members had the time to check what did: else an
// operator would clear wrongly and have the orders erased.
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import { BODY_DECIDES, type RecordKind } from './kinds.ts';

/** What an erasure is judged by: the head of the record whose body is to go. */
export interface Erasable {
  readonly kind: RecordKind;
  readonly member: string;
  readonly interval: string | null;
}

/** Kinds from which neither clearing nor bill follows. */
const FREE: ReadonlySet<RecordKind> = new Set(['note', 'battery']);

/** The oldest that a bill can follow from: what is corrected lies 4000 intervals back, and its estimate 30 days before that. */
export const BILLED_INTERVALS = 4000 + 30 * 96;

/**
 * What is wrong with an erasure: a code and a sentence, or null.
 * @param target the record at that leaf; null where none stands there yet
 * @param cleared the newest interval with a clearing
 */
export function erasureFault(
  { leaf, member, operator, cleared }: { leaf: number; member: string; operator: string; cleared: string | null },
  target: Erasable | null,
): { readonly code: 'bad-change' | 'wrong-role' | 'too-early'; readonly text: string } | null {
  if (!target) return { code: 'bad-change', text: `leaf ${leaf} is no record that stands before this one` };
  const { kind, interval } = target;
  if (BODY_DECIDES.has(kind)) {
    const text = `what a ${kind} record says stays: without it nobody can tell who may write what`;
    return { code: 'bad-change', text };
  }
  if (member !== target.member && member !== operator) {
    const text = `leaf ${leaf} is of ${target.member}: only ${target.member} and the operator may have it erased`;
    return { code: 'wrong-role', text };
  }
  if (interval === null || FREE.has(kind)) return null;
  const age = cleared === null ? 0 : (intervalStart(cleared) - intervalStart(interval)) / INTERVAL_MS;
  if (age > BILLED_INTERVALS) return null;
  return {
    code: 'too-early',
    text: `clearing and bills may still be checked against the ${kind} of ${interval}; it can be erased ${BILLED_INTERVALS + 1 - age} intervals later`,
  };
}
