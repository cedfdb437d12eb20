// Gathers what the settlement of an interval needs: its clearing and a meter value of every member. Energy is never
// invented: an interval with a missing value stays open, and the desk can say for whom it waits.
import type { Quality } from '../units.ts';

export interface MeterValue {
  readonly member: string;
  readonly interval: string;
  /** Wh of the interval; null exactly when quality is missing. */
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly quality: Quality;
}

/** Everything that the settlement of one interval is computed from. */
export interface Complete<Clearing> {
  readonly interval: string;
  readonly clearing: Clearing;
  /** One per member, sorted by id. */
  readonly meters: readonly MeterValue[];
}

interface Entry<Clearing> {
  clearing: Clearing | null;
  readonly meters: Map<string, MeterValue>;
}

/** Open intervals that are remembered; the ledger, where there is one, still holds the parts of older ones. */
const REMEMBERED = 7 * 96;

/** What of a clearing says whose meters are needed. */
interface Traded {
  readonly interval: string;
  readonly pairs: readonly Two[];
  readonly preferred?: readonly Two[];
}

interface Two {
  readonly buyer: string;
  readonly seller: string;
}

export class SettlementDesk<Clearing extends Traded> {
  readonly #members: () => readonly string[];
  readonly #entries = new Map<string, Entry<Clearing>>();
  readonly #settled = new Set<string>();

  /** @param members ids of those whose meters count; who traded counts too, also after leaving */
  constructor(members: () => readonly string[]) {
    this.#members = members;
  }

  /** Takes a clearing; the interval's parts once they are complete, else null. */
  clearing(clearing: Clearing): Complete<Clearing> | null {
    const entry = this.#entry(clearing.interval);
    if (!entry) return null;
    entry.clearing = clearing;
    return this.#complete(clearing.interval, entry);
  }

  /** Takes a meter value; a measured one replaces a missing one, nothing replaces a known one. */
  meter(value: MeterValue): Complete<Clearing> | null {
    const entry = this.#entry(value.interval);
    if (!entry) return null;
    const known = entry.meters.get(value.member);
    if (!known || known.quality === 'missing') entry.meters.set(value.member, value);
    return this.#complete(value.interval, entry);
  }

  /** The interval's parts where they are complete, else null. */
  complete(interval: string): Complete<Clearing> | null {
    const entry = this.#entries.get(interval);
    return entry ? this.#complete(interval, entry) : null;
  }

  /** Marks an interval as settled, for example because the ledger says so after a restart. */
  settled(interval: string): void {
    this.#entries.delete(interval);
    this.#settled.add(interval);
    for (const oldest of this.#settled) {
      if (this.#settled.size <= REMEMBERED) break;
      this.#settled.delete(oldest);
    }
  }

  /** Members without a usable value for an interval, sorted. */
  missing(interval: string): string[] {
    const entry = this.#entries.get(interval);
    const needed = new Set(this.#members());
    const { pairs = [], preferred = [] } = entry?.clearing ?? {};
    for (const { buyer, seller } of [...preferred, ...pairs]) needed.add(buyer).add(seller);
    return [...needed].filter((member) => (entry?.meters.get(member)?.quality ?? 'missing') === 'missing').sort();
  }

  /** Intervals that are cleared and wait for a meter, oldest first. */
  open(): string[] {
    return [...this.#entries]
      .filter(([, entry]) => entry.clearing !== null)
      .map(([interval]) => interval)
      .sort();
  }

  #entry(interval: string): Entry<Clearing> | null {
    if (this.#settled.has(interval)) return null;
    let entry = this.#entries.get(interval);
    if (!entry) {
      entry = { clearing: null, meters: new Map() };
      this.#forgetOne();
      this.#entries.set(interval, entry);
    }
    return entry;
  }

  /** Makes room: the oldest that has no clearing goes first, because nothing waits for it yet. */
  #forgetOne(): void {
    if (this.#entries.size < REMEMBERED) return;
    const idle = [...this.#entries].find(([, entry]) => entry.clearing === null);
    const oldest = idle?.[0] ?? this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  #complete(interval: string, entry: Entry<Clearing>): Complete<Clearing> | null {
    if (!entry.clearing || this.missing(interval).length > 0) return null;
    const meters = [...entry.meters.values()].sort((a, b) => (a.member < b.member ? -1 : 1));
    return { interval, clearing: entry.clearing, meters };
  }
}
