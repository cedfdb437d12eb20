// Which member has which record for which interval, as one bit each: a year of a member's quarter hours is 4.4 kB. So a
// verifier that reads a log from one end to the other notices a second one without keeping the first. And of which kind, whose and
// of when each leaf is, in nine bytes, for erasures.
import type { Erasable } from '../ledger/erasure.ts';
import type { Recorded } from '../ledger/judge.ts';
import { RECORD_KINDS, type RecordKind } from '../ledger/kinds.ts';
import { INTERVAL_MS, intervalAt, intervalStart } from '../time/interval.ts';

/** Intervals per block of bits: 1024 are a bit over ten days. */
const BLOCK = 1024;

export class SeenBits implements Recorded {
  readonly #blocks = new Map<string, Uint8Array>();
  /** Intervals that were settled more than once: few, because each correction is a record. */
  readonly #more = new Map<string, number>();

  readonly #leaves = new Leaves();

  at(leaf: number): Erasable | null {
    return this.#leaves.at(leaf);
  }

  /** The leaf after those kept so far; null: a header, or one that cannot be read. */
  keep(leaf: Erasable | null): void {
    this.#leaves.keep(leaf);
  }

  has(kind: RecordKind, member: string, interval: string): boolean {
    const { key, byte, bit } = place(kind, member, interval);
    return ((this.#blocks.get(key)?.[byte] ?? 0) & bit) !== 0;
  }

  count(kind: 'settlement', interval: string): number {
    return this.#more.get(interval) ?? (this.has(kind, '', interval) ? 1 : 0);
  }

  add(kind: RecordKind, member: string, interval: string): void {
    if (kind === 'settlement' && this.has(kind, member, interval))
      this.#more.set(interval, this.count(kind, interval) + 1);
    const { key, byte, bit } = place(kind, member, interval);
    let block = this.#blocks.get(key);
    if (!block) {
      block = new Uint8Array(BLOCK / 8);
      this.#blocks.set(key, block);
    }
    block[byte]! |= bit;
  }
}

function place(kind: RecordKind, member: string, interval: string): { key: string; byte: number; bit: number } {
  const number = intervalStart(interval) / INTERVAL_MS;
  const block = Math.floor(number / BLOCK);
  const offset = number - block * BLOCK;
  return { key: `${kind} ${member} ${block}`, byte: offset >> 3, bit: 1 << (offset & 7) };
}

const PAGE = 16_384;
const NO_INTERVAL = -(2 ** 31);
/** Of a header. */
const NOBODY = 0xffff_ffff;

interface Page {
  readonly kinds: Uint8Array;
  readonly members: Uint32Array;
  readonly intervals: Int32Array;
}

class Leaves {
  readonly #pages: Page[] = [];
  readonly #members: string[] = [];
  readonly #numbers = new Map<string, number>();
  #size = 0;

  keep(leaf: Erasable | null): void {
    const at = this.#size++ % PAGE;
    if (at === 0) {
      this.#pages.push({
        kinds: new Uint8Array(PAGE),
        members: new Uint32Array(PAGE),
        intervals: new Int32Array(PAGE),
      });
    }
    const { kinds, members, intervals } = this.#pages.at(-1)!;
    members[at] = leaf ? this.#numberOf(leaf.member) : NOBODY;
    if (!leaf) return;
    kinds[at] = RECORD_KINDS.indexOf(leaf.kind);
    intervals[at] = leaf.interval === null ? NO_INTERVAL : intervalStart(leaf.interval) / INTERVAL_MS;
  }

  at(leaf: number): Erasable | null {
    if (leaf >= this.#size) return null;
    const { kinds, members, intervals } = this.#pages[Math.floor(leaf / PAGE)]!;
    const at = leaf % PAGE;
    const member = this.#members[members[at]!];
    if (member === undefined) return null;
    const number = intervals[at]!;
    const interval = number === NO_INTERVAL ? null : intervalAt(number * INTERVAL_MS);
    return { kind: RECORD_KINDS[kinds[at]!]!, member, interval };
  }

  #numberOf(member: string): number {
    let number = this.#numbers.get(member);
    if (number === undefined) {
      number = this.#members.push(member) - 1;
      this.#numbers.set(member, number);
    }
    return number;
  }
}
