// WAGO 879-30xx, three-phase energy meter, built by Inepro. Addresses: WAGO's manual and mbmd; that power is in kW: WAGO's
// manual and SmartEVSE (mbmd takes it as it stands).
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';
import { pro380Blocks } from '../pro380.ts';

export const wago879: DeviceDescription = meter({
  id: 'wago-879',
  vendor: 'WAGO',
  model: '879-30xx',
  sources: [
    { title: 'WAGO, manual of the 879-30xx', url: 'https://www.wago.com/us/d/5937710' },
    {
      title: 'SmartEVSE/SmartEVSE-3, meter.cpp (MIT)',
      url: 'https://github.com/SmartEVSE/SmartEVSE-3/blob/master/SmartEVSE-3/src/meter.cpp',
    },
    mbmd('wago87930'),
  ],
  confirmed: true,
  blocks: pro380Blocks,
});
