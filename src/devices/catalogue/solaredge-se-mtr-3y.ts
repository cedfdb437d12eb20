// SolarEdge SE-MTR-3Y (a WattNode), three-phase meter on RS485: IEEE 754 floats, low word first, power + = import,
// functions 3 and 4 alike. The counters are those that cannot be reset. The sources agree on every point.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

const low = { lowWordFirst: true };

export const solaredgeSeMtr3y: DeviceDescription = meter({
  id: 'solaredge-se-mtr-3y',
  vendor: 'SolarEdge',
  model: 'SE-MTR-3Y (RS485, without an inverter between)',
  sources: [
    mbmd('semtr3y'),
    {
      title: 'open-watt/openwatt, solaredge_meter.d',
      url: 'https://github.com/open-watt/openwatt/blob/master/src/router/modbus/profile/solaredge_meter.d',
    },
    {
      title: 'Continental Control Systems, WattNode register model',
      url: 'https://ctlsys.com/support/the_modbus_register_data_model/',
    },
  ],
  confirmed: true,
  blocks: [
    block('measured', 'input', [
      ['import', 1006, 'float32', 'kWh', low],
      ['power', 1008, 'float32', 'W', low],
      ...threePhases('power', 1010, 'float32', 'W', low),
      ...threePhases('voltage', 1018, 'float32', 'V', low),
      ['frequency', 1032, 'float32', 'Hz', low],
    ]),
    block('given', 'input', [['export', 1114, 'float32', 'kWh', low]]),
    block('currents', 'input', threePhases('current', 1162, 'float32', 'A', low)),
  ],
});
