// Eltako DSZ15DZMOD, three-phase energy meter: whole numbers in input registers, high word first. Unconfirmed: the maker's
// list gives the power in whole kW, mbmd takes it as W, as here. The DSZ16 has another table and is not meant.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const eltakoDsz15: DeviceDescription = meter({
  id: 'eltako-dsz15',
  vendor: 'Eltako',
  model: 'DSZ15DZMOD',
  sources: [
    mbmd('eltako'),
    {
      title: 'balloobbot/eltako-modbus, measurements.py',
      url: 'https://github.com/balloobbot/eltako-modbus/blob/main/src/eltako_modbus/measurements.py',
    },
  ],
  confirmed: false,
  remarks: ['The sources differ on whether the power is in W or kW; compare it with the display. Not for the DSZ16.'],
  blocks: [
    block('phases', 'input', [
      ...threePhases('voltage', 0, 'uint32', 'V', { scale: -2 }),
      ...threePhases('current', 6, 'uint32', 'A', { scale: -2 }),
      ...threePhases('power', 12, 'int32', 'W'),
    ]),
    block('total', 'input', [['power', 52, 'int32', 'W']]),
    block('counters', 'input', [
      ['import', 72, 'uint32', 'kWh', { scale: -2 }],
      ['export', 74, 'uint32', 'kWh', { scale: -2 }],
    ]),
  ],
});
