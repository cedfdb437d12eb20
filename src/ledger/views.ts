// What a ledger shows to readers: blocks, records and proofs, taken from the store when asked for.
import { toBase64, toHex } from '../log/bytes.ts';
import { parseCheckpoint } from '../log/checkpoint.ts';
import { parseNote } from '../log/note.ts';
import type { LogStore, StoredLeaf } from '../log/store.ts';
import { inclusionProof } from '../log/tree.ts';
import { type Header, parseHeader } from './header.ts';
import type { RecordKind } from './kinds.ts';
import { type RecordHead, readBody, readNote } from './record.ts';

export const HEADER_KIND = 'header';

/** A sealed block, in the words of its header. */
export interface BlockSummary {
  readonly height: number;
  /** Index of the first leaf. */
  readonly first: number;
  /** Records in the block, its header not counted. */
  readonly count: number;
  /** The interval that was cleared in it, or null. */
  readonly interval: string | null;
  readonly time: string;
  /** Leaves in the log once it was sealed. */
  readonly size: number;
  /** Root over them, base64, as in the checkpoint. */
  readonly root: string;
  /** SHA-256 of the text of the header before; null for block 0. */
  readonly previous: string | null;
  /** SHA-256 of the text of this block's header. */
  readonly hash: string;
  /** The signed checkpoint. */
  readonly checkpoint: string;
  /** Number of records by kind. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface LedgerRecord {
  readonly index: number;
  readonly id: string;
  readonly head: RecordHead;
  /** Null when it was withheld or erased. */
  readonly body: unknown;
  readonly note: string;
  /** Whether a checkpoint covers it. */
  readonly sealed: boolean;
}

export interface RecordQuery {
  readonly member?: string;
  readonly kind?: RecordKind;
  readonly interval?: string;
  /** First index; with `newestFirst` the last one. */
  readonly from?: number;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

export interface BlockQuery {
  /** Height of the first block. */
  readonly from?: number;
  /** 100 unless told. */
  readonly limit?: number;
  /** True unless `from` is given. */
  readonly newestFirst?: boolean;
}

/** Shows that a leaf is in the log of a signed checkpoint; check it with `verifyInclusion`. */
export interface Proof {
  readonly index: number;
  readonly size: number;
  /** Hexadecimal, like the hashes below. */
  readonly root: string;
  readonly leafHash: string;
  /** Siblings from the leaf up. */
  readonly hashes: readonly string[];
  readonly checkpoint: string;
}

export class Views {
  readonly #store: LogStore;

  constructor(store: LogStore) {
    this.#store = store;
  }

  /** Number of leaves under the newest checkpoint. */
  get sealedSize(): number {
    const note = this.#store.checkpoint();
    return note === null ? 0 : parseCheckpoint(parseNote(note).text).size;
  }

  records(query: RecordQuery): LedgerRecord[] {
    const sealed = this.sealedSize;
    const found: LedgerRecord[] = [];
    const { limit = 1000, newestFirst = false } = query;
    // Headers are no records, so a page of leaves may hold fewer than were asked for.
    for (let from = query.from; ; ) {
      const missing = limit - found.length;
      const page = this.#store.select({ ...query, limit: missing, ...(from === undefined ? {} : { from }) });
      for (const leaf of page) {
        if (leaf.tags.kind === HEADER_KIND) continue;
        const { id, head } = readNote(leaf.note);
        const body = leaf.body === null ? null : readBody(head, leaf.body);
        found.push({ index: leaf.index, id, head, body, note: leaf.note, sealed: leaf.index < sealed });
      }
      const last = page.at(-1);
      if (!last || page.length < missing || found.length >= limit) return found;
      from = newestFirst ? last.index - 1 : last.index + 1;
    }
  }

  blocks({ from, limit = 100, newestFirst = from === undefined }: BlockQuery): BlockSummary[] {
    const start = from === undefined ? undefined : this.#headerIndex(from);
    if (from !== undefined && start === undefined) return [];
    const leaves = this.#store.select({
      kind: HEADER_KIND,
      limit,
      newestFirst,
      ...(start === undefined ? {} : { from: start }),
    });
    return leaves.map((leaf) => this.#summary(leaf));
  }

  proof(index: number): Proof {
    const checkpoint = this.#store.checkpoint();
    const leaf = this.#store.leaf(index);
    const size = this.sealedSize;
    if (!checkpoint || !leaf || index >= size) {
      throw new RangeError(`leaf ${index} is not sealed; the newest checkpoint covers ${size} leaves`);
    }
    const hashes = inclusionProof(index, size, (level, node) => this.#store.node(level, node));
    const root = this.#store.rootAt(size);
    return {
      index,
      size,
      root: toHex(root),
      leafHash: toHex(leaf.leafHash),
      hashes: hashes.map(toHex),
      checkpoint,
    };
  }

  #summary(leaf: StoredLeaf): BlockSummary {
    const header = headerOf(leaf);
    const size = leaf.index + 1;
    const kinds: Record<string, number> = {};
    for (let from = header.first; from < leaf.index; from += 500) {
      for (const { tags } of this.#store.leaves(from, Math.min(500, leaf.index - from))) {
        kinds[tags.kind] = (kinds[tags.kind] ?? 0) + 1;
      }
    }
    const { height, first, count, interval, time, previous } = header;
    const root = toBase64(this.#store.rootAt(size));
    const checkpoint = this.#store.checkpoints(size, 1)[0]?.note ?? '';
    return { height, first, count, interval, time, size, root, previous, hash: leaf.id, checkpoint, kinds };
  }

  /** Index of the header leaf of a height, by bisection: heights grow with indices. */
  #headerIndex(height: number): number | undefined {
    let low = 0;
    let high = this.#store.size;
    let found: number | undefined;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const leaf = this.#store.select({ kind: HEADER_KIND, from: middle, limit: 1 })[0];
      if (leaf && headerOf(leaf).height < height) low = leaf.index + 1;
      else {
        if (leaf && headerOf(leaf).height === height) found = leaf.index;
        high = middle;
      }
    }
    return found;
  }
}

/** The header of a header leaf. @throws FormatError */
export function headerOf(leaf: StoredLeaf): Header {
  return parseHeader(parseNote(leaf.note).text);
}
