// Energy of delivery intervals for a source that shows no counter: power times time, so always marked estimated. Pure: readings
// that passed the gate go in, intervals that are over come out. Each power counts for half the time to the one before and
// half the time to the next one, by its own sign. Over a longer gap nothing is known, and its intervals are missing.
import type { Reading } from '../devices/reading.ts';
import { INTERVAL_MS, intervalAt } from '../time/interval.ts';
import type { Reason } from '../units.ts';
import { type IntervalEnergy, LONGEST_ABSENCE_MS } from './interval-energy.ts';

export interface IntegrationSettings {
  /** Longest time between two readings over which power is integrated, ms. */
  readonly maxGapMs: number;
  /** Which direction positive power counts for: import at the grid and at a load, export at a roof. */
  readonly positive: 'import' | 'export';
}

/** Energy since the beginning: whole Wh, and what is left of the next one, in mW times half ms. */
interface Total {
  readonly wh: number;
  readonly rest: number;
}

/** What is remembered between readings. Plain JSON. */
export interface IntegrationState {
  readonly last: { readonly at: number; readonly powerMw: number } | null;
  /** Start of the next interval to come out, Unix ms; null before the first reading. */
  readonly next: number | null;
  readonly plus: Total;
  readonly minus: Total;
  /** Whole Wh of both at that start; null when something since then is not known, and then why. */
  readonly base: { readonly plus: number; readonly minus: number } | null;
  readonly gap: Reason | null;
}

const nothing: Total = { wh: 0, rest: 0 };
export const initialIntegration: IntegrationState = {
  last: null,
  next: null,
  plus: nothing,
  minus: nothing,
  base: null,
  gap: null,
};

/** Times are doubled, so that the middle between two whole ms is whole too: a Wh is so many mW times half ms. */
const WH = 7_200_000_000n;

const integrated: Reason = {
  code: 'integrated',
  text: 'The source shows no counter; the energy is power times time.',
};

/**
 * Takes a reading that passed the gate; one without power changes nothing.
 * @returns what to remember, and the intervals that ended since the last reading, oldest first
 */
export function addPower(
  settings: IntegrationSettings,
  state: IntegrationState,
  reading: Reading,
): [IntegrationState, IntervalEnergy[]] {
  const { at, powerW, quality } = reading;
  if (powerW === null || quality === 'missing') return [state, []];
  const now = { at, powerMw: Math.round(powerW * 1000) };
  if (isFar(state.next, at)) return addPower(settings, anew(state), reading);
  const { last } = state;
  if (!last) {
    const next = state.next ?? floor(at);
    // Only what was read from its very start on is whole.
    const base = at === next ? { plus: state.plus.wh, minus: state.minus.wh } : null;
    return pass(settings, { ...state, last: now, next, base, gap: base ? null : startedWithin }, now.at);
  }
  if (at <= last.at) return [state, []];
  if (at - last.at > settings.maxGapMs) {
    const broken = { ...state, base: null, gap: tooLong(settings, at - last.at) };
    const [after, out] = pass(settings, broken, at);
    // The interval that this reading stands at the start of is known again from here on.
    if (after.next === at) return [{ ...after, last: now, base: { plus: after.plus.wh, minus: after.minus.wh } }, out];
    return [{ ...after, last: now, base: null, gap: broken.gap }, out];
  }
  const out: IntervalEnergy[] = [];
  const middle = last.at + at;
  let current = state;
  let from = 2 * last.at;
  const ends = [middle, 2 * at];
  for (let boundary = floor(last.at) + INTERVAL_MS; boundary <= at; boundary += INTERVAL_MS) ends.push(2 * boundary);
  for (const to of [...new Set(ends)].sort((a, b) => a - b)) {
    current = accumulate(current, to <= middle ? last.powerMw : now.powerMw, to - from);
    from = to;
    if (to % 2 !== 0) continue;
    const [after, over] = pass(settings, current, to / 2);
    current = after;
    out.push(...over);
  }
  return [{ ...current, last: now }, out];
}

/** Gives up waiting: every interval that ended before `now` comes out as missing, so that others need not wait. */
export function giveUpPower(state: IntegrationState, now: number): [IntegrationState, IntervalEnergy[]] {
  if (state.next === null) return [state, []];
  if (isFar(state.next, now)) return [{ ...anew(state), next: floor(now), gap: startedWithin }, []];
  const reason: Reason = { code: 'no-reading', text: 'The source gave no reading until the interval was closed.' };
  const out: IntervalEnergy[] = [];
  let { next } = state;
  for (; next + INTERVAL_MS <= now; next += INTERVAL_MS) out.push(missing(next, reason));
  // What was read last lies before what was given up: no power may be carried over from there.
  return out.length === 0 ? [state, out] : [{ ...state, last: null, next, base: null, gap: reason }, out];
}

/** After a clock that was set by longer than anyone is absent, nothing of before counts. */
function isFar(next: number | null, now: number): boolean {
  return next !== null && Math.abs(now - next) > LONGEST_ABSENCE_MS;
}

function anew(state: IntegrationState): IntegrationState {
  return { ...state, last: null, next: null, base: null, gap: null };
}

/** Ends the intervals that are over at an instant up to which the totals count. */
function pass(
  settings: IntegrationSettings,
  state: IntegrationState,
  at: number,
): [IntegrationState, IntervalEnergy[]] {
  const out: IntervalEnergy[] = [];
  let { next, base, gap } = state;
  if (next === null) return [state, out];
  for (; next + INTERVAL_MS <= at; next += INTERVAL_MS) {
    out.push(base ? known(settings, next, state, base) : missing(next, gap ?? startedWithin));
    const whole = next + INTERVAL_MS === at;
    base = whole ? { plus: state.plus.wh, minus: state.minus.wh } : null;
    gap = whole ? null : gap;
  }
  return [{ ...state, next, base, gap }, out];
}

function known(
  { positive }: IntegrationSettings,
  start: number,
  { plus, minus }: IntegrationState,
  base: { readonly plus: number; readonly minus: number },
): IntervalEnergy {
  const [withSign, against] = [plus.wh - base.plus, minus.wh - base.minus];
  return {
    interval: intervalAt(start),
    importWh: positive === 'import' ? withSign : against,
    exportWh: positive === 'import' ? against : withSign,
    importCounterWh: null,
    exportCounterWh: null,
    quality: 'estimated',
    reason: integrated,
  };
}

function missing(start: number, reason: Reason): IntervalEnergy {
  const unknown = { importWh: null, exportWh: null, importCounterWh: null, exportCounterWh: null };
  return { interval: intervalAt(start), ...unknown, quality: 'missing', reason };
}

function accumulate(state: IntegrationState, powerMw: number, halfMs: number): IntegrationState {
  const add = ({ wh, rest }: Total): Total => {
    const sum = BigInt(rest) + BigInt(Math.abs(powerMw)) * BigInt(halfMs);
    return { wh: wh + Number(sum / WH), rest: Number(sum % WH) };
  };
  return powerMw >= 0 ? { ...state, plus: add(state.plus) } : { ...state, minus: add(state.minus) };
}

const startedWithin: Reason = { code: 'started-within', text: 'The source was not read at the start of the interval.' };

function tooLong({ maxGapMs }: IntegrationSettings, gapMs: number): Reason {
  const text = `The source gave no power for ${Math.round(gapMs / 1000)} s, too long to say what flowed.`;
  return { code: 'gap', text, numbers: { gapMs, maxGapMs } };
}

function floor(at: number): number {
  return Math.floor(at / INTERVAL_MS) * INTERVAL_MS;
}
