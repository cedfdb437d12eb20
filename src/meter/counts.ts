// What the gate remembers of each counter, and how the next figure follows from it: by what flowed, or not. A counter that
// rose by more than the connection carries cannot be; one that rose by more than the powers before and after account for
// may be right (something ran in between) or wrong, which only the next reading tells.
import type { Reading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';
import { COUNTERS, type CounterName, TOLERANCE_WH } from './plausible.ts';
import { type Power, powerIn } from './power.ts';

/** A figure of a counter. */
export interface Figure {
  readonly wh: number;
  /** When it was last seen, and since when it has shown this figure, Unix ms. */
  readonly at: number;
  readonly since: number;
  /** Of each of its last figures the largest of 1, 10, 100 and 1000 Wh that it is a multiple of, oldest first. */
  readonly steps: readonly number[];
  /** At most so much has flowed in its direction since then by the powers shown, W ms. */
  readonly flowedWms: number;
}

/** One counter. Plain JSON; it never turns over here. */
export interface Count extends Figure {
  /** The figure before, where nothing has confirmed this one. */
  readonly before: Figure | null;
}

export type Counts = { readonly [Name in CounterName]: Count | null };

export const noCounts: Counts = { importWh: null, exportWh: null };

/** The counters that a reading shows. */
export type ShownCounters = Pick<Reading, 'at' | CounterName>;

/** How a reading's counters follow from what was remembered. */
export interface Step {
  /** `explained`: by its power; `unexplained`: only by what may have run unseen; `impossible`: by nothing. */
  readonly verdict: 'explained' | 'unexplained' | 'impossible';
  /** Why it is not explained; nothing to say otherwise. */
  readonly reason: Reason;
  /** The largest gain of a counter, Wh. */
  readonly gainWh: number;
}

const EXPLAINED: Reason = { code: 'explained', text: 'The counters follow from those before.' };
const STEPS_WH = [1000, 100, 10, 1];
const FIGURES = 3;
const WMS_PER_WH = 3_600_000;

/** Counters with a figure that no counter shows. */
export function impossibleFigure(shown: ShownCounters): Reason | null {
  for (const name of COUNTERS) {
    const value = shown[name];
    if (value === null || (Number.isSafeInteger(value) && value >= 0)) continue;
    return { code: 'counter-impossible', text: `The counter ${name} shows ${value}.`, numbers: { [name]: value } };
  }
  return null;
}

/**
 * The counts after a reading that is believed; counters that it does not show stay as they were.
 * @param correctable nothing confirmed it: if the next readings are lower, it may have been a little wrong
 */
export function counted(counts: Counts, shown: ShownCounters, correctable: boolean): Counts {
  const next = (name: CounterName): Count | null => {
    const wh = shown[name];
    return wh === null ? counts[name] : moved(counts[name], wh, shown.at, correctable);
  };
  return { importWh: next('importWh'), exportWh: next('exportWh') };
}

function moved(count: Count | null, wh: number, at: number, correctable: boolean): Count {
  const steps = [...(count?.steps ?? []), stepOf(wh)].slice(-FIGURES);
  if (!count) return { wh, at, since: at, steps, flowedWms: 0, before: null };
  if (count.wh === wh) return { ...count, at };
  const { before: _, ...figure } = count;
  return { wh, at, since: at, steps, flowedWms: 0, before: correctable ? figure : null };
}

function stepOf(wh: number): number {
  return STEPS_WH.find((step) => wh % step === 0) ?? 1;
}

/** What both counters go by, Wh: import and export of a meter have the same resolution. */
export function resolutionOf({ importWh, exportWh }: Counts): number {
  return Math.min(middle(importWh?.steps ?? []), middle(exportWh?.steps ?? []));
}

/** Most that a coarse counter may have counted and not shown yet, Wh; before it has moved its resolution is not known. */
export function hiddenWh({ steps }: Figure, value: number): number {
  return steps.length > 1 ? middle([...steps, stepOf(value)].slice(-FIGURES)) - 1 : 0;
}

/** The same of either counter as it stands. */
export function mostHiddenWh(counts: Counts): number {
  return Math.max(...COUNTERS.map((name) => (counts[name] ? hiddenWh(counts[name], counts[name].wh) : 0)));
}

/** Not the smallest: a single figure may be wrong. */
function middle(steps: readonly number[]): number {
  return steps.toSorted((a, b) => a - b)[(steps.length - 1) >> 1] ?? 1000;
}

/** The same, as unsure as before: a reading in between spoke against the last figures, or against their still being so. */
export function unsureAs(earlier: Counts, counts: Counts): Counts {
  const keep = (name: CounterName): Count | null => {
    const [count, was] = [counts[name], earlier[name]];
    if (!count || !was) return count;
    return { ...count, at: count.wh === was.wh ? was.at : count.at, before: was.before ?? count.before };
  };
  return { importWh: keep('importWh'), exportWh: keep('exportWh') };
}

/** A stretch between two readings, and the powers at both of its ends; null where the meter shows none. */
export interface Stretch {
  readonly from: number;
  readonly at: number;
  readonly powers: readonly (Power | null)[];
  /** Stands for a power where the meter shows none at all, W. */
  readonly unknownW: number;
  /** A power is not carried further than this, ms: what ran in a longer gap nobody knows. */
  readonly longestMs: number;
}

/** Lets flow what may have flowed between two readings: each power for the whole time, the larger one counts. */
export function flowed(counts: Counts, { from, at, powers, unknownW, longestMs }: Stretch): Counts {
  const known = powers.filter((power) => power !== null);
  const next = (name: CounterName): Count | null => {
    const count = counts[name];
    if (!count) return null;
    const watts = known.length === 0 ? unknownW : Math.max(...known.map((power) => powerIn(power, name)));
    const pass = <F extends Figure>(figure: F): F => {
      const ms = Math.min(longestMs, Math.max(0, at - Math.max(from, figure.since)));
      return { ...figure, flowedWms: figure.flowedWms + watts * ms };
    };
    return { ...pass(count), before: count.before && pass(count.before) };
  };
  return { importWh: next('importWh'), exportWh: next('exportWh') };
}

/** Most that a counter can have gained since it was seen, Wh. */
export function mostWh({ connectionW }: { connectionW: number }, seen: number, at: number): number {
  return Math.ceil((connectionW * (at - seen)) / WMS_PER_WH) + TOLERANCE_WH;
}

/** @param counts what was remembered, with all that flowed up to this reading */
export function follow(settings: { connectionW: number }, counts: Counts, shown: ShownCounters): Step {
  const steps = COUNTERS.map((name) => followOne(settings, counts, name, shown));
  const gainWh = Math.max(...steps.map((step) => step.gainWh));
  const worst = steps.find(isImpossible) ?? steps.find(({ verdict }) => verdict === 'unexplained');
  return worst ? { ...worst, gainWh } : { verdict: 'explained', reason: EXPLAINED, gainWh };
}

/** What was remembered without the last step of each counter that fell back by less than that, where it can follow then. */
export function withoutStep(settings: { connectionW: number }, counts: Counts, shown: ShownCounters): Counts | null {
  const back = (name: CounterName): Count | null => {
    const count = counts[name];
    const fell = count !== null && (shown[name] ?? count.wh) < count.wh;
    return fell && count.before ? { ...count.before, before: null } : count;
  };
  const earlier = { importWh: back('importWh'), exportWh: back('exportWh') };
  return isImpossible(follow(settings, earlier, shown)) ? null : earlier;
}

const isImpossible = ({ verdict }: Step) => verdict === 'impossible';

function followOne(settings: { connectionW: number }, counts: Counts, name: CounterName, shown: ShownCounters): Step {
  const [count, value] = [counts[name], shown[name]];
  if (value === null || !count) return { verdict: 'explained', reason: EXPLAINED, gainWh: 0 };
  const numbers = { [name]: value, before: count.wh };
  const gainWh = value - count.wh;
  if (gainWh < 0) {
    const text = `The counter ${name} fell from ${count.wh} to ${value} Wh.`;
    return { verdict: 'impossible', reason: { code: 'counter-backwards', text, numbers }, gainWh };
  }
  const flowedWh = Math.ceil(count.flowedWms / WMS_PER_WH) + TOLERANCE_WH;
  // What a coarse counter has not shown yet comes with its next step; and any figure may be one of a coarse counter.
  const most = Math.max(mostWh(settings, count.at, shown.at), flowedWh) + stepOf(value) - 1;
  if (gainWh > most) {
    const text = `The counter ${name} rose by ${gainWh} Wh, but the connection carries ${most} Wh in that time.`;
    const reason = { code: 'counter-jump', text, numbers: { ...numbers, mostWh: most } };
    return { verdict: 'impossible', reason, gainWh };
  }
  const explainedWh = flowedWh + hiddenWh(count, value);
  if (gainWh <= explainedWh) return { verdict: 'explained', reason: EXPLAINED, gainWh };
  const text = `The counter ${name} rose by ${gainWh} Wh, but its power explains ${explainedWh} Wh; the next reading will tell.`;
  return {
    verdict: 'unexplained',
    reason: { code: 'counter-unexplained', text, numbers: { ...numbers, explainedWh } },
    gainWh,
  };
}
