// Which member has which record for which interval, as one bit each: a year of a member's quarter hours is 4.4 kB. So a
// verifier that reads a log from one end to the other notices a second one without keeping the first.
import type { Recorded } from '../ledger/judge.ts';
import type { RecordKind } from '../ledger/kinds.ts';
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';

/** Intervals per block of bits: 1024 are a bit over ten days. */
const BLOCK = 1024;

export class SeenBits implements Recorded {
  readonly #blocks = new Map<string, Uint8Array>();
  /** Intervals that were settled more than once: few, because each correction is a record. */
  readonly #more = new Map<string, number>();

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
