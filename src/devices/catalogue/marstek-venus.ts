// Marstek Venus E (versions 1 and 2) and C: RS485, or through a gateway; holding registers, high word first. AC power + =
// discharge. Commands count in the RS485 control mode only: 0x55aa switches it on, 0x55bb off. Each register is written
// by itself (function 6). Version 3 has other addresses and is not described here.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const battery = block('battery', 'holding', [
  ['soc', 32104, 'uint16', '%'],
  ['capacity', 32105, 'uint16', 'Wh'],
]);
const ac = block('ac', 'holding', [['power', 32202, 'int32', 'W']]);
const forced = block('forced', 'holding', [
  ['command', 42010, 'uint16', '', { writable: true }],
  ['charge', 42020, 'uint16', 'W', { writable: true, range: [0, 2500] }],
  ['discharge', 42021, 'uint16', 'W', { writable: true, range: [0, 2500] }],
]);
const mode = block('mode', 'holding', [['rs485Control', 42000, 'uint16', '', { writable: true }]]);

export const marstekVenus: DeviceDescription = {
  id: 'marstek-venus',
  vendor: 'Marstek',
  model: 'Venus E (v1, v2) and C',
  kind: 'battery',
  transports: ['rtu', 'tcp'],
  defaultUnit: 1,
  maxRegisters: 60,
  gapMs: 50,
  sources: [
    {
      title: 'evcc, template marstek-venus (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/marstek-venus.yaml',
    },
    {
      title: 'openWB, devices/marstek/venus_c_e (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/marstek/venus_c_e/bat.py',
    },
    {
      title: 'marstek_venus_modbus, registers of Venus E v1 and v2',
      url: 'https://github.com/ViperRNMC/marstek_venus_modbus/blob/main/custom_components/marstek_modbus/registers/e_v12.yaml',
    },
  ],
  // power and state of charge in all three, the capacity in the third alone, which is why it is not read
  confirmed: true,
  remarks: [
    'By RS485 at 115200 baud, 8N1, or through an RS485 gateway for TCP.',
    'The counters of the device are known to be wrong, so none is read.',
    'A command stays until it is taken back: if this program stops for good, leave the RS485 control mode in the app.',
  ],
  blocks: [battery, ac, forced, mode],
  reading: {
    powerW: { block: 'ac', point: 'power' },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
  control: {
    block: 'forced',
    storage: 'volatile',
    fallback: {
      by: 'nothing',
      limit: 'It stops when it is full or at its own lowest charge; its power can be limited in the app.',
    },
    // the mode first: outside of it the device refuses the rest
    setpoint: [
      { block: 'mode', points: { rs485Control: { from: 'constant', value: 0x55aa } }, when: 'different', single: true },
      { points: { charge: { from: 'charge' } }, when: 'different', single: true },
      { points: { discharge: { from: 'discharge' } }, when: 'different', single: true },
      { points: { command: { from: 'direction', charge: 1, discharge: 2, idle: 0 } }, when: 'different', single: true },
    ],
    release: [
      { points: { command: { from: 'constant', value: 0 } }, when: 'different', single: true },
      { block: 'mode', points: { rs485Control: { from: 'constant', value: 0x55bb } }, when: 'different', single: true },
    ],
    confirmed: true,
  },
};
