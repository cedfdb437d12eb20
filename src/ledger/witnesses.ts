// What the operator has collected from the witnesses: which checkpoint is cosigned by whom, and the newest that has its quorum. Older
// cosignatures are let go then: a checkpoint stands for all leaves below it. Each line is verified once, when it comes or is read back.
import { type Cosignature, MAX_COSIGNED_LINES, readCosignatures, withCosignatures } from '../log/cosignature.ts';
import type { CosignatureStore } from '../log/cosignature-store.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import { parseNote } from '../log/note.ts';
import type { LogStore, StoredCheckpoint } from '../log/store.ts';
import { countWitnesses, type RosterWitness, type WitnessState, witnessesOf } from './quorum.ts';
import type { Roster } from './roster.ts';

export interface Witnessed extends WitnessState {
  /** the checkpoint with its cosignatures */
  readonly note: string;
}

/** What is known of one checkpoint. */
interface Collected {
  readonly checkpoint: string;
  readonly witnesses: readonly RosterWitness[];
  /** lines by the vkey of their witness */
  readonly lines: Map<string, string>;
}

export class Witnesses {
  readonly #store: LogStore;
  readonly #cosignatures: CosignatureStore;
  readonly #rosterBefore: (size: number) => Roster;
  /** By size; those that have lines. */
  readonly #collected = new Map<number, Collected>();
  #newest: Witnessed | null = null;

  /**
   * @param rosterBefore roster of the header before the block that a checkpoint closes, by the checkpoint's size
   * @throws StoreError when members have cosigned more leaves than the store holds
   */
  constructor(store: LogStore, cosignatures: CosignatureStore, rosterBefore: (size: number) => Roster) {
    this.#store = store;
    this.#cosignatures = cosignatures;
    this.#rosterBefore = rosterBefore;
    requireNoOlder(store, cosignatures);
    for (const size of cosignatures.sizes()) {
      const collected = this.#begin(size);
      // Lines for a checkpoint that this log does not have, or that were altered on the disk, are passed over; `verify` names them.
      if (collected === null) continue;
      for (const line of cosignatures.lines(size)) {
        const cosignature = readLine(collected, line);
        if (cosignature) collected.lines.set(cosignature.vkey, cosignature.line);
      }
      this.#collected.set(size, collected);
      this.#count(size, collected);
    }
  }

  get newest(): Witnessed | null {
    return this.#newest;
  }

  all(): StoredCheckpoint[] {
    const sorted = [...this.#collected].sort(([a], [b]) => a - b);
    return sorted.map(([size, collected]) => ({ size, note: noteOf(collected) }));
  }

  stateOf(size: number): WitnessState | null {
    if (this.#newest !== null && this.#newest.size >= size) return this.#newest;
    const collected = this.#collected.get(size) ?? this.#begin(size);
    return collected && countWitnesses(size, collected.witnesses, collected.lines);
  }

  add(size: number, line: string): WitnessState {
    const collected = this.#collected.get(size) ?? this.#begin(size);
    if (collected === null) throw new FormatError('cosignature', `this ledger has no checkpoint over ${size} leaves`);
    const cosignature = readLine(collected, line);
    if (cosignature === null) {
      throw new FormatError('cosignature', `the line is not the cosignature of a witness of ${size} leaves`);
    }
    if (this.#newest !== null && size < this.#newest.size) return this.#newest;
    const { vkey } = cosignature;
    if (collected.lines.has(vkey)) return countWitnesses(size, collected.witnesses, collected.lines);
    this.#cosignatures.add(size, vkey, cosignature.line);
    collected.lines.set(vkey, cosignature.line);
    this.#collected.set(size, collected);
    const state = this.#count(size, collected);
    const kept = new Set(this.#cosignatures.sizes());
    for (const other of this.#collected.keys()) if (!kept.has(other)) this.#collected.delete(other);
    return state;
  }

  close(): void {
    this.#cosignatures.close();
  }

  #count(size: number, collected: Collected): WitnessState {
    const state = countWitnesses(size, collected.witnesses, collected.lines);
    if (state.reached && size >= (this.#newest?.size ?? 0)) {
      this.#newest = { ...state, note: noteOf(collected) };
      this.#cosignatures.dropBelow(size);
    }
    return state;
  }

  /** A checkpoint without any line yet; null where there is none of this size. */
  #begin(size: number): Collected | null {
    const [kept] = Number.isSafeInteger(size) && size > 0 ? this.#store.checkpoints(size, 1) : [];
    if (kept?.size !== size) return null;
    return { checkpoint: kept.note, witnesses: witnessesOf(this.#rosterBefore(size)), lines: new Map() };
  }
}

/** The cosignature of one of the witnesses; null where the line is anything else. */
function readLine({ checkpoint, witnesses }: Collected, line: string): Cosignature | null {
  const vkeys = witnesses.map(({ vkey }) => vkey);
  try {
    const note = `${parseNote(checkpoint).text}\n${line.replace(/\n?$/, '\n')}`;
    return readCosignatures(note, vkeys, 1).valid[0] ?? null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function noteOf({ checkpoint, lines }: Collected): string {
  // The checkpoint's own line takes one place.
  return withCosignatures(checkpoint, [...lines.values()].slice(0, MAX_COSIGNED_LINES - 1));
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
