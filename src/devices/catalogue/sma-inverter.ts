// SMA inverters (Sunny Boy, Sunny Tripower): SMA Modbus profile, unit 3, register number = address on the wire. "No value"
// is the smallest of a signed and the largest of an unsigned type, which is what the inverter gives at night.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const power = block('power', 'holding', [['power', 30775, 'int32', 'W']]);
const yieldWide = { ...block('yieldWide', 'holding', [['yield', 30513, 'uint64', 'Wh']]), optional: true };
const yieldNarrow = { ...block('yieldNarrow', 'holding', [['yield', 30529, 'uint32', 'Wh']]), optional: true };

export const smaInverter: DeviceDescription = {
  id: 'sma-inverter',
  vendor: 'SMA',
  model: 'Sunny Boy and Sunny Tripower',
  kind: 'inverter',
  transports: ['tcp'],
  defaultUnit: 3,
  maxRegisters: 100,
  gapMs: 0,
  sources: [
    {
      title: 'evcc, template sma-inverter-modbus (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sma-inverter-modbus.yaml',
    },
    {
      title: 'openWB, devices/sma/sma_sunny_boy, inverter (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/sma/sma_sunny_boy/inverter.py',
    },
  ],
  confirmed: true,
  remarks: [
    'The Modbus TCP server must be switched on in the inverter (external communication, Modbus).',
    'At night the inverter gives "no value" instead of 0 W.',
  ],
  blocks: [power, yieldWide, yieldNarrow],
  reading: {
    powerW: { block: 'power', point: 'power' },
    exportWh: {
      firstOf: [
        { block: 'yieldWide', point: 'yield' },
        { block: 'yieldNarrow', point: 'yield' },
      ],
    },
  },
};
