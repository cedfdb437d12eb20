// Victron GX (Cerbo, Venus, Ekrano) as the summary of its site, unit 100: PV of every kind, the grid by phase, the battery.
// Register = value times the factor of Victron's own list; power of the grid + = import, of the battery + = charge.
// No energy counters here: those are with each meter under a unit of its own (victron-grid-meter).
// Mode 2 of the ESS assistant takes a setpoint for the grid (2700), not for the battery, so the battery is not told what
// to do here; see victron-multiplus.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const victronList: Source = {
  title: 'Victron, list of Modbus attributes, com.victronenergy.system (MIT)',
  url: 'https://github.com/victronenergy/dbus_modbustcp/blob/master/attributes.csv',
};
const evccTemplate: Source = {
  title: 'evcc, template victron-energy (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/victron-energy.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/victron (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/victron/victron',
};

const pv = block('pv', 'holding', [
  ['pvOnOutputL1', 808, 'uint16', 'W'],
  ['pvOnOutputL2', 809, 'uint16', 'W'],
  ['pvOnOutputL3', 810, 'uint16', 'W'],
  ['pvOnGridL1', 811, 'uint16', 'W'],
  ['pvOnGridL2', 812, 'uint16', 'W'],
  ['pvOnGridL3', 813, 'uint16', 'W'],
]);

const grid = block('grid', 'holding', [
  ['gridL1', 820, 'int16', 'W'],
  ['gridL2', 821, 'int16', 'W'],
  ['gridL3', 822, 'int16', 'W'],
]);

const battery = block('battery', 'holding', [
  ['voltage', 840, 'uint16', 'V', { scale: -1 }],
  ['current', 841, 'int16', 'A', { scale: -1 }],
  // a value like any other: -32768 W is what 16 bits can hold, and Victron's list names no pattern for "none"
  ['power', 842, 'int16', 'W'],
  ['soc', 843, 'uint16', '%'],
]);

const pvOnDc = { ...block('pvOnDc', 'holding', [['pvOnDc', 850, 'uint16', 'W']]), optional: true };

const common = {
  vendor: 'Victron',
  transports: ['tcp'],
  defaultUnit: 100,
  maxRegisters: 100,
  gapMs: 0,
  sources: [victronList, evccTemplate, openWb],
  confirmed: true,
} as const;

const remark = 'Modbus TCP must be switched on in the GX under Settings, Integrations (older: Settings, Services).';

export const victronGx: DeviceDescription = {
  ...common,
  id: 'victron-gx',
  model: 'GX, all PV of the site',
  kind: 'inverter',
  remarks: [remark, 'PV on AC and on DC is added up; what is not there counts as nothing.'],
  blocks: [pv, pvOnDc],
  reading: {
    powerW: {
      sum: [...pv.points.map(({ name }) => ({ block: 'pv', point: name })), { block: 'pvOnDc', point: 'pvOnDc' }],
      ifAny: true,
    },
  },
};

export const victronGxMeter: DeviceDescription = {
  ...common,
  id: 'victron-gx-meter',
  model: 'GX, grid by phase',
  kind: 'meter',
  remarks: [
    remark,
    'The GX gives the power of the grid without counters here; for counters read the grid meter itself (victron-grid-meter).',
  ],
  blocks: [grid],
  reading: {
    powerW: { sum: grid.points.map(({ name }) => ({ block: 'grid', point: name })), ifAny: true },
    phases: grid.points.map(({ name }) => ({ powerW: { block: 'grid', point: name } })),
  },
};

export const victronGxBattery: DeviceDescription = {
  ...common,
  id: 'victron-gx-battery',
  model: 'GX, battery of the site',
  kind: 'battery',
  remarks: [remark, 'The GX regulates the battery itself; to set its power, use the inverter (victron-multiplus).'],
  blocks: [battery],
  reading: {
    powerW: { block: 'battery', point: 'power', times: -1 },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
};
