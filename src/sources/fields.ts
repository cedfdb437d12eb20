// Readings out of single values of any message (MQTT, HTTP, Home Assistant): figures as numbers or text, in the units and
// with the sign that a person named. A value that a source has but cannot give now is null and becomes no energy.
import type { PhaseReading } from '../devices/reading.ts';
import { describe } from '../units.ts';
import { scaleDecimal } from './decimal.ts';
import { fromMilli, type Sample } from './sample.ts';

/** How far a unit is from mW, as a power of ten. */
const POWER = { mW: 0, W: 3, kW: 6 } as const;
/** Of mWh; of a joule, mJ. */
const ENERGY = { Wh: 3, kWh: 6, MWh: 9, J: 3 } as const;
/** Of a per mille. */
const CHARGE = { percent: 1, permille: 0, fraction: 3 } as const;

export type PowerUnit = keyof typeof POWER;
export type EnergyUnit = keyof typeof ENERGY;
export type ChargeUnit = keyof typeof CHARGE;
export const powerUnits = Object.keys(POWER) as PowerUnit[];
export const energyUnits = Object.keys(ENERGY) as EnergyUnit[];
export const chargeUnits = Object.keys(CHARGE) as ChargeUnit[];

export interface FieldUnits {
  readonly power: PowerUnit;
  readonly energy: EnergyUnit;
  readonly charge: ChargeUnit;
  /** The source counts power the other way round: its sign is turned. */
  readonly reversed: boolean;
}

/** Quantities in the sequence of the dialog; `power` less `powerExport` is the power. */
export const fieldNames = [
  'power',
  'powerExport',
  'importEnergy',
  'exportEnergy',
  'phase1',
  'phase2',
  'phase3',
  'frequency',
  'charge',
  'time',
] as const;
export type FieldName = (typeof fieldNames)[number];

/** What a message gives: a property for each quantity that its source has, undefined or null where it gives no value. */
export type FieldValues = Readonly<Partial<Record<FieldName, unknown>>>;

/** What Home Assistant and others write where they have no value. */
const NO_VALUE = /^(?:|null|none|nan|unknown|unavailable)$/i;

/** @throws RangeError with a sentence for a value that is no figure of its kind */
export function fieldSample(units: FieldUnits, values: FieldValues): Sample {
  const figure = (name: FieldName, power: number): number | null | undefined => {
    if (!(name in values)) return undefined;
    const value = values[name];
    if (value === undefined || value === null || Number.isNaN(value)) return null;
    if (typeof value === 'string' && NO_VALUE.test(value.trim())) return null;
    return scaleDecimal(value, power, WORDS[name]);
  };
  const sign = units.reversed ? -1 : 1;
  const watts = (milliWatts: number | null | undefined) =>
    typeof milliWatts === 'number' ? fromMilli(sign * milliWatts) : milliWatts;
  const counter = (name: FieldName) => {
    const value = figure(name, ENERGY[units.energy]);
    return typeof value === 'number' ? Math.floor(value / (units.energy === 'J' ? 3_600_000 : 1000)) + 0 : value;
  };
  const [plus, minus] = [figure('power', POWER[units.power]), figure('powerExport', POWER[units.power])];
  const net =
    plus === undefined && minus === undefined
      ? undefined
      : plus === null || minus === null
        ? null
        : (plus ?? 0) - (minus ?? 0);
  const phases = (['phase1', 'phase2', 'phase3'] as const)
    .map((name) => watts(figure(name, POWER[units.power])))
    .filter((powerW) => powerW !== undefined)
    .map((powerW): PhaseReading => ({ voltageV: null, currentA: null, powerW }));
  const frequency = figure('frequency', 3);
  const charge = figure('charge', CHARGE[units.charge]);
  if (typeof charge === 'number' && (charge < 0 || charge > 1000)) {
    throw new RangeError(`${WORDS.charge} must be between empty and full, but is ${describe(values.charge)}`);
  }
  const sample = {
    at: 'time' in values ? timeOf(values.time) : null,
    powerW: watts(net),
    importWh: counter('importEnergy'),
    exportWh: counter('exportEnergy'),
    phases: phases.length > 0 ? phases : undefined,
    frequencyHz: typeof frequency === 'number' ? fromMilli(frequency) : frequency,
    socPerMille: charge,
  };
  // A quantity that the source does not have is not there at all.
  return Object.fromEntries(Object.entries(sample).filter(([, value]) => value !== undefined)) as unknown as Sample;
}

/** What a quantity is called in a sentence. */
const WORDS: Readonly<Record<FieldName, string>> = {
  power: 'the power',
  powerExport: 'the power fed in',
  importEnergy: 'the import counter',
  exportEnergy: 'the export counter',
  phase1: 'the power of phase 1',
  phase2: 'the power of phase 2',
  phase3: 'the power of phase 3',
  frequency: 'the frequency',
  charge: 'the state of charge',
  time: 'the time',
};

/** Numbers below this are seconds: as milliseconds they would lie in 1973, as seconds in the year 5138. */
const MOST_SECONDS = 100_000_000_000;
const ZONED = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/**
 * A time as Unix ms: Unix seconds or milliseconds, ISO 8601 with its offset from UTC, or a Date. null where there is none.
 * @throws RangeError for anything else, above all for local time, of which an hour comes twice a year
 */
export function timeOf(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return null;
  if (value instanceof Date && Number.isFinite(value.getTime())) return value.getTime();
  const text = typeof value === 'string' ? value.trim() : '';
  if (ZONED.test(text)) {
    const at = Date.parse(text.replace(' ', 'T'));
    if (Number.isFinite(at)) return at;
  }
  if (typeof value === 'number' || /^\d+(?:\.\d*)?$/.test(text)) {
    const number = Number(value);
    const at = Math.round(Math.abs(number) < MOST_SECONDS ? number * 1000 : number);
    if (Math.abs(at) <= 8.64e15) return at;
  }
  throw new RangeError(
    `${WORDS.time} must be Unix seconds or milliseconds, or ISO 8601 with Z or an offset, but is ${describe(value)}`,
  );
}
