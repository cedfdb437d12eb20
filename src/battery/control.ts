// Battery control as a pure step: settings, memory, one frozen snapshot and the time in; memory and decision out. What is
// decided here is apart from how a device is told (src/devices/drive.ts); what came of that is told back to the memory.
import type { Reason } from '../units.ts';
import { followCharge, frozenReason } from './charge.ts';
import { partOn } from './connection.ts';
import { follow, raise } from './follow.ts';
import { doingThen, followSetpoint, followTrail, type Need } from './house.ts';
import { followTemperature } from './limits.ts';
import { followReserve } from './modes/reserve.ts';
import type { BatterySettings, Phase } from './settings.ts';
import { type Solution, solve } from './solve.ts';
import { boundsOf, wanted } from './sources.ts';
import type { BatteryMode, Closed, ControlState, Decision, Snapshot } from './state.ts';
import { type Context, type Trusted, trust } from './trust.ts';
import { followReading, followWindow } from './window.ts';
import {
  type Lost,
  lost,
  mustTell,
  needsHand,
  overBudget,
  released,
  releaseIn,
  today,
  told,
  waited,
} from './writes.ts';

/**
 * Decides one setpoint (W, + = discharge) for the next `validForSeconds`, with the reason of whatever bound it.
 * Without a fresh meter and battery reading the decision is `safe`: no setpoint, the device's own safe mode.
 * @param now Unix ms, on the same clock as the snapshot's times
 */
export function decide(
  settings: BatterySettings,
  state: ControlState,
  snapshot: Snapshot,
  now: number,
): [ControlState, Decision] {
  return conclude(prepare(settings, state, snapshot, now), now);
}

/** The decision that a context comes to. */
export function conclude(context: Context | Refused, now: number): [ControlState, Decision] {
  if ('refusal' in context) return rest(context, context.mode, context.refusal, now);
  const { settings } = context;
  const { wish, bounds } = wanted(context);
  const solution = solve([...boundsOf(context), ...bounds], wish);
  const setpointW = steady(settings, context.state, solution);
  const { writes, following } = context.state;
  const tell = mustTell(settings, writes, setpointW, now, following.off);
  if (tell && overBudget(settings, writes)) return rest(context, 'safe', budgetReason(settings, writes.used), now);
  const mode: BatteryMode =
    setpointW > 0 ? 'discharging' : setpointW < 0 ? 'charging' : solution.limited ? 'holding' : 'idle';
  const { validForSeconds } = settings;
  const trail = tell ? followSetpoint(context.state.trail, setpointW, now) : context.state.trail;
  return [
    { ...context.state, mode, setpointW, decidedAt: now, trail },
    { setpointW, state: mode, reason: solution.reason, validForSeconds, write: tell ? 'set' : 'nothing' },
  ];
}

export interface Refused {
  readonly settings: BatterySettings;
  readonly state: ControlState;
  readonly mode: 'safe' | 'alarm';
  readonly refusal: Reason;
}

/**
 * All that a source of limits and wishes may look at; or why nothing may be decided.
 * @param othersW what other batteries behind the meter show
 */
export function prepare(
  settings: BatterySettings,
  before: ControlState,
  snapshot: Snapshot,
  now: number,
  othersW = 0,
): Context | Refused {
  const writes = today(waited(before.writes, now - (before.decidedAt ?? now)), now);
  const state = { ...followReading(before, snapshot.batteryAt), writes };
  const seen = trust(settings, snapshot, now);
  if ('code' in seen) return { settings, state, mode: 'safe', refusal: seen };
  const following = follow(settings, state.following, state.writes.told, seen, now);
  const trail = followTrail(state.trail, seen, othersW);
  const charge = followCharge(settings, state.charge, seen);
  const next = { ...state, following, trail, charge, closed: closedNow(settings, state.closed, seen, now) };
  if (following.alarm) return { settings, state: next, mode: 'alarm', refusal: following.alarm.reason };
  if (charge.frozen) return { settings, state: next, mode: 'safe', refusal: frozenReason(charge) };
  return { settings, state: next, seen, now, ...needs(seen, [ownPart(settings, next, seen)]) };
}

/** What a battery does, as far as it is known, and what it is told. */
export interface Part {
  readonly lowW: number;
  readonly highW: number;
  readonly nowW: number;
  readonly toldW: number;
  readonly phase: Phase;
}

export function ownPart({ phase = 'all' }: BatterySettings, state: ControlState, seen: Trusted): Part {
  const resting = state.mode === 'safe' || state.mode === 'alarm';
  const toldW = resting ? Math.round(seen.batteryW) + 0 : state.setpointW;
  return { ...doingThen(state.trail, seen), nowW: seen.batteryW, toldW, phase };
}

