// Janitza UMG 96RM-E and UMG 96-PA, three-phase power analysers: IEEE 754 floats in holding registers, power + = import,
// energy in Wh. The sources agree on every point.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { meter, threePhases } from '../meter.ts';

export const janitzaUmg96: DeviceDescription = meter({
  id: 'janitza-umg96',
  vendor: 'Janitza',
  model: 'UMG 96RM-E, UMG 96-PA',
  sources: [
    {
      title: 'OpenEMS, MeterJanitzaUmg96rmeImpl.java (EPL-2.0)',
      url: 'https://github.com/OpenEMS/openems/blob/develop/io.openems.edge.meter.janitza/src/io/openems/edge/meter/janitza/umg96rme/MeterJanitzaUmg96rmeImpl.java',
    },
    {
      title: 'openWB/core, janitza/counter.py (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/janitza/janitza/counter.py',
    },
    {
      title: 'cFos, definition of the UMG 96-PA',
      url: 'https://www.cfos-emobility.de/network/wp-content/uploads/cma_attachments/1692337358423_janitza_umg_96pa_erzeugung.json_.txt',
    },
  ],
  confirmed: true,
  blocks: [
    block('measured', 'holding', [
      ...threePhases('voltage', 19000, 'float32', 'V'),
      ...threePhases('current', 19012, 'float32', 'A'),
      ...threePhases('power', 19020, 'float32', 'W'),
      ['power', 19026, 'float32', 'W'],
      ['frequency', 19050, 'float32', 'Hz'],
    ]),
    block('counters', 'holding', [
      ['import', 19068, 'float32', 'Wh'],
      ['export', 19076, 'float32', 'Wh'],
    ]),
  ],
});
