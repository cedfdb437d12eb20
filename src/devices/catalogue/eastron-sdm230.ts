// Eastron SDM230-Modbus, single-phase energy meter; the sources agree on every point.
import type { DeviceDescription } from '../description.ts';
import { eastronSinglePhase } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm230: DeviceDescription = meter({
  id: 'eastron-sdm230',
  vendor: 'Eastron',
  model: 'SDM230-Modbus',
  maxRegisters: 80,
  sources: [
    mbmd('sdm230'),
    { title: 'nmakel/sdm_modbus (MIT)', url: 'https://github.com/nmakel/sdm_modbus/blob/master/src/sdm_modbus/sdm.py' },
    { title: 'reaper7/SDM_Energy_Meter, SDM.h', url: 'https://github.com/reaper7/SDM_Energy_Meter/blob/master/SDM.h' },
  ],
  confirmed: true,

  blocks: eastronSinglePhase(true),
});
