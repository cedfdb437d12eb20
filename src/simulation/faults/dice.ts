// Chance for a simulation of faults, all of it from the seed: the same seed throws the same dice.
import { seededRandom } from '../seeded.ts';

export interface Dice {
  bytes(count: number): Uint8Array;
  /** A whole number from 0 on, below `end` (at most 2^32). */
  below(end: number): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** True this often, in a thousand throws. */
  perMille(often: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** @param purpose each has a stream of its own, so that a throw more for one changes nothing for the others */
export function dice(seed: string, purpose: string): Dice {
  const bytes = seededRandom(`${seed} ${purpose}`);
  // The remainder favours small numbers by less than one in a million here; chance needs to be reproducible, not fair.
  const below = (end: number): number => {
    const { buffer, byteOffset } = bytes(4);
    return new DataView(buffer, byteOffset).getUint32(0) % end;
  };
  const thrown: Dice = {
    bytes,
    below,
    between: (least, most) => least + below(most - least + 1),
    perMille: (often) => below(1000) < often,
    pick: (items) => items[below(items.length)]!,
    shuffled: (items) => {
      const left = [...items];
      return items.map(() => left.splice(below(left.length), 1)[0]!);
    },
  };
  return thrown;
}
