// Shelly Pro 3EM in its three-phase profile: input registers (the maker's 31000 is address 1000), floats with the low word
// first, counters in Wh. Power + = import with the clamps in the direction of the arrows.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const low = { lowWordFirst: true } as const;

const measured = block('measured', 'input', [
  ['power', 1013, 'float32', 'W', low],
  ['voltageL1', 1020, 'float32', 'V', low],
  ['currentL1', 1022, 'float32', 'A', low],
  ['powerL1', 1024, 'float32', 'W', low],
  ['voltageL2', 1040, 'float32', 'V', low],
  ['currentL2', 1042, 'float32', 'A', low],
  ['powerL2', 1044, 'float32', 'W', low],
  ['voltageL3', 1060, 'float32', 'V', low],
  ['currentL3', 1062, 'float32', 'A', low],
  ['powerL3', 1064, 'float32', 'W', low],
]);
const counters = block('counters', 'input', [
  ['imported', 1162, 'float32', 'Wh', low],
  ['exported', 1164, 'float32', 'Wh', low],
]);

export const shellyPro3em: DeviceDescription = {
  id: 'shelly-pro-3em',
  vendor: 'Shelly',
  model: 'Pro 3EM, three-phase profile',
  kind: 'meter',
  transports: ['tcp'],
  defaultUnit: 1,
  maxRegisters: 80,
  gapMs: 0,
  identity: { table: 'input', address: 6, type: 'string:10', shows: ['SPEM-003'], confirmed: true },
  sources: [
    {
      title: 'Shelly, Modbus component: model name at 30006',
      url: 'https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Modbus',
    },
    {
      title: 'Shelly, EM component, Modbus registers',
      url: 'https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/EM#modbus-registers',
    },
    {
      title: 'dbus-modbus-client, Shelly Pro 3EM for Victron: addresses, word order, units',
      url: 'https://github.com/victronenergy/dbus-modbus-client/blob/master/shelly.py',
    },
    {
      title: 'mbmap-library, Shelly Pro 3EM',
      url: 'https://github.com/nobrega8/mbmap-library/blob/main/maps/shelly/pro-3em.mbmap.json',
    },
  ],
  confirmed: true,
  remarks: [
    'Modbus must be switched on in the web page of the Shelly under Settings, Modbus.',
    'The profile must be three-phase; in the profile of three single phases the registers are others.',
    'The counters add up the phases each by itself, so import and export may grow at the same time.',
    'The counters are floats: past 16 777 kWh they no longer resolve single watt hours.',
  ],
  blocks: [measured, counters],
  reading: {
    powerW: { block: 'measured', point: 'power' },
    importWh: { block: 'counters', point: 'imported' },
    exportWh: { block: 'counters', point: 'exported' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: { block: 'measured', point: `voltage${phase}` },
      currentA: { block: 'measured', point: `current${phase}` },
      powerW: { block: 'measured', point: `power${phase}` },
    })),
  },
};
