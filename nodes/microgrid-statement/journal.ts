// What a statement node remembers on the disk of what no ledger holds: one file of JSON lines per UTC day of delivery, and one per
// month for what was settled late or paid. Appended to, read a day at a time, and deleted once two months have closed after it;
// so neither memory nor disk grows. A line that a power cut tore is left out.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GatheredParts } from '../../src/settlement/statement/gathered.ts';
import type { IntervalParts, OpenParts, PaymentMade, Settled } from '../../src/settlement/statement/parts.ts';
import { intervalEnd, intervalStart, isInterval } from '../../src/time/interval.ts';

/** One thing that was told about an interval. */
export type Entry =
  | readonly ['settled', interval: string, settled: Settled]
  | readonly ['clearing', interval: string, leaf: number]
  | readonly ['order', interval: string, member: string, leaf: number]
  | readonly ['meter', interval: string, member: string, leaf: number | null, reason: string | null]
  | readonly ['battery', interval: string, member: string, chargeWh: number, dischargeWh: number]
  | readonly ['roof', interval: string, member: string, generationWh: number | null];

type LateEntry = readonly ['settled', interval: string, settled: Settled] | readonly ['paid', payment: PaymentMade];

/** What is settled so long after its interval may belong into a later month's statement. Months close a day later at the soonest. */
const LATE_MS = 86_400_000;
/** Lines that wait for the end of their interval. */
const MOST_WAITING = 1000;

export class Journal {
  readonly #directory: string;
  readonly #waiting = new Map<string, string[]>();
  #lines = 0;
  /** Files that end with a whole line. */
  readonly #whole = new Set<string>();
  /** The day that was read last. */
  #day: { readonly file: string; readonly parts: GatheredParts } | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(entry: Entry): void {
    const [kind, interval] = entry;
    this.#write(dayFile(interval), entry);
    if (kind !== 'settled') return;
    const { at } = entry[2];
    if (at - intervalEnd(interval) >= LATE_MS) this.#write(monthFile(at), entry);
    // A settlement ends its interval.
    this.flush();
  }

  pay(payment: PaymentMade): void {
    this.#write(monthFile(payment.at), ['paid', payment]);
    this.flush();
  }

  /** Brings what waits to the disk. @throws Error where the disk refuses */
  flush(): void {
    if (this.#lines === 0) return;
    mkdirSync(this.#directory, { recursive: true });
    for (const [file, lines] of this.#waiting) {
      const path = join(this.#directory, file);
      // What is written after a torn line begins a new one.
      const gap = this.#whole.has(file) || !isTorn(path) ? '' : '\n';
      appendFileSync(path, `${gap}${lines.join('\n')}\n`);
      this.#whole.add(file);
      this.#waiting.delete(file);
    }
    this.#lines = 0;
    this.#day = null;
  }

  /** Everything about an interval that was told; nothing where it was not. */
  parts(interval: string): IntervalParts {
    this.flush();
    const file = dayFile(interval);
    if (this.#day?.file !== file) {
      const parts = new GatheredParts();
      for (const entry of this.#read<Entry>(file)) if (isInterval(entry[1])) addTo(parts.of(entry[1]), entry);
      this.#day = { file, parts };
    }
    return this.#day.parts.of(interval);
  }

  /** What was settled late, and paid, between two instants (Unix ms). */
  *late(from: number, until: number): Generator<LateEntry> {
    this.flush();
    for (const file of this.#files(/^late-/)) {
      if (file < monthFile(from) || file > monthFile(until)) continue;
      for (const entry of this.#read<LateEntry>(file)) {
        const { at } = entry[0] === 'paid' ? entry[1] : entry[2];
        if (at >= from && at < until) yield entry;
      }
    }
  }

  /** End of the newest interval that anything was told of, Unix ms; null where there is nothing. */
  newest(): number | null {
    const last = this.#files(/^day-/).at(-1);
    let newest: number | null = null;
    for (const [, interval] of last === undefined ? [] : this.#read<Entry>(last)) {
      if (isInterval(interval)) newest = Math.max(newest ?? 0, intervalEnd(interval));
    }
    return newest;
  }

  /** Deletes what is of days that end before an instant, Unix ms. */
  forget(before: number): void {
    const [day, month] = [dayOf(before), dayOf(before).slice(0, 7)];
    for (const file of this.#files(/^day-/)) if (file.slice(4, 14) < day) rmSync(join(this.#directory, file));
    for (const file of this.#files(/^late-/)) if (file.slice(5, 12) < month) rmSync(join(this.#directory, file));
  }

  clear(): void {
    this.#waiting.clear();
    this.#whole.clear();
    this.#lines = 0;
    this.#day = null;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #write(file: string, entry: Entry | LateEntry): void {
    const lines = this.#waiting.get(file) ?? [];
    lines.push(JSON.stringify(entry));
    this.#waiting.set(file, lines);
    this.#lines += 1;
    if (this.#lines >= MOST_WAITING) this.flush();
  }

  #files(pattern: RegExp): string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory)
      .filter((file) => pattern.test(file))
      .sort();
  }

  *#read<Line>(file: string): Generator<Line> {
    const path = join(this.#directory, file);
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      try {
        if (line !== '') yield JSON.parse(line) as Line;
      } catch {
        // Torn by a power cut.
      }
    }
  }
}

function addTo(parts: OpenParts, entry: Entry): void {
  switch (entry[0]) {
    case 'settled':
      parts.settled.push(entry[2]);
      return;
    case 'clearing':
      parts.clearing = Math.max(parts.clearing ?? 0, entry[2]);
      return;
    case 'order':
      parts.orders.push({ member: entry[2], leaf: entry[3] });
      return;
    case 'meter':
      parts.meters.push({ member: entry[2], leaf: entry[3], reason: entry[4] });
      return;
    case 'battery':
      parts.batteries.push({ member: entry[2], chargeWh: entry[3], dischargeWh: entry[4] });
      return;
    case 'roof':
      parts.generation.push({ member: entry[2], generationWh: entry[3] });
  }
}

function isTorn(path: string): boolean {
  return existsSync(path) && !readFileSync(path, 'utf8').endsWith('\n');
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const dayFile = (interval: string) => `day-${dayOf(intervalStart(interval))}.jsonl`;
const monthFile = (ms: number) => `late-${dayOf(ms).slice(0, 7)}.jsonl`;
