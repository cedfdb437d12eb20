// From what a dialog of the battery node stores, in a person's units, to the settings of battery control.
import * as v from 'valibot';
import { type BatterySettings, checkSettings } from '../../src/battery/settings.ts';
import { releaseByHand } from '../../src/devices/by-hand.ts';
import type { Control, DeviceDescription } from '../../src/devices/description.ts';
import { choice, decimal, nodeId, optional, optionalWhole, requiredText, whole } from '../shared/config-fields.ts';

/** Hysteresis of the state of charge window, per mille. */
const HYSTERESIS = 20;
/** No battery is taken to lose more than this on its way out: its window is kept even so, per mille. */
const EFFICIENCY = 900;
/** Volts of a phase, for a fuse in A. */
const PHASE_V = 230;
/** Writes per day to registers that wear out, where nothing else is said. */
const WRITES_PER_DAY = 200;
/** A plan counts for so many hours. */
const PLAN_HOURS = 36;
const MS_PER_HOUR = 3_600_000;
const MOST_KW = 1_000_000_000;

const temperature = (name: string) => optional(whole(name, -40, 100));

export const configSchema = v.object({
  member: nodeId(),
  modbus: nodeId(),
  device: requiredText('the device'),
  unit: whole('the unit', 0, 255),
  capacityKWh: decimal('the capacity (kWh)', 3, 1, 2_000_000),
  mode: choice('the mode', ['self-consumption', 'plan', 'peak-shaving', 'hold']),
  reserveSoc: optional(whole('the reserve (%)', 0, 100)),
  peakImportKW: optional(decimal('the peak limit (kW)', 3, 0, MOST_KW)),
  exportLimitKW: optional(decimal('the export limit (kW)', 3, 0, MOST_KW)),
  maxChargeKW: decimal('the charging power (kW)', 3, 0, 1_000_000),
  maxDischargeKW: decimal('the discharging power (kW)', 3, 0, 1_000_000),
  minSoc: whole('the lowest charge (%)', 0, 100),
  maxSoc: whole('the highest charge (%)', 0, 100),
  minChargeC: temperature('the lowest temperature to charge (°C)'),
  maxChargeC: temperature('the highest temperature to charge (°C)'),
  minDischargeC: temperature('the lowest temperature to discharge (°C)'),
  maxDischargeC: temperature('the highest temperature to discharge (°C)'),
  connectionKW: optional(decimal('what the connection carries (kW)', 3, 0, MOST_KW)),
  fuseA: optional(whole('the fuse (A)', 1, 10_000)),
  phase: choice('the phase', ['all', '1', '2', '3']),
  peakPhaseKW: optional(decimal('the peak limit per phase (kW)', 3, 0, MOST_KW)),
  targetW: optionalWhole('the target at the grid (W)', -100_000, 100_000, 0),
  deadbandW: optionalWhole('the deadband (W)', 0, 100_000, 0),
  stepW: optionalWhole('the smallest change (W)', 0, 100_000, 0),
  rampWPerSecond: optional(whole('the ramp (W per second)', 1, 1_000_000)),
  planHours: optionalWhole('the age of a stale plan (hours)', 1, 1000, PLAN_HOURS),
  staleSeconds: whole('the age of a stale reading (seconds)', 1, 86_400),
  validSeconds: whole('the validity of a setpoint (seconds)', 1, 65_534),
  followSeconds: whole('the time to follow a setpoint (seconds)', 10, 86_400),
  writesPerDay: optionalWhole('the writes per day', 10, 1_000_000, WRITES_PER_DAY),
});

export type BatteryConfig = v.InferOutput<typeof configSchema>;

/** migrations[0]: before version 2 there was self-consumption with the market's position, and nothing else to choose. */
export const migrations = [
  (config: Record<string, unknown>): Record<string, unknown> => ({
    mode: 'self-consumption',
    minChargeC: '0',
    maxChargeC: '50',
    phase: 'all',
    followSeconds: '120',
    ...config,
  }),
];

/** @throws Error with a sentence where the fields do not fit each other or the device */
export function settingsOf(config: BatteryConfig, description: DeviceDescription): BatterySettings {
  const { id, control } = description;
  if (!control) throw new Error(`a ${id} is no battery that can be told what to do; choose another device`);
  if (!control.confirmed) {
    throw new Error(
      `how a ${id} is commanded is not confirmed by a second source, so nothing is written to it; choose another device`,
    );
  }
  if ((config.maxSoc - config.minSoc) * 10 < HYSTERESIS) {
    throw new Error(
      `the charge may lie between ${config.minSoc} and ${config.maxSoc} %, but must have ${HYSTERESIS / 10} % of room; widen it`,
    );
  }
  if (config.mode === 'peak-shaving' && config.peakImportKW === undefined && config.peakPhaseKW === undefined) {
    throw new Error('a battery that is kept ready for peaks needs a peak limit; set one');
  }
  const { reserveSoc, fuseA, phase } = config;
  return checkSettings({
    capacityWh: config.capacityKWh,
    maxChargeW: config.maxChargeKW,
    maxDischargeW: config.maxDischargeKW,
    minSocPerMille: config.minSoc * 10,
    maxSocPerMille: config.maxSoc * 10,
    hysteresisPerMille: HYSTERESIS,
    staleAfterMs: config.staleSeconds * 1000,
    efficiencyPerMille: EFFICIENCY,
    otherwise: config.mode,
    phase: phase === 'all' ? 'all' : phase === '1' ? 1 : phase === '2' ? 2 : 3,
    targetW: config.targetW,
    deadbandW: config.deadbandW,
    stepW: config.stepW,
    planMaxAgeMs: config.planHours * MS_PER_HOUR,
    priceMaxAgeMs: config.planHours * MS_PER_HOUR,
    followWithinMs: config.followSeconds * 1000,
    byHand: releaseByHand(description),
    ...known('rampWPerSecond', config.rampWPerSecond),
    ...known('connectionW', config.connectionKW),
    ...known('phaseW', fuseA === undefined ? undefined : fuseA * PHASE_V),
    ...known('exportLimitW', config.exportLimitKW),
    ...known('peakImportW', config.peakImportKW),
    ...known('peakPhaseW', config.peakPhaseKW),
    ...known('reservePerMille', reserveSoc === undefined ? undefined : reserveSoc * 10),
    ...known('minChargeC', config.minChargeC),
    ...known('maxChargeC', config.maxChargeC),
    ...known('minDischargeC', config.minDischargeC),
    ...known('maxDischargeC', config.maxDischargeC),
    ...(control.storage === 'persistent' ? { writesPerDay: config.writesPerDay } : {}),
    ...fallbackOf(control, config.validSeconds),
  });
}

function fallbackOf(
  { fallback }: Control,
  validSeconds: number,
): Pick<BatterySettings, 'validForSeconds' | 'fallback'> {
  if (fallback.by === 'timer') return { validForSeconds: Math.min(validSeconds, fallback.maxSeconds) };
  if (fallback.by === 'watchdog') return { validForSeconds: Math.min(validSeconds, fallback.seconds) };
  return { validForSeconds: validSeconds, fallback: 'nothing' };
}

function known<Name extends keyof BatterySettings>(name: Name, value: BatterySettings[Name] | undefined) {
  return value === undefined ? {} : { [name]: value };
}
