// Eastron SDM120-Modbus, single-phase energy meter; the sources agree on every point.
import type { DeviceDescription } from '../description.ts';
import { eastronSinglePhase, meterCode, meterCodeSources } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm120: DeviceDescription = meter({
  id: 'eastron-sdm120',
  vendor: 'Eastron',
  model: 'SDM120-Modbus',
  maxRegisters: 80,
  sources: [
    mbmd('sdm120'),
    { title: 'nmakel/sdm_modbus (MIT)', url: 'https://github.com/nmakel/sdm_modbus/blob/master/src/sdm_modbus/sdm.py' },
    { title: 'reaper7/SDM_Energy_Meter, SDM.h', url: 'https://github.com/reaper7/SDM_Energy_Meter/blob/master/SDM.h' },
    ...meterCodeSources,
  ],
  confirmed: true,
  identity: meterCode(true, 0x20),
  blocks: eastronSinglePhase(true),
});
