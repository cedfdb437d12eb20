// Orno OR-WE-504, single-phase energy meter: whole numbers in holding registers; the sources agree on every point. It has
// one counter and knows no direction.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

export const ornoWe504: DeviceDescription = meter({
  id: 'orno-we504',
  vendor: 'Orno',
  model: 'OR-WE-504',
  gapMs: 12,
  sources: [
    mbmd('orno1p504'),
    {
      title: 'ivanovp/blue_pill_rs-485_orno, software_or-we-504',
      url: 'https://github.com/ivanovp/blue_pill_rs-485_orno/blob/master/software_or-we-504/src/main.cpp',
    },
  ],
  confirmed: true,
  remarks: ['It does not tell feeding in from drawing: do not use it where both happen.'],
  blocks: [
    block('measured', 'holding', [
      ['voltage', 0, 'uint16', 'V', { scale: -1 }],
      ['current', 1, 'uint16', 'A', { scale: -1 }],
      ['frequency', 2, 'uint16', 'Hz', { scale: -1 }],
      ['power', 3, 'uint16', 'W'],
      ['import', 7, 'uint32', 'Wh'],
    ]),
  ],
});
