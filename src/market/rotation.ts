// Rotation of the members (market.md): whose turn it is to come first where nothing else decides. It is fixed before the
// gate, so neither the order of arrival nor ground hashes can buy the odd Wh.
//
// Read from market.md and fixed here: "unix time" is the interval's start in seconds, so / 900 is the number of the
// quarter hour since 1970; "UTC day number" is days since 1970-01-01; both are integers (floor, also before 1970), and
// mod is the non-negative remainder. The day number is added so that a member's turn wanders over the hours of the day
// also where the number of members divides 96.
import { intervalStart } from '../time/interval.ts';
import type { Auction } from './order.ts';

/**
 * Compares two texts by their UTF-8 bytes, which is the order of their code points. JavaScript's own `<` compares UTF-16
 * units and puts U+1F600 before U+FF5E; this does not.
 * @returns below 0, 0 or above 0
 */
export function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Units of surrogate pairs (0xD800 to 0xDFFF) stand for code points above all others: move them above 0xFFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Index of the member, among `count` sorted by id, who comes first in an interval; 0 where there are none. */
export function rotationStart(interval: string, count: number): number {
  if (count === 0) return 0;
  const seconds = intervalStart(interval) / 1000;
  const turn = seconds / 900 + Math.floor(seconds / 86_400);
  return ((turn % count) + count) % count;
}

/** The members sorted by id (bytes) and turned so that the one whose turn it is stands first. */
export function rotate(members: readonly string[], interval: string): string[] {
  const sorted = sortByBytes(members);
  const start = rotationStart(interval, sorted.length);
  return [...sorted.slice(start), ...sorted.slice(0, start)];
}

/** The members of an auction in rotation: its roster, or those with orders. */
export function rotationOf({ members, orders, interval }: Auction): string[] {
  return rotate(members ?? [...new Set(orders.map((order) => order.member))], interval);
}

/** Place in the rotation by member, for comparing. */
export function turnsOf(auction: Auction): Map<string, number> {
  return new Map(rotationOf(auction).map((member, index) => [member, index]));
}

/** A sorted copy. Without surrogate pairs the order of UTF-16 units is that of bytes, and the engine's own sort is faster. */
export function sortByBytes(texts: readonly string[]): readonly string[] {
  return texts.some((text) => /[\ud800-\udfff]/.test(text)) ? texts.toSorted(compareBytes) : texts.toSorted();
}
