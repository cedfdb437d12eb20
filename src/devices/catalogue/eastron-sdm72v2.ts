// Eastron SDM72D-M-2 (SDM72 V2), three-phase energy meter; the sources agree on every point.
import type { DeviceDescription } from '../description.ts';
import { eastronThreePhase, meterCode, meterCodeSources } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm72v2: DeviceDescription = meter({
  id: 'eastron-sdm72v2',
  vendor: 'Eastron',
  model: 'SDM72D-M-2',
  maxRegisters: 80,
  sources: [
    mbmd('sdm72v2'),
    { title: 'nmakel/sdm_modbus (MIT)', url: 'https://github.com/nmakel/sdm_modbus/blob/master/src/sdm_modbus/sdm.py' },
    ...meterCodeSources,
  ],
  confirmed: true,
  identity: meterCode(true, 0x89),
  blocks: eastronThreePhase(true),
});
