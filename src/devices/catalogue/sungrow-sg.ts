// Sungrow SG string inverters with their meter: input registers, 32 bit with the low word first; address = number in
// Sungrow's documents minus one. Meter + = import.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const low = { lowWordFirst: true } as const;

const inverter = block('inverter', 'input', [
  ['yield', 5003, 'uint32', 'kWh', low],
  ['power', 5030, 'uint32', 'W', low],
]);
const meter = block('meter', 'input', [
  ['power', 5082, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
  ['powerL1', 5084, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
  ['powerL2', 5086, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
  ['powerL3', 5088, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
]);
const imported = block('imported', 'input', [['import', 5098, 'uint32', 'kWh', { ...low, scale: -1 }]]);

const common = {
  vendor: 'Sungrow',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 100,
  gapMs: 100,
} as const;

const evcc: Source = {
  title: 'evcc, template sungrow-inverter (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sungrow-inverter.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/sungrow (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/sungrow/sungrow',
};

const remark = 'By the LAN port of the inverter or the WiNet-S dongle with current firmware, or by RS485 (9600 baud).';

export const sungrowSg: DeviceDescription = {
  ...common,
  id: 'sungrow-sg',
  model: 'SG string inverter',
  kind: 'inverter',
  sources: [evcc, openWb],
  // the yield stands in evcc alone
  confirmed: false,
  remarks: [remark, 'The yield counts whole kWh only.'],
  blocks: [inverter],
  reading: {
    powerW: { block: 'inverter', point: 'power' },
    exportWh: { block: 'inverter', point: 'yield', times: 1000 },
  },
};

export const sungrowSgMeter: DeviceDescription = {
  ...common,
  id: 'sungrow-sg-meter',
  model: 'SG string inverter, meter',
  kind: 'meter',
  sources: [evcc, openWb],
  // the counter stands in evcc alone; at night openWB takes the power from another register
  confirmed: false,
  remarks: [
    remark,
    'Needs the meter of Sungrow at the inverter; some models stop giving its values while there is no sun.',
  ],
  blocks: [meter, imported],
  reading: {
    powerW: { block: 'meter', point: 'power' },
    importWh: { block: 'imported', point: 'import', times: 1000 },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({ powerW: { block: 'meter', point: `power${phase}` } })),
  },
};
