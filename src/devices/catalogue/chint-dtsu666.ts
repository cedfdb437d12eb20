// Chint DTSU666, three-phase energy meter: IEEE 754 floats in holding registers, each with a fixed power of ten, power + =
// import. The sources agree on every point. The DTSU666-H that Huawei sells has another table.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const chintDtsu666: DeviceDescription = meter({
  id: 'chint-dtsu666',
  vendor: 'Chint',
  model: 'DTSU666',
  sources: [
    mbmd('dtsu666'),
    {
      title: 'lsilberbauer/DTSU666_Grafana, main.py',
      url: 'https://github.com/lsilberbauer/DTSU666_Grafana/blob/master/main.py',
    },
    { title: 'gerontec/dtsu666', url: 'https://github.com/gerontec/dtsu666' },
  ],
  confirmed: true,
  remarks: ['Not for the DTSU666-H of Huawei, which has another register table.'],
  blocks: [
    block('measured', 'holding', [
      ...threePhases('voltage', 0x2006, 'float32', 'V', { scale: -1 }),
      ...threePhases('current', 0x200c, 'float32', 'A', { scale: -3 }),
      ['power', 0x2012, 'float32', 'W', { scale: -1 }],
      ...threePhases('power', 0x2014, 'float32', 'W', { scale: -1 }),
    ]),
    block('frequency', 'holding', [['frequency', 0x2044, 'float32', 'Hz', { scale: -2 }]]),
    block('taken', 'holding', [['import', 0x101e, 'float32', 'kWh']]),
    block('given', 'holding', [['export', 0x1028, 'float32', 'kWh']]),
  ],
});
