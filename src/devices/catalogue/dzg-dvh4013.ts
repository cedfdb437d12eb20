// DZG DVH4013, three-phase energy meter: whole numbers in holding registers, high word first. It gives the power taken and
// the power given apart, both positive; the power here is the difference. One source only, so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const dzgDvh4013: DeviceDescription = meter({
  id: 'dzg-dvh4013',
  vendor: 'DZG',
  model: 'DVH4013',
  sources: [mbmd('dzg')],
  confirmed: false,
  remarks: [
    'The registers stand in one source only; compare power and counters with the display before you rely on it.',
  ],
  blocks: [
    block('powers', 'holding', [
      ['powerTaken', 0, 'uint32', 'W', { scale: -1 }],
      ['powerGiven', 2, 'uint32', 'W', { scale: -1 }],
    ]),
    block('phases', 'holding', [
      ...threePhases('voltage', 4, 'uint32', 'V', { scale: -2 }),
      ...threePhases('current', 10, 'uint32', 'A', { scale: -3 }),
    ]),
    block('frequency', 'holding', [['frequency', 18, 'uint32', 'Hz', { scale: -3 }]]),
    block('taken', 'holding', [['import', 0x4000, 'uint32', 'kWh', { scale: -3 }]]),
    block('given', 'holding', [['export', 0x4100, 'uint32', 'kWh', { scale: -3 }]]),
  ],
  reading: {
    powerW: {
      sum: [
        { block: 'powers', point: 'powerTaken' },
        { block: 'powers', point: 'powerGiven', times: -1 },
      ],
    },
  },
});
