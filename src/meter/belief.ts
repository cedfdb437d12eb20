// Which counters are believed. One that follows from those before, by what its power accounts for, is. Any other waits: the
// next reading either follows from it, and then it was right (something ran in between; or, where it could not follow, the
// meter was reset or exchanged), or from those before, and then it was wrong. So a false alarm loses no Wh.
import {
  type Counts,
  counted,
  flowed,
  follow,
  impossibleFigure,
  noCounts,
  type ShownCounters,
  type Step,
  type Stretch,
  unsureAs,
  withoutStep,
} from './counts.ts';
import { withoutCounters } from './doubt.ts';
import { COUNTERS, TOLERANCE_WH } from './plausible.ts';
import type { Power } from './power.ts';
import type { CounterReading, Reading } from './reading.ts';
import { initialRollover, type Rollover, unrolled } from './rollover.ts';

/** Counters that wait for the next reading. */
export interface Suspect extends ShownCounters {
  /**
   * `ahead`: they follow from those before, but not by power; `back`: only without the last step of those, which may have
   * been a little wrong; `anew`: not at all.
   */
  readonly kind: 'ahead' | 'back' | 'anew';
  /** What is remembered if they are right. */
  readonly counts: Counts;
}

/** Plain JSON. Counters in it never turn over. */
export interface Belief {
  /** The last counters that were believed. */
  readonly counts: Counts;
  readonly suspect: Suspect | null;
  /** How often, lately, a counter was right though its power did not explain it: some count what their power does not show. */
  readonly outruns: number;
  readonly rollover: Rollover;
}

export const initialBelief: Belief = { counts: noCounts, suspect: null, outruns: 0, rollover: initialRollover };

/** What is known when a reading comes. */
export interface Circumstances {
  /** What the connection can carry, W. */
  readonly connectionW: number;
  /** Before and after; null where the meter shows none. */
  readonly powers: readonly (Power | null)[];
  /** The meter is read often enough for its powers to tell what ran in between. */
  readonly isQuick: boolean;
}

export interface Weighed {
  readonly belief: Belief;
  /** With its counters as they go on counting, or without them. */
  readonly reading: Reading;
  readonly isBelieved: boolean;
  /** Counters that waited and were right: they may become energy before its own. */
  readonly earlier: readonly CounterReading[];
  /** Its own counters begin anew. */
  readonly anew: boolean;
  /** It does not go on from what was believed before. */
  readonly turnsBack: boolean;
}

/** A counter that was right so often in spite of its power is believed at once; more is not remembered than the second. */
const BELIEVED_AFTER = 3;
const MOST_OUTRUNS = 12;

/** Lets flow what may have flowed between two readings, for what is believed and for what waits. */
export function passTime(belief: Belief, stretch: Stretch): Belief {
  const { counts, suspect } = belief;
  const pass = (each: Counts) => flowed(each, stretch);
  return { ...belief, counts: pass(counts), suspect: suspect && { ...suspect, counts: pass(suspect.counts) } };
}

/** A reading next to what was believed, and to what waits. */
interface Case {
  readonly circumstances: Circumstances;
  readonly belief: Belief;
  readonly raw: Reading;
  /** With its counters as they go on counting. */
  readonly reading: Reading;
  readonly rollover: Rollover;
  readonly turned: boolean;
  /** How it follows from what was believed, and from what waits; null where nothing does that can be compared. */
  readonly step: Step;
  readonly again: Step | null;
  /** What was believed without its last step, where it fell back by less than that. */
  readonly back: Counts | null;
  /** Whether it may show that what waits was right, and the outruns if it does. */
  readonly mayConfirm: boolean;
  readonly outruns: number;
}

/**
 * Weighs a reading's counters. Of what may have happened the simplest is believed: that all was right; then that what waits
 * was; else they wait themselves.
 * @param belief with all that flowed up to this reading
 */
export function weigh(circumstances: Circumstances, belief: Belief, raw: Reading): Weighed {
  const wrong = impossibleFigure(raw);
  if (wrong) return refusal(belief, withoutCounters(raw, wrong, 'estimated'));
  const one = compare(circumstances, belief, raw);
  return goesOn(one) ?? confirms(one) ?? goesOnUnexplained(one) ?? waits(one);
}

function compare(circumstances: Circumstances, belief: Belief, raw: Reading): Case {
  const { counts, suspect } = belief;
  const isComparable = suspect && COUNTERS.every((name) => suspect[name] === null || raw[name] !== null);
  const begun = isComparable && suspect.kind === 'anew' ? follow(circumstances, suspect.counts, raw) : null;
  // What goes on from a meter that began anew is no turn of the one before.
  const powers = !begun || begun.verdict === 'impossible' ? circumstances.powers : null;
  const [rollover, reading] = unrolled(circumstances, belief.rollover, counts, powers, raw);
  const turned = COUNTERS.some((name) => rollover[name] !== belief.rollover[name]);
  const step = follow(circumstances, counts, reading);
  const again = begun ?? (isComparable ? follow(circumstances, suspect.counts, reading) : null);
  const back = step.verdict === 'impossible' ? withoutStep(circumstances, counts, reading) : null;
  // That the last step was a little wrong is likelier than another meter.
  const mayConfirm =
    suspect?.kind === 'anew'
      ? step.verdict === 'impossible' && !back
      : suspect?.kind === 'ahead' || step.verdict !== 'explained';
  const outruns = countOutruns(belief.outruns, mayConfirm && again?.verdict === 'unexplained', 0);
  return { circumstances, belief, raw, reading, rollover, turned, step, again, back, mayConfirm, outruns };
}

