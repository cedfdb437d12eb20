// What a person sets for one battery, checked. Every limit has its name here, and a reason names it by the same name.
import { requireInteger } from '../units.ts';

/** How the battery is connected: to all three phases alike, or to one of them. */
export type Phase = 'all' | 1 | 2 | 3;

/** What the battery does when nothing of higher priority wants anything. */
export type Otherwise = 'self-consumption' | 'plan' | 'peak-shaving' | 'hold';

export interface BatterySettings {
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly minSocPerMille: number;
  readonly maxSocPerMille: number;
  /** After a limit of the window was reached, that direction stays closed until the state of charge is this far inside again. */
  readonly hysteresisPerMille: number;
  /** How fast the setpoint may move away from zero; the way back to zero is always free. Absent = at once. */
  readonly rampWPerSecond?: number;
  /** A reading older than this is no ground for a setpoint. */
  readonly staleAfterMs: number;
  /** How long a setpoint holds without being renewed; also the device's revert time. */
  readonly validForSeconds: number;
  /** Energy out per 1000 taken from the cells, at worst; absent = 1000. Keeps the lower edge of the window. */
  readonly efficiencyPerMille?: number;

  /** What the connection may carry in either direction, in all and on each phase. Absent = no such limit, here and below. */
  readonly connectionW?: number;
  readonly phaseW?: number;
  /** Absent = all. */
  readonly phase?: Phase;
  /** Most power fed into the grid. */
  readonly exportLimitW?: number;
  /** Most power drawn from the grid, in all and on each phase: above it the battery helps out. */
  readonly peakImportW?: number;
  readonly peakPhaseW?: number;
  /** State of charge kept for an outage. */
  readonly reservePerMille?: number;
  /** Temperatures between which the battery may charge and discharge, where it tells its own. */
  readonly minChargeC?: number;
  readonly maxChargeC?: number;
  readonly minDischargeC?: number;
  readonly maxDischargeC?: number;

  /** Absent = self-consumption. */
  readonly otherwise?: Otherwise;
  /** What the grid meter should show in self-consumption, + = import; and how far off it may be. Absent = 0. */
  readonly targetW?: number;
  readonly deadbandW?: number;
  /** A setpoint is kept while a new one would differ by no more than this. Absent = 0. */
  readonly stepW?: number;
  /** A plan, or the prices it was made with, older than this no longer counts. Absent = any age will do. */
  readonly planMaxAgeMs?: number;
  readonly priceMaxAgeMs?: number;

  /** A battery that is off its setpoint for so long raises the alarm. Absent = nobody watches (a simulation). */
  readonly followWithinMs?: number;
  /** What ends a setpoint by itself; `nothing` needs no renewing. Absent = a timer or watchdog of the device. */
  readonly fallback?: 'device' | 'nothing';
  /** Write transactions per UTC day, where the registers wear out. Absent = as many as it takes. */
  readonly writesPerDay?: number;
  /** What a person sets on the device to give it back to its own mode. */
  readonly byHand?: string;
}

/** Settings as a person wrote them. @throws RangeError naming the setting that cannot be */
export function checkSettings(settings: BatterySettings): BatterySettings {
  const { minSocPerMille, maxSocPerMille, hysteresisPerMille, reservePerMille } = settings;
  for (const [name, low, needed] of numbers) {
    const value = settings[name];
    if (value !== undefined || needed) requireInteger(value, name, low);
  }
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
  if (reservePerMille !== undefined && reservePerMille > maxSocPerMille) {
    throw new RangeError(
      `a reserve of ${reservePerMille} per mille cannot be kept by a battery that is charged to ${maxSocPerMille}`,
    );
  }
  if (
    settings.otherwise === 'peak-shaving' &&
    settings.peakImportW === undefined &&
    settings.peakPhaseW === undefined
  ) {
    throw new RangeError('a battery that is kept ready for peaks needs a peak limit; set one');
  }
  if ((settings.efficiencyPerMille ?? 1000) > 1000) {
    throw new RangeError(`a battery gives at most what it holds, not ${settings.efficiencyPerMille} of 1000`);
  }
  return settings;
}

type NumberSetting = {
  [K in keyof BatterySettings]-?: BatterySettings[K] extends number | undefined ? K : never;
}[keyof BatterySettings];

const ANY = -Number.MAX_SAFE_INTEGER;

const numbers: readonly (readonly [name: NumberSetting, low: number, needed: boolean])[] = [
  ['capacityWh', 1, true],
  ['maxChargeW', 0, true],
  ['maxDischargeW', 0, true],
  ['minSocPerMille', 0, true],
  ['maxSocPerMille', 0, true],
  ['hysteresisPerMille', 0, true],
  ['rampWPerSecond', 1, false],
  ['staleAfterMs', 1, true],
  ['validForSeconds', 1, true],
  ['efficiencyPerMille', 1, false],
  ['connectionW', 0, false],
  ['phaseW', 0, false],
  ['exportLimitW', 0, false],
  ['peakImportW', 0, false],
  ['peakPhaseW', 0, false],
  ['reservePerMille', 0, false],
  ['minChargeC', ANY, false],
  ['maxChargeC', ANY, false],
  ['minDischargeC', ANY, false],
  ['maxDischargeC', ANY, false],
  ['targetW', ANY, false],
  ['deadbandW', 0, false],
  ['stepW', 0, false],
  ['planMaxAgeMs', 1, false],
  ['priceMaxAgeMs', 1, false],
  ['followWithinMs', 1, false],
  ['writesPerDay', 1, false],
];
