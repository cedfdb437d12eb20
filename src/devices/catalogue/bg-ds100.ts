// B+G e-tech DS100, three-phase energy meter: whole numbers in holding registers, high word first, power + = import. The
// sources agree on all but the export counter (0x118 in OpenEMS and on the sister WS100; mbmd has 0x118A), so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const bgDs100: DeviceDescription = meter({
  id: 'bg-ds100',
  vendor: 'B+G e-tech',
  model: 'DS100',
  sources: [
    mbmd('ds100'),
    {
      title: 'OpenEMS, MeterBgeTechDS100Impl.java (EPL-2.0)',
      url: 'https://github.com/OpenEMS/openems/blob/develop/io.openems.edge.meter.bgetech.ds100/src/io/openems/edge/meter/bgetech/ds100/MeterBgeTechDS100Impl.java',
    },
  ],
  confirmed: false,
  remarks: ['The sources differ on where the counter of what is fed in stands; compare it with the display.'],
  blocks: [
    block('measured', 'holding', [
      ...threePhases('voltage', 0x400, 'uint32', 'V', { scale: -3 }),
      ...threePhases('current', 0x410, 'int32', 'A', { scale: -3 }),
      ...threePhases('power', 0x41a, 'int32', 'W'),
      ['power', 0x420, 'int32', 'W'],
      ['frequency', 0x435, 'uint16', 'Hz', { scale: -1 }],
    ]),
    block('counters', 'holding', [
      ['import', 0x10e, 'uint32', 'kWh', { scale: -2 }],
      ['export', 0x118, 'uint32', 'kWh', { scale: -2 }],
    ]),
  ],
});
