// Saia Burgess (SBC) ALE3, three-phase energy meter: whole numbers in holding registers, high word first. Documents count
// registers from 1, the addresses here are one lower. Unconfirmed: no second source for the sign of the power, and what
// stands at 31 depends on the model.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { mbmd, meter } from '../meter.ts';

export const saiaAle3: DeviceDescription = meter({
  id: 'saia-ale3',
  vendor: 'Saia Burgess Controls',
  model: 'ALE3',
  sources: [
    mbmd('sbc'),
    {
      title: 'AGG Software, register map of ALD1, ALE3 and AWD3',
      url: 'https://www.aggsoft.com/serial-data-logger/tutorials/modbus-data-logging/saia-energy-meter-ald1-ale3-awd3.htm',
    },
  ],
  confirmed: false,
  remarks: ['Only the ALE3B counts what is fed in; on the ALE3D the counter shown here as export is that of tariff 2.'],
  blocks: [
    block('measured', 'holding', [
      ['import', 27, 'uint32', 'kWh', { scale: -2 }],
      ['export', 31, 'uint32', 'kWh', { scale: -2 }],
      ['voltageL1', 35, 'uint16', 'V'],
      ['currentL1', 36, 'uint16', 'A', { scale: -1 }],
      ['powerL1', 37, 'int16', 'kW', { scale: -2 }],
      ['voltageL2', 40, 'uint16', 'V'],
      ['currentL2', 41, 'uint16', 'A', { scale: -1 }],
      ['powerL2', 42, 'int16', 'kW', { scale: -2 }],
      ['voltageL3', 45, 'uint16', 'V'],
      ['currentL3', 46, 'uint16', 'A', { scale: -1 }],
      ['powerL3', 47, 'int16', 'kW', { scale: -2 }],
      ['power', 50, 'int16', 'kW', { scale: -2 }],
    ]),
  ],
});