/** Whether the next counters are believed at once although their power does not explain them. */
function isTrusted({ isQuick }: Circumstances, outruns: number): boolean {
  return !isQuick || outruns >= BELIEVED_AFTER;
}

const follows = (step: Step | null, trusted: boolean) =>
  step?.verdict === 'explained' || (step?.verdict === 'unexplained' && trusted);

/** It goes on from what was believed; what waited was right if it goes on from that, too. */
function goesOn(one: Case): Weighed | null {
  const { circumstances, belief, reading, rollover, turned, step, again, outruns } = one;
  const { counts, suspect } = belief;
  const trusted = isTrusted(circumstances, outruns);
  if (!follows(step, trusted || turned)) return null;
  const wasRight = suspect?.kind === 'ahead' && follows(again, trusted);
  const after = counted(counts, reading, true);
  const isOutrun = circumstances.isQuick && !turned && step.verdict === 'unexplained';
  const next = {
    counts: again && !wasRight ? unsureAs(counts, after) : after,
    suspect: again ? null : suspect,
    outruns: countOutruns(belief.outruns, isOutrun, step.gainWh),
    rollover,
  };
  const earlier = released(counts, wasRight ? suspect : null);
  return { belief: next, reading, isBelieved: true, earlier, anew: false, turnsBack: false };
}

/** It goes on from what waited, which was right then. */
function confirms(one: Case): Weighed | null {
  const { circumstances, belief, raw, reading, rollover, again, mayConfirm, outruns } = one;
  const { counts, suspect } = belief;
  if (!suspect || !mayConfirm) return null;
  // A meter without a power explains nothing: that the next counters can follow has to be enough.
  const trusted = isTrusted(circumstances, outruns) || circumstances.powers.every((power) => !power);
  if (!follows(again, trusted)) return null;
  const begins = suspect.kind === 'anew';
  const shown = begins ? raw : reading;
  const next = {
    counts: counted(suspect.counts, shown, true),
    suspect: null,
    outruns: begins ? outruns : countOutruns(belief.outruns, true, 0),
    rollover: begins ? initialRollover : rollover,
  };
  const earlier = released(counts, suspect);
  const anew = begins && earlier.length === 0;
  return { belief: next, reading: shown, isBelieved: true, earlier, anew, turnsBack: suspect.kind !== 'ahead' };
}

/** It goes on from what waited, but not by its power either: that was right, or at most a little early, and it waits itself. */
function goesOnUnexplained({ circumstances, belief, raw, again }: Case): Weighed | null {
  const { counts, suspect } = belief;
  if (suspect?.kind !== 'ahead' || again?.verdict !== 'unexplained') return null;
  const next = { ...belief, counts: suspect.counts, suspect: null, outruns: countOutruns(belief.outruns, true, 0) };
  const weighed = weigh(circumstances, next, raw);
  return { ...weighed, earlier: [...released(counts, suspect), ...weighed.earlier] };
}

/** It waits for the next reading. */
function waits({ belief, raw, reading, step, back, outruns }: Case): Weighed {
  const { counts } = belief;
  const isImpossible = step.verdict === 'impossible';
  // Without what was added for turns: a meter that begins anew counts from 0.
  const waiting = !isImpossible
    ? suspected('ahead', counts, reading)
    : back
      ? suspected('back', back, reading)
      : suspected('anew', noCounts, raw);
  const power = isImpossible ? 'estimated' : 'measured';
  return refusal({ ...belief, suspect: waiting, outruns }, withoutCounters(reading, step.reason, power));
}

function suspected(kind: Suspect['kind'], from: Counts, { at, importWh, exportWh }: Reading): Suspect {
  const shown = { at, importWh, exportWh };
  return { ...shown, kind, counts: counted(from, shown, false) };
}

function refusal(belief: Belief, reading: Reading): Weighed {
  return { belief, reading, isBelieved: false, earlier: [], anew: false, turnsBack: false };
}

/** Those that waited, unless something later was believed meanwhile. */
function released(counts: Counts, suspect: Suspect | null): CounterReading[] {
  if (!suspect || COUNTERS.some((name) => (counts[name]?.at ?? 0) > suspect.at)) return [];
  const { at, importWh, exportWh, kind } = suspect;
  return [{ at, importWh, exportWh, quality: 'measured', reasons: [], ...(kind === 'anew' ? { anew: true } : {}) }];
}

function countOutruns(outruns: number, outrun: boolean, gainWh: number): number {
  if (outrun) return Math.min(MOST_OUTRUNS, outruns + 1);
  return gainWh > TOLERANCE_WH ? Math.max(0, outruns - 1) : outruns;
}
