// Verification that knows nothing of energy: does each leaf hash to what the tree says, does the text belong to its id, the body to
// its hash, and do all leaves together give the root that the log's key has signed? Names the first leaf that does not.
import { equalBytes, sha256Hex } from './bytes.ts';
import { openCheckpoint } from './checkpoint.ts';
import { FormatError } from './errors.ts';
import type { LogFault } from './fault.ts';
import { type NoteVerifier, parseNote } from './note.ts';
import type { StoredCheckpoint } from './store.ts';
import { CompactTree, leafHash } from './tree.ts';

/** A leaf as an engine or an export gives it; what is absent is not checked. */
export interface CheckedLeaf {
  readonly index: number;
  readonly note: string;
  readonly leafHash?: Uint8Array;
  readonly id?: string;
  readonly body?: string | null;
  readonly bodyHash?: string | null;
}

/** Takes the leaves of a log in order and its checkpoints as their sizes are reached; holds 32 bytes per level of the tree. */
export class LogVerifier {
  readonly #logKeys: readonly NoteVerifier[];
  readonly #tree = new CompactTree();
  #verifiedSize = 0;

  /** @param logKeys keys whose checkpoints count */
  constructor(logKeys: readonly NoteVerifier[]) {
    this.#logKeys = logKeys;
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /** The next leaf: null when it is as it should be. A leaf with a fault still counts, so that the rest can be looked at. */
  add(leaf: CheckedLeaf): LogFault | null {
    const index = this.#tree.size;
    const hash = leafHash(leaf.note);
    const fault = leaf.index === index ? checkLeaf(leaf, hash) : missing(index);
    this.#tree.append(hash);
    return fault;
  }

  /** A checkpoint over exactly the leaves added so far: null when it is signed by the log and has their root. */
  check(checkpoint: string): LogFault | null {
    try {
      const { size, root } = openCheckpoint(checkpoint, this.#logKeys);
      if (size !== this.size) {
        const text = `the checkpoint kept for ${this.size} leaves is over ${size}`;
        return { leaf: null, code: 'size-mismatch', text };
      }
      if (!equalBytes(root, this.root())) {
        const first = this.#verifiedSize;
        const text = `the leaves ${first} to ${size - 1} are not those that the checkpoint over ${size} leaves was signed for`;
        return { leaf: first < size ? first : null, code: 'root-mismatch', text };
      }
      this.#verifiedSize = size;
      return null;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return {
        leaf: null,
        code: 'checkpoint-invalid',
        text: `the checkpoint over ${this.size} leaves is not valid: ${error.message}`,
      };
    }
  }
}

export interface LogVerdict {
  readonly size: number;
  readonly root: Uint8Array;
  /** the first fault in log order, or null */
  readonly fault: LogFault | null;
}

/**
 * Checks leaves in order against checkpoints sorted by size; the last checkpoint must be over all leaves.
 * @param logKeys keys whose checkpoints count
 */
export async function verifyLog(
  leaves: Iterable<CheckedLeaf> | AsyncIterable<CheckedLeaf>,
  checkpoints: readonly StoredCheckpoint[],
  logKeys: readonly NoteVerifier[],
): Promise<LogVerdict> {
  const verifier = new LogVerifier(logKeys);
  let fault: LogFault | null = null;
  let next = 0;
  const checkReached = () => {
    for (; next < checkpoints.length && checkpoints[next]!.size <= verifier.size; next++) {
      fault ??= verifier.check(checkpoints[next]!.note);
    }
  };
  checkReached();
  for await (const leaf of leaves) {
    fault ??= verifier.add(leaf);
    checkReached();
    if (fault !== null) break;
  }
  const last = checkpoints.at(-1);
  if (fault === null && (last === undefined || last.size !== verifier.size)) {
    const signed = last === undefined ? 'no checkpoint' : `the newest checkpoint over ${last.size} leaves`;
    fault = { leaf: null, code: 'size-mismatch', text: `there are ${verifier.size} leaves, but ${signed}` };
  }
  return { size: verifier.size, root: verifier.root(), fault };
}

function checkLeaf(leaf: CheckedLeaf, hash: Uint8Array): LogFault | null {
  const { index, note, id, body, bodyHash } = leaf;
  if (leaf.leafHash !== undefined && !equalBytes(leaf.leafHash, hash)) {
    return { leaf: index, code: 'leaf-altered', text: `leaf ${index} does not hash to what the tree holds for it` };
  }
  if (id !== undefined) {
    let text: string;
    try {
      ({ text } = parseNote(note));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return { leaf: index, code: 'leaf-malformed', text: `leaf ${index} is not a signed note: ${error.message}` };
    }
    if (sha256Hex(text) !== id) {
      return {
        leaf: index,
        code: 'id-altered',
        text: `leaf ${index} is stored under an id that is not that of its text`,
      };
    }
  }
  // Without a hash to compare with, the note itself is at fault, and whoever reads it says so.
  if (typeof body === 'string' && bodyHash !== undefined && sha256Hex(body) !== bodyHash) {
    return {
      leaf: index,
      code: 'body-altered',
      text: `the body of leaf ${index} does not have the hash that its record names`,
    };
  }
  return null;
}

function missing(index: number): LogFault {
  return { leaf: index, code: 'leaf-missing', text: `leaf ${index} is missing or out of order` };
}
