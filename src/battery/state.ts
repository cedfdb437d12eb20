// What battery control is given, what it remembers and what it decides. Signs as in units.ts: battery + = discharge,
// grid + = import. State of charge in per mille, power in W, energy in Wh, time in Unix ms.
import { type Reason, requireInteger } from '../units.ts';

/** The envelope of one battery: no setpoint ever leaves it. */
export interface BatterySettings {
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly minSocPerMille: number;
  readonly maxSocPerMille: number;
  /** After a limit of the window was reached, that direction stays closed until the state of charge is this far inside again. */
  readonly hysteresisPerMille: number;
  /** How fast the setpoint may move away from zero; the way back to zero is always free. */
  readonly rampWPerSecond: number;
  /** A reading older than this is no ground for a setpoint. */
  readonly staleAfterMs: number;
  /** How long a setpoint holds without being renewed; also the device's revert time. */
  readonly validForSeconds: number;
  /** What the connection may carry in either direction, if limited. */
  readonly connectionW?: number;
}

/** What was measured, frozen for one cycle. `null` = not known or not to be trusted. */
export interface Snapshot {
  readonly gridW: number | null;
  readonly batteryW: number | null;
  readonly socPerMille: number | null;
  /** When the meter was read, Unix ms. */
  readonly meterAt: number | null;
  /** When the battery was read, Unix ms. */
  readonly batteryAt: number | null;
  /** Net energy bought (+) or sold (-) for the running interval, Wh. Absent or null = no position: self-consumption alone. */
  readonly positionWh?: number | null;
}

export type BatteryMode = 'idle' | 'charging' | 'discharging' | 'holding' | 'safe';

/** What control remembers between two cycles. Plain JSON. */
export interface ControlState {
  readonly mode: BatteryMode;
  readonly setpointW: number;
  /** When the setpoint was decided, Unix ms; null before the first cycle. */
  readonly decidedAt: number | null;
  /** The window's upper limit was reached: no charging until well inside again. */
  readonly chargeClosed: boolean;
  /** The window's lower limit was reached: no discharging until well inside again. */
  readonly dischargeClosed: boolean;
  /** The widest setpoints since the battery was last read, W: so much may have flowed unseen. */
  readonly unseen: { readonly batteryAt: number | null; readonly mostW: number; readonly leastW: number };
}

/**
 * One cycle's answer. `safe` means: give the battery back to its own safe mode instead of a setpoint.
 * `reason.numbers` holds, under their names in BatterySettings, exactly the limits that bound the decision.
 */
export interface Decision {
  readonly setpointW: number;
  readonly state: BatteryMode;
  readonly reason: Reason;
  readonly validForSeconds: number;
}

export const initialControl: ControlState = {
  mode: 'safe',
  setpointW: 0,
  decidedAt: null,
  chargeClosed: false,
  dischargeClosed: false,
  unseen: { batteryAt: null, mostW: 0, leastW: 0 },
};

/** Settings as a person wrote them, checked. @throws RangeError naming the setting that cannot be */
export function checkSettings(settings: BatterySettings): BatterySettings {
  const {
    capacityWh,
    maxChargeW,
    maxDischargeW,
    minSocPerMille,
    maxSocPerMille,
    hysteresisPerMille,
    rampWPerSecond,
    staleAfterMs,
    validForSeconds,
    connectionW = 0,
  } = settings;
  requireInteger(capacityWh, 'capacityWh', 1);
  requireInteger(rampWPerSecond, 'rampWPerSecond', 1);
  requireInteger(staleAfterMs, 'staleAfterMs', 1);
  requireInteger(validForSeconds, 'validForSeconds', 1);
  for (const [name, value] of Object.entries({ maxChargeW, maxDischargeW, hysteresisPerMille, connectionW })) {
    requireInteger(value, name, 0);
  }
  requireInteger(minSocPerMille, 'minSocPerMille', 0);
  requireInteger(maxSocPerMille, 'maxSocPerMille', 0);
  if (maxSocPerMille > 1000 || minSocPerMille > maxSocPerMille) {
    throw new RangeError(
      `the state of charge window must lie within 0 and 1000 per mille, but is ${minSocPerMille} to ${maxSocPerMille}`,
    );
  }
  if (hysteresisPerMille > maxSocPerMille - minSocPerMille) {
    throw new RangeError(
      `a hysteresis of ${hysteresisPerMille} per mille does not fit a window of ${minSocPerMille} to ${maxSocPerMille}`,
    );
  }
  return settings;
}
