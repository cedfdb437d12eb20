// What the operator has collected of cosignatures, in the `cosignatures.sqlite` beside its database, as an audit reads it.
import { withCosignatures } from '../log/cosignature.ts';
import { readCosignatureFile } from '../log/cosignature-store.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import type { LogFault } from '../log/fault.ts';
import type { RawLog, StoredCheckpoint } from '../log/store.ts';
import type { CosignedSource } from './cosigned.ts';

/**
 * What lies in the `cosignatures.sqlite` of a ledger whose database is open; nothing where there is none.
 * @throws StoreError when it is in use
 */
export function cosignatureFile(path: string, raw: RawLog): CosignedSource {
  const source = { name: 'cosignatures.sqlite', complete: false };
  const faults: LogFault[] = [];
  const notes: StoredCheckpoint[] = [];
  try {
    for (const [size, lines] of readCosignatureFile(path)) {
      const [kept] = raw.checkpoints(size, 1);
      // Without a checkpoint nothing can be compared; that there are lines for one is told at the end.
      if (kept?.size !== size) notes.push({ size, note: '' });
      else {
        try {
          notes.push({ size, note: withCosignatures(kept.note, lines) });
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          const text = `${source.name} has lines over ${size} leaves that are no cosignatures: ${error.message}`;
          faults.push({ leaf: null, code: 'row-altered', text });
        }
      }
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'in-use' || error.code === 'failed') throw error;
    faults.push({
      leaf: null,
      code: 'damaged',
      text: `${error.message} (the ledger beside it is not touched by that)`,
    });
  }
  return { ...source, notes, faults };
}
