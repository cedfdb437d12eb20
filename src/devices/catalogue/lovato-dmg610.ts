// Lovato DMG610, three-phase energy meter: whole numbers with a fixed power of ten in input registers, high word first,
// power + = import. The sources agree on all but the counters, which only mbmd has there, so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const lovatoDmg610: DeviceDescription = meter({
  id: 'lovato-dmg610',
  vendor: 'Lovato',
  model: 'DMG610',
  maxRegisters: 80,
  sources: [
    mbmd('dmg610'),
    {
      title: 'openWB/core, lovato.py (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/common/lovato.py',
    },
  ],
  confirmed: false,
  remarks: ['Where the counters stand is known from one source only; compare them with the display.'],
  blocks: [
    block('phases', 'input', [
      ...threePhases('voltage', 1, 'uint32', 'V', { scale: -2 }),
      ...threePhases('current', 7, 'uint32', 'A', { scale: -4 }),
      ...threePhases('power', 19, 'int32', 'W', { scale: -2 }),
    ]),
    block('total', 'input', [
      ['frequency', 49, 'uint32', 'Hz', { scale: -3 }],
      ['power', 57, 'int32', 'W', { scale: -2 }],
    ]),
    block('counters', 'input', [
      ['import', 6943, 'uint64', 'kWh', { scale: -2 }],
      ['export', 6947, 'uint64', 'kWh', { scale: -2 }],
    ]),
  ],
});
