// A grid meter connected to a Victron GX, under its own unit (the GX lists it under Modbus TCP, available services).
// Power + = import; counters in 0.01 kWh, the 32-bit ones, since 16 bits run over after 655 kWh: those of all phases together,
// as the meter itself shows and bills them, and where a GX has none the sum of the phases.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const power = block('power', 'holding', [
  ['powerL1', 2600, 'int16', 'W'],
  ['powerL2', 2601, 'int16', 'W'],
  ['powerL3', 2602, 'int16', 'W'],
]);

const measured = block('measured', 'holding', [
  ['voltageL1', 2616, 'uint16', 'V', { scale: -1 }],
  ['currentL1', 2617, 'int16', 'A', { scale: -1 }],
  ['voltageL2', 2618, 'uint16', 'V', { scale: -1 }],
  ['currentL2', 2619, 'int16', 'A', { scale: -1 }],
  ['voltageL3', 2620, 'uint16', 'V', { scale: -1 }],
  ['currentL3', 2621, 'int16', 'A', { scale: -1 }],
]);

const counters = block('counters', 'holding', [
  ['importL1', 2622, 'uint32', 'kWh', { scale: -2 }],
  ['importL2', 2624, 'uint32', 'kWh', { scale: -2 }],
  ['importL3', 2626, 'uint32', 'kWh', { scale: -2 }],
  ['exportL1', 2628, 'uint32', 'kWh', { scale: -2 }],
  ['exportL2', 2630, 'uint32', 'kWh', { scale: -2 }],
  ['exportL3', 2632, 'uint32', 'kWh', { scale: -2 }],
]);

const totals = {
  ...block('totals', 'holding', [
    ['imported', 2634, 'uint32', 'kWh', { scale: -2 }],
    ['exported', 2636, 'uint32', 'kWh', { scale: -2 }],
  ]),
  optional: true,
};

const phases = ['L1', 'L2', 'L3'];

/** What the meter counts over all phases, or the sum of what it counts on each. */
const counted = (total: string, ofPhase: string) => ({
  firstOf: [
    { block: 'totals', point: total, times: 1000 },
    { sum: phases.map((phase) => ({ block: 'counters', point: `${ofPhase}${phase}`, times: 1000 })), ifAny: true },
  ],
});

export const victronGridMeter: DeviceDescription = {
  id: 'victron-grid-meter',
  vendor: 'Victron',
  model: 'Grid meter behind a GX',
  kind: 'meter',
  transports: ['tcp'],
  defaultUnit: 30,
  maxRegisters: 100,
  gapMs: 0,
  sources: [
    {
      title: 'Victron, list of Modbus attributes, com.victronenergy.grid (MIT)',
      url: 'https://github.com/victronenergy/dbus_modbustcp/blob/master/attributes.csv',
    },
    {
      title: 'openWB, devices/victron: powers, currents and voltages (GPL-3.0)',
      url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/victron/victron',
    },
    {
      title: 'hass-victron, counters of the grid meter 2622 to 2636',
      url: 'https://github.com/sfstar/hass-victron/blob/main/custom_components/victron/const.py',
    },
  ],
  confirmed: true,
  remarks: [
    'Modbus TCP must be switched on in the GX under Settings, Integrations (older: Settings, Services).',
    'The unit of the meter is shown in the GX beside the Modbus TCP setting; 30 is the usual one.',
    'A GX without the counters of all phases gives those of each: then import and export may grow at the same time.',
  ],
  blocks: [power, measured, totals, counters],
  reading: {
    powerW: { sum: phases.map((phase) => ({ block: 'power', point: `power${phase}` })), ifAny: true },
    importWh: counted('imported', 'import'),
    exportWh: counted('exported', 'export'),
    phases: phases.map((phase) => ({
      voltageV: { block: 'measured', point: `voltage${phase}` },
      currentA: { block: 'measured', point: `current${phase}` },
      powerW: { block: 'power', point: `power${phase}` },
    })),
  },
};
