// Energy of delivery intervals as differences of counters at their boundaries, never power times time. Pure: counters that
// passed the gate go in, one reading at a time; intervals that are over come out, when each of their counters is known at
// both boundaries, or can no longer be. Gaps are never filled silently.
import { INTERVAL_MS, intervalAt } from '../time/interval.ts';
import type { Quality, Reason } from '../units.ts';
import {
  type BoundarySettings,
  beginTrack,
  breakOff,
  type Count,
  isKnown,
  settle,
  show,
  type Track,
  type Unknown,
  wait,
} from './boundaries.ts';
import { COUNTERS, type CounterName } from './plausible.ts';
import { type CounterReading, counterQualityOf } from './reading.ts';

export type EnergySettings = BoundarySettings;

/** One delivery interval of one meter. `null` = not known; never 0 instead. */
export interface IntervalEnergy {
  readonly interval: string;
  readonly importWh: number | null;
  readonly exportWh: number | null;
  /** Counters at the end of the interval. */
  readonly importCounterWh: number | null;
  readonly exportCounterWh: number | null;
  /** `missing` where a counter that the meter has is not known; one that it never showed is no concern. */
  readonly quality: Quality;
  /** Why it is not measured; null when it is. */
  readonly reason: Reason | null;
}

/** What is remembered between readings. Plain JSON. */
export interface EnergyState {
  /** Start of the next interval to come out, Unix ms; null before the first reading. */
  readonly next: number | null;
  /** The counters that the meter has shown. */
  readonly importWh: Track | null;
  readonly exportWh: Track | null;
}

export const initialEnergy: EnergyState = { next: null, importWh: null, exportWh: null };

/** Nothing is told of longer absences: most are a clock that was set (a machine without one begins in 1970). */
export const LONGEST_ABSENCE_MS = 31 * 86_400_000;

const clockSetBack: Reason = { code: 'clock-set-back', text: 'The clock was set back since the meter was last read.' };
const startedWithin: Reason = { code: 'started-within', text: 'The meter was not read at the start of the interval.' };
const corrected: Reason = {
  code: 'counter-corrected',
  text: 'The counter had shown a little too much before; what was told of that is left out again.',
};
const noReading: Reason = { code: 'no-reading', text: 'The meter showed no counter until the interval was closed.' };

/** When a counter was last read, Unix ms; null before. */
export function lastRead({ importWh, exportWh }: EnergyState): number | null {
  const times = [importWh, exportWh].flatMap((track) => (track ? [track.last.at] : []));
  return times.length === 0 ? null : Math.max(...times);
}

/**
 * Takes the counters of a reading that passed the gate; one without counters changes nothing.
 * @returns what to remember, and the intervals that ended since the last reading, oldest first
 */
export function addReading(
  settings: EnergySettings,
  state: EnergyState,
  reading: CounterReading,
): [EnergyState, IntervalEnergy[]] {
  const { at } = reading;
  const shown = countsOf(reading);
  if (!shown.importWh && !shown.exportWh) return [state, []];
  const last = lastRead(state);
  if (last === null || state.next === null || isFar(state.next, at)) {
    const next = floor(at);
    return [eachCounter(next, (name) => (shown[name] ? beginTrack(settings, shown[name], next) : null)), []];
  }
  const { next } = state;
  if (at < last - settings.toleranceMs) return [setBack(state, shown), []];
  if (at < last) return [state, []];
  const broken = breakIn(state, reading, shown);
  const moved = eachCounter(next, (name) => {
    const [track, now] = [state[name], shown[name]];
    if (!track) return now ? beginTrack(settings, now, next) : null;
    if (now) return show(settings, track, now, next, broken);
    return wait(settings, broken ? breakOff(track, broken) : track, at, next);
  });
  return tell(moved);
}

/**
 * Gives up waiting: every interval that ended before `now` comes out, missing what is not known, so that others need not
 * wait.
 * @param now Unix ms, some time after the boundary
 */
export function giveUp(settings: EnergySettings, state: EnergyState, now: number): [EnergyState, IntervalEnergy[]] {
  const { next } = state;
  if (next === null) return [state, []];
  if (isFar(next, now)) {
    const figure = { gap: startedWithin };
    const anew = (name: CounterName) => state[name] && { ...state[name], passed: [{ end: figure, start: figure }] };
    return [eachCounter(floor(now), anew), []];
  }
  if (next + INTERVAL_MS > now) return [state, []];
  if (lastRead(state) === null) {
    const out: IntervalEnergy[] = [];
    for (let start = next; start + INTERVAL_MS <= now; start += INTERVAL_MS) out.push(missing(start, noReading));
    return [{ ...state, next: next + out.length * INTERVAL_MS }, out];
  }
  const settled = (name: CounterName) =>
    state[name] && settle(settings, state[name], now, next, silence(state, name, next));
  return tell(eachCounter(next, settled));
}

