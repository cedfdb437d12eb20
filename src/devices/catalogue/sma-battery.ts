// SMA batteries: Sunny Boy Storage, and the battery and the meter of the hybrids (Sunny Tripower Smart Energy, Sunny Boy
// Smart Energy). SMA Modbus profile, unit 3. Power of a Sunny Boy Storage is that on its AC side, + = discharge; a hybrid
// has charging and discharging apart, both >= 0, and so has the meter.
// Commands: six registers that cannot be read, all to be written within 10 s and again within 300 s, or the device goes
// back to its own mode. The two public sources agree on the registers, but force a power in different ways (by the mode
// 2289, or by limits and a setpoint for the grid), so the control is not confirmed.
import { block } from '../block.ts';
import type { Control, DeviceDescription, Source } from '../description.ts';

const ac = block('ac', 'holding', [['power', 30775, 'int32', 'W']]);
const yielded = block('yield', 'holding', [['discharged', 30513, 'uint64', 'Wh']]);
const state = block('state', 'holding', [['soc', 30845, 'uint32', '%']]);
const grid = block('grid', 'holding', [
  ['import', 30865, 'int32', 'W'],
  ['export', 30867, 'int32', 'W'],
]);
const counters = block('counters', 'holding', [
  ['imported', 30581, 'uint32', 'Wh'],
  ['exported', 30583, 'uint32', 'Wh'],
]);
const battery = block('battery', 'holding', [
  ['charging', 31393, 'uint32', 'W'],
  ['discharging', 31395, 'uint32', 'W'],
  ['charged', 31397, 'uint64', 'Wh'],
  ['discharged', 31401, 'uint64', 'Wh'],
]);
const roof1 = block('roof1', 'holding', [['power', 30773, 'int32', 'W']]);
const roof2 = { ...block('roof2', 'holding', [['power', 30961, 'int32', 'W']]), optional: true };
const roof3 = { ...block('roof3', 'holding', [['power', 30967, 'int32', 'W']]), optional: true };

const blind = { writable: true, writeOnly: true } as const;
const mode = block('mode', 'holding', [['opMod', 40236, 'uint32', '', blind]]);
const limits = block('limits', 'holding', [
  ['batChaMinW', 40793, 'uint32', 'W', blind],
  ['batChaMaxW', 40795, 'uint32', 'W', blind],
  ['batDschMinW', 40797, 'uint32', 'W', blind],
  ['batDschMaxW', 40799, 'uint32', 'W', blind],
  ['gridWSpt', 40801, 'int32', 'W', blind],
]);

const control: Control = {
  block: 'limits',
  storage: 'volatile',
  fallback: { by: 'watchdog', seconds: 300 },
  setpoint: [
    {
      block: 'mode',
      points: { opMod: { from: 'direction', charge: 2289, discharge: 2290, idle: 2424 } },
      when: 'always',
    },
    {
      points: {
        batChaMinW: { from: 'charge' },
        batChaMaxW: { from: 'charge' },
        batDschMinW: { from: 'discharge' },
        batDschMaxW: { from: 'discharge' },
        gridWSpt: { from: 'constant', value: 0 },
      },
      when: 'always',
    },
  ],
  // its own mode; the limits lapse by themselves
  release: [{ block: 'mode', points: { opMod: { from: 'constant', value: 2424 } }, when: 'always' }],
  confirmed: false,
};

const common = { vendor: 'SMA', transports: ['tcp'], defaultUnit: 3, maxRegisters: 100, gapMs: 0 } as const;

const evccStorage: Source = {
  title: 'evcc, template sma-sbs-modbus (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sma-sbs-modbus.yaml',
};
const evccHybrid: Source = {
  title: 'evcc, template sma-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sma-hybrid.yaml',
};
const openEms: Source = {
  title: 'OpenEMS, EssSmaSunnyBoyStorage (EPL-2.0)',
  url: 'https://github.com/OpenEMS/openems/tree/develop/io.openems.edge.sma/src/io/openems/edge/sma/ess/sunnyboystorage',
};
const openEmsMeter: Source = {
  title: 'OpenEMS, meter of SMA inverters: Metering.GridMs (EPL-2.0)',
  url: 'https://github.com/OpenEMS/openems/tree/develop/io.openems.edge.sma',
};
const openWb: Source = {
  title: 'openWB, devices/sma/sma_sunny_boy (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/sma/sma_sunny_boy',
};

const remarks = [
  'The Modbus TCP server must be switched on in the device (external communication, Modbus).',
  'Forecast-based charging in the SMA portal must be off where another system controls the battery.',
  'The registers of the commands cannot be read back.',
];

export const smaSunnyBoyStorage: DeviceDescription = {
  ...common,
  id: 'sma-battery',
  model: 'Sunny Boy Storage',
  kind: 'battery',
  sources: [evccStorage, openEms],
  confirmed: true,
  remarks,
  blocks: [ac, yielded, state, mode, limits],
  reading: {
    powerW: { block: 'ac', point: 'power' },
    exportWh: { block: 'yield', point: 'discharged' },
    socPerMille: { block: 'state', point: 'soc', times: 10 },
  },
  control,
};

export const smaHybridBattery: DeviceDescription = {
  ...common,
  id: 'sma-battery-hybrid',
  model: 'Battery of a Tripower or Sunny Boy Smart Energy',
  kind: 'battery',
  sources: [evccHybrid, openWb],
  // the counter of what was charged stands in openWB alone
  confirmed: false,
  remarks: [
    ...remarks,
    'With an empty battery and no sun the hybrid gives "no value" for everything about the battery.',
  ],
  blocks: [state, battery, mode, limits],
  reading: {
    powerW: {
      sum: [
        { block: 'battery', point: 'discharging' },
        { block: 'battery', point: 'charging', times: -1 },
      ],
    },
    importWh: { block: 'battery', point: 'charged' },
    exportWh: { block: 'battery', point: 'discharged' },
    socPerMille: { block: 'state', point: 'soc', times: 10 },
  },
  control,
};

export const smaHybridInverter: DeviceDescription = {
  ...common,
  id: 'sma-battery-hybrid-inverter',
  model: 'Roof of a Tripower or Sunny Boy Smart Energy',
  kind: 'inverter',
  sources: [evccHybrid, openWb],
  // openWB reads two strings, evcc three
  confirmed: false,
  remarks: [remarks[0]!, 'The power of the strings on the DC side; the AC side of a hybrid has the battery in it.'],
  blocks: [roof1, roof2, roof3],
  reading: {
    powerW: { sum: ['roof1', 'roof2', 'roof3'].map((name) => ({ block: name, point: 'power' })), ifAny: true },
  },
};

export const smaHybridMeter: DeviceDescription = {
  ...common,
  id: 'sma-battery-hybrid-meter',
  model: 'Grid at a Tripower or Sunny Boy Smart Energy',
  kind: 'meter',
  sources: [evccHybrid, openWb, openEmsMeter],
  // the power in all three, the import counter in two, the export counter in OpenEMS alone
  confirmed: false,
  remarks: [remarks[0]!, 'Needs an SMA Energy Meter or Sunny Home Manager that is paired with the inverter.'],
  blocks: [grid, counters],
  reading: {
    powerW: {
      sum: [
        { block: 'grid', point: 'import' },
        { block: 'grid', point: 'export', times: -1 },
      ],
    },
    importWh: { block: 'counters', point: 'imported' },
    exportWh: { block: 'counters', point: 'exported' },
  },
};
