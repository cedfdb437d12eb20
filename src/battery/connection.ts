// Limits at the grid connection, in all and on each phase: the battery keeps them as far as it can. Until it is clear what
// is needed (house.ts), a limit is taken to be kept by what was told already, if it can be. What the connection carries is
// not left to that: while the meter shows more, the battery does more, at worst too much for some seconds.
import { type Need, nearest } from './house.ts';
import type { Phase } from './settings.ts';
import { atLeast, atMost, type Bound } from './solve.ts';
import type { Context } from './trust.ts';

interface GridLimit {
  readonly watts: number;
  readonly code: string;
  readonly text: string;
  readonly numbers: Readonly<Record<string, number>>;
  /** Never waits until meter and battery show the same moment. */
  readonly atOnce?: boolean;
}

/** A limit on what is drawn: the battery gives what is above it. */
export function drawsAtMost({ house }: Context, limit: GridLimit): Bound {
  return atLeast(wholeUp(givesAtLeast(house, limit)), limit.code, limit.text, figuresOf(house, limit));
}

/** A limit on what is fed in: the battery takes what is above it. */
export function feedsAtMost({ house }: Context, limit: GridLimit): Bound {
  return atMost(wholeDown(givesAtMost(house, limit)), limit.code, limit.text, figuresOf(house, limit));
}

function givesAtLeast(need: Need, { watts, atOnce = false }: GridLimit): number {
  const least = nearest(need, -watts);
  if (!atOnce || need.gridW <= watts) return least;
  // At most so much that the limit on the other side is kept, whatever is needed.
  return Math.max(least, Math.min(need.nowW - watts, need.lowW + watts) - need.othersW);
}

function givesAtMost(need: Need, { watts, atOnce = false }: GridLimit): number {
  const most = nearest(need, watts);
  if (!atOnce || -need.gridW <= watts) return most;
  return Math.min(most, Math.max(need.nowW + watts, need.highW - watts) - need.othersW);
}

function figuresOf({ nowW }: Need, { numbers }: GridLimit) {
  return { ...numbers, gridWithoutBatteryW: Math.round(nowW) };
}

/**
 * The same for the phases that the battery is on; the text follows their names. A battery on all of them has a third of
 * its power on each.
 */
export function phaseDrawsAtMost(context: Context, limit: GridLimit): Bound[] {
  return onPhases(context).map(({ phase, need, parts }) => {
    const numbers = { ...limit.numbers, phase, phaseWithoutBatteryW: Math.round(need.nowW) };
    return atLeast(wholeUp(givesAtLeast(need, limit) * parts), limit.code, `L${phase} ${limit.text}`, numbers);
  });
}

export function phaseFeedsAtMost(context: Context, limit: GridLimit): Bound[] {
  return onPhases(context).map(({ phase, need, parts }) => {
    const numbers = { ...limit.numbers, phase, phaseWithoutBatteryW: Math.round(need.nowW) };
    return atMost(wholeDown(givesAtMost(need, limit) * parts), limit.code, `L${phase} ${limit.text}`, numbers);
  });
}

function onPhases({ settings: { phase = 'all' }, phases }: Context) {
  const all = phases.map((need, index) => ({ phase: index + 1, need }));
  const own = all.filter((each) => phase === 'all' || each.phase === phase);
  return own.map(({ phase: number, need }) => ({ phase: number, need, parts: Math.round(1 / partOn(phase, number)) }));
}

/** Whole watts; thirds of them must not creep. */
const wholeUp = (watts: number) => Math.ceil(watts - 1e-6);
const wholeDown = (watts: number) => Math.floor(watts + 1e-6);

/** How much of a battery's power is on a phase (1 to 3). */
export function partOn(phase: Phase, number: number): number {
  return phase === 'all' ? 1 / 3 : phase === number ? 1 : 0;
}

/** What the connection carries: the fuse, in both directions. */
export function connection(context: Context): Bound[] {
  const { connectionW, phaseW } = context.settings;
  const bounds: Bound[] = [];
  if (phaseW !== undefined) {
    const carries = `of the connection carries at most ${phaseW} W.`;
    const limit = { watts: phaseW, text: carries, numbers: { phaseW }, atOnce: true };
    bounds.push(...phaseDrawsAtMost(context, { ...limit, code: 'phase-import' }));
    bounds.push(...phaseFeedsAtMost(context, { ...limit, code: 'phase-export' }));
  }
  if (connectionW !== undefined) {
    const limit = { watts: connectionW, numbers: { connectionW }, atOnce: true };
    const draws = `The connection may draw at most ${connectionW} W from the grid.`;
    const feeds = `The connection may feed at most ${connectionW} W into the grid.`;
    bounds.push(drawsAtMost(context, { ...limit, code: 'connection-import', text: draws }));
    bounds.push(feedsAtMost(context, { ...limit, code: 'connection-export', text: feeds }));
  }
  return bounds;
}
