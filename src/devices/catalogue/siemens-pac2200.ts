// Siemens SENTRON PAC2200 (also PAC3200 and PAC4200), three-phase power meter: IEEE 754 in holding registers, power + =
// import, energy in Wh as doubles. The sources agree on every point; mbmd reads them with function 4. The frequency is left
// out: the sources differ on where it stands.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const siemensPac2200: DeviceDescription = meter({
  id: 'siemens-pac2200',
  vendor: 'Siemens',
  model: 'SENTRON PAC2200, PAC3200, PAC4200',
  sources: [
    {
      title: 'OpenEMS, MeterSiemensPac2200_3200_4200Impl.java (EPL-2.0)',
      url: 'https://github.com/OpenEMS/openems/blob/develop/io.openems.edge.meter.siemens/src/io/openems/edge/meter/siemens/pac2200_3200_4200/MeterSiemensPac2200_3200_4200Impl.java',
    },
    {
      title: 'openWB/core, siemens_sentron/counter.py (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/siemens/siemens_sentron/counter.py',
    },
    mbmd('pac2200'),
  ],
  confirmed: true,
  remarks: ['The counters are those of tariff 1; leave the meter on one tariff.'],
  blocks: [
    block('measured', 'holding', [
      ...threePhases('voltage', 1, 'float32', 'V'),
      ...threePhases('current', 13, 'float32', 'A'),
      ...threePhases('power', 25, 'float32', 'W'),
    ]),
    block('total', 'holding', [['power', 65, 'float32', 'W']]),
    block('taken', 'holding', [['import', 801, 'float64', 'Wh']]),
    block('given', 'holding', [['export', 809, 'float64', 'Wh']]),
  ],
});
