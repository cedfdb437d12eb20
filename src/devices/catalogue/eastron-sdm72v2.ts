// Eastron SDM72D-M-2 (SDM72 V2), three-phase energy meter; the sources agree on every point. It gives 30 figures (60
// registers) at once, fewer than the SDM630, and refuses what lies between them.
import type { DeviceDescription } from '../description.ts';
import { eastronThreePhase, meterCode, meterCodeSources } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm72v2: DeviceDescription = meter({
  id: 'eastron-sdm72v2',
  vendor: 'Eastron',
  model: 'SDM72D-M-2',
  maxRegisters: 60,
  sources: [
    mbmd('sdm72v2'),
    { title: 'nmakel/sdm_modbus (MIT)', url: 'https://github.com/nmakel/sdm_modbus/blob/master/src/sdm_modbus/sdm.py' },
    ...meterCodeSources,
    {
      title: 'ha-eastron-sdm72d: 60 registers at once, which of them can be read',
      url: 'https://github.com/cjungde/ha-eastron-sdm72d/blob/main/custom_components/eastron_sdm72d/model.py',
    },
  ],
  confirmed: true,
  identity: meterCode(true, 0x89),
  blocks: eastronThreePhase(false),
});
