// Alpha ESS Storion and SMILE: holding registers at unit 85, high word first. Grid + = import; battery + = discharge.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const grid = block('grid', 'holding', [
  ['exported', 0x10, 'uint32', 'kWh', { scale: -2 }],
  ['imported', 0x12, 'uint32', 'kWh', { scale: -2 }],
  ['voltageL1', 0x14, 'uint16', 'V'],
  ['voltageL2', 0x15, 'uint16', 'V'],
  ['voltageL3', 0x16, 'uint16', 'V'],
  ['currentL1', 0x17, 'int16', 'A', { scale: -1 }],
  ['currentL2', 0x18, 'int16', 'A', { scale: -1 }],
  ['currentL3', 0x19, 'int16', 'A', { scale: -1 }],
  ['frequency', 0x1a, 'uint16', 'Hz', { scale: -2 }],
  ['power', 0x21, 'int32', 'W'],
]);
const battery = block('battery', 'holding', [
  ['voltage', 0x100, 'int16', 'V', { scale: -1 }],
  ['current', 0x101, 'int16', 'A', { scale: -1 }],
  ['soc', 0x102, 'uint16', '%', { scale: -1 }],
  ['charged', 0x120, 'uint32', 'kWh', { scale: -1 }],
  ['discharged', 0x122, 'uint32', 'kWh', { scale: -1 }],
  ['power', 0x126, 'int16', 'W'],
]);

const common = {
  vendor: 'Alpha ESS',
  transports: ['tcp', 'rtu'],
  defaultUnit: 85,
  maxRegisters: 60,
  gapMs: 100,
} as const;

const evcc: Source = {
  title: 'evcc, template alpha-ess-smile (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/alpha-ess-smile.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/alpha_ess (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/alpha_ess/alpha_ess',
};
const solaxModbus: Source = {
  title: 'homeassistant-solax-modbus, plugin_alphaess: registers and scales',
  url: 'https://github.com/wills106/homeassistant-solax-modbus/blob/main/custom_components/solax_modbus/plugin_alphaess.py',
};

const remarks = [
  'Modbus TCP or RS485 must be switched on in the installer menu of the station; its unit is 85 unless changed.',
];

export const alphaEss: DeviceDescription = {
  ...common,
  id: 'alpha-ess',
  model: 'Storion and SMILE, battery',
  kind: 'battery',
  sources: [evcc, openWb, solaxModbus],
  // power of the battery: evcc reads it, openWB multiplies voltage and current, with the same sign
  confirmed: false,
  remarks: [...remarks, 'The register of the battery power stands in one source only.'],
  blocks: [battery],
  reading: {
    powerW: { block: 'battery', point: 'power' },
    importWh: { block: 'battery', point: 'charged', times: 1000 },
    exportWh: { block: 'battery', point: 'discharged', times: 1000 },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
};

export const alphaEssMeter: DeviceDescription = {
  ...common,
  id: 'alpha-ess-meter',
  model: 'Storion and SMILE, grid',
  kind: 'meter',
  sources: [evcc, openWb, solaxModbus],
  // all but the export counter stand in two sources, that one in openWB alone
  confirmed: false,
  remarks: [...remarks, 'The counter of what was exported stands in one source only.'],
  blocks: [grid],
  reading: {
    powerW: { block: 'grid', point: 'power' },
    importWh: { block: 'grid', point: 'imported', times: 1000 },
    exportWh: { block: 'grid', point: 'exported', times: 1000 },
    frequencyHz: { block: 'grid', point: 'frequency' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: { block: 'grid', point: `voltage${phase}` },
      currentA: { block: 'grid', point: `current${phase}` },
    })),
  },
};
