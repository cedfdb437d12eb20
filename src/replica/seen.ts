// What a replica must not forget beside the leaves it has verified: signed checkpoints that lie ahead of it, and receipts whose
// place in the log it has not seen yet. With them two histories are told apart also after a restart. Bounded; the oldest go first.
import type { SentReceipt } from './messages.ts';

export interface SeenCheckpoint {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly note: string;
}

export interface SeenState {
  readonly checkpoints: readonly SeenCheckpoint[];
  readonly receipts: readonly SentReceipt[];
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

  constructor(saved: Saved<SeenState>) {
    this.#saved = saved;
    const { checkpoints = [], receipts = [] } = saved.read() ?? {};
    this.#checkpoints = [...checkpoints];
    this.#receipts = [...receipts];
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

  /** Forgets what the verified log has reached. @returns the receipts of leaves that it holds now */
  reached(size: number): SentReceipt[] {
    const due = this.#receipts.filter(({ index }) => index < size);
    const checkpoints = this.#checkpoints.filter((one) => one.size > size);
    if (due.length > 0 || checkpoints.length < this.#checkpoints.length) {
      this.#receipts = this.#receipts.filter(({ index }) => index >= size);
      this.#checkpoints = checkpoints;
      this.#save();
    }
    return due;
  }

  #save(): void {
    this.#saved.write({ checkpoints: this.#checkpoints, receipts: this.#receipts });
  }
}
