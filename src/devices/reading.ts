// One reading of a device, in the project's units and signs, with how far it can be trusted. Plain JSON.
import type { Quality, Reason } from '../units.ts';

export interface PhaseReading {
  readonly voltageV: number | null;
  readonly currentA: number | null;
  readonly powerW: number | null;
}

/**
 * `null` = the device has it, but gave no value. A quantity the device does not have is absent. Power and counters are
 * known or not, and trusted or not, each for themselves: a counter that is missing takes nothing away from a power.
 */
export interface Reading {
  /** Id of the device's description. */
  readonly device: string;
  /** When it was read, Unix ms. */
  readonly at: number;
  /** W; signs of units.ts: meter + = import, inverter + = generation, battery + = discharge. */
  readonly powerW: number | null;
  /** Counter of energy taken from the grid, whole Wh; null where the device has none. */
  readonly importWh: number | null;
  /** Counter of energy given (fed in, generated, discharged), whole Wh; null where the device has none. */
  readonly exportWh: number | null;
  readonly phases?: readonly PhaseReading[];
  readonly frequencyHz?: number | null;
  readonly socPerMille?: number | null;
  readonly temperatureC?: number | null;
  /** Whole Wh. */
  readonly capacityWh?: number | null;
  /** What the battery itself allows at this moment, whole W, both >= 0. */
  readonly maxChargeW?: number | null;
  readonly maxDischargeW?: number | null;
  /** The device itself says that it is off or asleep, so that its counters stand still. */
  readonly asleep?: true;
  /** How far the power and what else is shown of this moment can be trusted; where the device has no power, its counters. */
  readonly quality: Quality;
  /** How far the counters can be trusted, where that is not `quality`. */
  readonly counterQuality?: Quality;
  readonly reasons: readonly Reason[];
}

/** How far the counters of a reading can be trusted. */
export function counterQualityOf({ quality, counterQuality }: Pick<Reading, 'quality' | 'counterQuality'>): Quality {
  return counterQuality ?? quality;
}

/** Both qualities as a reading has them: that of the counters only where it is another one. */
export function qualities(
  quality: Quality,
  counterQuality: Quality = quality,
): Pick<Reading, 'quality' | 'counterQuality'> {
  return counterQuality === quality ? { quality } : { quality, counterQuality };
}

/** What stands where a reading should be when the device could not be read: all null, quality missing. */
export function missingReading(device: string, at: number, reason: Reason): Reading {
  return { device, at, powerW: null, importWh: null, exportWh: null, quality: 'missing', reasons: [reason] };
}
