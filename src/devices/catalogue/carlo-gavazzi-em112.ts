// Carlo Gavazzi EM111, EM112 and ET112, single-phase energy meters. One source only, so unconfirmed.
import { block } from '../block.ts';
import { modelCode, modelCodeSource, tenths, thousandths } from '../carlo-gavazzi.ts';
import type { DeviceDescription } from '../description.ts';
import { meter } from '../meter.ts';

export const carloGavazziEm112: DeviceDescription = meter({
  id: 'carlo-gavazzi-em112',
  vendor: 'Carlo Gavazzi',
  model: 'EM111, EM112, ET112',
  sources: [
    {
      title: 'victronenergy/dbus-cgwacs, ac_sensor_updater.cpp',
      url: 'https://github.com/victronenergy/dbus-cgwacs/blob/master/software/src/ac_sensor_updater.cpp',
    },
    modelCodeSource,
  ],
  confirmed: false,
  identity: modelCode(false, 102, 121),
  remarks: [
    'The registers stand in one source only; it says of the ET112 that it seems to count what is fed in with a negative sign, which is taken for what it means.',
  ],
  blocks: [
    block('measured', 'holding', [
      ['voltage', 0x00, 'int32', 'V', tenths],
      ['current', 0x02, 'int32', 'A', thousandths],
      ['power', 0x04, 'int32', 'W', tenths],
    ]),
    block('taken', 'holding', [['import', 0x10, 'int32', 'kWh', tenths]]),
    block('given', 'holding', [['export', 0x20, 'int32', 'kWh', { ...tenths, magnitude: true }]]),
  ],
});
