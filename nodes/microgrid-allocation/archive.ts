// What was allocated, kept to be exported as keys and compared with the utility's figures weeks later: one file per UTC day,
// one line per interval, only ever added to, so that a month is light on an SD card. Of an interval that stands twice the
// later line counts; a line that a power cut tore is left out.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { INTERVAL_MS, intervalAt, intervalStart } from '../../src/time/interval.ts';
import { integer, interval, memberId } from '../shared/messages.ts';

const wh = integer('wh', 0);

const keptSchema = v.object({
  interval,
  /** Of each member: taken and given as metered, allocated of what it took, left of what it gave, and whether it was estimated. */
  members: v.array(v.tuple([memberId, wh, wh, wh, wh, v.boolean()])),
  pairs: v.array(v.tuple([memberId, memberId, integer('wh', 1)])),
});

export type KeptAllocation = v.InferOutput<typeof keptSchema>;

/** Days that are held in memory: what comes now, and what a comparison goes through. */
const HELD = 40;

export class AllocationArchive {
  readonly #folder: string;
  readonly #onProblem: (sentence: string) => void;
  readonly #days = new Map<string, Map<string, KeptAllocation>>();

  /** @param folder of one community and epoch */
  constructor(folder: string, onProblem: (sentence: string) => void) {
    this.#folder = folder;
    this.#onProblem = onProblem;
  }

  get(name: string): KeptAllocation | undefined {
    return this.#day(name).get(name);
  }

  /** What is kept from one interval until before another. */
  between(from: string, until: string): KeptAllocation[] {
    const found: KeptAllocation[] = [];
    for (let ms = intervalStart(from); ms < intervalStart(until); ms += INTERVAL_MS) {
      const kept = this.get(intervalAt(ms));
      if (kept) found.push(kept);
    }
    return found;
  }

  /** @throws Error with what to do where the disk refuses */
  add(kept: KeptAllocation): void {
    const day = this.#day(kept.interval);
    try {
      mkdirSync(this.#folder, { recursive: true });
      const descriptor = openSync(this.#fileOf(kept.interval), 'a');
      try {
        // The line begins on its own, whatever a power cut left before it.
        writeSync(descriptor, `\n${JSON.stringify(kept)}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (problem) {
      const why = problem instanceof Error ? problem.message : String(problem);
      throw new Error(
        `the allocation of ${kept.interval} cannot be kept (${why}); make room, or give the right to write`,
      );
    }
    day.set(kept.interval, kept);
  }

  #fileOf(name: string): string {
    return join(this.#folder, `${name.slice(0, 10)}.jsonl`);
  }

  #day(name: string): Map<string, KeptAllocation> {
    const key = name.slice(0, 10);
    const held = this.#days.get(key);
    if (held) return held;
    const day = this.#read(name);
    this.#days.set(key, day);
    const oldest = this.#days.keys().next().value;
    if (this.#days.size > HELD && oldest !== undefined) this.#days.delete(oldest);
    return day;
  }

  #read(name: string): Map<string, KeptAllocation> {
    const day = new Map<string, KeptAllocation>();
    let text = '';
    try {
      text = readFileSync(this.#fileOf(name), 'utf8');
    } catch (problem) {
      const code = problem instanceof Error && 'code' in problem ? problem.code : problem;
      if (code !== 'ENOENT') this.#onProblem(`${this.#fileOf(name)} cannot be read (${code})`);
    }
    let torn = 0;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      try {
        const kept = v.parse(keptSchema, JSON.parse(line));
        day.set(kept.interval, kept);
      } catch {
        torn += 1;
      }
    }
    if (torn > 0) this.#onProblem(`${torn} lines of ${this.#fileOf(name)} are damaged and left out`);
    return day;
  }
}
