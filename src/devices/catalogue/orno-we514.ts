// Orno OR-WE-514 and OR-WE-515, single-phase energy meters: whole numbers in holding registers, high word first. The
// sources agree on voltage, current, frequency and power; the scale of the counter stands in one only, so unconfirmed.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

export const ornoWe514: DeviceDescription = meter({
  id: 'orno-we514',
  vendor: 'Orno',
  model: 'OR-WE-514, OR-WE-515',
  sources: [
    mbmd('orno1p'),
    {
      title: 'gituser-rk/orno-modbus-mqtt, modbus-mqtt.py',
      url: 'https://github.com/gituser-rk/orno-modbus-mqtt/blob/master/modbus-mqtt.py',
    },
  ],
  confirmed: false,
  remarks: [
    'The scale of the counter stands in one source only; compare it with the display.',
    'The counter is the total of both directions: do not use the meter where energy is fed in.',
  ],
  blocks: [
    block('supply', 'holding', [
      ['frequency', 304, 'uint16', 'Hz', { scale: -2 }],
      ['voltage', 305, 'uint16', 'V', { scale: -2 }],
    ]),
    block('current', 'holding', [['current', 313, 'uint32', 'A', { scale: -3 }]]),
    block('power', 'holding', [['power', 320, 'uint32', 'W']]),
    block('counter', 'holding', [['import', 0xa000, 'uint32', 'kWh', { scale: -2 }]]),
  ],
});
