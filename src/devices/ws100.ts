// Register layout of the B+G WS100, sold by Orno as WE-525 and WE-526: whole numbers with a fixed power of ten in holding
// registers, high word first, power + = import.
import { block } from './block.ts';
import type { Block } from './description.ts';

export const ws100Blocks: readonly Block[] = [
  block('measured', 'holding', [
    ['voltage', 0x100, 'int32', 'V', { scale: -3 }],
    ['current', 0x102, 'int32', 'A', { scale: -3 }],
    ['power', 0x104, 'int32', 'W'],
    ['frequency', 0x10a, 'int16', 'Hz', { scale: -1 }],
  ]),
  block('counters', 'holding', [
    ['import', 0x10e, 'uint32', 'kWh', { scale: -2 }],
    ['export', 0x118, 'uint32', 'kWh', { scale: -2 }],
  ]),
];
