// Carlo Gavazzi EM24-DIN with Ethernet (E1), three-phase energy meter; the sources agree on every point.
import { block } from '../block.ts';
import { countersOf, modelCode, threePhaseRows } from '../carlo-gavazzi.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

const { voltage, current, power, total } = threePhaseRows;

export const carloGavazziEm24E1: DeviceDescription = meter({
  id: 'carlo-gavazzi-em24-e1',
  vendor: 'Carlo Gavazzi',
  model: 'EM24-DIN E1 (Ethernet)',
  transports: ['tcp'],
  sources: [
    mbmd('carlogavazzi-em24_e1'),
    {
      title: 'victronenergy/dbus-modbus-client, carlo_gavazzi.py',
      url: 'https://github.com/victronenergy/dbus-modbus-client/blob/master/carlo_gavazzi.py',
    },
  ],
  confirmed: true,
  identity: modelCode(false, 1648, 1653),
  remarks: ['Set the meter to application H: otherwise it shows no negative power and does not count what is fed in.'],
  blocks: [
    block('voltages', 'input', voltage),
    block('loads', 'input', [...current, ...power]),
    block('total', 'input', [total]),
    ...countersOf('uint16', true),
  ],
});
