// Carlo Gavazzi EM24-DIN on RS485, three-phase energy meter. The sources agree on voltages, currents and powers. The total
// import stands at 62 (0x3E); 66 (0x42), which mbmd reads, is the counter that can be reset. The frequency is left out: only
// one source gives its scale.
import { block } from '../block.ts';
import { modelCode, modelCodeSource, tenths, threePhaseRows } from '../carlo-gavazzi.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

const { voltage, current, power, total } = threePhaseRows;

export const carloGavazziEm24: DeviceDescription = meter({
  id: 'carlo-gavazzi-em24',
  vendor: 'Carlo Gavazzi',
  model: 'EM24-DIN (RS485)',
  maxRegisters: 11,
  sources: [
    {
      title: 'victronenergy/dbus-cgwacs, ac_sensor_updater.cpp',
      url: 'https://github.com/victronenergy/dbus-cgwacs/blob/master/software/src/ac_sensor_updater.cpp',
    },
    {
      title: 'AGG Software, register map of the EM24',
      url: 'http://www.aggsoft.com/serial-data-logger/tutorials/modbus-data-logging/carlo-gavazzi-em24.htm',
    },
    mbmd('carlogavazzi-em24'),
    modelCodeSource,
    {
      title: 'victron-meter-library, EM24RTU.py: registers, model codes',
      url: 'https://github.com/M-o-a-T/victron-meter-library/blob/main/EM24RTU.py',
    },
  ],
  confirmed: true,
  identity: modelCode(true, 71, 73),
  remarks: ['Set the meter to application H: otherwise it shows no negative power and does not count what is fed in.'],
  blocks: [
    block('voltages', 'input', voltage),
    block('currents', 'input', current),
    block('powers', 'input', power),
    block('total', 'input', [total]),
    block('taken', 'input', [['import', 0x3e, 'int32', 'kWh', tenths]]),
    block('given', 'input', [['export', 0x5c, 'int32', 'kWh', tenths]]),
  ],
});
