// A battery over a whole quarter hour, with the average power of the interval and whole Wh at the connection, so that every
// interval balances exactly. The wish is battery control's own; the physics is that of virtual-site.ts:
// stored += charge x roundTripPerMille, stored -= discharge x 1000, in thousandths of a Wh.
import { decide } from '../battery/control.ts';
import type { BatterySettings } from '../battery/settings.ts';
import { type ControlState, initialControl } from '../battery/state.ts';
import { INTERVAL_MS } from '../time/interval.ts';
import type { Reason } from '../units.ts';
import type { BatterySpec } from './virtual-site.ts';

/** What is remembered of a battery between two intervals. Plain JSON. */
export interface IntervalBattery {
  /** Thousandths of a Wh that would come out, including what lies below the minimum. */
  readonly stored: number;
  readonly control: ControlState;
}

export interface Setpoint {
  /** Unix ms */
  readonly at: number;
  /** W, + = discharge */
  readonly setpointW: number;
  readonly reason: Reason;
}

export interface BatteryInterval {
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** The decision at the start; and, where the battery got full or empty before the end, the stop. */
  readonly setpoints: readonly Setpoint[];
}

/** A battery at its minimum, the state in which every simulation begins. */
export function emptyBattery(spec: BatterySpec): IntervalBattery {
  return { stored: lowest(spec), control: initialControl };
}

/** State of charge in per mille, rounded down. */
export function socOf(spec: BatterySpec, stored: number): number {
  return Math.floor(stored / spec.capacityWh);
}

/**
 * One decision stands for the many of an interval, so it may run to the very edge of the window (the model stops it there),
 * there is no ramp worth the name, and nothing is ever stale.
 */
function settingsOf(spec: BatterySpec): BatterySettings {
  return {
    capacityWh: spec.capacityWh,
    maxChargeW: spec.maxChargeW,
    maxDischargeW: spec.maxDischargeW,
    minSocPerMille: spec.minSocPerMille ?? 0,
    maxSocPerMille: 1000,
    hysteresisPerMille: 0,
    rampWPerSecond: Math.max(1, spec.maxChargeW + spec.maxDischargeW),
    staleAfterMs: INTERVAL_MS,
    validForSeconds: 1,
  };
}

/**
 * Runs a battery for one interval.
 * @param needWh load - PV of the interval, without the battery
 * @param positionWh bought (+) or sold (-) for the interval; 0 = self-consumption
 * @param start Unix ms
 */
export function runBattery(
  spec: BatterySpec,
  before: IntervalBattery,
  needWh: number,
  positionWh: number,
  start: number,
): [IntervalBattery, BatteryInterval] {
  const snapshot = {
    gridW: needWh * 4,
    batteryW: 0,
    socPerMille: before.stored / spec.capacityWh,
    meterAt: start,
    batteryAt: start,
    positionWh,
  };
  const [control, decision] = decide(settingsOf(spec), before.control, snapshot, start);
  const { setpointW, reason } = decision;
  const wishWh = Math.trunc(setpointW / 4);
  const room = Math.floor((spec.capacityWh * 1000 - before.stored) / spec.roundTripPerMille);
  const chargeWh = Math.max(0, Math.min(-wishWh, room));
  const dischargeWh = Math.max(0, Math.min(wishWh, Math.floor((before.stored - lowest(spec)) / 1000)));
  const stored = before.stored + chargeWh * spec.roundTripPerMille - dischargeWh * 1000;
  const setpoints: Setpoint[] = [{ at: start, setpointW, reason }];
  const movedWh = chargeWh + dischargeWh;
  if (movedWh < Math.abs(wishWh)) {
    const at = start + Math.floor((INTERVAL_MS * movedWh) / Math.abs(wishWh));
    setpoints.push({ at, setpointW: 0, reason: wishWh > 0 ? stoppedEmpty(spec) : stoppedFull });
  }
  return [
    { stored, control },
    { chargeWh, dischargeWh, setpoints },
  ];
}

const stoppedFull: Reason = { code: 'soc-maximum', text: 'The battery is full.', numbers: { maxSocPerMille: 1000 } };

function stoppedEmpty({ minSocPerMille = 0 }: BatterySpec): Reason {
  const text = `The battery is down to its minimum of ${minSocPerMille / 10} %.`;
  return { code: 'soc-minimum', text, numbers: { minSocPerMille } };
}

function lowest({ capacityWh, minSocPerMille = 0 }: BatterySpec): number {
  return capacityWh * minSocPerMille;
}
