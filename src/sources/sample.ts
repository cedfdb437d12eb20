// What any source of readings gives: the quantities of one moment, in the project's units, before the quality gate.
import { type PhaseReading, qualities, type Reading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';

/** `null` = the source has it, but gave no value; absent or undefined = it does not have it. */
export interface Sample {
  /** When it was measured, Unix ms; null where the source says no time. */
  readonly at: number | null;
  /** W, + = import. */
  readonly powerW?: number | null;
  /** Counters, whole Wh. */
  readonly importWh?: number | null;
  readonly exportWh?: number | null;
  readonly phases?: readonly PhaseReading[];
  readonly frequencyHz?: number | null;
  readonly socPerMille?: number | null;
}

/**
 * A sample as the reading that goes to the quality gate: what its source has and it lacks is missing, power and counters
 * each for themselves.
 * @param source what stands in the reading as its device @param at Unix ms
 */
export function readingOf(source: string, sample: Sample, at: number): Reading {
  const { powerW, importWh, exportWh, phases, frequencyHz, socPerMille } = sample;
  const reasons: Reason[] = [];
  const lacks = (value: number | null | undefined, name: string) => {
    if (value === null) reasons.push({ code: 'not-given', text: `The message gives no ${name}.` });
  };
  lacks(powerW, 'power');
  lacks(importWh, 'import counter');
  lacks(exportWh, 'export counter');
  const counters = [importWh, exportWh].filter((value) => value !== undefined);
  const counted = counters.some((value) => value !== null) ? 'measured' : 'missing';
  const power = powerW === undefined ? counted : powerW === null ? 'missing' : 'measured';
  return {
    device: source,
    at,
    powerW: powerW ?? null,
    importWh: importWh ?? null,
    exportWh: exportWh ?? null,
    ...(phases ? { phases } : {}),
    ...(frequencyHz === undefined ? {} : { frequencyHz }),
    ...(socPerMille === undefined ? {} : { socPerMille }),
    ...qualities(power, counters.length === 0 ? power : counted),
    reasons,
  };
}

/** Whole mW or mWh as W or Wh with decimals, for quantities that are no counters. */
export const fromMilli = (value: number): number => value / 1000 + 0;

/** mWh as the whole Wh of a counter, rounded down. */
export const wholeWh = (milliWh: number): number => Math.floor(milliWh / 1000) + 0;
