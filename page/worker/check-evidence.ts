// Checks an evidence file as `microgrid verify` does, and says in words what it proves, against which key, and on what that stands.
import type { AuditError } from '../../src/audit/auditor.ts';
import { checkEvidenceText, type EvidenceVerdict } from '../../src/audit/evidence/check.ts';
import { type Evidence, parseEvidence } from '../../src/audit/evidence/format.ts';
import { toBase64 } from '../../src/log/bytes.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import type { Progress } from './check-ledger.ts';
import { faultOf } from './faults.ts';
import { LedgerIndex } from './ledger-index.ts';
import { type Log, memoryLog } from './log.ts';
import { Problem } from './problem.ts';
import type { Answer, State, Step } from './protocol.ts';
import { countText } from './words.ts';

export interface CheckedEvidence {
  readonly answer: Answer;
  /** The history in the file, where there is one. */
  readonly log: Log | null;
  readonly index: LedgerIndex;
  readonly errors: readonly AuditError[];
}

const PROVED: Readonly<Record<string, string>> = {
  equivocation: 'the operator has shown two different histories',
  omission: 'the operator has left out a record for which it had given a receipt',
};

/** @throws Problem for what is no evidence file */
export async function checkEvidence(
  text: string,
  keys: readonly string[],
  progress: Progress,
): Promise<CheckedEvidence> {
  const index = new LedgerIndex();
  const verdict = await checkEvidenceText(text, {
    keys,
    onLeaf: index.add,
    onProgress: ({ leaves, size }) => progress(leaves, size),
  });
  if (verdict === null || verdict.evidence.kind === null) {
    throw new Problem(`This evidence file cannot be read. ${verdict?.evidence.text ?? ''}`.trim());
  }
  const evidence = parseEvidence(text);
  const { leaf } = verdict.evidence;
  const history = evidence.kind === 'history' ? evidence : null;
  const log =
    history === null
      ? null
      : memoryLog(
          history.checkpoint,
          history.leaves.map(([note, body]) => ({ note, body })),
        );
  for (const [i, [note, body]] of (history?.leaves ?? []).entries()) {
    // The audit ended at the fault; the rest is only to be looked at.
    if (i >= index.size) index.add({ index: i, note, body });
  }
  const block = leaf === null ? null : (index.blockOf(leaf)?.height ?? null);
  const errors = verdict.ok && history ? [{ leaf, block, code: history.fault.code, text: verdict.evidence.text }] : [];
  index.mark(errors);
  const { size, root } = readCheckpoint(checkpointsOf(evidence)[0]!);
  const ledger =
    history === null || log === null
      ? null
      : { origin: evidence.ledger, size, root: toBase64(root), blocks: index.blocks };
  const answer = {
    ...words(verdict),
    steps: stepsOf(evidence, verdict),
    faults: errors.map(faultOf),
    ledger,
    wants: null,
  };
  return { answer, log, index, errors };
}

function words({ ok, evidence: { code, text } }: EvidenceVerdict): Pick<Answer, 'state' | 'title' | 'text'> {
  if (!ok) return { state: 'bad', title: 'This evidence proves nothing.', text };
  const what = PROVED[code ?? ''] ?? lower(faultOf({ leaf: null, block: null, code: code ?? '', text: '' }).title);
  return { state: 'good', title: `This evidence holds: ${what}.`, text };
}

function stepsOf(evidence: Evidence, { ok, trusted, evidence: { leaf } }: EvidenceVerdict): Step[] {
  const state: State = ok ? 'good' : 'bad';
  const key: Step = {
    name: 'Accused key',
    state: trusted ? 'good' : 'open',
    text: trusted
      ? 'It is the key that you know from elsewhere.'
      : 'Whose key it is, this file cannot tell: compare it with the one that you know.',
    detail: evidence.operator,
  };
  const names = evidence.kind === 'equivocation' ? ['First checkpoint', 'Second checkpoint'] : ['Checkpoint'];
  const checkpoints = checkpointsOf(evidence).map((note, i): Step => {
    const { size, root } = readCheckpoint(note);
    const text = ok
      ? `Signed by this key, over ${countText(size, 'leaf', 'leaves')}.`
      : `Over ${countText(size, 'leaf', 'leaves')}.`;
    return { name: names[i] ?? 'Checkpoint', state, text, detail: toBase64(root) };
  });
  return [key, ...checkpoints, { name: 'What follows', state, text: conclusion(evidence, ok, leaf) }];
}

function conclusion(evidence: Evidence, ok: boolean, leaf: number | null): string {
  if (!ok) return 'Nothing: these do not contradict each other as the file says.';
  switch (evidence.kind) {
    case 'equivocation':
      return leaf === null
        ? 'An honest log only grows, so one key never signs both. Who has signed both has shown two histories.'
        : `Both have a leaf ${leaf}, and not the same. An honest log only grows, so one key never signs both.`;
    case 'omission':
      return `The receipt says that a record stands at leaf ${leaf}; in the checkpoint another stands there.`;
    case 'history':
      return `The leaves in this file give exactly this root, and leaf ${leaf} among them breaks the rules. Whoever signs such a checkpoint answers for it.`;
  }
}

function checkpointsOf(evidence: Evidence): readonly string[] {
  return evidence.kind === 'equivocation' ? [evidence.a.checkpoint, evidence.b.checkpoint] : [evidence.checkpoint];
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
