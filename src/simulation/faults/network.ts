// The network between the machines: messages come late, in another order, twice or never, and now and then it falls into two parts.
import type { Message } from '../../replica/messages.ts';
import type { Dice } from './dice.ts';

export interface Sent {
  readonly message: Message;
  /** Who gets it, where it is not for all: an operator that shows others something else. */
  readonly only?: readonly string[];
}

/** Shares in a thousand. */
export interface NetworkFaults {
  readonly lost: number;
  readonly doubled: number;
  readonly slow: number;
}

export const CALM: NetworkFaults = { lost: 0, doubled: 0, slow: 0 };

const SLOW_MS = 120_000;

export class Network {
  faults: NetworkFaults = CALM;
  /** Members on the other side of a split. */
  #apart: ReadonlySet<string> = new Set();
  #bridge: string | null = null;
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** @param bridge whom both sides reach */
  split(apart: Iterable<string>, bridge: string | null = null): void {
    this.#apart = new Set(apart);
    this.#bridge = bridge;
  }

  /** Milliseconds after which a message arrives, once for each time; none where it is lost. */
  delays(from: string, to: string): number[] {
    // Within a machine nothing is lost.
    if (from === to) return [1];
    const { lost, doubled, slow } = this.faults;
    const isBridged = from === this.#bridge || to === this.#bridge;
    if (!isBridged && this.#apart.has(from) !== this.#apart.has(to)) return [];
    if (this.#dice.perMille(lost)) return [];
    const times = this.#dice.perMille(doubled) ? 2 : 1;
    return Array.from({ length: times }, () => this.#dice.between(5, this.#dice.perMille(slow) ? SLOW_MS : 900));
  }
}

/** A message in a few words, for the trace. */
export function brief(message: Message): string {
  switch (message.type) {
    case 'checkpoint':
      return `checkpoint ${message.size} ${message.root.slice(0, 8)} ${message.state}`;
    case 'checkpoint-wanted':
      return `checkpoint-wanted ${message.from}`;
    case 'cosignature':
      return `cosignature ${message.size} ${message.member}`;
    case 'leaves-wanted':
      return `leaves-wanted ${message.from}+${message.limit}`;
    case 'leaves':
      return `leaves ${message.from}+${message.leaves.length} of ${message.size}`;
    case 'receipt':
      return `receipt ${message.id.slice(0, 8)} at ${message.index}`;
    case 'proof':
      return `proof ${message.id.slice(0, 8)} at ${message.index}`;
    case 'proof-wanted':
      return `proof-wanted ${message.ids.map((id) => id.slice(0, 8)).join(' ')}`;
    case 'roster':
    case 'roster-wanted':
      return `${message.type} ${message.size}`;
    case 'record':
    case 'refused':
      return `${message.type} ${message.note.slice(-20).trim()}`;
    case 'evidence':
      return `evidence ${message.code}`;
  }
}
