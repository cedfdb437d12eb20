// A witness with its memory on a disk: one file with the checkpoint it cosigned last, replaced whole and synced before the cosignature
// leaves. A file that is damaged is never taken for none: beginning anew would let the witness cosign another history.
import { closeSync, constants, fsyncSync, lstatSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fromUtf8 } from './bytes.ts';
import { FormatError, StoreError } from './errors.ts';
import { makeDirectory, syncDirectory } from './folder-store.ts';
import { type Answer, type Kept, type Offer, offer, readKept, type Witness } from './witness.ts';

export interface DurableWitness {
  /** What it cosigned last; null before the first. @throws StoreError when that cannot be read or believed */
  readonly kept: Kept | null;
  /**
   * Judges an offer (see witness.ts); when this returns a cosignature, a power cut takes nothing back. Two histories under one size
   * end its work: the other checkpoint is kept beside, and every later offer is answered with both until a person removes it.
   * @param now Unix seconds
   * @throws StoreError when the memory cannot be read, believed or written: nothing is cosigned
   */
  offer(offered: Offer, now: number): Answer;
  close(): void;
}

/** More than any note has that was kept. */
const MAX_BYTES = 512 * 1024;
/** Paths in use: two witnesses with one memory could each cosign their own history. */
const open = new Set<string>();

/**
 * Opens the memory of a witness; the file is made with its first cosignature.
 * @param path of the file; `<path>.conflict` beside it holds a second history, if the operator signed one
 * @throws StoreError when it is in use, damaged, or of another witness or log
 */
export function openWitness(path: string, witness: Witness): DurableWitness {
  const name = resolve(path);
  if (open.has(name)) {
    throw new StoreError('in-use', `another witness already keeps its memory in ${path}; one is enough`);
  }
  const found = new FileWitness(name, witness);
  // A damaged memory is told at once, not with the first offer.
  void found.kept;
  open.add(name);
  return found;
}

class FileWitness implements DurableWitness {
  readonly #path: string;
  readonly #witness: Witness;
  /** Why nothing more is written: what a failed sync left on the disk, nobody knows. */
  #failed: StoreError | null = null;
  #closed = false;

  constructor(path: string, witness: Witness) {
    this.#path = path;
    this.#witness = witness;
  }

  get kept(): Kept | null {
    const note = readNote(this.#path);
    if (note === null) return null;
    try {
      return readKept(this.#witness, note);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const text = `what the witness ${this.#witness.cosigner.name} keeps in ${this.#path} cannot be believed`;
      throw new StoreError(
        'damaged',
        `${text} (${error.message}); put back a copy that is not older, or enrol a new key`,
      );
    }
  }

  offer(offered: Offer, now: number): Answer {
    if (this.#closed) throw new StoreError('closed', 'the witness is closed');
    if (this.#failed) throw this.#failed;
    const { kept } = this;
    const other = readNote(`${this.#path}.conflict`);
    if (other !== null) {
      const text = `the operator signed two histories; nothing is cosigned until ${this.#path}.conflict is removed`;
      return { kind: 'conflict', mine: kept?.note ?? '', theirs: other, proven: true, text };
    }
    const answer = offer(this.#witness, kept, offered, now);
    if (answer.kind === 'cosign') this.#write(this.#path, answer.keep);
    else if (answer.kind === 'conflict' && answer.proven) this.#write(`${this.#path}.conflict`, answer.theirs);
    return answer;
  }

  close(): void {
    if (!this.#closed) open.delete(this.#path);
    this.#closed = true;
  }

  #write(path: string, text: string): void {
    try {
      replaceFile(path, text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const cause = `the disk refused what the witness has to keep (${why})`;
      this.#failed = new StoreError('failed', `${cause}; nothing is cosigned until it is opened again`, error);
      throw this.#failed;
    }
  }
}

/** @throws StoreError when it is no plain file of a sensible length, or cannot be read */
function readNote(path: string): string | null {
  try {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined) return null;
    if (!entry.isFile()) throw new StoreError('not-a-file', `${path} is not a plain file`);
    if (entry.size > MAX_BYTES) throw new StoreError('damaged', `${path} is longer than ${MAX_BYTES} bytes`);
    return fromUtf8(readFileSync(path));
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreError(error instanceof FormatError ? 'damaged' : 'failed', `${path} cannot be read: ${why}`, error);
  }
}

/** Written aside, synced, renamed, and the name synced, too. */
function replaceFile(path: string, text: string): void {
  const folder = dirname(path);
  makeDirectory(folder);
  const draft = `${path}.tmp`;
  const file = openSync(
    draft,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0),
  );
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncDirectory(folder);
}
