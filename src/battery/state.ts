// What battery control is given, what it remembers and what it decides. Signs as in units.ts: battery + = discharge,
// grid + = import. State of charge in per mille, power in W, energy in Wh, time in Unix ms. All of it is plain JSON.
import type { Reason } from '../units.ts';
import { type Charge, initialCharge } from './charge.ts';
import { type Following, initialFollowing } from './follow.ts';
import { initialTrail, type Trail } from './house.ts';
import { initialWrites, type Write, type Writes } from './writes.ts';

/** The owner's wish for a power, until an end of its own. */
export interface ManualWish {
  readonly setpointW: number;
  readonly until: number;
}

/** A reserve for an outage, raised for a while; with `chargeW` the battery is charged up to it, from the grid too. */
export interface ReserveWish {
  readonly socPerMille: number;
  readonly until: number;
  readonly chargeW?: number;
}

/** What a plan says for one quarter hour: a power, or what to do within limits. */
export interface PlanInterval {
  readonly interval: string;
  readonly setpointW?: number;
  readonly mode?: 'charge' | 'discharge' | 'hold' | 'self-consumption';
  readonly maxChargeW?: number;
  readonly maxDischargeW?: number;
}

/** A schedule that someone made from prices and forecasts. */
export interface Plan {
  readonly madeAt: number;
  /** When the prices were known that it was made with. */
  readonly pricesAt?: number;
  readonly intervals: readonly PlanInterval[];
}

/** The part of a battery in what several do together. */
export interface Share {
  readonly watts: number;
  /** What all of them do together. */
  readonly totalW: number;
  readonly batteries: number;
}

/** What was measured and asked for, frozen for one cycle. `null` = not known or not to be trusted; absent = there is none. */
export interface Snapshot {
  readonly gridW: number | null;
  readonly batteryW: number | null;
  readonly socPerMille: number | null;
  /** When the meter was read. */
  readonly meterAt: number | null;
  /** When the battery was read. */
  readonly batteryAt: number | null;
  /** What the meter shows on each phase, + = import. */
  readonly phasesW?: readonly [number, number, number] | null;
  /** What the battery tells of itself. */
  readonly temperatureC?: number | null;
  readonly deviceChargeW?: number | null;
  readonly deviceDischargeW?: number | null;

  /** Net energy bought (+) or sold (-) for the running interval, Wh. Null or 0 = no position. */
  readonly positionWh?: number | null;
  readonly manual?: ManualWish | null;
  readonly reserve?: ReserveWish | null;
  readonly plan?: Plan | null;
  /** Set by `decideTogether`, for a battery that is not alone. */
  readonly share?: Share | null;
}

/** `holding`: a limit keeps it still. `safe`: given back to its own mode. `alarm`: the same, and a person should look. */
export type BatteryMode = 'idle' | 'charging' | 'discharging' | 'holding' | 'safe' | 'alarm';

/** Directions that a limit of the state of charge or of the temperature has closed until well inside again. */
export interface Closed {
  readonly charge: boolean;
  readonly discharge: boolean;
  readonly reserve: boolean;
  readonly chargeCold: boolean;
  readonly chargeHot: boolean;
  readonly dischargeCold: boolean;
  readonly dischargeHot: boolean;
}

/** What control remembers between two cycles. */
export interface ControlState {
  readonly mode: BatteryMode;
  readonly setpointW: number;
  /** When the setpoint was decided; null before the first cycle. */
  readonly decidedAt: number | null;
  readonly closed: Closed;
  /** The widest setpoints since the battery was last read, W: so much may have flowed unseen. */
  readonly unseen: { readonly batteryAt: number | null; readonly mostW: number; readonly leastW: number };
  /** What flowed since the state of charge last changed. */
  readonly charge: Charge;
  /** What the battery showed and was told lately. */
  readonly trail: Trail;
  readonly following: Following;
  readonly writes: Writes;
}

/**
 * One cycle's answer. `safe` and `alarm` mean: give the battery back to its own safe mode instead of a setpoint.
 * `reason.numbers` holds, under their names in BatterySettings, exactly the limits that bound the decision.
 */
export interface Decision {
  readonly setpointW: number;
  readonly state: BatteryMode;
  readonly reason: Reason;
  readonly validForSeconds: number;
  /** What the device has to be told now. */
  readonly write: Write;
}

export const initialControl: ControlState = {
  mode: 'safe',
  setpointW: 0,
  decidedAt: null,
  closed: {
    charge: false,
    discharge: false,
    reserve: false,
    chargeCold: false,
    chargeHot: false,
    dischargeCold: false,
    dischargeHot: false,
  },
  unseen: { batteryAt: null, mostW: 0, leastW: 0 },
  charge: initialCharge,
  trail: initialTrail,
  following: initialFollowing,
  writes: initialWrites,
};
