// Eastron SDM72D-M (first version), three-phase energy meter that gives the sum of the power and the counters only; the
// sources agree on every point.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { meterCode, meterCodeSources } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm72: DeviceDescription = meter({
  id: 'eastron-sdm72',
  vendor: 'Eastron',
  model: 'SDM72D-M',
  maxRegisters: 60,
  sources: [
    mbmd('sdm72'),
    { title: 'nmakel/sdm_modbus (MIT)', url: 'https://github.com/nmakel/sdm_modbus/blob/master/src/sdm_modbus/sdm.py' },
    { title: 'reaper7/SDM_Energy_Meter, SDM.h', url: 'https://github.com/reaper7/SDM_Energy_Meter/blob/master/SDM.h' },
    ...meterCodeSources.slice(0, 1),
  ],
  confirmed: true,
  identity: meterCode(false, 0x84),
  blocks: [
    block('power', 'input', [['power', 0x34, 'float32', 'W']]),
    block('counters', 'input', [
      ['import', 0x48, 'float32', 'kWh'],
      ['export', 0x4a, 'float32', 'kWh'],
    ]),
  ],
});