/** Why a counter is not known at the end of an interval: the meter was not read, or gave only the other one. */
function silence(state: EnergyState, name: CounterName, next: number): Reason {
  const other = state[name === 'importWh' ? 'exportWh' : 'importWh'];
  if (!other || other.last.at < next + INTERVAL_MS) return noReading;
  return { code: 'no-counter', text: `The counter ${name} gave no value until the interval was closed.` };
}

function eachCounter(next: number, track: (name: CounterName) => Track | null): EnergyState {
  return { next, importWh: track('importWh'), exportWh: track('exportWh') };
}

type Shown = Readonly<Record<CounterName, Track['last'] | null>>;

function countsOf(reading: CounterReading): Shown {
  const { at, reasons } = reading;
  const quality = counterQualityOf(reading);
  const uncertain = { code: 'estimated', text: 'The counters are an estimate.' };
  const estimated = quality === 'estimated' ? (reasons.at(-1) ?? uncertain) : null;
  const of = (name: CounterName) => {
    const wh = reading[name];
    return wh === null || quality === 'missing' ? null : { at, wh, estimated };
  };
  return { importWh: of('importWh'), exportWh: of('exportWh') };
}

function isFar(next: number, now: number): boolean {
  return Math.abs(now - next) > LONGEST_ABSENCE_MS;
}

/** What came out already does not come out again, and nothing is known until the clock has caught up. */
function setBack(state: EnergyState, shown: Shown): EnergyState {
  return eachCounter(state.next ?? 0, (name) => {
    const [track, last] = [state[name], shown[name]];
    const [first] = track?.passed ?? [];
    return last && { last, passed: first ? [{ ...first, start: { gap: clockSetBack } }] : [] };
  });
}

/** A meter that begins anew does so with both counters. */
function breakIn(state: EnergyState, { anew }: CounterReading, shown: Shown): Reason | undefined {
  for (const name of anew ? COUNTERS : []) {
    const [before, after] = [state[name]?.last.wh, shown[name]?.wh];
    if (before === undefined || after === undefined || before === after) continue;
    const text = `The counter ${name} went from ${before} to ${after} Wh, which no energy explains.`;
    return { code: 'counter-discontinuity', text, numbers: { before, after } };
  }
  return anew ? { code: 'counter-discontinuity', text: 'The meter began anew.' } : undefined;
}

/** The intervals whose ends all counters have passed. */
function tell(state: EnergyState): [EnergyState, IntervalEnergy[]] {
  const tracks = COUNTERS.flatMap((name) => (state[name] ? [state[name]] : []));
  const count = Math.min(...tracks.map(({ passed }) => Math.max(1, passed.length))) - 1;
  const next = state.next ?? 0;
  const out = Array.from({ length: count }, (_, index) => interval(state, next + index * INTERVAL_MS, index));
  const rest = (name: CounterName) => state[name] && { ...state[name], passed: state[name].passed.slice(count) };
  return [eachCounter(next + count * INTERVAL_MS, rest), out];
}

function interval(state: EnergyState, start: number, index: number): IntervalEnergy {
  const unknown: Reason[] = [];
  const estimated: Reason[] = [];
  let isCorrected = false;
  const use = (figure: Count | Unknown | undefined): number | null => {
    if (!figure) return null;
    if (!isKnown(figure)) unknown.push(figure.gap);
    else if (figure.estimated) estimated.push(figure.estimated);
    return isKnown(figure) ? figure.wh : null;
  };
  const counter = (name: CounterName) => {
    const [from, to] = [state[name]?.passed[index]?.start, state[name]?.passed[index + 1]?.end];
    const [first, last] = [use(from), use(to)];
    isCorrected ||= owed(from) !== owed(to);
    return { wh: first === null || last === null ? null : last - first, counterWh: last };
  };
  const [taken, given] = [counter('importWh'), counter('exportWh')];
  const reason = unknown[0] ?? (isCorrected ? corrected : (estimated.at(-1) ?? null));
  return {
    interval: intervalAt(start),
    importWh: taken.wh,
    exportWh: given.wh,
    importCounterWh: taken.counterWh,
    exportCounterWh: given.counterWh,
    quality: unknown.length > 0 ? 'missing' : reason ? 'estimated' : 'measured',
    reason,
  };
}

function owed(figure: Count | Unknown | undefined): number {
  return figure && isKnown(figure) ? (figure.owedWh ?? 0) : 0;
}

function missing(start: number, reason: Reason): IntervalEnergy {
  const unknown = { importWh: null, exportWh: null, importCounterWh: null, exportCounterWh: null };
  return { interval: intervalAt(start), ...unknown, quality: 'missing', reason };
}

function floor(at: number): number {
  return Math.floor(at / INTERVAL_MS) * INTERVAL_MS;
}
