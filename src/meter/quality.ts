// The quality gate: every reading passes it before anything else is done with it. Pure; it remembers what went before and
// judges the next reading by it. What cannot be true is set to null and never becomes energy, what is doubtful is marked
// estimated, each with its reason, power and counters each for themselves.
import type { Reason } from '../units.ts';
import { type Belief, initialBelief, passTime, weigh } from './belief.ts';
import { counted, mostHiddenWh, resolutionOf, type ShownCounters } from './counts.ts';
import { doubtful, hasCounter, refused, withHeld, withoutCounters, withoutPower } from './doubt.ts';
import { ageFault, COUNTERS, type CounterName, orderFault, powerFault, signFault } from './plausible.ts';
import { type Directions, type Power, powerOf, takenW } from './power.ts';
import type { CounterReading, Reading } from './reading.ts';
import { followSign, type SignRun, signContradiction, type Taken } from './sign-run.ts';
import {
  counterStandsStill,
  followStandstill,
  initialStandstill,
  type Standstill,
  stuck,
  unchanged,
} from './standstill.ts';

export interface GateSettings extends Directions {
  /** Oldest reading that still counts, ms. */
  readonly maxAgeMs: number;
  /** What the connection can carry in either direction, W. */
  readonly connectionW: number;
  /** So long all values may stay the very same while power flows, ms; a live meter's never do. 0 = not checked. */
  readonly stuckAfterMs: number;
}

interface Heard {
  /** When the last reading came that could be true, Unix ms, and the gaps between the last ones, ms. */
  readonly at: number;
  readonly gapsMs: readonly number[];
}

/** What the gate remembers. Plain JSON. */
export interface GateState {
  readonly heard: Heard | null;
  /** Its power. */
  readonly power: Power | null;
  readonly belief: Belief;
  readonly standstill: Standstill;
  readonly sign: SignRun | null;
  /** The power that came with the last counters that were believed. */
  readonly taken: Taken | null;
}

export const initialGate: GateState = {
  heard: null,
  power: null,
  belief: initialBelief,
  standstill: initialStandstill,
  sign: null,
  taken: null,
};

/** Of a meter that is read less often than this, its powers do not tell what ran in between, ms. */
const QUICK_MS = 120_000;
/** A meter without a power is taken for one that rarely carries more than this part of what its connection does. */
const UNKNOWN_PART = 4;
/** A power is carried over twice the usual gap between two readings, and at least so long, ms: some speak up irregularly. */
const CARRIED_MS = 30_000;

/**
 * Judges a reading.
 * @param now Unix ms on the clock the reading was taken with
 * @returns what to remember; the reading as it is, or with what cannot be true set to null, or marked estimated; and the
 * counters that may become energy, oldest first: those of earlier readings that it confirms, and its own.
 * Counters that turned over go on counting: they then show more than the meter does.
 */
