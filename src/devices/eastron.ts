// Register layout that Eastron's SDM meters share: IEEE 754 floats in input registers (function 4), two registers each,
// power + = import, energy in kWh. A model has some or all of it.
import { block, type PointRow } from './block.ts';
import type { Block } from './description.ts';
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
