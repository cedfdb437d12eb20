// The safety envelope of a battery: its limits, hardest first. State of charge window with hysteresis, power, ramp,
// connection. All but the connection's leave 0 W allowed, so a battery at rest is always inside.

import type { Bound } from './solve.ts';
import type { BatterySettings, ControlState, Snapshot } from './state.ts';

/** A snapshot whose values are known: what `trust` lets through. */
export interface Trusted {
  readonly gridW: number;
  readonly batteryW: number;
  readonly socPerMille: number;
  readonly batteryAt: number;
}

/** The window's memory after this state of charge: a closed direction opens again only past the hysteresis. */
export function followWindow(settings: BatterySettings, state: ControlState, soc: number): ControlState {
  const { minSocPerMille, maxSocPerMille, hysteresisPerMille } = settings;
  const opensAbove = minSocPerMille + hysteresisPerMille;
  const opensBelow = maxSocPerMille - hysteresisPerMille;
  return {
    ...state,
    dischargeClosed: soc <= minSocPerMille || (state.dischargeClosed && soc < opensAbove),
    chargeClosed: soc >= maxSocPerMille || (state.chargeClosed && soc > opensBelow),
  };
}

/** The memory of what may have flowed unseen since the battery was read: all that was commanded in the meantime. */
export function followReading(state: ControlState, batteryAt: number | null): ControlState {
  const { setpointW, unseen } = state;
  const known = batteryAt === unseen.batteryAt ? unseen : { mostW: 0, leastW: 0 };
  const mostW = Math.max(known.mostW, setpointW);
  return { ...state, unseen: { batteryAt, mostW, leastW: Math.min(known.leastW, setpointW) } };
}

/** Every limit on the setpoint, hardest first. `state` has already followed the window and the reading. */
export function envelope(settings: BatterySettings, state: ControlState, seen: Trusted, now: number): Bound[] {
  return [
    ...windowBounds(settings, state, seen, now),
    ...powerBounds(settings),
    ...rampBounds(settings, state, seen, now),
    ...connectionBounds(settings, seen),
  ];
}

/**
 * The energy left to the edge of the window must last for the setpoint's whole validity, even if no one looks again
 * before it ends, less what may have flowed since the battery was read.
 */
function windowBounds(settings: BatterySettings, state: ControlState, seen: Trusted, now: number): Bound[] {
  const { minSocPerMille, maxSocPerMille, hysteresisPerMille, capacityWh, validForSeconds } = settings;
  const soc = seen.socPerMille;
  const ageSeconds = Math.max(0, now - seen.batteryAt) / 1000;
  const { mostW, leastW } = state.unseen;
  const wattsFor = (perMille: number, runningW: number) =>
    Math.max(0, Math.floor((perMille * capacityWh * 3.6 - Math.max(0, runningW) * ageSeconds) / validForSeconds));
  const out = wattsFor(soc - minSocPerMille, Math.max(seen.batteryW, mostW));
  const into = wattsFor(maxSocPerMille - soc, Math.max(-seen.batteryW, -leastW));
  const share = percent(soc);
  const low = { socPerMille: soc, minSocPerMille };
  const high = { socPerMille: soc, maxSocPerMille };
  const discharge: Bound = !state.dischargeClosed
    ? atMost(
        out,
        'soc-minimum',
        `At ${share} the battery gives only ${out} W, to stay above ${percent(minSocPerMille)}.`,
        low,
      )
    : soc <= minSocPerMille
      ? atMost(0, 'soc-minimum', `The battery is down to its minimum of ${percent(minSocPerMille)}.`, low)
      : atMost(
          0,
          'soc-minimum-hysteresis',
          `The battery reached its minimum and first charges to ${percent(minSocPerMille + hysteresisPerMille)}.`,
          { ...low, hysteresisPerMille },
        );
  const charge: Bound = !state.chargeClosed
    ? atLeast(
        -into,
        'soc-maximum',
        `At ${share} the battery takes only ${into} W, to stay below ${percent(maxSocPerMille)}.`,
        high,
      )
    : soc >= maxSocPerMille
      ? atLeast(0, 'soc-maximum', `The battery is full up to its maximum of ${percent(maxSocPerMille)}.`, high)
      : atLeast(
          0,
          'soc-maximum-hysteresis',
          `The battery reached its maximum and first gives down to ${percent(maxSocPerMille - hysteresisPerMille)}.`,
          { ...high, hysteresisPerMille },
        );
  return [discharge, charge];
}

