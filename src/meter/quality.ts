// The quality gate: every reading passes it before anything else is done with it. Pure; it keeps the last good reading
// and judges the next one by it. What it refuses is marked missing with a reason, and never becomes energy.
import type { Reading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';

export interface GateSettings {
  /** Oldest reading that still counts, ms. */
  readonly maxAgeMs: number;
  /** What the connection can carry in either direction, W. */
  readonly connectionW: number;
  /** So long all values may stay the very same while power flows, ms; a live meter's never do. 0 = not checked. */
  readonly stuckAfterMs: number;
}

type Seen = Pick<Reading, 'at' | 'powerW' | 'importWh' | 'exportWh'>;

/** What the gate remembers. Plain JSON. */
export interface GateState {
  /** The last reading whose counters were good. */
  readonly last: Seen | null;
  /** A refused reading; if the next one continues it, the meter was reset or exchanged and counts on from there. */
  readonly suspect: Seen | null;
  /** Since when no value has changed, Unix ms. */
  readonly sameSince: number | null;
}

export const initialGate: GateState = { last: null, suspect: null, sameSince: null };

/** Counters count whole Wh and are read a moment later than the power: so much may be off, Wh. */
const TOLERANCE_WH = 2;

/**
 * Judges a reading.
 * @param now Unix ms on the clock the reading was taken with
 * @returns what to remember, and the reading: as it is, or with what cannot be true set to null and the reasons why
 */
export function judge(settings: GateSettings, state: GateState, reading: Reading, now: number): [GateState, Reading] {
  if (reading.quality === 'missing' && reading.powerW === null && !hasCounter(reading)) return [state, reading];
  const refusal = age(settings, reading, now) ?? order(state, reading) ?? power(settings, reading);
  if (refusal) return [state, refused(reading, refusal)];
  const sameSince = unchanged(state, reading) ? (state.sameSince ?? state.last?.at ?? reading.at) : null;
  const stuck = stuckFor(settings, reading, sameSince);
  if (stuck) return [{ ...state, sameSince }, refused(reading, stuck)];
  const seen: Seen = { at: reading.at, powerW: reading.powerW, importWh: reading.importWh, exportWh: reading.exportWh };
  const doubt = counters(settings, state.last, reading);
  if (doubt && !(state.suspect && !counters(settings, state.suspect, reading))) {
    const suspect = doubt.code === 'counter-impossible' ? state.suspect : seen;
    return [{ ...state, suspect, sameSince }, withoutCounters(reading, doubt)];
  }
  return [{ last: comparable(state, seen), suspect: null, sameSince }, reading];
}

function age({ maxAgeMs }: GateSettings, { at }: Reading, now: number): Reason | null {
  if (!Number.isFinite(at)) return { code: 'no-time', text: 'The reading says no time.' };
  const ageMs = now - at;
  if (Math.abs(ageMs) <= maxAgeMs) return null;
  const text = ageMs < 0 ? 'The reading is dated in the future.' : `The reading is ${Math.round(ageMs / 1000)} s old.`;
  return { code: 'stale', text, numbers: { ageMs, maxAgeMs } };
}

function order({ last }: GateState, { at }: Reading): Reason | null {
  if (!last || at >= last.at) return null;
  return { code: 'out-of-order', text: 'The reading is older than the one before.', numbers: { at, lastAt: last.at } };
}

function power({ connectionW }: GateSettings, { powerW }: Reading): Reason | null {
  if (powerW === null || (Number.isFinite(powerW) && Math.abs(powerW) <= connectionW)) return null;
  const text = `A power of ${powerW} W is more than the connection of ${connectionW} W can carry.`;
  return { code: 'power-beyond-connection', text, numbers: { powerW, connectionW } };
}

/** Counters can only stand still or rise, and by no more than the connection carries in the time. */
function counters({ connectionW }: GateSettings, last: Seen | null, reading: Reading): Reason | null {
  for (const name of ['importWh', 'exportWh'] as const) {
    const value = reading[name];
    const before = last?.[name] ?? null;
    if (value === null) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      return { code: 'counter-impossible', text: `The counter ${name} shows ${value}.`, numbers: { [name]: value } };
    }
    if (!last || before === null) continue;
    const numbers = { [name]: value, before };
    if (value < before) {
      return { code: 'counter-backwards', text: `The counter ${name} fell from ${before} to ${value} Wh.`, numbers };
    }
    const mostWh = Math.ceil((connectionW * (reading.at - last.at)) / 3_600_000) + TOLERANCE_WH;
    if (value - before > mostWh) {
      const text = `The counter ${name} rose by ${value - before} Wh, but the connection carries ${mostWh} Wh in that time.`;
      return { code: 'counter-jump', text, numbers: { ...numbers, mostWh } };
    }
  }
  return null;
}

function unchanged({ last }: GateState, { powerW, importWh, exportWh }: Reading): boolean {
  return last !== null && last.powerW === powerW && last.importWh === importWh && last.exportWh === exportWh;
}

/** Power that stays the same to the digit while the counter it feeds does not move is a meter that hangs. */
function stuckFor({ stuckAfterMs }: GateSettings, reading: Reading, sameSince: number | null): Reason | null {
  const { powerW, importWh, exportWh } = reading;
  if (stuckAfterMs <= 0 || sameSince === null || powerW === null) return null;
  // a meter takes with + and gives with -; a device that only gives (inverter, battery) gives with +
  const fed = importWh === null ? powerW > 0 && exportWh !== null : powerW > 0 || exportWh !== null;
  const forMs = reading.at - sameSince;
  const expectedWh = (Math.abs(powerW) * forMs) / 3_600_000;
  if (!fed || forMs < stuckAfterMs || expectedWh <= TOLERANCE_WH) return null;
  const text = `The meter has shown ${powerW} W for ${Math.round(forMs / 1000)} s while its counters stand still.`;
  return { code: 'stuck', text, numbers: { powerW, forMs, stuckAfterMs } };
}

function hasCounter({ importWh, exportWh }: Reading): boolean {
  return importWh !== null || exportWh !== null;
}

/** A reading without one of the counters there were is no measure for the next: the one before stays it. */
function comparable({ last }: GateState, next: Seen): Seen {
  const lacks = (name: 'importWh' | 'exportWh') => next[name] === null && (last?.[name] ?? null) !== null;
  return last && (lacks('importWh') || lacks('exportWh')) ? last : next;
}

function withoutCounters(reading: Reading, reason: Reason): Reading {
  return { ...reading, importWh: null, exportWh: null, quality: 'missing', reasons: [...reading.reasons, reason] };
}

function refused(reading: Reading, reason: Reason): Reading {
  return { ...withoutCounters(reading, reason), powerW: null };
}
