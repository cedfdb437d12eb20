// What others have seen of a ledger: the fence against an operator that comes back from an old backup, or after somebody else took
// over. It signs nothing at or below a size that a witness knows with another content.
import { equalBytes, toBase64 } from '../log/bytes.ts';
import type { LogStore } from '../log/store.ts';

/** A checkpoint that a witness or a replica holds, with the term of its last header. */
export interface SeenCheckpoint {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly term: number;
}

/**
 * Why a ledger must not be continued from this store, given what others have seen; null: it may be.
 * @param term the newest in the store
 */
export function fenceFault(
  origin: string,
  store: Pick<LogStore, 'size' | 'rootAt'>,
  term: number,
  seen: readonly SeenCheckpoint[],
): string | null {
  for (const { size, root, term: theirs } of seen) {
    if (theirs > term) {
      return `somebody has taken over ${origin} as term ${theirs}, and this copy ends in term ${term}: follow the ledger as a replica, it is not signed here any more`;
    }
    if (size > store.size) {
      return `this copy of ${origin} holds ${store.size} leaves, but others have seen ${size}: it is an old backup, get the missing leaves from a replica before it goes on`;
    }
    if (!equalBytes(store.rootAt(size), root)) {
      return `others have seen another history of ${origin}: their ${size} leaves have the root ${toBase64(root)}, which this copy never had; nothing is signed`;
    }
  }
  return null;
}
