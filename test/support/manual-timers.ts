// Timers that pass only when a test says so: no test waits, none depends on the machine.
import type { Timers } from '../../src/time/clock.ts';

export interface ManualTimers extends Timers {
  /** Lets real time pass, ms; callbacks come in the order in which they are due. */
  pass(ms: number): void;
  /** Callbacks that are waited for. */
  readonly waiting: number;
}

export function manualTimers(): ManualTimers {
  let now = 0;
  let order = 0;
  const due = new Map<number, { at: number; callback: () => void }>();
  return {
    now: () => now,
    after(ms, callback) {
      const id = order++;
      due.set(id, { at: now + Math.max(0, ms), callback });
      return () => due.delete(id);
    },
    get waiting() {
      return due.size;
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...due].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (!next) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].callback();
      }
      now = end;
    },
  };
}