export function judge(
  settings: GateSettings,
  before: GateState,
  raw: Reading,
  now: number,
): [GateState, Reading, CounterReading[]] {
  if (raw.powerW === null && !hasCounter(raw)) return [before, raw, []];
  const state = clockWentBack(settings, before, now) ? forgotten(before) : before;
  const refusal =
    ageFault(settings, raw, now) ??
    orderFault(state.heard, raw) ??
    powerFault(settings, raw) ??
    signFault(settings, raw);
  if (refusal) return [state, refused(raw, refusal), []];
  const standstill = followStandstill(settings, state.standstill, raw);
  const hung = stuck(settings, standstill, raw, mostHiddenWh(state.belief.counts));
  if (hung) return [{ ...state, standstill }, refused(raw, hung), []];

  const { at } = raw;
  const power = powerOf(settings, raw, state.sign?.contradicts != null);
  const powers = [state.power, power];
  const heard = hear(state.heard, at);
  const paceMs = paceOf(heard);
  const passed = passTime(state.belief, {
    from: state.heard?.at ?? at,
    at,
    powers,
    unknownW: settings.connectionW / UNKNOWN_PART,
    longestMs: Math.max(CARRIED_MS, 2 * paceMs),
  });
  const held = hold(passed, raw);
  // What sleeps confirms nothing.
  const belief = held ? { ...passed, counts: counted(passed.counts, held.counters, false), suspect: null } : passed;
  const circumstances = { connectionW: settings.connectionW, powers, isQuick: paceMs <= QUICK_MS };
  const weighed = weigh(circumstances, belief, held?.raw ?? raw);

  const taken = raw.powerW === null ? null : { at, takenW: takenW(settings, raw.powerW) };
  const counts = weighed.isBelieved && hasCounter(weighed.reading);
  const run = weighed.turnsBack ? null : state.sign;
  const sign = counts
    ? followSign(run, state.taken, taken, weighed.reading, resolutionOf(weighed.belief.counts))
    : state.sign;
  const next = { heard, power, belief: weighed.belief, standstill, sign, taken: counts ? taken : state.taken };
  const awake = doubted(settings, next, weighed.reading);
  const judged = held ? withHeld(awake, held.counters, held.reason) : awake;
  const own = hasCounter(judged) ? [weighed.anew ? { ...judged, anew: true as const } : judged] : [];
  return [next, judged, [...weighed.earlier, ...own]];
}

/** What the meter has shown for so long that it cannot be so. */
function doubted(settings: GateSettings, { standstill, sign, belief }: GateState, reading: Reading): Reading {
  const still = hasCounter(reading) ? counterStandsStill(standstill, reading) : null;
  if (still) return withoutCounters(reading, still, 'measured');
  const contradiction = signContradiction(sign);
  if (contradiction) return withoutPower(reading, contradiction);
  const same = reading.asleep ? null : unchanged(settings, standstill, reading, mostHiddenWh(belief.counts));
  return same ? doubtful(reading, same) : reading;
}

interface Held {
  /** Without the counters that the device gives no value of, or 0, while it is asleep. */
  readonly raw: Reading;
  /** Those, as they were. */
  readonly counters: ShownCounters;
  readonly reason: Reason;
}

/** The counters of a device that is asleep cannot move: where it does not show them, they are what they were. */
function hold({ counts }: Belief, raw: Reading): Held | null {
  const isSilent = (name: CounterName) => raw[name] === null || (raw[name] === 0 && counts[name]?.wh !== 0);
  const held = COUNTERS.filter((name) => raw.asleep && counts[name] && isSilent(name));
  if (held.length === 0) return null;
  const of = (name: CounterName) => (held.includes(name) ? (counts[name]?.wh ?? null) : null);
  const shown = (name: CounterName) => (held.includes(name) ? null : raw[name]);
  const text = 'The device is at rest and shows no counter, so it stands where it was last seen.';
  return {
    raw: { ...raw, importWh: shown('importWh'), exportWh: shown('exportWh') },
    counters: { at: raw.at, importWh: of('importWh'), exportWh: of('exportWh') },
    reason: { code: 'counter-held', text },
  };
}

/** What was remembered lies ahead: a clock that was set back must not silence a meter until it has caught up. */
function clockWentBack({ maxAgeMs }: GateSettings, { heard }: GateState, now: number): boolean {
  return heard !== null && heard.at > now + maxAgeMs;
}

/** Nothing is compared with what lies ahead, but a counter that had turned over still has. */
function forgotten({ belief }: GateState): GateState {
  return { ...initialGate, belief: { ...initialBelief, rollover: belief.rollover } };
}

function hear(heard: Heard | null, at: number): Heard {
  return heard ? { at, gapsMs: [...heard.gapsMs, at - heard.at].slice(-5) } : { at, gapsMs: [] };
}

/** How often the meter is read: the middle one of the last gaps, so that neither an outage nor an extra reading counts. */
function paceOf({ gapsMs }: Heard): number {
  return gapsMs.toSorted((a, b) => a - b)[(gapsMs.length - 1) >> 1] ?? 0;
}
