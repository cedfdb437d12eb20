// What a replica must not forget beside the leaves it has verified: signed checkpoints that lie ahead of it, and receipts whose
// place in the log it has not seen yet. With them two histories are told apart also after a restart. Bounded; the oldest go first.
import type { SeenCheckpoint } from './compare.ts';
import type { SentReceipt } from './messages.ts';
import type { Cheated } from './verdict.ts';

export interface SeenState {
  readonly checkpoints: readonly SeenCheckpoint[];
  readonly receipts: readonly SentReceipt[];
  /** What the operator is accused of, where the own copy would not show it again. */
  readonly cheated?: Cheated | null | undefined;
}

/** A small state that survives: replaced whole or not at all. */
export interface Saved<State> {
  read(): State | null;
  write(state: State): void;
}

const MOST_CHECKPOINTS = 64;
const MOST_RECEIPTS = 1024;

export class Seen {
  readonly #saved: Saved<SeenState>;
  #checkpoints: SeenCheckpoint[];
  #receipts: SentReceipt[];
  #cheated: Cheated | null;

  constructor(saved: Saved<SeenState>) {
    this.#saved = saved;
    const { checkpoints = [], receipts = [], cheated = null } = saved.read() ?? {};
    this.#checkpoints = [...checkpoints];
    this.#receipts = [...receipts];
    this.#cheated = cheated;
  }

  get cheated(): Cheated | null {
    return this.#cheated;
  }

  /** From now on for good: a restart must not make an accused operator an honest one. */
  accuse(cheated: Cheated): void {
    this.#cheated = cheated;
    this.#save();
  }

  /** The one furthest ahead. */
  get newest(): SeenCheckpoint | null {
    return this.#checkpoints.at(-1) ?? null;
  }

  /** The checkpoint that was seen over so many leaves. */
  at(size: number): SeenCheckpoint | undefined {
    return this.#checkpoints.find((one) => one.size === size);
  }

  add(checkpoint: SeenCheckpoint): void {
    this.#checkpoints.push(checkpoint);
    this.#checkpoints.sort((a, b) => a.size - b.size);
    // Those between the nearest and the furthest say least.
    if (this.#checkpoints.length > MOST_CHECKPOINTS) this.#checkpoints.splice(MOST_CHECKPOINTS / 2, 1);
    this.#save();
  }

  receive(receipt: SentReceipt): void {
    if (this.#receipts.some(({ index, leaf }) => index === receipt.index && leaf === receipt.leaf)) return;
    this.#receipts.push(receipt);
    if (this.#receipts.length > MOST_RECEIPTS) this.#receipts.shift();
    this.#save();
  }

  /** The receipts of leaves that the verified log holds now. */
  due(size: number): SentReceipt[] {
    return this.#receipts.filter(({ index }) => index < size);
  }

  /** Forgets what the verified log has reached; what was due must have been looked at before. */
  reached(size: number): void {
    const checkpoints = this.#checkpoints.filter((one) => one.size > size);
    if (this.due(size).length > 0 || checkpoints.length < this.#checkpoints.length) {
      this.#receipts = this.#receipts.filter(({ index }) => index >= size);
      this.#checkpoints = checkpoints;
      this.#save();
    }
  }

  #save(): void {
    this.#saved.write({ checkpoints: this.#checkpoints, receipts: this.#receipts, cheated: this.#cheated });
  }
}
