// Solax X1 and X3 hybrids G3 and G4 (also Qcells Q.HOME ESS HYB-G3): roof, meter, battery in input registers; 32 bit with
// the low word first. Meter + = export (turned round here), battery + = charge (turned round).
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const low = { lowWordFirst: true } as const;

const roof = block('roof', 'input', [
  ['pv1', 0x0a, 'uint16', 'W'],
  ['pv2', 0x0b, 'uint16', 'W'],
]);
const battery = block('battery', 'input', [
  ['power', 0x16, 'int16', 'W'],
  ['soc', 0x1c, 'uint16', '%'],
]);
const meter = block('meter', 'input', [
  ['feedIn', 0x46, 'int32', 'W', low],
  ['exported', 0x48, 'uint32', 'kWh', { ...low, scale: -2 }],
  ['imported', 0x4a, 'uint32', 'kWh', { ...low, scale: -2 }],
]);

const common = {
  vendor: 'Solax',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 80,
  gapMs: 100,
} as const;

const evcc: Source = {
  title: 'evcc, template solax (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/solax.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/solax, versions G3 and G4 (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/solax/solax',
};

const remarks = [
  'By RS485 (19200 baud), or Modbus TCP with the Pocket LAN or WiFi 3.0 dongle where its firmware has it.',
];

export const solaxX3: DeviceDescription = {
  ...common,
  id: 'solax-x3',
  model: 'X1 and X3 hybrid G3, G4, roof',
  kind: 'inverter',
  sources: [evcc, openWb],
  confirmed: true,
  remarks: [...remarks, 'The sources differ on the register of the yield, so the counter is not read.'],
  blocks: [roof],
  reading: { powerW: { sum: ['pv1', 'pv2'].map((point) => ({ block: 'roof', point })), ifAny: true } },
};

export const solaxX3Meter: DeviceDescription = {
  ...common,
  id: 'solax-x3-meter',
  model: 'X1 and X3 hybrid G3, G4, meter',
  kind: 'meter',
  sources: [evcc, openWb],
  // the power agrees; for the counters evcc says tenths, openWB hundredths of a kWh
  confirmed: false,
  remarks: [
    ...remarks,
    'The sources differ on the scale of the counters (0.1 or 0.01 kWh): compare with the display first.',
  ],
  blocks: [meter],
  reading: {
    powerW: { block: 'meter', point: 'feedIn', times: -1 },
    importWh: { block: 'meter', point: 'imported', times: 1000 },
    exportWh: { block: 'meter', point: 'exported', times: 1000 },
  },
};

export const solaxX3Battery: DeviceDescription = {
  ...common,
  id: 'solax-x3-battery',
  model: 'X1 and X3 hybrid G3, G4, battery',
  kind: 'battery',
  sources: [evcc, openWb],
  confirmed: true,
  remarks,
  blocks: [battery],
  reading: {
    powerW: { block: 'battery', point: 'power', times: -1 },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
};
