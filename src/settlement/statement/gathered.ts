// Puts the parts of intervals together from records or messages that come in any order, for sources that cannot be asked about
// one interval: an export read from its first leaf to its last, or a day of messages.
import type { LeafHead, LedgerLeaf } from './leaves.ts';
import { addLeaf } from './leaves.ts';
import { type IntervalParts, noParts, type OpenParts } from './parts.ts';

export class GatheredParts {
  readonly #parts = new Map<string, OpenParts>();

  of(interval: string): OpenParts {
    let parts = this.#parts.get(interval);
    if (!parts) {
      parts = noParts(interval);
      this.#parts.set(interval, parts);
    }
    return parts;
  }

  leaf(leaf: LedgerLeaf, { kind, member, interval, time }: LeafHead): void {
    if (interval !== null) addLeaf(this.of(interval), leaf, { kind, member, time: () => time });
  }

  /** Oldest interval first. */
  *[Symbol.iterator](): Generator<IntervalParts> {
    for (const name of [...this.#parts.keys()].sort()) yield this.#parts.get(name)!;
  }
}
