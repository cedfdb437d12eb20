// ABB B21, single-phase energy meter: the map of the B23 without the other phases; the phase has no power of its own, only
// the total. The sources agree on every point.
import { abbCounters, abbFrequency, abbPower, abbRemarks, abbSources, abbType } from '../abb.ts';
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { meter } from '../meter.ts';

export const abbB21: DeviceDescription = meter({
  id: 'abb-b21',
  vendor: 'ABB',
  model: 'B21',
  sources: abbSources,
  confirmed: true,
  identity: abbType('B21'),
  remarks: abbRemarks,
  blocks: [
    block('voltage', 'holding', [['voltage', 0x5b00, 'uint32', 'V', { scale: -1 }]]),
    block('current', 'holding', [['current', 0x5b0c, 'uint32', 'A', { scale: -2 }]]),
    block('power', 'holding', [['power', 0x5b14, 'int32', 'W', abbPower]]),
    block('frequency', 'holding', [abbFrequency]),
    abbCounters,
  ],
});
