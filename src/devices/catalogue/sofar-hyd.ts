// Sofar HYD 5...20K-3PH, HYD 3...6K-EP and the KTL-G3 (also ZCS Azzurro 3PH): holding registers, high word first; powers in
// 10 W (of the roof in 100 W). Grid + = export (turned round here). The battery is left out: the sources differ on the scale
// and the sign of its power.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const grid = block('grid', 'holding', [
  ['power', 0x0488, 'int16', 'W', { scale: 1 }],
  ['powerL1', 0x0493, 'int16', 'W', { scale: 1 }],
  ['powerL2', 0x049e, 'int16', 'W', { scale: 1 }],
  ['powerL3', 0x04a9, 'int16', 'W', { scale: 1 }],
]);
const roof = block('roof', 'holding', [['power', 0x05c4, 'uint16', 'W', { scale: 2 }]]);
const counters = block('counters', 'holding', [
  ['yield', 0x0686, 'uint32', 'kWh', { scale: -1 }],
  ['imported', 0x068e, 'uint32', 'kWh', { scale: -1 }],
  ['discharged', 0x069a, 'uint32', 'kWh', { scale: -1 }],
]);

const common = {
  vendor: 'Sofar',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 60,
  gapMs: 1000,
  sources: [
    {
      title: 'evcc, template sofarsolar-g3 (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sofarsolar-g3.yaml',
    },
    {
      title: 'homeassistant-solax-modbus, plugin_sofar: addresses and scales of grid and battery',
      url: 'https://github.com/wills106/homeassistant-solax-modbus/blob/main/custom_components/solax_modbus/plugin_sofar.py',
    },
  ] satisfies Source[],
  // addresses and scales of the powers stand in both, the signs in evcc alone
  confirmed: false,
} as const;

const remarks = [
  'By RS485 (9600 baud, 8N1) or a gateway.',
  'The signs stand in one source only: check once that export and charging count as such.',
];

export const sofarHyd: DeviceDescription = {
  ...common,
  id: 'sofar-hyd',
  model: 'HYD and KTL-G3, roof',
  kind: 'inverter',
  remarks: [remarks[0]!, 'The power of the roof comes in steps of 100 W.'],
  blocks: [roof, counters],
  reading: {
    powerW: { block: 'roof', point: 'power' },
    exportWh: { block: 'counters', point: 'yield', times: 1000 },
  },
};

export const sofarHydMeter: DeviceDescription = {
  ...common,
  id: 'sofar-hyd-meter',
  model: 'HYD, grid',
  kind: 'meter',
  remarks,
  blocks: [grid, counters],
  reading: {
    powerW: { block: 'grid', point: 'power', times: -1 },
    importWh: { block: 'counters', point: 'imported', times: 1000 },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({ powerW: { block: 'grid', point: `power${phase}`, times: -1 } })),
  },
};
