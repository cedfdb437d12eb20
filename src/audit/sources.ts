// Where an audit reads from: a database, or an exported directory. Both give leaves in order, page by page, so that memory
// stays flat however long the log is.

import { HEADER_LINE, parseHeader } from '../ledger/header.ts';
import { readNote } from '../ledger/record.ts';
import { readBodies } from '../log/body-bundles.ts';
import { fromUtf8 } from '../log/bytes.ts';
import { FormatError } from '../log/errors.ts';
import type { LogFault } from '../log/fault.ts';
import type { FileStore } from '../log/file-store.ts';
import { parseNote } from '../log/note.ts';
import type { Pace } from '../log/pace.ts';
import type { AuditStore } from '../log/sqlite-audit-store.ts';
import type { RawLog, StoredCheckpoint } from '../log/store.ts';
import { TILE_WIDTH } from '../log/tiles.ts';
import { checkFiles } from '../log/tiles-check.ts';
import { reading, readTiles } from '../log/tiles-read.ts';
import type { AuditedLeaf } from './auditor.ts';
import { type CosignedSource, NOT_COSIGNED, witnessedFile } from './cosigned.ts';

export interface AuditSource {
  /** Leaves under the newest checkpoint. */
  readonly sealedSize: number;
  /** All leaves; those after the newest checkpoint are not sealed yet. */
  readonly size: number;
  /** Whether there must be a checkpoint after every header; else only the newest is at hand. */
  readonly keepsCheckpoints: boolean;
  /** @throws LeafError with the first leaf that cannot be read */
  leaves(): Iterable<AuditedLeaf> | AsyncIterable<AuditedLeaf>;
  /** The checkpoint over this many leaves, where the source has one; sizes are asked for from the smallest up. */
  checkpoint(size: number): string | null;
  /** Checkpoints with their cosignatures, as far as they are at hand. */
  readonly cosigned: CosignedSource;
  /** Faults that no leaf shows, of files or of rows; null now and then, so that the caller can pause. */
  faults(): Iterable<LogFault | null> | AsyncIterable<LogFault | null>;
}

/** Rows read at once: few, because a body may have 4 MiB. */
const LEAVES_AT_ONCE = 16;
const CHECKPOINTS_AT_ONCE = 256;

/** A database that is open; what arrives during the audit is left for the next. */
export function databaseSource(raw: RawLog, cosigned: CosignedSource = NOT_COSIGNED): AuditSource {
  const { size: sizeNow, sealedSize } = raw;
  let ahead: readonly StoredCheckpoint[] = raw.checkpoints(1, CHECKPOINTS_AT_ONCE);
  return {
    size: sizeNow,
    sealedSize,
    keepsCheckpoints: true,
    *leaves() {
      // Who reads a second time begins with the first checkpoint again.
      ahead = raw.checkpoints(1, CHECKPOINTS_AT_ONCE);
      for (let from = 0; from < sizeNow; ) {
        const page = raw.leaves(from, Math.min(LEAVES_AT_ONCE, sizeNow - from));
        if (page.length === 0) return;
        yield* page;
        from = page.at(-1)!.index + 1;
      }
    },
    checkpoint(size) {
      while (ahead.length > 0 && ahead.at(-1)!.size < size) {
        ahead = raw.checkpoints(ahead.at(-1)!.size + 1, CHECKPOINTS_AT_ONCE);
      }
      return ahead.find((checkpoint) => checkpoint.size === size)?.note ?? null;
    },
    cosigned,
    faults: () => raw.faults(),
  };
}

/** A database file, with what SQLite itself says about it. */
export function databaseFileSource({ raw, integrity }: AuditStore, cosigned?: CosignedSource): AuditSource {
  return {
    ...databaseSource(raw, cosigned),
    async *faults() {
      yield* raw.faults();
      const problems = await integrity();
      if (problems.length === 0) return;
      yield { leaf: null, code: 'damaged', text: `the database contradicts itself: ${problems.join('; ')}` };
    },
  };
}

/** @throws StoreError or FormatError when there is no readable checkpoint */
export async function exportSource(files: FileStore, pace: Pace): Promise<AuditSource> {
  const reader = await readTiles(files);
  const bodies = bodiesByPosition(files);
  return {
    size: reader.size,
    sealedSize: reader.size,
    keepsCheckpoints: false,
    async *leaves() {
      for await (const leaf of reader.leaves()) {
        const bodyHash = bodyHashOf(leaf.note);
        const body = await bodies(leaf.index);
        yield { ...leaf, body, ...(bodyHash === null ? {} : { bodyHash }) };
      }
    },
    checkpoint: (size) => (size === reader.size ? reader.checkpoint : null),
    cosigned: await witnessedFile(files),
    faults: () => checkFiles(reader, pace),
  };
}

/** Bodies by the index of their leaf, a bundle at a time. A bundle that is not there is withheld; one that cannot be read is a fault. */
function bodiesByPosition(files: FileStore): (leaf: number) => Promise<string | null> {
  let bundle = -1;
  let lines: readonly Uint8Array[] = [];
  return async (leaf) => {
    const index = Math.floor(leaf / TILE_WIDTH);
    if (index !== bundle) {
      const first = index * TILE_WIDTH;
      bundle = index;
      lines = (await reading(first, 'file-altered', () => readBodies(files, index))) ?? [];
    }
    const line = lines[leaf % TILE_WIDTH];
    if (line === undefined || line.length === 0) return null;
    return reading(leaf, 'body-altered', () => fromUtf8(line));
  };
}

/** The hash under which the body of a leaf lies; null where the leaf is not readable, which the audit will say. */
export function bodyHashOf(note: string): string | null {
  try {
    if (note.startsWith(HEADER_LINE)) return parseHeader(parseNote(note).text).state;
    return readNote(note).head.bodyHash;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
