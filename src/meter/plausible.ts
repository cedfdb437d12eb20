// What a single reading can be: its age, its order, a power that the connection carries and that has the right sign. What
// its counters can be stands in counts.ts.
import type { Reading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';

export const COUNTERS = ['importWh', 'exportWh'] as const;
export type CounterName = (typeof COUNTERS)[number];

/** Counters count whole Wh and are read a moment later than the power: so much may be off, Wh. */
export const TOLERANCE_WH = 2;

/** An inverter takes a little for itself by night: so much below 0 is no reversed sign, W, or per mille of the connection. */
const STANDBY_W = 100;
const STANDBY_PER_MILLE = 10;

/** A reading that is undated, or further from now than it may be. @param now Unix ms @returns why, or null */
export function ageFault({ maxAgeMs }: { maxAgeMs: number }, { at }: Reading, now: number): Reason | null {
  if (!Number.isFinite(at)) return { code: 'no-time', text: 'The reading says no time.' };
  const ageMs = now - at;
  if (Math.abs(ageMs) <= maxAgeMs) return null;
  const text = ageMs < 0 ? 'The reading is dated in the future.' : `The reading is ${Math.round(ageMs / 1000)} s old.`;
  return { code: 'stale', text, numbers: { ageMs, maxAgeMs } };
}

/** A reading from before the last one. */
export function orderFault(last: { at: number } | null, { at }: Reading): Reason | null {
  if (!last || at >= last.at) return null;
  return { code: 'out-of-order', text: 'The reading is older than the one before.', numbers: { at, lastAt: last.at } };
}

/** A power that is no number, or more than the connection carries in either direction, W. */
export function powerFault({ connectionW }: { connectionW: number }, { powerW }: Reading): Reason | null {
  if (powerW === null || (Number.isFinite(powerW) && Math.abs(powerW) <= connectionW)) return null;
  const text = `A power of ${powerW} W is more than the connection of ${connectionW} W can carry.`;
  return { code: 'power-beyond-connection', text, numbers: { powerW, connectionW } };
}

/** A roof that takes, or a load that gives, is wired or configured the wrong way round. */
export function signFault(
  { sign = 'any', connectionW }: { sign?: 'any' | 'positive'; connectionW: number },
  { powerW }: Reading,
): Reason | null {
  const leastW = -Math.max(STANDBY_W, Math.floor((connectionW * STANDBY_PER_MILLE) / 1000));
  if (sign === 'any' || powerW === null || powerW >= leastW) return null;
  const text = `A power of ${powerW} W flows against what this meter measures; its sign or its clamps are reversed.`;
  return { code: 'sign-against-feeder', text, numbers: { powerW, leastW } };
}
