// Register layout of Finder's 7M meters: IEEE 754 floats in input registers (function 4), power + = import. The two
// counters are n1 and n3 of four that can be set to other things on the meter.
import { block, type PointRow } from './block.ts';
import type { Block, Source } from './description.ts';

/** What both models have: frequency at the front of the voltages, the sum of the powers at the end of the powers. */
export function finderBlocks(voltage: PointRow[], current: PointRow[], power: PointRow[]): Block[] {
  return [
    block('voltages', 'input', [['frequency', 2498, 'float32', 'Hz'], ...voltage]),
    block('currents', 'input', current),
    block('powers', 'input', [...power, ['power', 2536, 'float32', 'W']]),
    block('counters', 'input', [
      ['import', 2752, 'float32', 'Wh'],
      ['export', 2756, 'float32', 'Wh'],
    ]),
  ];
}

export const finderRemarks: readonly string[] = [
  'Import and export are the counters 1 and 3; on the meter they must be set to active energy taken and given.',
  'That they are in Wh stands in one source only; compare them with the display.',
];

export const finderSources: readonly Source[] = [
  {
    title: 'koestler/go-iotdevice, finder7M38.go (MIT)',
    url: 'https://github.com/koestler/go-iotdevice/blob/main/modbusDevice/finder7M38.go',
  },
  { title: 'star.ke.st, 7M.24 and 7M.38', url: 'https://star.ke.st/library/finder-7m-24-7m-38-energy-meter' },
];
