// Finder 7M.38, three-phase energy meter. The sources agree on voltages, currents, powers and frequency (mbmd has the
// frequency elsewhere); that the counters are in Wh stands in one only, so unconfirmed.
import type { DeviceDescription } from '../description.ts';
import { finderBlocks, finderRemarks, finderSources } from '../finder.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const finder7m38: DeviceDescription = meter({
  id: 'finder-7m38',
  vendor: 'Finder',
  model: '7M.38',
  sources: [mbmd('finder7m38'), ...finderSources],
  confirmed: false,
  remarks: finderRemarks,
  blocks: finderBlocks(
    threePhases('voltage', 2500, 'float32', 'V'),
    threePhases('current', 2516, 'float32', 'A'),
    threePhases('power', 2530, 'float32', 'W'),
  ),
});
