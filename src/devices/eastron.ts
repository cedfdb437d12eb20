// Register layout that Eastron's SDM meters share: IEEE 754 floats in input registers (function 4), two registers each,
// power + = import, energy in kWh. A model has some or all of it.
import { block, type PointRow } from './block.ts';
import type { Block, Identity, Source } from './description.ts';
import { threePhases } from './meter.ts';

const counters: readonly PointRow[] = [
  ['frequency', 0x46, 'float32', 'Hz'],
  ['import', 0x48, 'float32', 'kWh'],
  ['export', 0x4a, 'float32', 'kWh'],
];

const phases: readonly PointRow[] = [
  ...threePhases('voltage', 0x00, 'float32', 'V'),
  ...threePhases('current', 0x06, 'float32', 'A'),
  ...threePhases('power', 0x0c, 'float32', 'W'),
];

const total: PointRow = ['power', 0x34, 'float32', 'W'];

const single: readonly PointRow[] = [
  ['voltage', 0x00, 'float32', 'V'],
  ['current', 0x06, 'float32', 'A'],
  ['power', 0x0c, 'float32', 'W'],
];

/** Three phases; `whole` where it is known that one request may read across what lies between. */
export function eastronThreePhase(whole: boolean): Block[] {
  if (whole) return [block('measured', 'input', [...phases, total, ...counters])];
  return [block('phases', 'input', phases), block('total', 'input', [total]), block('counters', 'input', counters)];
}

/** One phase; `whole` as above. */
export function eastronSinglePhase(whole: boolean): Block[] {
  if (whole) return [block('measured', 'input', [...single, ...counters])];
  return [...single.map((row) => block(row[0], 'input', [row])), block('counters', 'input', counters)];
}

/**
 * The meter code in holding register 0xFC02. Eastron's own documents name it for some models only; a meter refuses to read an
 * odd number of registers.
 */
export function meterCode(confirmed: boolean, ...codes: number[]): Identity {
  return { table: 'holding', address: 0xfc02, type: 'uint16', shows: codes, ask: 2, confirmed };
}

/** Who tells the meter codes, made apart from each other. */
export const meterCodeSources: readonly Source[] = [
  {
    title: 'home-assistant-eastron-sdm, meter codes from Eastron manuals',
    url: 'https://github.com/LavermanJJ/home-assistant-eastron-sdm/blob/main/custom_components/eastron_sdm/sdm/const.py',
  },
  {
    title: 'victron-meter-library, meter codes by which meters are found',
    url: 'https://github.com/M-o-a-T/victron-meter-library',
  },
];
