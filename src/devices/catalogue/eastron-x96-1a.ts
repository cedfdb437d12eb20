// Eastron SMART X96-1A, three-phase panel meter with the layout of the SDM family. Only one source names it.
import type { DeviceDescription } from '../description.ts';
import { eastronThreePhase } from '../eastron.ts';
import { mbmd, meter } from '../meter.ts';

export const eastronX961a: DeviceDescription = meter({
  id: 'eastron-x96-1a',
  vendor: 'Eastron',
  model: 'SMART X96-1A',
  maxRegisters: 80,
  sources: [mbmd('x961a')],
  confirmed: false,
  remarks: [
    'The registers stand in one source only; compare power and counters with the display before you rely on it.',
  ],
  blocks: eastronThreePhase(false),
});
