// Where an audit reads from: a database, or an exported directory. Both give leaves in order, page by page, so that memory
// stays flat however long the log is.

import { HEADER_LINE, parseHeader } from '../ledger/header.ts';
import { readNote } from '../ledger/record.ts';
import { readBodies } from '../log/body-bundles.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import type { FileStore } from '../log/file-store.ts';
import { parseNote } from '../log/note.ts';
import type { LogStore } from '../log/store.ts';
import { TILE_WIDTH } from '../log/tiles.ts';
import { readTiles } from '../log/tiles-read.ts';
import type { LogFault } from '../log/verify.ts';
import type { AuditedLeaf } from './auditor.ts';

export interface AuditSource {
  /** Leaves under the newest checkpoint. */
  readonly sealedSize: number;
  /** All leaves; those after the newest checkpoint are not sealed yet. */
  readonly size: number;
  leaves(): Iterable<AuditedLeaf> | AsyncIterable<AuditedLeaf>;
  /** The checkpoint over this many leaves, where the source has one. */
  checkpoint(size: number): string | null;
  /** Faults of files that no leaf shows; null for each file that is in order. */
  files?(): AsyncIterable<LogFault | null>;
}

const PAGE = 256;

/** A database that is open for reading. */
export function databaseSource(store: LogStore): AuditSource {
  let ahead = store.checkpoints(0, PAGE);
  const newest = store.checkpoint();
  const { size: sizeNow } = store;
  return {
    size: sizeNow,
    sealedSize: newest === null ? 0 : Number(parseNote(newest).text.split('\n')[1]),
    *leaves() {
      for (let from = 0; from < sizeNow; from += PAGE) yield* store.leaves(from, Math.min(PAGE, sizeNow - from));
    },
    checkpoint(size) {
      while (ahead.length > 0 && ahead.at(-1)!.size < size) ahead = store.checkpoints(ahead.at(-1)!.size + 1, PAGE);
      return ahead.find((checkpoint) => checkpoint.size === size)?.note ?? null;
    },
  };
}

/** @throws StoreError or FormatError when there is no readable checkpoint */
export async function exportSource(files: FileStore): Promise<AuditSource> {
  const reader = await readTiles(files);
  const bodies = bodiesByPosition(files);
  return {
    size: reader.size,
    sealedSize: reader.size,
    async *leaves() {
      for await (const leaf of reader.leaves()) {
        const bodyHash = bodyHashOf(leaf.note);
        const body = await bodies(leaf.index);
        yield { ...leaf, body, ...(bodyHash === null ? {} : { bodyHash }) };
      }
    },
    checkpoint: (size) => (size === reader.size ? reader.checkpoint : null),
    files: () => reader.verifyFiles(),
  };
}

/** Bodies by the index of their leaf, a bundle at a time. An unreadable bundle counts as withheld here; `files` reports it. */
function bodiesByPosition(files: FileStore): (leaf: number) => Promise<string | null> {
  let bundle = -1;
  let lines: readonly (string | null)[] = [];
  return async (leaf) => {
    const index = Math.floor(leaf / TILE_WIDTH);
    if (index !== bundle) {
      bundle = index;
      lines = await readBodies(files, index).catch(ignoreFaults);
    }
    return lines[leaf - index * TILE_WIDTH] || null;
  };
}

function ignoreFaults(error: unknown): readonly null[] {
  if (error instanceof FormatError || error instanceof StoreError) return [];
  throw error;
}

/** The hash under which the body of a leaf lies; null where the leaf is not readable, which the audit will say. */
function bodyHashOf(note: string): string | null {
  try {
    if (note.startsWith(HEADER_LINE)) return parseHeader(parseNote(note).text).state;
    return readNote(note).head.bodyHash;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
