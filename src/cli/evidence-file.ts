// Evidence among the things that `microgrid verify` is given: told from a database by how it begins.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { checkEvidenceText, type EvidenceVerdict } from '../audit/evidence/check.ts';
import { mayBeEvidence, unpackEvidence } from '../audit/evidence/packed.ts';
import { FormatError } from '../log/errors.ts';
import { InputError, type Io, shownFile } from './io.ts';

/**
 * The verdict on the evidence in a file; null where the file is something else.
 * @throws InputError for a file that begins as evidence and cannot be read, or is other JSON
 */
export async function evidenceAt(path: string, keys: readonly string[], io: Io): Promise<EvidenceVerdict | null> {
  if (!mayBeEvidence(beginningOf(path))) return null;
  let text: string;
  try {
    text = unpackEvidence(await io.readFile(path));
  } catch (error) {
    if (error instanceof FormatError) throw new InputError(`${shownFile(path)} cannot be read: ${error.message}`);
    throw error;
  }
  const verdict = await checkEvidenceText(text, { keys });
  if (!verdict) throw new InputError(`${shownFile(path)} is neither a ledger nor evidence`);
  return verdict;
}

/** The first two bytes of a plain file. What is no plain file is not opened: a pipe would hold us up. */
function beginningOf(path: string): Uint8Array {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return new Uint8Array();
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(2);
    return bytes.subarray(0, readSync(file, bytes, 0, 2, 0));
  } finally {
    closeSync(file);
  }
}
