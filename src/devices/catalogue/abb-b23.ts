// ABB B23 and B24, three-phase energy meters; the sources agree on every point.
import { abbCounters, abbFrequency, abbPower, abbRemarks, abbSources, abbType } from '../abb.ts';
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { meter, threePhases } from '../meter.ts';

export const abbB23: DeviceDescription = meter({
  id: 'abb-b23',
  vendor: 'ABB',
  model: 'B23, B24',
  sources: abbSources,
  confirmed: true,
  identity: abbType('B23', 'B24'),
  remarks: abbRemarks,
  blocks: [
    block('voltages', 'holding', threePhases('voltage', 0x5b00, 'uint32', 'V', { scale: -1 })),
    block('loads', 'holding', [
      ...threePhases('current', 0x5b0c, 'uint32', 'A', { scale: -2 }),
      ['power', 0x5b14, 'int32', 'W', abbPower],
      ...threePhases('power', 0x5b16, 'int32', 'W', abbPower),
    ]),
    block('frequency', 'holding', [abbFrequency]),
    abbCounters,
  ],
});
