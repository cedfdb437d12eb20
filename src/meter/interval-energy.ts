// Energy of delivery intervals as differences of counters at their boundaries, never power times time. Pure: readings that
// passed the gate go in, one at a time; intervals that are over come out. Gaps are never filled silently: a boundary
// without a reading near it is interpolated and its energy marked estimated, or missing when the gap is too long.
import type { Reading } from '../devices/reading.ts';
import { INTERVAL_MS, intervalAt } from '../time/interval.ts';
import type { Quality, Reason } from '../units.ts';

export interface EnergySettings {
  /** A reading this near to a boundary stands for it, ms. */
  readonly toleranceMs: number;
  /** Longest gap between two readings over which boundaries are interpolated, ms. */
  readonly maxGapMs: number;
  /** What the connection can carry, W: counters that move by more are not continued. */
  readonly connectionW: number;
}

/** One delivery interval of one meter. `null` = not known; never 0 instead. */
export interface IntervalEnergy {
  readonly interval: string;
  readonly importWh: number | null;
  readonly exportWh: number | null;
  /** Counters at the end of the interval. */
  readonly importCounterWh: number | null;
  readonly exportCounterWh: number | null;
  readonly quality: Quality;
  /** Why it is not measured; null when it is. */
  readonly reason: Reason | null;
}

interface Count {
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly quality: 'measured' | 'estimated';
  /** Why it is estimated, where the reading said so. */
  readonly reason?: Reason;
}

/** What is remembered between readings. Plain JSON. */
export interface EnergyState {
  /** The last reading with counters. */
  readonly last: (Count & { readonly at: number }) | null;
  /** Start of the next interval to come out, Unix ms; null before the first reading. */
  readonly next: number | null;
  /** Counters at that start; null when they are not known, and then why. */
  readonly base: Count | null;
  readonly gap: Reason | null;
}

export const initialEnergy: EnergyState = { last: null, next: null, base: null, gap: null };

/** Nothing is told of longer absences: most are a clock that was set (a machine without one begins in 1970). */
export const LONGEST_ABSENCE_MS = 31 * 86_400_000;

const clockSetBack: Reason = { code: 'clock-set-back', text: 'The clock was set back since the meter was last read.' };
const startedWithin: Reason = { code: 'started-within', text: 'The meter was not read at the start of the interval.' };

/**
 * Takes a reading that passed the gate; one without counters changes nothing.
 * @returns what to remember, and the intervals that ended since the last reading, oldest first
 */
export function addReading(
  settings: EnergySettings,
  state: EnergyState,
  reading: Reading,
): [EnergyState, IntervalEnergy[]] {
  const { at, importWh, exportWh } = reading;
  if ((importWh === null && exportWh === null) || reading.quality === 'missing') return [state, []];
  const now = countOf(reading, reading.quality);
  const { last } = state;
  if (!last || isFar(state.next, at)) return [begin(settings, now), []];
  // The clock was set back: what came out already does not come out again, and nothing is known until it has caught up.
  if (at < last.at - settings.toleranceMs) return [{ ...state, last: now, base: null, gap: clockSetBack }, []];
  if (at < last.at) return [state, []];
  const broken = discontinuity(settings, last, now);
  const out: IntervalEnergy[] = [];
  let { next, base, gap } = state;
  if (broken) {
    base = null;
    gap = broken;
  }
  next ??= floor(last.at);
  for (let end = next + INTERVAL_MS; end <= at; end += INTERVAL_MS) {
    const count = broken ? null : countAt(settings, last, now, end);
    out.push(interval(end, base, count, gap));
    base = count;
    gap = count ? null : (broken ?? tooLong(settings, now.at - last.at));
    next = end;
  }
  // an interval that was given up as missing while nothing was read: its successor starts with what is known now
  if (!base && !broken && next > last.at && next <= at) {
    base = countAt(settings, last, now, next);
    gap = base ? null : tooLong(settings, now.at - last.at);
  }
  // Not where the boundary was told already: what came before the break would count twice.
  if (broken && at - next <= settings.toleranceMs && (out.length > 0 || !state.base)) {
    base = now;
    gap = null;
  }
  return [{ last: now, next, base, gap }, out];
}

/**
 * Gives up waiting: every interval that ended before `now` comes out as missing, so that others need not wait.
 * @param now Unix ms, some time after the boundary
 */
