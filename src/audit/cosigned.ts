// Where an audit finds cosigned checkpoints: in the file `witnessed` of an export, or collected by the operator (cosigned-store.ts).
import { fromUtf8 } from '../log/bytes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../log/cosignature.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import type { LogFault } from '../log/fault.ts';
import type { FileStore } from '../log/file-store.ts';
import type { StoredCheckpoint } from '../log/store.ts';
import { WITNESSED_PATH } from '../log/tiles.ts';

export interface CosignedSource {
  /** what a fault is found in, such as `the file witnessed` */
  readonly name: string;
  /** by size, each size once */
  readonly notes: readonly StoredCheckpoint[];
  /** whether each must have its quorum (the file of an export), or is still being collected */
  readonly complete: boolean;
  /** what could not be read at all */
  readonly faults: readonly LogFault[];
}

export const NOT_COSIGNED: CosignedSource = { name: '', notes: [], complete: false, faults: [] };

/** As many lines as a cosigned checkpoint may have, with the longest names. */
const MAX_WITNESSED_BYTES = 512 * 1024;

/** What is at hand of a log that is open. */
export function cosignedNotes(notes: readonly StoredCheckpoint[]): CosignedSource {
  return { ...NOT_COSIGNED, name: 'what was collected of cosignatures', notes };
}

/** The file `witnessed` of an export; nothing where there is none. */
export async function witnessedFile(files: FileStore): Promise<CosignedSource> {
  const source = { name: `the file ${WITNESSED_PATH}`, complete: true };
  try {
    const bytes = await files.read(WITNESSED_PATH, MAX_WITNESSED_BYTES);
    if (bytes === null) return NOT_COSIGNED;
    const note = fromUtf8(bytes);
    return { ...source, notes: [{ size: readCheckpoint(note, MAX_COSIGNED_LINES).size, note }], faults: [] };
  } catch (error) {
    const unreadable = error instanceof StoreError && (error.code === 'not-a-file' || error.code === 'damaged');
    if (!unreadable && !(error instanceof FormatError)) throw error;
    const text = `the file ${WITNESSED_PATH} was altered: ${error.message}`;
    return { ...source, notes: [], faults: [{ leaf: null, code: 'file-altered', text }] };
  }
}
