// Reads the leaves of an audit some way ahead, and verifies their signatures on other threads, so that all cores work. Nothing is
// decided here: what is valid under a key is remembered, and the judge, in the leaf's turn, asks for the keys that it then demands.
import { signatureOf } from '../ledger/arrivals.ts';
import { HEADER_LINE } from '../ledger/header.ts';
import { type ReadNote, readNote } from '../ledger/record.ts';
import type { LedgerState } from '../ledger/state.ts';
import { FormatError } from '../log/errors.ts';
import type { NoteSignature, NoteVerifier } from '../log/note.ts';
import type { AuditedLeaf } from './auditor.ts';

type Leaves = Iterable<AuditedLeaf> | AsyncIterable<AuditedLeaf>;
export type ReadAhead = (leaves: Leaves, stateNow: () => LedgerState | null) => AsyncIterable<AuditedLeaf>;

/** Leaves, and characters of their bodies, of which the signatures are verified while those before are judged. */
const MOST_LEAVES = 64;
const MOST_CHARACTERS = 4_000_000;

interface Batch {
  readonly leaves: readonly AuditedLeaf[];
  /** Resolves when all signatures are verified. */
  readonly verified: Promise<void>;
  /** What ended the reading, after these leaves. */
  readonly failure: { readonly error: unknown } | null;
  readonly last: boolean;
}

/**
 * @param stateNow where the keys of members are looked up; null before block 0 was read
 * @throws what reading the leaves throws, after all leaves before it
 */
export async function* readAhead(leaves: Leaves, stateNow: () => LedgerState | null): AsyncGenerator<AuditedLeaf> {
  const source = Symbol.asyncIterator in leaves ? leaves[Symbol.asyncIterator]() : leaves[Symbol.iterator]();
  try {
    let batch = await readBatch(source, stateNow());
    for (;;) {
      // Begun before this one is judged; a failure is told in its turn.
      const next = batch.last ? null : readBatch(source, stateNow());
      await batch.verified;
      yield* batch.leaves;
      if (batch.failure) throw batch.failure.error;
      if (!next) return;
      batch = await next;
    }
  } finally {
    await source.return?.();
  }
}

async function readBatch(
  source: Iterator<AuditedLeaf> | AsyncIterator<AuditedLeaf>,
  state: LedgerState | null,
): Promise<Batch> {
  const leaves: AuditedLeaf[] = [];
  const proven = new Map<NoteSignature, NoteVerifier>();
  let characters = 0;
  // One more than are on their way, so that the end is not reached while others are still being read.
  let waiting = 1;
  let end = () => {};
  const verified = new Promise<void>((resolve) => {
    end = () => {
      waiting--;
      if (waiting === 0) resolve();
    };
  });
  let failure: Batch['failure'] = null;
  let last = false;
  try {
    while (leaves.length < MOST_LEAVES && characters < MOST_CHARACTERS) {
      const step = source.next();
      const { done, value } = step instanceof Promise ? await step : step;
      if (done) {
        last = true;
        break;
      }
      characters += value.body?.length ?? 0;
      const read = state ? readRecordNote(value.note) : null;
      leaves.push(read ? { ...value, read, proven } : value);
      const line = state && read ? signatureOf(state, read) : null;
      if (!line) continue;
      waiting++;
      line.verifier.verifyElsewhere(line.text, line.signature.signature, (valid) => {
        if (valid) proven.set(line.signature, line.verifier);
        end();
      });
    }
  } catch (error) {
    failure = { error };
    last = true;
  }
  end();
  return { leaves, verified, failure, last };
}

/** Null where it is no record, or none that can be read: the auditor says so in its turn. */
function readRecordNote(note: string): ReadNote | null {
  if (note.startsWith(HEADER_LINE)) return null;
  try {
    return readNote(note);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
