// The quality gate: every reading passes it before anything else is done with it. Pure; it remembers what went before and
// judges the next reading by it. What cannot be true is set to null and never becomes energy, what is doubtful is marked
// estimated, each with its reason.
import type { Reading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';
import { ageFault, COUNTERS, countersFault, orderFault, powerFault, type Seen, signFault } from './plausible.ts';
import { initialRollover, type Rollover, unrolled } from './rollover.ts';
import { followSign, type SignRun, signContradiction } from './sign-run.ts';
import {
  counterStandsStill,
  followStandstill,
  initialStandstill,
  type Standstill,
  stuck,
  unchanged,
} from './standstill.ts';

export interface GateSettings {
  /** Oldest reading that still counts, ms. */
  readonly maxAgeMs: number;
  /** What the connection can carry in either direction, W. */
  readonly connectionW: number;
  /** So long all values may stay the very same while power flows, ms; a live meter's never do. 0 = not checked. */
  readonly stuckAfterMs: number;
  /** A roof only gives and a load only takes: their power is never below 0. Default `any`. */
  readonly sign?: 'any' | 'positive';
}

/** What the gate remembers. Plain JSON. Counters in it never turn over. */
export interface GateState {
  /** The last reading whose counters were good. */
  readonly last: Seen | null;
  /** A refused reading; if the next one continues it, the meter was reset or exchanged and counts on from there. */
  readonly suspect: Seen | null;
  readonly rollover: Rollover;
  readonly standstill: Standstill;
  readonly sign: SignRun | null;
}

export const initialGate: GateState = {
  last: null,
  suspect: null,
  rollover: initialRollover,
  standstill: initialStandstill,
  sign: null,
};

/**
 * Judges a reading.
 * @param now Unix ms on the clock the reading was taken with
 * @returns what to remember, and the reading: as it is; or with what cannot be true set to null; or marked estimated.
 * Counters that turned over go on counting: they then show more than the meter does.
 */
export function judge(settings: GateSettings, before: GateState, raw: Reading, now: number): [GateState, Reading] {
  if (raw.quality === 'missing' && raw.powerW === null && !hasCounter(raw)) return [before, raw];
  const state = clockWentBack(settings, before, now) ? initialGate : before;
  const refusal =
    ageFault(settings, raw, now) ??
    orderFault(state.last, raw) ??
    powerFault(settings, raw) ??
    signFault(settings, raw);
  if (refusal) return [state, refused(raw, refusal)];

  const standstill = followStandstill(state.standstill, raw);
  const hung = stuck(settings, standstill, raw);
  if (hung) return [{ ...state, standstill }, refused(raw, hung)];

  const [rollover, reading] = unrolled(settings, state.rollover, state.last, state.suspect, raw);
  const seen = seenIn(reading);
  const sign = followSign(state.sign, state.last, seen);
  const next: GateState = { ...state, standstill, sign };
  const doubt = countersFault(settings, state.last, reading);
  if (doubt) {
    // Without what was added for turns: a meter that begins anew counts from 0.
    const anew = seenIn(raw);
    const continued = state.suspect !== null && !countersFault(settings, state.suspect, raw);
    if (continued) return [{ ...next, last: anew, suspect: null, rollover: initialRollover, sign: null }, raw];
    const suspect = doubt.code === 'counter-impossible' ? state.suspect : anew;
    return [{ ...next, suspect, sign: state.sign }, withoutCounters(reading, doubt)];
  }
  // A reading without one of the counters there were is no measure for the next, nor does it clear a suspicion.
  const kept: GateState = lacks(state.last, seen)
    ? { ...next, rollover }
    : { ...next, last: seen, suspect: null, rollover };
  const still = counterStandsStill(standstill, reading);
  if (still) return [kept, withoutCounters(reading, still)];
  const contradiction = signContradiction(sign);
  if (contradiction) return [kept, doubtful({ ...reading, powerW: null }, contradiction)];
  const same = unchanged(settings, standstill, reading);
  return [kept, same ? doubtful(reading, same) : reading];
}

/** What was remembered lies ahead: a clock that was set back must not silence a meter until it has caught up. */
function clockWentBack({ maxAgeMs }: GateSettings, { last }: GateState, now: number): boolean {
  return last !== null && last.at > now + maxAgeMs;
}

function seenIn({ at, powerW, importWh, exportWh }: Reading): Seen {
  return { at, powerW, importWh, exportWh };
}

function hasCounter({ importWh, exportWh }: Reading): boolean {
  return importWh !== null || exportWh !== null;
}

function lacks(last: Seen | null, next: Seen): boolean {
  return last !== null && COUNTERS.some((name) => next[name] === null && last[name] !== null);
}

function doubtful(reading: Reading, reason: Reason): Reading {
  const quality = reading.quality === 'missing' ? 'missing' : 'estimated';
  return { ...reading, quality, reasons: [...reading.reasons, reason] };
}

function withoutCounters(reading: Reading, reason: Reason): Reading {
  return { ...reading, importWh: null, exportWh: null, quality: 'missing', reasons: [...reading.reasons, reason] };
}

function refused(reading: Reading, reason: Reason): Reading {
  return { ...withoutCounters(reading, reason), powerW: null };
}
