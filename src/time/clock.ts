// Time enters everything through a Clock. Two exist: the machine's own, and a simulated one that starts where it is
// told, runs at a chosen speed, can pause, and never goes backwards except by an explicit jump (reset of a simulation).

/** Timers of the host, a parameter so that tests need no waiting. */
export interface Timers {
  /** Real time in ms, monotonic enough to measure elapsed time. */
  now(): number;
  /** Calls back after real milliseconds; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

export interface Clock {
  readonly simulated: boolean;
  /** Simulated milliseconds per real millisecond; 0 while paused. The machine's own clock has 1. */
  readonly speed: number;
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once the clock shows `time` or later; the returned function cancels. */
  at(time: number, callback: () => void): () => void;
}

/** Timers of the machine. A delay beyond setTimeout's 2^31-1 ms fires early; `at` looks again then. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** The machine's clock. `wall` returns Unix ms; it may jump, so every wait looks again at least once a minute. */
export function realClock(timers: Timers = systemTimers, wall: () => number = Date.now): Clock {
  return {
    simulated: false,
    speed: 1,
    now: wall,
    at(time, callback) {
      let cancel = () => {};
      const wait = () => {
        const left = time - wall();
        if (left <= 0) callback();
        else cancel = timers.after(Math.min(left, 60_000), wait);
      };
      cancel = timers.after(0, wait);
      return () => cancel();
    },
  };
}

/** Fastest simulation: a day in less than a second. Far beyond it, times would soon leave what a date can hold. */
export const MAX_SPEED = 100_000;

/** A clock for simulations: `now = start + speed x elapsed real time`. */
export class SimulatedClock implements Clock {
  readonly simulated = true;
  readonly #timers: Timers;
  readonly #waiting = new Set<{ time: number; callback: () => void; cancel: () => void }>();
  #base: number;
  #since: number;
  #speed: number;
  #paused = false;

  /** @param start Unix ms at which the simulation begins @param speed simulated ms per real ms, above 0, at most MAX_SPEED */
  constructor(start: number, speed: number, timers: Timers = systemTimers) {
    this.#timers = timers;
    this.#base = start;
    this.#since = timers.now();
    this.#speed = requireSpeed(speed);
  }

  get speed(): number {
    return this.#paused ? 0 : this.#speed;
  }

  now(): number {
    return Math.floor(this.#base + (this.#timers.now() - this.#since) * this.speed);
  }

  at(time: number, callback: () => void): () => void {
    const entry = { time, callback, cancel: () => {} };
    this.#waiting.add(entry);
    this.#arm(entry);
    return () => {
      entry.cancel();
      this.#waiting.delete(entry);
    };
  }

  pause(): void {
    this.#rebase(() => {
      this.#paused = true;
    });
  }

  resume(): void {
    this.#rebase(() => {
      this.#paused = false;
    });
  }

  /** Changes the pace from now on. @throws RangeError for a speed that is not above 0, or beyond MAX_SPEED */
  setSpeed(speed: number): void {
    requireSpeed(speed);
    this.#rebase(() => {
      this.#speed = speed;
    });
  }

  /** Sets the clock, forwards or backwards: only for the reset or the resumption of a simulation. */
  jumpTo(time: number): void {
    this.#rebase(() => {
      this.#base = time;
    });
  }

  #rebase(change: () => void): void {
    this.#base = this.now();
    this.#since = this.#timers.now();
    change();
    for (const entry of this.#waiting) {
      entry.cancel();
      this.#arm(entry);
    }
  }

  #arm(entry: { time: number; callback: () => void; cancel: () => void }): void {
    if (this.speed === 0) {
      entry.cancel = () => {};
      return;
    }
    const left = Math.max(0, (entry.time - this.now()) / this.speed);
    entry.cancel = this.#timers.after(left, () => {
      if (this.now() < entry.time) return this.#arm(entry);
      this.#waiting.delete(entry);
      entry.callback();
    });
  }
}

function requireSpeed(speed: number): number {
  if (!(speed > 0 && speed <= MAX_SPEED)) {
    throw new RangeError(`a clock's speed must be above 0 and at most ${MAX_SPEED}, but is ${speed}`);
  }
  return speed;
}
