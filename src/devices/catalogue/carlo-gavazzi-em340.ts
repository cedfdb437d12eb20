// Carlo Gavazzi EM330, EM340, ET330 and ET340, three-phase energy meters with one register map; the sources agree on every
// point (openWB: all but the counters, dbus-cgwacs: all).
import { block } from '../block.ts';
import { countersOf, modelCode, modelCodeSource, threePhaseRows } from '../carlo-gavazzi.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

const { voltage, current, power, total } = threePhaseRows;

export const carloGavazziEm340: DeviceDescription = meter({
  id: 'carlo-gavazzi-em340',
  vendor: 'Carlo Gavazzi',
  model: 'EM330, EM340, ET330, ET340',
  maxRegisters: 50,
  sources: [
    mbmd('carlogavazzi-ex3x0'),
    {
      title: 'victronenergy/dbus-cgwacs, ac_sensor_updater.cpp',
      url: 'https://github.com/victronenergy/dbus-cgwacs/blob/master/software/src/ac_sensor_updater.cpp',
    },
    {
      title: 'openWB/core, carlo_gavazzi/counter.py (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/carlo_gavazzi/carlo_gavazzi/counter.py',
    },
    modelCodeSource,
  ],
  confirmed: true,
  identity: modelCode(false, 330, 345),
  remarks: ['Set the meter to measurement mode B: otherwise power that is fed in is not shown as negative.'],
  blocks: [block('measured', 'input', [...voltage, ...current, ...power, total]), ...countersOf('int16', false)],
});
