// Finder 7M.24, single-phase energy meter: the map of the 7M.38 with one phase. Unconfirmed for the same reason.
import type { DeviceDescription } from '../description.ts';
import { finderBlocks, finderRemarks, finderSources } from '../finder.ts';
import { mbmd, meter } from '../meter.ts';

export const finder7m24: DeviceDescription = meter({
  id: 'finder-7m24',
  vendor: 'Finder',
  model: '7M.24',
  sources: [mbmd('finder7m24'), ...finderSources],
  confirmed: false,
  remarks: finderRemarks,
  blocks: finderBlocks([['voltage', 2500, 'float32', 'V']], [['current', 2516, 'float32', 'A']], []),
});
