// Eastron SDM54, three-phase energy meter with the layout of the SDM family. Only one source names it.
import type { DeviceDescription } from '../description.ts';
import { eastronThreePhase } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronSdm54: DeviceDescription = meter({
  id: 'eastron-sdm54',
  vendor: 'Eastron',
  model: 'SDM54-M',
  maxRegisters: 80,
  sources: [mbmd('sdm54')],
  confirmed: false,
  remarks: [
    'The registers stand in one source only; compare power and counters with the display before you rely on it.',
  ],
  blocks: eastronThreePhase(false),
});
