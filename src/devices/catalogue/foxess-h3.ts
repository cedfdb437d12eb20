// FoxESS H3 hybrids (also AC3, Kuara H3): holding registers at unit 247. Meter by phase, + = export (turned round here);
// battery + = discharge; counters in 0.1 kWh, high word first.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const now = block('now', 'holding', [
  ['pv1', 31002, 'int16', 'W'],
  ['pv2', 31005, 'int16', 'W'],
  ['frequency', 31015, 'uint16', 'Hz', { scale: -2 }],
  ['meterL1', 31026, 'int16', 'W'],
  ['meterL2', 31027, 'int16', 'W'],
  ['meterL3', 31028, 'int16', 'W'],
  ['batteryPower', 31036, 'int16', 'W'],
  ['soc', 31038, 'uint16', '%'],
]);

const common = {
  vendor: 'FoxESS',
  transports: ['tcp', 'rtu'],
  defaultUnit: 247,
  maxRegisters: 60,
  gapMs: 100,
  confirmed: true,
} as const;

const evcc: Source = {
  title: 'evcc, template fox-ess-h3 (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/fox-ess-h3.yaml',
};
const foxessModbus: Source = {
  title: 'foxess_modbus for Home Assistant: H3, with the sign of the meter (MIT)',
  url: 'https://github.com/nathanmarlor/foxess_modbus/blob/main/custom_components/foxess_modbus/entities/entity_descriptions.py',
};
const openWb: Source = {
  title: 'openWB, devices/fox_ess (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/fox_ess/fox_ess',
};

const remarks = [
  'By RS485 (the port named AUX or Meter 2) or a gateway; the LAN port of older devices gives less.',
  'The sources differ on the registers of the counters, so none is read.',
];

export const foxessH3: DeviceDescription = {
  ...common,
  id: 'foxess-h3',
  model: 'H3, roof',
  kind: 'inverter',
  sources: [evcc, openWb],
  remarks,
  blocks: [now],
  reading: { powerW: { sum: ['pv1', 'pv2'].map((point) => ({ block: 'now', point })), ifAny: true } },
};

export const foxessH3Meter: DeviceDescription = {
  ...common,
  id: 'foxess-h3-meter',
  model: 'H3, meter',
  kind: 'meter',
  // evcc and foxess_modbus agree on the sign, openWB has the other one
  confirmed: false,
  sources: [evcc, foxessModbus, openWb],
  remarks: [...remarks, 'openWB reads the meter with the other sign; check once that export counts as such.'],
  blocks: [now],
  reading: {
    powerW: { sum: ['meterL1', 'meterL2', 'meterL3'].map((point) => ({ block: 'now', point, times: -1 })) },
    frequencyHz: { block: 'now', point: 'frequency' },
    phases: ['meterL1', 'meterL2', 'meterL3'].map((point) => ({ powerW: { block: 'now', point, times: -1 } })),
  },
};

export const foxessH3Battery: DeviceDescription = {
  ...common,
  id: 'foxess-h3-battery',
  model: 'H3, battery',
  kind: 'battery',
  sources: [evcc, openWb],
  remarks,
  blocks: [now],
  reading: {
    powerW: { block: 'now', point: 'batteryPower' },
    socPerMille: { block: 'now', point: 'soc', times: 10 },
  },
};
