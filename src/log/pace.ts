// Gives the event loop back by time: work is done in slices of some milliseconds, whatever one step of it costs.
import { setImmediate as turn } from 'node:timers/promises';
import { systemTimers } from '../time/clock.ts';

/** A tenth of what a person, or a device that waits for an answer, would notice. */
const SLICE_MS = 10;

export class Pace {
  readonly #now: () => number;
  #since: number;

  /** @param now milliseconds of a clock that does not jump */
  constructor(now: () => number = systemTimers.now) {
    this.#now = now;
    this.#since = now();
  }

  /** Whether this slice is used up; then `turn` is due. */
  get due(): boolean {
    return this.#now() - this.#since >= SLICE_MS;
  }

  /** Lets everything else run that waits. */
  async turn(): Promise<void> {
    await turn();
    this.#since = this.#now();
  }
}
