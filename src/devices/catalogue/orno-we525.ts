// Orno OR-WE-525 and OR-WE-526, single-phase energy meters with the layout of the B+G WS100. The sources agree on every
// point; mbmd reads them with function 4, the others with function 3.
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';
import { ws100Blocks } from '../ws100.ts';

export const ornoWe525: DeviceDescription = meter({
  id: 'orno-we525',
  vendor: 'Orno',
  model: 'OR-WE-525, OR-WE-526',
  sources: [
    mbmd('orno1p525'),
    {
      title: 'ivanovp/blue_pill_rs-485_orno, software_or-we-525',
      url: 'https://github.com/ivanovp/blue_pill_rs-485_orno/blob/master/software_or-we-525/src/main.cpp',
    },
    {
      title: 'TapHome, OR-WE-525 and OR-WE-526',
      url: 'https://taphome.com/en/compatibility/orno-or-we-525-526',
    },
  ],
  confirmed: true,
  blocks: ws100Blocks,
});
