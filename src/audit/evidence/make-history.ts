// Makes evidence from a ledger in which an audit found a fault: the leaves up to the first checkpoint that covers it, and as few
// bodies as the verdict needs. What comes out was audited as a stranger will, so it holds or is not made.
import { sha256Hex } from '../../log/bytes.ts';
import { MAX_COSIGNED_LINES } from '../../log/cosignature.ts';
import { FormatError } from '../../log/errors.ts';
import { type NoteVerifier, parseNote, verifierOf } from '../../log/note.ts';
import { Pace } from '../../log/pace.ts';
import type { AuditError } from '../auditor.ts';
import type { AuditSource } from '../sources.ts';
import { holding, NoProof, readHead, withoutCosignatures } from './finding.ts';
import { EVIDENCE_VERSION, type History } from './format.ts';
import { checkHistory, type Pacing } from './history.ts';
import { neededBodies } from './needed-bodies.ts';
import { headOf, isProvable } from './provable.ts';

type Leaves = [note: string, body: string | null][];

/**
 * Evidence of a fault that `audit` has found.
 * @param source the same ledger
 * @throws NoProof where the fault may be that of the copy, or is not under a checkpoint yet
 */
export async function historyOf(
  source: AuditSource,
  { leaf, code }: Pick<AuditError, 'leaf' | 'code'>,
  pacing: Pacing = {},
): Promise<History> {
  if (leaf === null || !isProvable(code)) {
    throw new NoProof(`${code} may be a fault of this copy alone, so it proves nothing against the operator`);
  }
  const { leaves, checkpoint } = await leavesThrough(source, leaf, pacing);
  const { origin } = readHead(checkpoint);
  const operator = signerOf(leaves, checkpoint);
  const evidence = (bodies: ReadonlySet<number>): History => ({
    version: EVIDENCE_VERSION,
    kind: 'history',
    ledger: origin,
    operator,
    checkpoint: withoutCosignatures(checkpoint, operator),
    leaves: leaves.map(([note, body], index) => [note, bodies.has(index) ? body : null]),
    fault: { leaf, code },
  });
  const heads = leaves.map(([note]) => headOf(note));
  let why: unknown;
  for (const bodies of neededBodies(heads, leaf)) {
    const made = evidence(bodies);
    try {
      await checkHistory(made, pacing);
      return made;
    } catch (error) {
      if (!(error instanceof NoProof)) throw error;
      why = error;
    }
  }
  throw why;
}

/** All leaves up to the first checkpoint at hand that covers the fault. */
async function leavesThrough(
  source: AuditSource,
  fault: number,
  { now, signal }: Pacing,
): Promise<{ leaves: Leaves; checkpoint: string }> {
  const pace = new Pace(now);
  const leaves: Leaves = [];
  for await (const { note, body, bodyHash } of source.leaves()) {
    // A body that is not the one that was recorded is none.
    const genuine = body !== null && (bodyHash === undefined || bodyHash === sha256Hex(body));
    leaves.push([note, genuine ? body : null]);
    const checkpoint = source.checkpoint(leaves.length);
    if (checkpoint !== null && leaves.length > fault) return { leaves, checkpoint };
    if (!pace.due) continue;
    await pace.turn();
    signal?.throwIfAborted();
  }
  throw new NoProof(`leaf ${fault} is under no checkpoint yet: nobody has signed for it`);
}

/** The log key that has signed the checkpoint, as a term of the history declares it. */
function signerOf(leaves: Leaves, checkpoint: string): string {
  const { signatures } = holding(() => parseNote(checkpoint, MAX_COSIGNED_LINES));
  for (const [note, body] of leaves) {
    const key = logKeyIn(note, body);
    if (key && signatures.some((line) => line.name === key.name && line.keyId === key.keyId)) return key.vkey;
  }
  throw new NoProof('no key that this history declares has signed its checkpoint');
}

/** Log keys that the terms of a history declare. */
export async function declaredLogKeys(source: AuditSource): Promise<string[]> {
  const keys: string[] = [];
  for await (const { note, body } of source.leaves()) {
    const key = logKeyIn(note, body);
    if (key) keys.push(key.vkey);
  }
  return keys;
}

/** The key of a term; null where the leaf is none, or its key cannot be used. */
function logKeyIn(note: string, body: string | null): NoteVerifier | null {
  if (body === null || headOf(note)?.kind !== 'term') return null;
  try {
    const { key } = JSON.parse(body) as { readonly key?: unknown };
    return typeof key === 'string' ? verifierOf(key) : null;
  } catch (error) {
    if (error instanceof FormatError || error instanceof SyntaxError) return null;
    throw error;
  }
}
