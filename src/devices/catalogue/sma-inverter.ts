// SMA inverters (Sunny Boy, Sunny Tripower): SMA Modbus profile, unit 3, register number = address on the wire. "No value"
// is the smallest of a signed and the largest of an unsigned type, which is what the inverter gives at night. That it rests
// then it says itself: by its condition (35 fault, 303 off, 307 ok, 455 warning) and its grid relay (51 closed, 311 open).
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const power = block('power', 'holding', [['power', 30775, 'int32', 'W']]);
const condition = { ...block('condition', 'holding', [['condition', 30201, 'uint32']]), optional: true };
const relay = { ...block('relay', 'holding', [['relay', 30217, 'uint32']]), optional: true };
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
    {
      title: 'SMA, Modbus parameters and measured values of the STP3.0-3AV-40 to STP6.0-3AV-40: condition',
      url: 'https://github.com/kevwilde/sma-modbus/blob/main/docs/modbuslist_en.html',
    },
    {
      title: 'open-dynamic-export, SMA core1: grid relay (MIT)',
      url: 'https://github.com/longzheng/open-dynamic-export/blob/main/src/connections/modbus/models/sma/core1/operation.ts',
    },
  ],
  confirmed: true,
  remarks: [
    'The Modbus TCP server must be switched on in the inverter (external communication, Modbus).',
    'At night the inverter gives "no value" instead of 0 W; where it says that it is off or its grid relay open, 0 W is read.',
  ],
  blocks: [condition, relay, power, yieldWide, yieldNarrow],
  reading: {
    powerW: { block: 'power', point: 'power' },
    exportWh: {
      firstOf: [
        { block: 'yieldWide', point: 'yield' },
        { block: 'yieldNarrow', point: 'yield' },
      ],
    },
  },
  rest: [
    { states: [{ block: 'relay', point: 'relay' }], words: { 311: 'cut off from the grid' } },
    { states: [{ block: 'condition', point: 'condition' }], words: { 303: 'off' } },
  ],
};
