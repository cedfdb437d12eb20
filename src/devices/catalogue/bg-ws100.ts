// B+G e-tech WS100, single-phase energy meter. The sources agree on power and counters, and for voltage, current and
// frequency the firmware that reads its sister, the Orno OR-WE-525.
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';
import { ws100Blocks } from '../ws100.ts';

export const bgWs100: DeviceDescription = meter({
  id: 'bg-ws100',
  vendor: 'B+G e-tech',
  model: 'WS100',
  sources: [
    mbmd('ws100'),
    {
      title: 'evcc-io/evcc, bgetech-ws100.yaml (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/bgetech-ws100.yaml',
    },
    {
      title: 'ivanovp/blue_pill_rs-485_orno, software_or-we-525 (same layout)',
      url: 'https://github.com/ivanovp/blue_pill_rs-485_orno/blob/master/software_or-we-525/src/main.cpp',
    },
  ],
  confirmed: true,
  blocks: ws100Blocks,
});
