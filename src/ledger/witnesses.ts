// What the operator has collected from the witnesses: which checkpoint is cosigned by whom, and the newest that has its quorum. Older
// cosignatures are let go then: a checkpoint stands for all leaves below it.
import { MAX_COSIGNED_LINES, readCosignatures, withCosignatures } from '../log/cosignature.ts';
import type { CosignatureStore } from '../log/cosignature-store.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import { parseNote } from '../log/note.ts';
import type { LogStore, StoredCheckpoint } from '../log/store.ts';
import { type WitnessState, witnessesOf, witnessState } from './quorum.ts';
import type { Roster } from './roster.ts';

export interface Witnessed extends WitnessState {
  /** the checkpoint with its cosignatures */
  readonly note: string;
}

export class Witnesses {
  readonly #store: LogStore;
  readonly #cosignatures: CosignatureStore;
  readonly #rosterBefore: (size: number) => Roster;
  #newest: Witnessed | null = null;

  /** @param rosterBefore roster of the header before the block that a checkpoint closes, by the checkpoint's size */
  constructor(store: LogStore, cosignatures: CosignatureStore, rosterBefore: (size: number) => Roster) {
    this.#store = store;
    this.#cosignatures = cosignatures;
    this.#rosterBefore = rosterBefore;
    requireNoOlder(store, cosignatures);
    for (const { size, note } of this.all().reverse()) {
      const state = witnessState(note, this.#rosterBefore(size));
      if (!state.reached) continue;
      this.#newest = { ...state, note };
      break;
    }
  }

  get newest(): Witnessed | null {
    return this.#newest;
  }

  all(): StoredCheckpoint[] {
    const found: StoredCheckpoint[] = [];
    for (const size of this.#cosignatures.sizes()) {
      const note = this.#noteOf(size);
      // Lines for a checkpoint that this log does not have: its file was put back from elsewhere.
      if (note !== null) found.push({ size, note });
    }
    return found;
  }

  stateOf(size: number): WitnessState | null {
    if (this.#newest !== null && this.#newest.size >= size) return this.#newest;
    const note = this.#noteOf(size);
    return note === null ? null : witnessState(note, this.#rosterBefore(size));
  }

  add(size: number, line: string): WitnessState {
    const checkpoint = this.#checkpoint(size);
    if (checkpoint === null) throw new FormatError('cosignature', `this ledger has no checkpoint over ${size} leaves`);
    const roster = this.#rosterBefore(size);
    const { text } = parseNote(checkpoint);
    const vkeys = witnessesOf(roster).map(({ vkey }) => vkey);
    const [cosignature] = readCosignatures(`${text}\n${line.replace(/\n?$/, '\n')}`, vkeys, 1).valid;
    if (cosignature === undefined) {
      throw new FormatError('cosignature', `the line is not the cosignature of a witness of ${size} leaves`);
    }
    if (this.#newest !== null && size < this.#newest.size) return this.#newest;
    const added = this.#cosignatures.add(size, cosignature.vkey, cosignature.line);
    const note = this.#noteOf(size)!;
    const state = witnessState(note, roster);
    if (added && state.reached) {
      this.#newest = { ...state, note };
      this.#cosignatures.dropBelow(size);
    }
    return state;
  }

  close(): void {
    this.#cosignatures.close();
  }

  #checkpoint(size: number): string | null {
    const [kept] = Number.isSafeInteger(size) && size > 0 ? this.#store.checkpoints(size, 1) : [];
    return kept?.size === size ? kept.note : null;
  }

  #noteOf(size: number): string | null {
    const checkpoint = this.#checkpoint(size);
    if (checkpoint === null) return null;
    // The checkpoint's own line takes one place.
    const lines = this.#cosignatures.lines(size).filter(isSignatureLine);
    return withCosignatures(checkpoint, lines.slice(0, MAX_COSIGNED_LINES - 1));
  }
}

/**
 * A checkpoint is durable before any witness sees it. Going on from an older copy would sign a second history.
 * @throws StoreError
 */
function requireNoOlder(store: LogStore, cosignatures: CosignatureStore): void {
  const cosigned = cosignatures.sizes().at(-1) ?? 0;
  if (cosigned <= store.size) return;
  const text = `members have cosigned ${cosigned} leaves of this ledger, but its database holds only ${store.size}`;
  throw new StoreError('damaged', `${text}: it is an older copy; put back the newest one`);
}

/** A row that was altered on the disk is passed over; `microgrid verify` names it. */
function isSignatureLine(line: string): boolean {
  try {
    return parseNote(`\n\n${line}`).signatures.length === 1;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
