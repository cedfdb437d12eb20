// What becomes of a reading that something speaks against: what cannot be true is null, what is doubtful is estimated.
import type { Quality, Reason } from '../units.ts';
import { counterQualityOf, missingReading, qualities, type Reading } from './reading.ts';

/** Whether either counter has a figure. */
export function hasCounter({ importWh, exportWh }: Pick<Reading, 'importWh' | 'exportWh'>): boolean {
  return importWh !== null || exportWh !== null;
}

/** Nothing in it is believed. */
export function refused({ device, at, reasons }: Reading, reason: Reason): Reading {
  return { ...missingReading(device, at, reason), reasons: [...reasons, reason] };
}

/** Its counters are not believed. @param power what that makes of its power */
export function withoutCounters(reading: Reading, reason: Reason, power: 'measured' | 'estimated'): Reading {
  const quality = power === 'estimated' ? atMostEstimated(reading.quality) : reading.quality;
  return requalified({ ...reading, importWh: null, exportWh: null }, quality, 'missing', reason);
}

/** Its power is not believed, and its counters are doubtful. */
export function withoutPower(reading: Reading, reason: Reason): Reading {
  const { phases } = reading;
  const silent = phases ? { phases: phases.map((phase) => ({ ...phase, powerW: null })) } : {};
  return requalified({ ...reading, ...silent, powerW: null }, 'missing', doubtedCounters(reading, 'missing'), reason);
}

/** All of it is doubtful. */
export function doubtful(reading: Reading, reason: Reason): Reading {
  const quality = atMostEstimated(reading.quality);
  return requalified(reading, quality, doubtedCounters(reading, quality), reason);
}

/** With counters that are known although it does not show them. */
export function withHeld(reading: Reading, held: Pick<Reading, 'importWh' | 'exportWh'>, reason: Reason): Reading {
  const importWh = held.importWh ?? reading.importWh;
  const exportWh = held.exportWh ?? reading.exportWh;
  return requalified({ ...reading, importWh, exportWh }, reading.quality, 'estimated', reason);
}

function requalified(reading: Reading, quality: Quality, counters: Quality, reason: Reason): Reading {
  const { quality: _, counterQuality: __, reasons, ...rest } = reading;
  return { ...rest, ...qualities(quality, counters), reasons: [...reasons, reason] };
}

/** Of a source without counters there is nothing to say but what is said of its power. */
function doubtedCounters(reading: Reading, power: Quality): Quality {
  return hasCounter(reading) ? atMostEstimated(counterQualityOf(reading)) : (reading.counterQuality ?? power);
}

function atMostEstimated(quality: Quality): Quality {
  return quality === 'missing' ? 'missing' : 'estimated';
}
