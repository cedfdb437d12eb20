// Several batteries behind one grid meter, in one cycle on one snapshot. What follows the meter is decided once for all of
// them and split by headroom; what is asked of a single battery stays with it. Each then decides for itself, as if what
// the others do were part of the house, so all limits hold for all, and none works against another.
import { partOn } from './connection.ts';
import { decide, prepare } from './control.ts';
import type { BatterySettings } from './settings.ts';
import { share } from './share.ts';
import { type Solution, solve } from './solve.ts';
import { boundsOf, type Wanted, wanted } from './sources.ts';
import type { ControlState, Decision, Snapshot } from './state.ts';
import { type Context, isNumber } from './trust.ts';

/** One of the batteries; all snapshots hold the same reading of the same meter. */
export interface Battery {
  readonly settings: BatterySettings;
  readonly state: ControlState;
  readonly snapshot: Snapshot;
}

/** A battery that may be told something. */
interface Active {
  readonly index: number;
  readonly context: Context;
  readonly own: Solution;
  readonly want: Wanted;
}

/** One decision for each, in the same order. One battery alone is exactly `decide`. */
export function decideTogether(batteries: readonly Battery[], now: number): [ControlState, Decision][] {
  const contexts = batteries.map(({ settings, state, snapshot }) => prepare(settings, state, snapshot, now));
  const active = contexts.flatMap((context, index) => ('refusal' in context ? [] : [{ index, context }]));
  const plans = active.length > 1 ? planFor(active, powersOf(batteries)) : null;
  const before = powersOf(batteries);
  // What each does; of those that are not told anything, what they did when they were last seen.
  const doing = before.map((watts, index) => plans?.doing.get(index) ?? watts);
  return batteries.map(({ settings, state, snapshot }, index) => {
    if (!plans) return decide(settings, state, snapshot, now);
    const others = batteries.map((other, i) => ({
      phase: other.settings.phase ?? ('all' as const),
      changeW: i === index ? 0 : (doing[i] ?? 0) - (before[i] ?? 0),
    }));
    const shifted = withOthers(snapshot, others);
    const decided = decide(settings, state, { ...shifted, share: plans.shares.get(index) ?? null }, now);
    doing[index] = 'refusal' in (contexts[index] ?? {}) ? (before[index] ?? 0) : decided[1].setpointW;
    return decided;
  });
}

function powersOf(batteries: readonly Battery[]): number[] {
  return batteries.map(({ snapshot: { batteryW } }) => (isNumber(batteryW) ? batteryW : 0));
}

function planFor(active: readonly { index: number; context: Context }[], powers: readonly number[]) {
  const allW = powers.reduce((sum, watts) => sum + watts, 0);
  const seen = active.map(({ index, context }): Active => {
    const bounds = boundsOf(context, 'own');
    const want = wanted(asOne(context, allW));
    return { index, context, want, own: solve([...bounds, ...(want.fixed ? want.bounds : [])], want.wish) };
  });
  const fixed = seen.filter(({ want }) => want.fixed);
  const followers = seen.filter(({ want }) => !want.fixed);
  const fixedW = fixed.reduce((sum, { own }) => sum + own.watts, 0);
  const { wishW, totalW } = wishOfAll(followers, fixedW, allW);
  const parts = followers.map(partOf);
  const done = share(totalW, parts);
  // The wish of each is its part of what all wish for. What they cannot do stays in it, so that the limit is the reason.
  const wished = share(wishW, parts);
  const missingW = wishW - wished.reduce((sum, watts) => sum + watts, 0);
  const doing = new Map(fixed.map(({ index, own }) => [index, own.watts]));
  const shares = new Map<number, { watts: number; totalW: number; batteries: number }>();
  for (const [i, { index }] of followers.entries()) {
    doing.set(index, done[i] ?? 0);
    shares.set(index, { watts: (wished[i] ?? 0) + missingW, totalW: wishW, batteries: followers.length });
  }
  return { doing, shares };
}

/** What those that follow the meter would do together, and what the limits of the house leave of it. */
function wishOfAll(followers: readonly Active[], fixedW: number, allW: number): { wishW: number; totalW: number } {
  const [first] = followers;
  if (!first) return { wishW: 0, totalW: 0 };
  const bounds = followers.flatMap(({ context }) =>
    boundsOf(asOne({ ...context, settings: withoutPhases(context.settings) }, allW), 'house'),
  );
  const { wish } = first.want;
  // One battery never charges another: what a single one was told to do is left to the grid.
  const without = (watts: number) => {
    if (fixedW < 0) return Math.min(watts - fixedW, Math.max(wish.watts, 0));
    if (fixedW > 0) return Math.max(watts - fixedW, Math.min(wish.watts, 0));
    return watts;
  };
  return { wishW: without(wish.watts), totalW: without(solve(bounds, wish).watts) };
}

/** All batteries as a single one, which has their power. */
function asOne(context: Context, allW: number): Context {
  return { ...context, seen: { ...context.seen, batteryW: allW } };
}

/** Each phase is looked after by the batteries that are on it. */
function withoutPhases({ phaseW: _fuse, peakPhaseW: _peak, ...settings }: BatterySettings): BatterySettings {
  return settings;
}

function partOf({ context: { settings, seen }, own }: Active) {
  const { capacityWh, minSocPerMille, maxSocPerMille } = settings;
  const wh = (perMille: number) => Math.max(0, Math.floor((perMille * capacityWh) / 1000));
  return {
    lowW: own.lowW,
    highW: own.highW,
    givesWh: wh(seen.socPerMille - minSocPerMille),
    takesWh: wh(maxSocPerMille - seen.socPerMille),
  };
}

/** The meter as it would read if the others already did what they are going to do. */
function withOthers(snapshot: Snapshot, others: readonly { phase: 'all' | 1 | 2 | 3; changeW: number }[]): Snapshot {
  const { gridW, phasesW } = snapshot;
  const changed = (part: (phase: 'all' | 1 | 2 | 3) => number) =>
    others.reduce((sum, { phase, changeW }) => sum + changeW * part(phase), 0);
  const on = (number: number) => changed((phase) => partOn(phase, number));
  return {
    ...snapshot,
    gridW: gridW === null ? null : gridW - changed(() => 1),
    ...(phasesW ? { phasesW: [phasesW[0] - on(1), phasesW[1] - on(2), phasesW[2] - on(3)] } : {}),
  };
}
