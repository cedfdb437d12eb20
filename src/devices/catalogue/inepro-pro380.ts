// Inepro PRO380-Mod, three-phase energy meter; the sources agree on every point.
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';
import { pro380Blocks } from '../pro380.ts';

export const ineproPro380: DeviceDescription = meter({
  id: 'inepro-pro380',
  vendor: 'Inepro',
  model: 'PRO380-Mod',
  sources: [
    mbmd('inepro'),
    {
      title: 'victronenergy/dbus-modbus-client, inepro.py',
      url: 'https://github.com/victronenergy/dbus-modbus-client/blob/master/inepro.py',
    },
  ],
  confirmed: true,
  blocks: pro380Blocks,
});
