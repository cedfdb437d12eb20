// How far the energy on a statement can be trusted: how much was measured, how much estimated, what is open, and when and why.
import { INTERVAL_MS, intervalAt } from '../../time/interval.ts';
import type { Quality } from '../../units.ts';
import type { BilledRow } from './parts.ts';

export interface QualitySums {
  readonly intervals: number;
  readonly importWh: number;
  readonly exportWh: number;
}

/** Quarter hours one after the other with the same quality for the same reason. */
export interface QualityRun {
  readonly quality: Exclude<Quality, 'measured'>;
  readonly reason: string | null;
  readonly first: string;
  readonly last: string;
  readonly intervals: number;
}

export interface QualityFigures {
  readonly measured: QualitySums;
  readonly estimated: QualitySums;
  /** Energy that is not known; what was traded stands. */
  readonly open: { readonly intervals: number; readonly boughtWh: number; readonly soldWh: number };
  readonly exceptions: readonly QualityRun[];
}

interface Exception {
  readonly start: number;
  readonly quality: QualityRun['quality'];
  readonly reason: string | null;
}

const NOTHING: QualitySums = { intervals: 0, importWh: 0, exportWh: 0 };

export class QualityBook {
  #measured = NOTHING;
  #estimated = NOTHING;
  #open = { intervals: 0, boughtWh: 0, soldWh: 0 };
  readonly #exceptions: Exception[] = [];

  /** @param start of the interval, Unix ms */
  add(start: number, row: BilledRow, reason: string | null): void {
    const { quality, importWh, exportWh, boughtWh, soldWh } = row;
    if (quality === 'missing' || importWh === null || exportWh === null) {
      const { intervals, ...traded } = this.#open;
      this.#open = {
        intervals: intervals + 1,
        boughtWh: traded.boughtWh + boughtWh,
        soldWh: traded.soldWh + soldWh,
      };
      this.#exceptions.push({ start, quality: 'missing', reason: reason ?? 'meter-missing' });
      return;
    }
    const more = (sums: QualitySums) => ({
      intervals: sums.intervals + 1,
      importWh: sums.importWh + importWh,
      exportWh: sums.exportWh + exportWh,
    });
    if (quality === 'measured') this.#measured = more(this.#measured);
    else {
      this.#estimated = more(this.#estimated);
      this.#exceptions.push({ start, quality, reason });
    }
  }

  figures(): QualityFigures {
    return {
      measured: this.#measured,
      estimated: this.#estimated,
      open: this.#open,
      exceptions: runsOf(this.#exceptions),
    };
  }
}

function runsOf(exceptions: readonly Exception[]): QualityRun[] {
  const runs: { -readonly [Key in keyof QualityRun]: QualityRun[Key] }[] = [];
  let end = Number.NaN;
  for (const { start, quality, reason } of exceptions.toSorted((a, b) => a.start - b.start)) {
    const interval = intervalAt(start);
    const run = runs.at(-1);
    if (run && start === end && run.quality === quality && run.reason === reason) {
      run.last = interval;
      run.intervals += 1;
    } else runs.push({ quality, reason, first: interval, last: interval, intervals: 1 });
    end = start + INTERVAL_MS;
  }
  return runs;
}

/** Intervals one after the other, as first and last with their number. */
export function rangesOf(intervals: Iterable<string>): { first: string; last: string; intervals: number }[] {
  const exceptions = [...intervals].map(
    (name) => ({ start: Date.parse(name), quality: 'missing', reason: null }) as const,
  );
  return runsOf(exceptions).map(({ first, last, intervals }) => ({ first, last, intervals }));
}
