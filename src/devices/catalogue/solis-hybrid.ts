// Ginlong Solis hybrids (RHI, S5, S6): input registers, high word first. Battery + = charge (turned round here); counters
// in whole kWh, those of the meter in 0.01 kWh.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const roof = block('roof', 'input', [
  ['yield', 33029, 'uint32', 'kWh'],
  ['power', 33057, 'uint32', 'W'],
]);
const battery = block('battery', 'input', [
  ['soc', 33139, 'uint16', '%'],
  ['power', 33149, 'int32', 'W'],
  ['charged', 33161, 'uint32', 'kWh'],
  ['discharged', 33165, 'uint32', 'kWh'],
]);
const meter = block('meter', 'input', [
  ['voltageL1', 33251, 'uint16', 'V', { scale: -1 }],
  ['currentL1', 33252, 'uint16', 'A', { scale: -2 }],
  ['voltageL2', 33253, 'uint16', 'V', { scale: -1 }],
  ['currentL2', 33254, 'uint16', 'A', { scale: -2 }],
  ['voltageL3', 33255, 'uint16', 'V', { scale: -1 }],
  ['currentL3', 33256, 'uint16', 'A', { scale: -2 }],
  ['powerL1', 33257, 'int32', 'W'],
  ['powerL2', 33259, 'int32', 'W'],
  ['powerL3', 33261, 'int32', 'W'],
  ['power', 33263, 'int32', 'W'],
  ['frequency', 33282, 'uint16', 'Hz', { scale: -2 }],
  ['imported', 33283, 'uint32', 'kWh', { scale: -2 }],
  ['exported', 33285, 'uint32', 'kWh', { scale: -2 }],
]);

const common = {
  vendor: 'Solis',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 50,
  gapMs: 300,
} as const;

const evcc: Source = {
  title: 'evcc, template solis-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/solis-hybrid.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/solis (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/solis/solis',
};
const solaxModbus: Source = {
  title: 'homeassistant-solax-modbus, plugin_solis: registers and scales',
  url: 'https://github.com/wills106/homeassistant-solax-modbus/blob/main/custom_components/solax_modbus/plugin_solis.py',
};

const remarks = [
  'By RS485 (9600 baud) or a gateway; the plug of the data logger is the same port, so use one or the other.',
];

export const solisHybrid: DeviceDescription = {
  ...common,
  id: 'solis-hybrid',
  model: 'RHI, S5 and S6 hybrid, roof',
  kind: 'inverter',
  sources: [evcc, openWb],
  // the yield stands in evcc alone
  confirmed: false,
  remarks,
  blocks: [roof],
  reading: {
    powerW: { block: 'roof', point: 'power' },
    exportWh: { block: 'roof', point: 'yield', times: 1000 },
  },
};

export const solisHybridBattery: DeviceDescription = {
  ...common,
  id: 'solis-hybrid-battery',
  model: 'RHI, S5 and S6 hybrid, battery',
  kind: 'battery',
  sources: [evcc, openWb],
  // the charged counter stands in openWB alone
  confirmed: false,
  remarks: [
    ...remarks,
    'The counters count whole kWh only.',
    'Some models give the power of the battery without its sign, with the direction elsewhere: check once that discharging counts as such.',
  ],
  blocks: [battery],
  reading: {
    powerW: { block: 'battery', point: 'power', times: -1 },
    importWh: { block: 'battery', point: 'charged', times: 1000 },
    exportWh: { block: 'battery', point: 'discharged', times: 1000 },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
};

export const solisHybridMeter: DeviceDescription = {
  ...common,
  id: 'solis-hybrid-meter',
  model: 'RHI, S5 and S6 hybrid, meter',
  kind: 'meter',
  sources: [evcc, openWb, solaxModbus],
  // evcc takes + as export, openWB as import
  confirmed: false,
  remarks: [...remarks, 'The sources differ on the sign of the power: check once that export counts as such.'],
  blocks: [meter],
  reading: {
    powerW: { block: 'meter', point: 'power', times: -1 },
    importWh: { block: 'meter', point: 'imported', times: 1000 },
    exportWh: { block: 'meter', point: 'exported', times: 1000 },
    frequencyHz: { block: 'meter', point: 'frequency' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: { block: 'meter', point: `voltage${phase}` },
      currentA: { block: 'meter', point: `current${phase}` },
      powerW: { block: 'meter', point: `power${phase}`, times: -1 },
    })),
  },
};