export function giveUp(state: EnergyState, now: number): [EnergyState, IntervalEnergy[]] {
  if (state.next === null) return [state, []];
  if (isFar(state.next, now)) return [{ ...state, next: floor(now), base: null, gap: startedWithin }, []];
  const out: IntervalEnergy[] = [];
  let { next } = state;
  const reason: Reason = { code: 'no-reading', text: 'The meter gave no reading until the interval was closed.' };
  for (; next + INTERVAL_MS <= now; next += INTERVAL_MS) out.push(interval(next + INTERVAL_MS, null, null, reason));
  return out.length === 0 ? [state, out] : [{ ...state, next, base: null, gap: reason }, out];
}

function countOf({ at, importWh, exportWh, reasons }: Reading, quality: Count['quality']): Count & { at: number } {
  const reason = quality === 'estimated' ? reasons.at(-1) : undefined;
  return { at, importWh, exportWh, quality, ...(reason ? { reason } : {}) };
}

function isFar(next: number | null, now: number): boolean {
  return next !== null && Math.abs(now - next) > LONGEST_ABSENCE_MS;
}

function begin({ toleranceMs }: EnergySettings, now: Count & { at: number }): EnergyState {
  const next = floor(now.at);
  const near = now.at - next <= toleranceMs;
  return { last: now, next, base: near ? now : null, gap: near ? null : startedWithin };
}

/** The counters at a boundary between two readings; null when the gap is too long to say. */
function countAt(
  { toleranceMs, maxGapMs }: EnergySettings,
  before: Count & { at: number },
  after: Count & { at: number },
  boundary: number,
): Count | null {
  const nearest = boundary - before.at < after.at - boundary ? before : after;
  if (Math.abs(nearest.at - boundary) <= toleranceMs) return nearest;
  const span = after.at - before.at;
  if (span > maxGapMs) return null;
  const between = (from: number | null, to: number | null) =>
    from === null || to === null
      ? null
      : from + Number((BigInt(to - from) * BigInt(boundary - before.at)) / BigInt(span));
  return {
    importWh: between(before.importWh, after.importWh),
    exportWh: between(before.exportWh, after.exportWh),
    quality: 'estimated',
  };
}

function interval(end: number, from: Count | null, to: Count | null, gap: Reason | null): IntervalEnergy {
  const difference = (name: 'importWh' | 'exportWh') => {
    const [start, stop] = [from?.[name] ?? null, to?.[name] ?? null];
    return start === null || stop === null ? null : stop - start;
  };
  const importWh = difference('importWh');
  const exportWh = difference('exportWh');
  const known = importWh !== null || exportWh !== null;
  const sure = from?.quality === 'measured' && to?.quality === 'measured';
  const estimated: Reason = {
    code: 'interpolated',
    text: 'There was no reading near a boundary of the interval; its energy is shared out evenly over the gap.',
  };
  const unknown = gap ?? { code: 'gap', text: 'The meter was not read for too long to say what flowed when.' };
  return {
    interval: intervalAt(end - INTERVAL_MS),
    importWh,
    exportWh,
    importCounterWh: to?.importWh ?? null,
    exportCounterWh: to?.exportWh ?? null,
    quality: known ? (sure ? 'measured' : 'estimated') : 'missing',
    reason: known ? (sure ? null : (to?.reason ?? from?.reason ?? estimated)) : unknown,
  };
}

/** Counters that fell, or rose by more than the connection carries, belong to another meter or a reset one. */
function discontinuity(
  { connectionW }: EnergySettings,
  last: Count & { at: number },
  now: Count & { at: number },
): Reason | null {
  const mostWh = Math.ceil((connectionW * (now.at - last.at)) / 3_600_000) + 2;
  for (const name of ['importWh', 'exportWh'] as const) {
    const [before, after] = [last[name], now[name]];
    if (before === null || after === null || (after >= before && after - before <= mostWh)) continue;
    return {
      code: 'counter-discontinuity',
      text: `The counter ${name} went from ${before} to ${after} Wh, which no energy explains.`,
      numbers: { before, after, mostWh },
    };
  }
  return null;
}

function tooLong({ maxGapMs }: EnergySettings, gapMs: number): Reason {
  const text = `The meter was not read for ${Math.round(gapMs / 60_000)} minutes, too long to say what flowed when.`;
  return { code: 'gap', text, numbers: { gapMs, maxGapMs } };
}

function floor(at: number): number {
  return Math.floor(at / INTERVAL_MS) * INTERVAL_MS;
}
