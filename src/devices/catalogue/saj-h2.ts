// SAJ H2 and HS2 hybrids (also Ampere.StoragePro): holding registers, high word first, counters in 0.01 kWh. Grid + =
// import, battery + = discharge.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const powers = block('powers', 'holding', [
  ['pv', 0x40a5, 'int16', 'W'],
  ['battery', 0x40a6, 'int16', 'W'],
  ['grid', 0x40ad, 'int16', 'W'],
]);
const counters = block('counters', 'holding', [
  ['yield', 0x40c5, 'uint32', 'kWh', { scale: -2 }],
  ['charged', 0x40cd, 'uint32', 'kWh', { scale: -2 }],
  ['discharged', 0x40d5, 'uint32', 'kWh', { scale: -2 }],
  ['sold', 0x40f5, 'uint32', 'kWh', { scale: -2 }],
  ['fedIn', 0x40fd, 'uint32', 'kWh', { scale: -2 }],
]);
const state = block('state', 'holding', [['soc', 0xa00c, 'uint16', '%', { scale: -2 }]]);

const common = {
  vendor: 'SAJ',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 100,
  gapMs: 200,
  sources: [
    {
      title: 'evcc, template saj-h2 (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/saj-h2.yaml',
    },
    {
      title: 'SAJ H2 Modbus for Home Assistant, order and scales of the registers',
      url: 'https://github.com/stanus74/home-assistant-saj-h2-modbus/blob/main/custom_components/saj_h2_modbus/modbus_readers.py',
    },
  ] satisfies Source[],
} as const;

const remarks = ['By RS485 (115200 baud, 8N1) or a gateway, or the AIO3 module for TCP.'];
const sign = 'Addresses and scales stand in two sources, the sign in one: check once that it is as it should be.';

export const sajH2: DeviceDescription = {
  ...common,
  id: 'saj-h2',
  model: 'H2, roof',
  kind: 'inverter',
  confirmed: true,
  remarks,
  blocks: [powers, counters],
  reading: {
    powerW: { block: 'powers', point: 'pv' },
    exportWh: { block: 'counters', point: 'yield', times: 1000 },
  },
};

export const sajH2Meter: DeviceDescription = {
  ...common,
  id: 'saj-h2-meter',
  model: 'H2, grid',
  kind: 'meter',
  confirmed: false,
  remarks: [...remarks, sign, 'What the maker calls "feed-in" is what was taken from the grid, "sell" what was given.'],
  blocks: [powers, counters],
  reading: {
    powerW: { block: 'powers', point: 'grid' },
    importWh: { block: 'counters', point: 'fedIn', times: 1000 },
    exportWh: { block: 'counters', point: 'sold', times: 1000 },
  },
};

export const sajH2Battery: DeviceDescription = {
  ...common,
  id: 'saj-h2-battery',
  model: 'H2, battery',
  kind: 'battery',
  confirmed: false,
  remarks: [...remarks, sign],
  blocks: [powers, counters, state],
  reading: {
    powerW: { block: 'powers', point: 'battery' },
    importWh: { block: 'counters', point: 'charged', times: 1000 },
    exportWh: { block: 'counters', point: 'discharged', times: 1000 },
    socPerMille: { block: 'state', point: 'soc', times: 10 },
  },
};
