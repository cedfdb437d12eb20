// Register layout of Inepro's PRO380, which WAGO sells as 879-30xx: IEEE 754 floats in holding registers, kW and kWh,
// power + = import.
import { block } from './block.ts';
import type { Block } from './description.ts';
import { threePhases } from './meter.ts';

export const pro380Blocks: readonly Block[] = [
  block('measured', 'holding', [
    ...threePhases('voltage', 0x5002, 'float32', 'V'),
    ['frequency', 0x5008, 'float32', 'Hz'],
    ...threePhases('current', 0x500c, 'float32', 'A'),
    ['power', 0x5012, 'float32', 'kW'],
    ...threePhases('power', 0x5014, 'float32', 'kW'),
  ]),
  block('counters', 'holding', [
    ['import', 0x600c, 'float32', 'kWh'],
    ['export', 0x6018, 'float32', 'kWh'],
  ]),
];
