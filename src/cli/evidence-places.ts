// Where `microgrid evidence` takes histories from: a database, an exported directory, or the file of a single checkpoint.
import { readFileSync, statSync } from 'node:fs';
import type { Held } from '../audit/evidence/compare.ts';
import { declaredLogKeys } from '../audit/evidence/make-history.ts';
import { ledgerPlace } from '../audit/place-store.ts';
import { type AuditSource, databaseSource, exportSource } from '../audit/sources.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../log/cosignature.ts';
import { FormatError } from '../log/errors.ts';
import { openFileStore } from '../log/file-store.ts';
import { Pace } from '../log/pace.ts';
import { openAuditStore } from '../log/sqlite-audit-store.ts';
import { InputError } from './io.ts';
import { inUse } from './verify.ts';

/** Longest file that is looked at as a checkpoint. */
const MOST_CHECKPOINT_BYTES = 512 * 1024;

export interface Place {
  held(): Held;
  /** Log keys that the history declares. */
  logKeys(): Promise<readonly string[]>;
  close(): void;
}

/** @throws InputError or StoreError where there is none of them */
export async function openPlace(path: string): Promise<Place> {
  const single = checkpointFile(path);
  if (single !== null) {
    return { held: () => ({ checkpoint: single, source: null }), logKeys: async () => [], close: () => {} };
  }
  const { database, exported } = ledgerPlace(path);
  if (database === null)
    return placeOf(path, await exportSource(openFileStore(exported ?? path), new Pace()), () => {});
  try {
    const store = openAuditStore(database);
    return placeOf(path, databaseSource(store.raw), () => store.close());
  } catch (error) {
    throw inUse(error, path, 'read', 'evidence') ?? error;
  }
}

function placeOf(path: string, source: AuditSource, close: () => void): Place {
  const checkpoint = source.checkpoint(source.sealedSize);
  if (checkpoint === null) throw new InputError(`${path} holds no checkpoint, so nobody has signed for it`);
  return { held: () => ({ checkpoint, source }), logKeys: () => declaredLogKeys(source), close };
}

/** The note in a file that holds a checkpoint and nothing else; null where it is another file, or none. */
function checkpointFile(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > MOST_CHECKPOINT_BYTES) return null;
  const note = readFileSync(path, 'utf8');
  try {
    readCheckpoint(note, MAX_COSIGNED_LINES);
    return note;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
