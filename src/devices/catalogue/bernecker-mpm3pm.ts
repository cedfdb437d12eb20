// MPM3PM, three-phase energy meter: whole numbers with a fixed power of ten, high word first, power + = import. The sources
// agree on addresses and scales, not on the table (openWB reads them with function 4), so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const berneckerMpm3pm: DeviceDescription = meter({
  id: 'bernecker-mpm3pm',
  vendor: 'Bernecker Engineering',
  model: 'MPM3PM',
  sources: [
    mbmd('mpm3pm'),
    {
      title: 'openWB/core, mpm3pm.py (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/common/mpm3pm.py',
    },
  ],
  confirmed: false,
  remarks: ['The sources differ on the function code: function 3 here, function 4 in the other.'],
  blocks: [
    block('counters', 'holding', [
      ['import', 2, 'uint32', 'kWh', { scale: -2 }],
      ['export', 4, 'uint32', 'kWh', { scale: -2 }],
    ]),
    block('supply', 'holding', [
      ...threePhases('voltage', 8, 'uint32', 'V', { scale: -1 }),
      ...threePhases('current', 14, 'uint32', 'A', { scale: -2 }),
    ]),
    block('powers', 'holding', threePhases('power', 20, 'int32', 'W', { scale: -2 })),
    block('total', 'holding', [['power', 38, 'int32', 'W', { scale: -2 }]]),
    block('frequency', 'holding', [['frequency', 44, 'uint32', 'Hz', { scale: -2 }]]),
  ],
});