function powerBounds({ maxChargeW, maxDischargeW }: BatterySettings): Bound[] {
  return [
    atMost(maxDischargeW, 'max-discharge', `The battery may give at most ${maxDischargeW} W.`, { maxDischargeW }),
    atLeast(-maxChargeW, 'max-charge', `The battery may take at most ${maxChargeW} W.`, { maxChargeW }),
  ];
}

/** Away from zero only so many watts per second; counted from what the battery does when nothing was commanded yet. */
function rampBounds(settings: BatterySettings, state: ControlState, seen: Trusted, now: number): Bound[] {
  const { rampWPerSecond } = settings;
  const commanded = state.mode !== 'safe' && state.decidedAt !== null && state.decidedAt <= now;
  const from = commanded ? state.setpointW : Math.trunc(seen.batteryW);
  const seconds = commanded ? (now - (state.decidedAt ?? now)) / 1000 : 1;
  const step = Math.floor(rampWPerSecond * seconds);
  const text = `The setpoint may move by at most ${rampWPerSecond} W per second.`;
  const numbers = { rampWPerSecond, fromW: from };
  return [
    atMost(Math.max(0, from) + step, 'ramp', text, numbers),
    atLeast(Math.min(0, from) - step, 'ramp', text, numbers),
  ];
}

/** Keeps the connection within its limit as far as the battery can. */
function connectionBounds({ connectionW }: BatterySettings, seen: Trusted): Bound[] {
  if (connectionW === undefined) return [];
  const withoutW = seen.gridW + seen.batteryW;
  const numbers = { connectionW, gridWithoutBatteryW: Math.round(withoutW) };
  return [
    atLeast(
      Math.ceil(withoutW - connectionW),
      'connection-import',
      `The connection may draw at most ${connectionW} W from the grid.`,
      numbers,
    ),
    atMost(
      Math.floor(withoutW + connectionW),
      'connection-export',
      `The connection may feed at most ${connectionW} W into the grid.`,
      numbers,
    ),
  ];
}

function atMost(watts: number, code: string, text: string, numbers: Record<string, number>): Bound {
  return { side: 'atMost', watts: watts === 0 ? 0 : watts, reason: { code, text, numbers } };
}

function atLeast(watts: number, code: string, text: string, numbers: Record<string, number>): Bound {
  return { side: 'atLeast', watts: watts === 0 ? 0 : watts, reason: { code, text, numbers } };
}

function percent(perMille: number): string {
  return `${perMille / 10} %`;
}

/** A snapshot fit to act on, or the missing piece as a limit of its own: the caller then goes safe. */
export function trust(settings: BatterySettings, snapshot: Snapshot, now: number): Trusted | Bound['reason'] {
  const { gridW, batteryW, socPerMille, meterAt, batteryAt } = snapshot;
  const { staleAfterMs } = settings;
  if (!isNumber(gridW) || !isNumber(meterAt)) {
    return {
      code: 'meter-missing',
      text: 'The grid meter gives no reading, so the battery keeps to its own safe mode.',
    };
  }
  if (Math.abs(now - meterAt) > staleAfterMs) return stale('meter', 'grid meter', now - meterAt, staleAfterMs);
  if (!isNumber(batteryW) || !isNumber(batteryAt) || !isNumber(socPerMille) || socPerMille < 0 || socPerMille > 1000) {
    return { code: 'battery-missing', text: 'The battery does not tell its state, so it keeps to its own safe mode.' };
  }
  if (Math.abs(now - batteryAt) > staleAfterMs) return stale('battery', 'battery', now - batteryAt, staleAfterMs);
  return { gridW, batteryW, socPerMille, batteryAt };
}

function stale(code: string, name: string, ageMs: number, staleAfterMs: number): Bound['reason'] {
  const age = ageMs < 0 ? 'is dated in the future' : `is ${Math.round(ageMs / 1000)} s old`;
  return {
    code: `${code}-stale`,
    text: `The last reading of the ${name} ${age}, so the battery keeps to its own safe mode.`,
    numbers: { ageMs, staleAfterMs },
  };
}

function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
