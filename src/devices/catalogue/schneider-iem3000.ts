// Schneider Electric iEM3000 (iEM3155, iEM3255 ...), three-phase energy meter: floats in kW and 64-bit counters in Wh in
// holding registers. The sources agree on all but the export counter, which only mbmd reads; so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const schneiderIem3000: DeviceDescription = meter({
  id: 'schneider-iem3000',
  vendor: 'Schneider Electric',
  model: 'iEM3155, iEM3255 (iEM3000 series)',
  sources: [
    mbmd('iem3000'),
    {
      title: 'NicoloToscani/node-red-contrib-schneider-powerlogic, iem3000.js',
      url: 'https://github.com/NicoloToscani/node-red-contrib-schneider-powerlogic/blob/master/iem3000.js',
    },
    {
      title: 'star.ke.st, iEM3100/iEM3200/iEM3300',
      url: 'https://star.ke.st/library/schneider-iem3100-iem3200-iem3300-energy-meter',
    },
  ],
  confirmed: false,
  remarks: ['The counter of what is fed in stands in one source only; models without it (iEM3150) give none.'],
  blocks: [
    block('currents', 'holding', threePhases('current', 2999, 'float32', 'A')),
    block('voltages', 'holding', threePhases('voltage', 3027, 'float32', 'V')),
    block('powers', 'holding', [...threePhases('power', 3053, 'float32', 'kW'), ['power', 3059, 'float32', 'kW']]),
    block('frequency', 'holding', [['frequency', 3109, 'float32', 'Hz']]),
    block('taken', 'holding', [['import', 3203, 'int64', 'Wh']]),
    { ...block('given', 'holding', [['export', 3207, 'int64', 'Wh']]), optional: true },
  ],
});
