// Janitza B-series (B23, B24), three-phase energy meters with the register numbers of Janitza's UMG 96. One source only for
// this series, and its energy unit is not told there, so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const janitzaB23: DeviceDescription = meter({
  id: 'janitza-b23',
  vendor: 'Janitza',
  model: 'B23, B24',
  sources: [mbmd('janitza')],
  confirmed: false,
  remarks: ['One source only; that energy is in Wh is taken from the UMG 96. Compare the counters with the display.'],
  blocks: [
    block('voltages', 'holding', threePhases('voltage', 19000, 'float32', 'V')),
    block('currents', 'holding', threePhases('current', 19012, 'float32', 'A')),
    block('powers', 'holding', [...threePhases('power', 19020, 'float32', 'W'), ['power', 19026, 'float32', 'W']]),
    block('frequency', 'holding', [['frequency', 19050, 'float32', 'Hz']]),
    block('taken', 'holding', [['import', 19068, 'float32', 'Wh']]),
    block('given', 'holding', [['export', 19076, 'float32', 'Wh']]),
  ],
});
