// Checkpoints with the cosignatures that a replica has heard of, and how far each is witnessed: the newest few. A checkpoint whose block is
// not audited yet waits, since its witnesses are not known.
import { type WitnessState, witnessState } from '../ledger/quorum.ts';
import type { Roster } from '../ledger/roster.ts';
import { MAX_COSIGNED_LINES, withCosignatures } from '../log/cosignature.ts';
import { parseNote, signatureLine } from '../log/note.ts';

export interface CosignedNote {
  readonly note: string;
  readonly state: WitnessState;
}

const MOST = 16;

export class Cosigned {
  readonly #bySize = new Map<number, CosignedNote>();
  readonly #waiting = new Map<number, string>();

  at(size: number): CosignedNote | undefined {
    return this.#bySize.get(size);
  }

  /** The newest that enough witnesses have cosigned. */
  get witnessed(): CosignedNote | null {
    const sizes = [...this.#bySize.keys()].sort((a, b) => b - a);
    const size = sizes.find((each) => this.#bySize.get(each)?.state.reached);
    return size === undefined ? null : this.#bySize.get(size)!;
  }

  /** Keeps a checkpoint until its block is audited. */
  wait(size: number, note: string): void {
    const before = this.#waiting.get(size);
    if (before === undefined && this.#waiting.size >= MOST) return;
    this.#waiting.set(size, before === undefined ? note : withCosignatures(before, linesOf(note)));
  }

  /** @param rosterOf roster by which the block that ends at this size was judged; undefined before it is audited */
  settle(rosterOf: (size: number) => Roster | undefined, audited: number): void {
    for (const [size, note] of this.#waiting) {
      const roster = rosterOf(size);
      if (roster) this.#add(size, note, roster);
      if (roster || size <= audited) this.#waiting.delete(size);
    }
  }

  #add(size: number, note: string, roster: Roster): void {
    const before = this.#bySize.get(size);
    const merged = before ? withCosignatures(before.note, linesOf(note)) : note;
    const state = witnessState(merged, roster);
    if (before && state.cosigned <= before.state.cosigned) return;
    this.#bySize.set(size, { note: merged, state });
    const oldest = [...this.#bySize.keys()].sort((a, b) => a - b);
    for (const old of oldest.slice(0, -MOST)) this.#bySize.delete(old);
  }
}

const linesOf = (note: string) => parseNote(note, MAX_COSIGNED_LINES).signatures.map(signatureLine);
