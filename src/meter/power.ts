// Which counter counts a power. A meter and a load take with +, a roof gives with +; meters that count each phase for itself
// may count both directions at once.
import type { Reading } from '../devices/reading.ts';
import type { CounterName } from './plausible.ts';

export interface Directions {
  /** Which counter counts a power above 0. Default `import`. */
  readonly positive?: 'import' | 'export';
  /** A roof only gives and a load only takes: their power is never below 0. Default `any`. */
  readonly sign?: 'any' | 'positive';
}

/** What a reading's power drives its counters with, W, each >= 0. Plain JSON. */
export interface Power {
  readonly importW: number;
  readonly exportW: number;
}

/** What drives one of the counters, W >= 0. */
export function powerIn(power: Power, name: CounterName): number {
  return name === 'importWh' ? power.importW : power.exportW;
}

/** Its power as a meter at the grid has it, W, + = taken. */
export function takenW({ positive = 'import' }: Directions, powerW: number): number {
  return positive === 'import' ? powerW : 0 - powerW;
}

/**
 * Most that each counter may be driven with; null where the reading has no power.
 * @param eitherWay the sign says nothing: it is known to contradict the counters
 */
export function powerOf(directions: Directions, reading: Reading, eitherWay = false): Power | null {
  const { powerW, phases = [] } = reading;
  if (powerW === null) return null;
  const taken = takenW(directions, powerW);
  const ofPhases = phases.map((phase) => takenW(directions, phase.powerW ?? 0));
  const add = (values: readonly number[], sign: 1 | -1) =>
    values.reduce((sum, value) => sum + Math.max(0, sign * value), 0);
  const importW = Math.max(add([taken], 1), add(ofPhases, 1));
  const exportW = Math.max(add([taken], -1), add(ofPhases, -1));
  // What only takes or only gives has one counter that matters, whatever it is called.
  if (!eitherWay && directions.sign !== 'positive') return { importW, exportW };
  const most = Math.max(importW, exportW);
  return { importW: most, exportW: most };
}

/** The counter that should count this power; null where there is none. */
export function fedCounter(directions: Directions, reading: Reading): CounterName | null {
  const { powerW, importWh, exportWh } = reading;
  if (powerW === null || powerW === 0) return null;
  if (directions.sign === 'positive' && (importWh === null || exportWh === null)) {
    if (powerW < 0) return null;
    return importWh !== null ? 'importWh' : exportWh !== null ? 'exportWh' : null;
  }
  const name = takenW(directions, powerW) > 0 ? 'importWh' : 'exportWh';
  return reading[name] === null ? null : name;
}
