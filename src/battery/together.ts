// Several batteries behind one grid meter, in one cycle on one snapshot. What follows the meter is decided once for all of
// them and split by headroom; what is asked of a single battery stays with it. Each then decides for itself, as if what
// the others do were part of the house, so all limits hold for all, and none works against another. A battery that is not
// told anything is part of the house.
import { partOn } from './connection.ts';
import { conclude, needs, ownPart, prepare } from './control.ts';
import type { Need } from './house.ts';
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

/** A battery that may be told something; the house in its context is that of all of them. */
interface Active {
  readonly index: number;
  readonly context: Context;
  readonly own: Solution;
  readonly want: Wanted;
}

/** One decision for each, in the same order. One battery alone is exactly `decide`. */
export function decideTogether(batteries: readonly Battery[], now: number): [ControlState, Decision][] {
  const powers = batteries.map(({ snapshot: { batteryW } }) => (isNumber(batteryW) ? batteryW : 0));
  const allW = sum(powers);
  const contexts = batteries.map(({ settings, state, snapshot }, i) =>
    prepare(settings, state, snapshot, now, allW - (powers[i] ?? 0)),
  );
  const known = contexts.flatMap((context, index) => ('refusal' in context ? [] : [{ index, context }]));
  const [first] = known;
  if (!first || known.length < 2) return contexts.map((context) => conclude(context, now));
  const house = needs(
    first.context.seen,
    known.map(({ context: { settings, state, seen } }) => ownPart(settings, state, seen)),
  );
  const active = known.map(({ index, context }): Active => {
    const ofAll = { ...context, ...house };
    const want = wanted(ofAll);
    const bounds = [...boundsOf(context, 'own'), ...(want.fixed ? want.bounds : [])];
    return { index, context: ofAll, want, own: solve(bounds, want.wish) };
  });
  return decideEach(contexts, active, now);
}

/** Those that are asked for something of their own come first: the others see what is left. */
function decideEach(contexts: ReturnType<typeof prepare>[], active: readonly Active[], now: number) {
  const { doing, shares } = planFor(active);
  const decisions = new Map<number, [ControlState, Decision]>();
  for (const { index, context } of [...active].sort((a, b) => Number(b.want.fixed) - Number(a.want.fixed))) {
    const others = active
      .filter((other) => other.index !== index)
      .map((other) => ({ watts: doing.get(other.index) ?? 0, phase: other.context.settings.phase ?? 'all' }));
    const besides = (need: Need, part: (phase: 'all' | 1 | 2 | 3) => number): Need => ({
      ...need,
      othersW: sum(others.map(({ watts, phase }) => watts * part(phase))),
    });
    const own: Context = {
      ...context,
      seen: { ...context.seen, share: shares.get(index) ?? null },
      house: besides(context.house, () => 1),
      phases: context.phases.map((need, i) => besides(need, (phase) => partOn(phase, i + 1))),
    };
    const decided = conclude(own, now);
    doing.set(index, decided[1].setpointW);
    decisions.set(index, decided);
  }
  return contexts.map((context, index) => decisions.get(index) ?? conclude(context, now));
}

function planFor(active: readonly Active[]) {
  const fixed = active.filter(({ want }) => want.fixed);
  const followers = active.filter(({ want }) => !want.fixed);
  const fixedW = sum(fixed.map(({ own }) => own.watts));
  const { wishW, totalW } = wishOfAll(followers, fixedW);
  const parts = followers.map(partOf);
  const done = share(totalW, parts);
  // The wish of each is its part of what all wish for. What they cannot do stays in it, so that the limit is the reason.
  const wished = share(wishW, parts);
  const missingW = wishW - sum(wished);
  const doing = new Map(fixed.map(({ index, own }) => [index, own.watts]));
  const shares = new Map<number, { watts: number; totalW: number; batteries: number }>();
  for (const [i, { index }] of followers.entries()) {
    doing.set(index, done[i] ?? 0);
    shares.set(index, { watts: (wished[i] ?? 0) + missingW, totalW: wishW, batteries: followers.length });
  }
  return { doing, shares };
}

/**
 * What those that follow the meter would do together, and what the limits of the house leave of it: at either end of what
 * may be needed, and between them as near as can be to what they are told already.
 */
function wishOfAll(followers: readonly Active[], fixedW: number): { wishW: number; totalW: number } {
  const [first] = followers;
  if (!first) return { wishW: 0, totalW: 0 };
  const toldW = sum(followers.map(({ context: { settings, state, seen } }) => ownPart(settings, state, seen).toldW));
  const at = (end: 'lowW' | 'highW') => {
    const contexts = followers.map(({ context }) => ({
      ...context,
      settings: withoutPhases(context.settings),
      house: { ...context.house, lowW: context.house[end], highW: context.house[end] },
    }));
    const bounds = contexts.flatMap((context) => boundsOf(context, 'house'));
    const { wish } = wanted(contexts[0] ?? first.context);
    // One battery never charges another: what a single one was told to do is left to the grid.
    const without = (watts: number) => {
      if (fixedW < 0) return Math.min(watts - fixedW, Math.max(wish.watts, 0));
      if (fixedW > 0) return Math.max(watts - fixedW, Math.min(wish.watts, 0));
      return watts;
    };
    return { wishW: without(wish.watts), totalW: without(solve(bounds, wish).watts) };
  };
  const [low, high] = [at('lowW'), at('highW')];
  const near = (lowW: number, highW: number) => Math.max(lowW, Math.min(highW, toldW));
  return { wishW: near(low.wishW, high.wishW), totalW: near(low.totalW, high.totalW) };
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

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
