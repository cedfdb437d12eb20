// Orno OR-WE-516 and OR-WE-517, three-phase energy meters: IEEE 754 floats in holding registers, kW and kWh, power + =
// import. The sources agree on every point.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter, threePhases } from '../meter.ts';

export const ornoWe516: DeviceDescription = meter({
  id: 'orno-we516',
  vendor: 'Orno',
  model: 'OR-WE-516, OR-WE-517',
  sources: [
    mbmd('orno3p'),
    {
      title: 'arendst/Tasmota, xnrg_17_ornowe517.ino (GPL-3.0)',
      url: 'https://github.com/arendst/Tasmota/blob/development/tasmota/tasmota_xnrg_energy/xnrg_17_ornowe517.ino',
    },
    {
      title: 'ivanovp/blue_pill_rs-485_orno, software_or-we-516',
      url: 'https://github.com/ivanovp/blue_pill_rs-485_orno/blob/master/software_or-we-516/src/main.cpp',
    },
  ],
  confirmed: true,
  remarks: ['Its serial line is set to even parity (8E1) when new.'],
  blocks: [
    block('measured', 'holding', [
      ...threePhases('voltage', 14, 'float32', 'V'),
      ['frequency', 20, 'float32', 'Hz'],
      ...threePhases('current', 22, 'float32', 'A'),
      ['power', 28, 'float32', 'kW'],
      ...threePhases('power', 30, 'float32', 'kW'),
    ]),
    block('counters', 'holding', [
      ['import', 264, 'float32', 'kWh'],
      ['export', 272, 'float32', 'kWh'],
    ]),
  ],
});