/** What is needed behind a meter, and on each of its phases, with these batteries. */
export function needs({ gridW, phasesW }: Trusted, parts: readonly Part[]): Pick<Context, 'house' | 'phases'> {
  const need = (shownW: number, share: (phase: Phase) => number): Need => {
    const sum = (of: (part: Part) => number) => parts.reduce((all, part) => all + of(part) * share(part.phase), 0);
    return {
      lowW: shownW + sum(({ lowW }) => lowW),
      highW: shownW + sum(({ highW }) => highW),
      nowW: shownW + sum(({ nowW }) => nowW),
      gridW: shownW,
      toldW: sum(({ toldW }) => toldW),
      othersW: 0,
    };
  };
  const phases = (phasesW ?? []).map((watts, index) => need(watts, (phase) => partOn(phase, index + 1)));
  return { house: need(gridW, () => 1), phases };
}

function closedNow(settings: BatterySettings, closed: Closed, seen: Trusted, now: number): Closed {
  const window = followWindow(settings, closed, seen.socPerMille);
  return followReserve(settings, followTemperature(settings, window, seen.temperatureC), seen, now);
}

/** A setpoint that still fits is kept rather than moved by a few watts. */
function steady({ stepW = 0 }: BatterySettings, state: ControlState, { watts, lowW, highW }: Solution): number {
  const { mode, setpointW } = state;
  if (mode === 'safe' || mode === 'alarm' || watts === 0 || Math.abs(watts - setpointW) > stepW) return watts;
  return setpointW >= lowW && setpointW <= highW ? setpointW : watts;
}

/** The battery is given back, and a person is asked where that does not succeed. */
function rest(
  { settings, state }: Pick<Context, 'settings' | 'state'>,
  why: 'safe' | 'alarm',
  because: Reason,
  now: number,
): [ControlState, Decision] {
  const { writes } = state;
  const write = writes.released || releaseIn(settings, writes) !== 0 ? 'nothing' : 'release';
  const stuck = !writes.released && needsHand(settings, writes);
  const reason = stuck ? stuckReason(settings, writes.tries, because) : because;
  const mode = stuck && settings.fallback === 'nothing' ? 'alarm' : why;
  const trail = write === 'release' ? followSetpoint(state.trail, 0, now) : state.trail;
  return [
    { ...state, mode, setpointW: 0, decidedAt: now, trail },
    { setpointW: 0, state: mode, reason, validForSeconds: 0, write },
  ];
}

function stuckReason(
  { fallback, byHand = 'choose its own mode' }: BatterySettings,
  tries: number,
  { code }: Reason,
): Reason {
  const then = fallback === 'nothing' ? `Give it back by hand: ${byHand}.` : 'What it was told last ends by itself.';
  const text = `The battery could not be given back to its own mode in ${tries} tries. ${then}`;
  return { code: 'not-released', text, numbers: { tries, because: code } };
}

function budgetReason({ writesPerDay = 0 }: BatterySettings, used: number): Reason {
  const text = `The battery's memory wears out, and of today's ${writesPerDay} writes only those are left that give it back: it keeps to its own mode until 00:00 UTC.`;
  return { code: 'write-budget', text, numbers: { writesPerDay, used } };
}

/** What a command came to, as src/devices/drive.ts tells it. */
export interface Done {
  readonly setpointW: number | null;
  readonly validForSeconds: number | null;
  readonly writes: number;
  /** False: it is written, and not yet known to show. */
  readonly readBack?: boolean;
}

/** The memory after the device took the decision. */
export function taken(state: ControlState, decision: Decision, done: Done, now: number): ControlState {
  if (done.readBack === false) return takenAs(state, decision, done, now);
  return confirmed(takenAs(state, decision, done, now));
}

/** The memory after the device showed what it was told. */
export function confirmed(state: ControlState): ControlState {
  return { ...state, writes: { ...state.writes, tries: 0, waitedMs: 0 } };
}

function takenAs(state: ControlState, decision: Decision, done: Done, now: number): ControlState {
  if (decision.write === 'release') return { ...state, writes: released(state.writes, done.writes) };
  const shownW = Math.round(done.setpointW ?? decision.setpointW);
  const validMs = (done.validForSeconds ?? decision.validForSeconds) * 1000;
  const setpoint = { setpointW: decision.setpointW, shownW, at: now, until: now + validMs };
  return { ...state, writes: told(state.writes, setpoint, done.writes) };
}

/** The memory after a command that did not arrive, or whose answer did not: it is given again. */
export function unanswered(state: ControlState, command: Lost): ControlState {
  return { ...state, writes: lost(state.writes, command) };
}

/** The memory after a command that the device took and did not apply: an alarm. */
export function refused(state: ControlState, command: Lost, text: string, now: number): ControlState {
  const following = raise(state.following, { code: 'not-applied', text }, now);
  return { ...unanswered(state, command), mode: 'alarm', setpointW: 0, following };
}
