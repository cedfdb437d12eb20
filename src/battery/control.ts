// Battery control as a pure step: settings, memory, one frozen snapshot and the time in; memory and decision out. What is
// decided here is apart from how a device is told (src/devices/drive.ts); what came of that is told back to the memory.
import type { Reason } from '../units.ts';
import { follow, raise } from './follow.ts';
import { followTemperature } from './limits.ts';
import { followReserve } from './modes/reserve.ts';
import type { BatterySettings } from './settings.ts';
import { type Solution, solve } from './solve.ts';
import { boundsOf, wanted } from './sources.ts';
import type { BatteryMode, Closed, ControlState, Decision, Snapshot } from './state.ts';
import { type Context, type Trusted, trust } from './trust.ts';
import { followReading, followWindow } from './window.ts';
import { lost, mustTell, overBudget, released, today, told } from './writes.ts';

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
  const context = prepare(settings, state, snapshot, now);
  if ('refusal' in context) return rest(context.state, context.mode, context.refusal, now);
  const { wish, bounds } = wanted(context);
  const solution = solve([...boundsOf(context), ...bounds], wish);
  const setpointW = steady(settings, context.state, solution);
  const { writes, following } = context.state;
  const tell = mustTell(settings, writes, setpointW, now, following.off);
  if (tell && overBudget(settings, writes))
    return rest(context.state, 'safe', budgetReason(settings, writes.used), now);
  const mode: BatteryMode =
    setpointW > 0 ? 'discharging' : setpointW < 0 ? 'charging' : solution.limited ? 'holding' : 'idle';
  const { validForSeconds } = settings;
  return [
    { ...context.state, mode, setpointW, decidedAt: now },
    { setpointW, state: mode, reason: solution.reason, validForSeconds, write: tell ? 'set' : 'nothing' },
  ];
}

interface Refused {
  readonly state: ControlState;
  readonly mode: 'safe' | 'alarm';
  readonly refusal: Reason;
}

/** All that a source of limits and wishes may look at; or why nothing may be decided. */
export function prepare(
  settings: BatterySettings,
  before: ControlState,
  snapshot: Snapshot,
  now: number,
): Context | Refused {
  const state = { ...followReading(before, snapshot.batteryAt), writes: today(before.writes, now) };
  const seen = trust(settings, snapshot, now);
  if ('code' in seen) return { state, mode: 'safe', refusal: seen };
  const following = follow(settings, state.following, state.writes.told, seen, now);
  const next = { ...state, following, closed: closedNow(settings, state.closed, seen, now) };
  if (following.alarm) return { state: next, mode: 'alarm', refusal: following.alarm.reason };
  return { settings, state: next, seen, now };
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

function rest(state: ControlState, mode: 'safe' | 'alarm', reason: Reason, now: number): [ControlState, Decision] {
  const write = state.writes.released ? 'nothing' : 'release';
  return [
    { ...state, mode, setpointW: 0, decidedAt: now },
    { setpointW: 0, state: mode, reason, validForSeconds: 0, write },
  ];
}

function budgetReason({ writesPerDay = 0 }: BatterySettings, used: number): Reason {
  const text = `Today's ${writesPerDay} writes to the battery's memory are used up, so it keeps to its own mode until 00:00 UTC.`;
  return { code: 'write-budget', text, numbers: { writesPerDay, used } };
}

/** What a command came to, as src/devices/drive.ts tells it. */
export interface Done {
  readonly setpointW: number | null;
  readonly validForSeconds: number | null;
  readonly writes: number;
}

/** The memory after the device took the decision. */
export function taken(state: ControlState, decision: Decision, done: Done, now: number): ControlState {
  if (decision.write === 'release') return { ...state, writes: released(state.writes, done.writes) };
  const shownW = Math.round(done.setpointW ?? decision.setpointW);
  const validMs = (done.validForSeconds ?? decision.validForSeconds) * 1000;
  const setpoint = { setpointW: decision.setpointW, shownW, at: now, until: now + validMs };
  return { ...state, writes: told(state.writes, setpoint, done.writes) };
}

/** The memory after a command that did not arrive, or whose answer did not: it is given again. */
export function unanswered(state: ControlState): ControlState {
  return { ...state, writes: lost(state.writes) };
}

/** The memory after a command that the device took and did not apply: an alarm. */
export function refused(state: ControlState, text: string, now: number): ControlState {
  const following = raise(state.following, { code: 'not-applied', text }, now);
  return { ...unanswered(state), mode: 'alarm', setpointW: 0, following };
}
