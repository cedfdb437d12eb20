// Records as they come in: read once, and their signatures verified on other threads, so that the event loop stays free. Nothing is
// decided here: what is valid under a key is remembered, and the judge, in the record's turn, asks for the keys the roster then demands.
import { FormatError } from '../log/errors.ts';
import { type NoteSignature, type NoteVerifier, verifierOf } from '../log/note.ts';
import { type Proven, REFUSAL_CODES, type Refusal, type RefusalCode } from './judge.ts';
import { type ReadNote, type ReadRecord, readRecord, type SignedRecord } from './record.ts';
import type { LedgerState } from './state.ts';

/** A record, read; or why it cannot be. */
export type Arrival =
  | { readonly signed: SignedRecord; readonly record: ReadRecord; readonly refusal: null }
  | { readonly refusal: Refusal };

export interface Arrivals {
  /** In the order of the records. */
  readonly all: readonly Arrival[];
  readonly proven: Proven;
}

const CODES: ReadonlySet<string> = new Set(REFUSAL_CODES);

/**
 * Reads records, and verifies the signature of each under the key that its member has now. Others (of co-signers, of strangers, invalid
 * ones) are left to the judge. Resolves once all are verified.
 * @param state where the keys are looked up; a later one may judge
 */
export function readArrivals(state: LedgerState, records: readonly SignedRecord[]): Promise<Arrivals> {
  const proven = new Map<NoteSignature, NoteVerifier>();
  return new Promise((resolve) => {
    // One more than are on their way, so that the end is not reached while others are still being read.
    let waiting = 1;
    const end = () => {
      waiting--;
      if (waiting === 0) resolve({ all, proven });
    };
    const all = records.map((signed) => {
      const arrival = readArrival(signed);
      const line = arrival.refusal ? null : signatureOf(state, arrival.record);
      if (line) {
        waiting++;
        line.verifier.verifyElsewhere(line.text, line.signature.signature, (valid) => {
          if (valid) proven.set(line.signature, line.verifier);
          end();
        });
      }
      return arrival;
    });
    end();
  });
}

function readArrival(signed: SignedRecord): Arrival {
  try {
    return { signed, record: readRecord(signed), refusal: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const code = CODES.has(error.code) ? (error.code as RefusalCode) : 'malformed';
    return { refusal: { code, text: error.message } };
  }
}

/** The line by which the author of a record signed it under the key of now, if it has one. */
export function signatureOf(state: LedgerState, { text, signatures, head }: ReadNote) {
  const entry = state.roster.get(head.member);
  if (!entry?.active) return null;
  const verifier = verifierOf(entry.key);
  const signature = signatures.find(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId);
  return signature ? { text, signature, verifier } : null;
}
