// Meters that hang: all values stay the very same though power flows, or a counter stands still under the power it should
// count. The first is doubtful at once and refused after a while; the second is refused when no step size explains it.
import type { Reading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';
import { type CounterName, TOLERANCE_WH } from './plausible.ts';
import { type Directions, fedCounter } from './power.ts';

/** Plain JSON. */
export interface Standstill {
  /** All values of the last reading, and since when they have been the same, Unix ms. */
  readonly same: { readonly values: string; readonly since: number } | null;
  /** The counter in the direction of the power, and what has flowed since it last moved, W ms. */
  readonly counter: {
    readonly name: CounterName;
    readonly wh: number;
    readonly at: number;
    readonly flowedWms: number;
  } | null;
}

export const initialStandstill: Standstill = { same: null, counter: null };

/** More than this while nothing moves makes a reading doubtful, Wh, besides what a coarse counter need not show yet. */
const DOUBTFUL_WH = 20;
/** Values that vary by nature (voltage, frequency), to the digit the same for so long, are a picture, ms. */
const PICTURE_AFTER_MS = 120_000;
/** No counter has steps of more than 1 kWh. */
const STILL_WH = 2200;
/** A power is not carried further than this, ms. */
const LONGEST_STEP_MS = 300_000;
const WMS_PER_WH = 3_600_000;

/** What is remembered after a reading: since when all of it is the same, and what has flowed past its counter. */
export function followStandstill(directions: Directions, state: Standstill, reading: Reading): Standstill {
  const values = valuesOf(reading);
  const same = state.same?.values === values ? state.same : { values, since: reading.at };
  return { same, counter: followCounter(directions, state, reading) };
}

function followCounter(directions: Directions, { counter }: Standstill, reading: Reading): Standstill['counter'] {
  const name = fedCounter(directions, reading);
  const wh = name === null ? null : reading[name];
  if (name === null || wh === null || reading.powerW === null) return null;
  if (counter?.name !== name || counter.wh !== wh) return { name, wh, at: reading.at, flowedWms: 0 };
  const ms = Math.min(LONGEST_STEP_MS, Math.max(0, reading.at - counter.at));
  return { ...counter, at: reading.at, flowedWms: counter.flowedWms + Math.round(Math.abs(reading.powerW)) * ms };
}

type StandstillSettings = Directions & { readonly stuckAfterMs: number };

/** All values are the same for too long while power flows. @param hidden what its counters need not show yet, Wh */
export function stuck(
  settings: StandstillSettings,
  { same }: Standstill,
  reading: Reading,
  hidden: number,
): Reason | null {
  const { stuckAfterMs } = settings;
  const varied = varying(reading) >= 2;
  const leastWh = TOLERANCE_WH + (varied ? 0 : hidden);
  if (stuckAfterMs <= 0 || !same || !flows(settings, same.since, reading, leastWh)) return null;
  // A power alone may well stay the same: a heater, or a source that speaks up only when something changes.
  if (!counts(reading) && !varied) return null;
  const { powerW, at } = reading;
  const forMs = at - same.since;
  const limitMs = varied ? Math.min(stuckAfterMs, PICTURE_AFTER_MS) : stuckAfterMs;
  if (forMs < limitMs) return null;
  const text = `The meter has shown ${powerW} W for ${Math.round(forMs / 1000)} s while nothing else moved.`;
  return { code: 'stuck', text, numbers: { powerW: powerW ?? 0, forMs, stuckAfterMs: limitMs } };
}

/**
 * All values are the same though something should have moved: not refused yet, but no measurement either.
 * @param hidden what its counters need not show yet, Wh
 */
export function unchanged(
  settings: StandstillSettings,
  { same }: Standstill,
  reading: Reading,
  hidden: number,
): Reason | null {
  const { stuckAfterMs } = settings;
  if (stuckAfterMs <= 0 || !same) return null;
  const forMs = reading.at - same.since;
  const numbers = { powerW: reading.powerW ?? 0, forMs };
  if (!flows(settings, same.since, reading, DOUBTFUL_WH + hidden)) {
    // A meter may rest at 0 W, but not its voltages. Not refused: some inverters show their last ones all night.
    if (varying(reading) < 2 || forMs < Math.min(stuckAfterMs, PICTURE_AFTER_MS)) return null;
    const text = `No value has changed for ${Math.round(forMs / 1000)} s, not even a voltage.`;
    return { code: 'unchanged', text, numbers };
  }
  if (!counts(reading) && forMs < stuckAfterMs) return null;
  const text = `No value has changed for ${Math.round(forMs / 1000)} s, though ${reading.powerW} W flow.`;
  return { code: 'unchanged', text, numbers };
}

/** The power varies, but the counter that should count it does not move. */
export function counterStandsStill({ counter }: Standstill, reading: Reading): Reason | null {
  if (!counter) return null;
  const flowedWh = Math.floor(counter.flowedWms / WMS_PER_WH);
  if (flowedWh <= STILL_WH) return null;
  const text = `The counter ${counter.name} has stood at ${reading[counter.name]} Wh while ${flowedWh} Wh flowed.`;
  return { code: 'counter-stuck', text, numbers: { flowedWh, [counter.name]: counter.wh } };
}

/** Power that the reading's counters (or the values themselves) must show, for long enough to matter. */
function flows(directions: Directions, since: number, reading: Reading, leastWh: number): boolean {
  const { powerW, at } = reading;
  if (powerW === null || powerW === 0) return false;
  if (counts(reading) && fedCounter(directions, reading) === null) return false;
  return Math.abs(powerW) * (at - since) > leastWh * WMS_PER_WH;
}

function counts({ importWh, exportWh }: Reading): boolean {
  return importWh !== null || exportWh !== null;
}

function valuesOf({ powerW, importWh, exportWh, frequencyHz, phases, socPerMille, temperatureC }: Reading): string {
  return JSON.stringify([powerW, importWh, exportWh, frequencyHz, phases, socPerMille, temperatureC]);
}

/** Voltages and frequencies with digits behind the point: they never stand still on a live connection. */
function varying({ frequencyHz, phases = [] }: Reading): number {
  const values = [frequencyHz, ...phases.map(({ voltageV }) => voltageV)];
  return values.filter((value) => typeof value === 'number' && value !== 0 && !Number.isInteger(value)).length;
}
