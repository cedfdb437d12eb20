// The state of charge window, with hysteresis: the energy left to its edge must last for the whole validity of a setpoint,
// even if nobody looks again before it ends, less what may have flowed since the battery was read, or does not show yet.

import { percent, unshownWh } from './charge.ts';
import type { BatterySettings } from './settings.ts';
import { atLeast, atMost, type Bound } from './solve.ts';
import type { Closed, ControlState } from './state.ts';
import type { Context } from './trust.ts';

/** The memory of the window after this state of charge: a closed direction opens again only past the hysteresis. */
export function followWindow(settings: BatterySettings, closed: Closed, soc: number): Closed {
  const { minSocPerMille, maxSocPerMille, hysteresisPerMille } = settings;
  return {
    ...closed,
    discharge: closesBelow(soc, minSocPerMille, hysteresisPerMille, closed.discharge),
    charge: soc >= maxSocPerMille || (closed.charge && soc > maxSocPerMille - hysteresisPerMille),
  };
}

/** Whether what is above an edge is closed: it closes at the edge and opens again past the hysteresis. */
export function closesBelow(value: number, edge: number, hysteresis: number, was: boolean): boolean {
  return value <= edge || (was && value < edge + hysteresis);
}

/** The memory of what may have flowed unseen since the battery was read: all that was commanded in the meantime. */
export function followReading(state: ControlState, batteryAt: number | null): ControlState {
  const { setpointW, unseen } = state;
  const known = batteryAt === unseen.batteryAt ? unseen : { mostW: 0, leastW: 0 };
  const mostW = Math.max(known.mostW, setpointW);
  return { ...state, unseen: { batteryAt, mostW, leastW: Math.min(known.leastW, setpointW) } };
}

/** `state` has already followed the window and the reading. */
export function stateOfCharge(context: Context): Bound[] {
  return [lowest(context), highest(context)];
}

function lowest(context: Context): Bound {
  const { settings, state, seen } = context;
  const { minSocPerMille, hysteresisPerMille } = settings;
  const numbers = { socPerMille: seen.socPerMille, minSocPerMille };
  const minimum = percent(minSocPerMille);
  if (!state.closed.discharge) {
    const watts = lastsDownTo(context, minSocPerMille);
    const text = `At ${percent(seen.socPerMille)} the battery gives only ${watts} W, to stay above ${minimum}.`;
    return atMost(watts, 'soc-minimum', text, numbers);
  }
  if (seen.socPerMille <= minSocPerMille) {
    return atMost(0, 'soc-minimum', `The battery is down to its minimum of ${minimum}.`, numbers);
  }
  const text = `The battery reached its minimum and first charges to ${percent(minSocPerMille + hysteresisPerMille)}.`;
  return atMost(0, 'soc-minimum-hysteresis', text, { ...numbers, hysteresisPerMille });
}

function highest(context: Context): Bound {
  const { settings, state, seen } = context;
  const { maxSocPerMille, hysteresisPerMille } = settings;
  const numbers = { socPerMille: seen.socPerMille, maxSocPerMille };
  const maximum = percent(maxSocPerMille);
  if (!state.closed.charge) {
    const watts = lastsUpTo(context, maxSocPerMille);
    const text = `At ${percent(seen.socPerMille)} the battery takes only ${watts} W, to stay below ${maximum}.`;
    return atLeast(-watts, 'soc-maximum', text, numbers);
  }
  if (seen.socPerMille >= maxSocPerMille) {
    return atLeast(0, 'soc-maximum', `The battery is full up to its maximum of ${maximum}.`, numbers);
  }
  const text = `The battery reached its maximum and first gives down to ${percent(maxSocPerMille - hysteresisPerMille)}.`;
  return atLeast(0, 'soc-maximum-hysteresis', text, { ...numbers, hysteresisPerMille });
}

/** Discharging power that keeps the battery above an edge for as long as the setpoint holds, W. */
export function lastsDownTo({ settings, state, seen, now }: Context, edgePerMille: number): number {
  const { capacityWh, validForSeconds, efficiencyPerMille = 1000 } = settings;
  const left = ((seen.socPerMille - edgePerMille) * capacityWh * 3.6 * efficiencyPerMille) / 1000;
  const flowing = Math.max(0, seen.batteryW, state.unseen.mostW) * ageSeconds(seen.batteryAt, now);
  const unshown = Math.max(0, unshownWh(settings, state.charge)) * 3600;
  return Math.max(0, Math.floor((left - flowing - unshown) / validForSeconds));
}

/** Charging power that keeps the battery below an edge for as long as the setpoint holds, W. */
function lastsUpTo({ settings, state, seen, now }: Context, edgePerMille: number): number {
  const { capacityWh, validForSeconds } = settings;
  const room = (edgePerMille - seen.socPerMille) * capacityWh * 3.6;
  const flowing = Math.max(0, -seen.batteryW, -state.unseen.leastW) * ageSeconds(seen.batteryAt, now);
  const unshown = Math.max(0, -unshownWh(settings, state.charge)) * 3600;
  return Math.max(0, Math.floor((room - flowing - unshown) / validForSeconds));
}

const ageSeconds = (at: number, now: number) => Math.max(0, now - at) / 1000;
