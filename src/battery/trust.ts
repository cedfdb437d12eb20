// What a decision may stand on: readings that are there, possible, and fresh. Anything else ends in the safe mode.
import type { Reason } from '../units.ts';
import type { Need } from './house.ts';
import type { BatterySettings } from './settings.ts';
import type { ControlState, Snapshot } from './state.ts';

/** A snapshot whose readings are known: what `trust` lets through. */
export interface Trusted extends Snapshot {
  readonly gridW: number;
  readonly meterAt: number;
  readonly batteryW: number;
  readonly socPerMille: number;
  readonly batteryAt: number;
}

/** What every source of limits and wishes is given. */
export interface Context {
  readonly settings: BatterySettings;
  readonly state: ControlState;
  readonly seen: Trusted;
  /** What is needed behind the meter, and on each phase where it tells them. */
  readonly house: Need;
  readonly phases: readonly Need[];
  readonly now: number;
}

/** A snapshot fit to act on, or the reason why not: the caller then goes safe. */
export function trust(settings: BatterySettings, snapshot: Snapshot, now: number): Trusted | Reason {
  const { gridW, batteryW, socPerMille, meterAt, batteryAt, phasesW } = snapshot;
  const { staleAfterMs, phaseW, peakPhaseW } = settings;
  if (!isNumber(gridW) || !isNumber(meterAt)) {
    return {
      code: 'meter-missing',
      text: 'The grid meter gives no reading, so the battery keeps to its own safe mode.',
    };
  }
  if (Math.abs(now - meterAt) > staleAfterMs) return stale('meter', 'grid meter', now - meterAt, staleAfterMs);
  const phasesNeeded = phaseW !== undefined || peakPhaseW !== undefined;
  if (phasesNeeded && !(phasesW && phasesW.length === 3 && phasesW.every(isNumber))) {
    return {
      code: 'phases-missing',
      text: 'A limit per phase is set, but the grid meter tells no phases, so the battery keeps to its own safe mode.',
    };
  }
  if (!isNumber(batteryW) || !isNumber(batteryAt) || !isNumber(socPerMille) || socPerMille < 0 || socPerMille > 1000) {
    return { code: 'battery-missing', text: 'The battery does not tell its state, so it keeps to its own safe mode.' };
  }
  if (!canBe(settings, batteryW)) {
    const text = `The battery shows ${Math.round(batteryW)} W, which it cannot do, so it keeps to its own safe mode.`;
    return { code: 'battery-impossible', text, numbers: { batteryW: Math.round(batteryW) } };
  }
  if (Math.abs(now - batteryAt) > staleAfterMs) return stale('battery', 'battery', now - batteryAt, staleAfterMs);
  return { ...snapshot, gridW, meterAt, batteryW, socPerMille, batteryAt };
}

/** No battery is full or empty within a quarter of an hour; and any may have so much, W. */
const MOST_C = 4;
const ANY_BATTERY_W = 25_000;

/** Whether a battery of this size can have such a power, whatever its owner allows it. */
export function canBe({ capacityWh }: BatterySettings, batteryW: number): boolean {
  return Math.abs(batteryW) <= Math.max(ANY_BATTERY_W, MOST_C * capacityWh);
}

function stale(code: string, name: string, ageMs: number, staleAfterMs: number): Reason {
  const age = ageMs < 0 ? 'is dated in the future' : `is ${Math.round(ageMs / 1000)} s old`;
  return {
    code: `${code}-stale`,
    text: `The last reading of the ${name} ${age}, so the battery keeps to its own safe mode.`,
    numbers: { ageMs, staleAfterMs },
  };
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
