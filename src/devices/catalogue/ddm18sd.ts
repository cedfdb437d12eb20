// DDM18SD, single-phase energy meter: IEEE 754 floats in input registers. Unconfirmed: power is in kW by two descriptions,
// and as it stands in mbmd. It has one counter, the total.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

export const ddm18sd: DeviceDescription = meter({
  id: 'ddm18sd',
  vendor: 'various',
  model: 'DDM18SD',
  sources: [
    mbmd('ddm18sd'),
    {
      title: 'e-tinkers/Modbus-RTU, DDM18SD',
      url: 'https://github.com/e-tinkers/Modbus-RTU/blob/master/examples/DDM18SD/README.md',
    },
  ],
  confirmed: false,
  remarks: [
    'The sources differ on whether the power is in W or kW; compare it with the display.',
    'It has one counter for both directions: do not use it where energy is fed in.',
  ],
  blocks: [
    block('voltage', 'input', [['voltage', 0x00, 'float32', 'V']]),
    block('current', 'input', [['current', 0x08, 'float32', 'A']]),
    block('power', 'input', [['power', 0x12, 'float32', 'kW']]),
    block('frequency', 'input', [['frequency', 0x36, 'float32', 'Hz']]),
    block('counter', 'input', [['import', 0x100, 'float32', 'kWh']]),
  ],
});
