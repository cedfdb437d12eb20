// Eastron SDM220-Modbus, single-phase energy meter; the sources agree on every point, none says that one request may read
// across what lies between.
import type { DeviceDescription } from '../description.ts';
import { eastronSinglePhase } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm220: DeviceDescription = meter({
  id: 'eastron-sdm220',
  vendor: 'Eastron',
  model: 'SDM220-Modbus',
  maxRegisters: 80,
  sources: [
    mbmd('sdm220'),
    { title: 'reaper7/SDM_Energy_Meter, SDM.h', url: 'https://github.com/reaper7/SDM_Energy_Meter/blob/master/SDM.h' },
  ],
  confirmed: true,

  blocks: eastronSinglePhase(false),
});
