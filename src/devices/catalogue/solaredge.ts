// SolarEdge inverters: SunSpec 103 for the inverter, 203 for the meter, the battery at 0xE100 on and StorEdge control at
// 0xE004 on. Floats, 32 and 64 bit of the battery have the low word first; battery + = charge.
// In remote control (4) a command lasts as many seconds as are written with it, and then the default mode is in force.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';
import { inverter103, restOf, sunspecBlock } from '../sunspec-models.ts';

const low = { lowWordFirst: true } as const;

// the lowest float is this maker's "no value", besides the one that is no number
const none = { ...low, absent: [-3.4028234663852886e38] } as const;
const battery = block('battery', 'holding', [
  ['ratedEnergy', 0xe142, 'float32', 'Wh', none],
  ['maxCharge', 0xe144, 'float32', 'W', none],
  ['maxDischarge', 0xe146, 'float32', 'W', none],
  ['temperature', 0xe16c, 'float32', '°C', none],
  ['power', 0xe174, 'float32', 'W', none],
  ['discharged', 0xe176, 'uint64', 'Wh', low],
  ['charged', 0xe17a, 'uint64', 'Wh', low],
  ['soc', 0xe184, 'float32', '%', none],
]);

const writable = { writable: true } as const;
// the configuration of the storage is kept over a restart, the remote commands are not
const storage = block('storage', 'holding', [
  ['controlMode', 0xe004, 'uint16', '', { writable: true, persistent: true }],
  ['acChargePolicy', 0xe005, 'uint16', '', { writable: true, persistent: true }],
  ['defaultMode', 0xe00a, 'uint16', '', { writable: true, persistent: true }],
  ['commandTimeout', 0xe00b, 'uint32', 's', { ...writable, ...low, range: [0, 86_400] }],
  ['commandMode', 0xe00d, 'uint16', '', writable],
  ['chargeLimit', 0xe00e, 'float32', 'W', { ...writable, ...low }],
  ['dischargeLimit', 0xe010, 'float32', 'W', { ...writable, ...low }],
]);

const open = { from: 'constant', value: 5000 } as const;

const common = {
  vendor: 'SolarEdge',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 110,
  gapMs: 0,
  confirmed: true,
} as const;

const remarks = [
  'Modbus TCP must be switched on in SetApp (or the display) under site communication; the port is 1502 or 502.',
  'Only one program at a time may be connected; let others read through the proxy of the connection.',
];

const solaredgeModbus: Source = {
  title: 'solaredge_modbus, registers of inverter and battery (MIT)',
  url: 'https://github.com/nmakel/solaredge_modbus/blob/master/src/solaredge_modbus/__init__.py',
};
const evcc: Source = {
  title: 'evcc, template solaredge-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/solaredge-hybrid.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/solaredge, battery (GPL-3.0)',
  url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/solaredge/solaredge/bat.py',
};

export const solaredge: DeviceDescription = {
  ...common,
  id: 'solaredge',
  model: 'Three-phase inverter',
  kind: 'inverter',
  sources: [
    {
      title: 'SunSpec models 1 and 103 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_103.json',
    },
    solaredgeModbus,
  ],
  remarks: [...remarks, 'With a battery the power is that of the AC side, so of roof and battery together.'],
  blocks: [inverter103],
  reading: {
    powerW: { block: 'inverter', point: 'W' },
    exportWh: { block: 'inverter', point: 'WH' },
    frequencyHz: { block: 'inverter', point: 'Hz' },
    phases: ['A', 'B', 'C'].map((phase) => ({
      voltageV: { block: 'inverter', point: `PhVph${phase}` },
      currentA: { block: 'inverter', point: `Aph${phase}` },
    })),
  },
  rest: restOf([inverter103]),
};

export const solaredgeMeter: DeviceDescription = {
  ...common,
  id: 'solaredge-meter',
  model: 'Three-phase meter at the inverter',
  kind: 'meter',
  sources: [
    evcc,
    {
      title: 'openWB, devices/solaredge, meter: sign and counters (GPL-3.0)',
      url: 'https://github.com/openWB/core/blob/master/packages/modules/devices/solaredge/solaredge/counter.py',
    },
  ],
  remarks: [
    ...remarks,
    'The first meter of the inverter, three-phase (SunSpec 203), set up as export and import meter.',
  ],
  blocks: [sunspecBlock(203, 'meter')],
  reading: {
    // + = export on this make, unlike SunSpec
    powerW: { block: 'meter', point: 'W', times: -1 },
    importWh: { block: 'meter', point: 'TotWhImp' },
    exportWh: { block: 'meter', point: 'TotWhExp' },
    frequencyHz: { block: 'meter', point: 'Hz' },
    phases: ['A', 'B', 'C'].map((phase) => ({
      voltageV: { block: 'meter', point: `PhVph${phase}` },
      powerW: { block: 'meter', point: `Wph${phase}`, times: -1 },
    })),
  },
};

export const solaredgeBattery: DeviceDescription = {
  ...common,
  id: 'solaredge-battery',
  model: 'Battery behind a StorEdge or Home Hub inverter',
  kind: 'battery',
  sources: [
    solaredgeModbus,
    evcc,
    openWb,
    {
      title: 'solaredge-modbus-multi: storage control registers, low word first (Apache-2.0)',
      url: 'https://github.com/WillCodeForCats/solaredge-modbus-multi',
    },
  ],
  remarks: [
    ...remarks,
    'Charging from the grid must be allowed in SetApp, or the battery only takes what the roof gives.',
    'When the timer runs out the limits of the last command stay in force: a battery held at 0 W stays still until released.',
    'The counters of the battery start again at 0 with some firmware updates.',
  ],
  blocks: [battery, storage],
  reading: {
    powerW: { block: 'battery', point: 'power', times: -1 },
    importWh: { block: 'battery', point: 'charged' },
    exportWh: { block: 'battery', point: 'discharged' },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
    temperatureC: { block: 'battery', point: 'temperature' },
    capacityWh: { block: 'battery', point: 'ratedEnergy' },
    maxChargeW: { block: 'battery', point: 'maxCharge' },
    maxDischargeW: { block: 'battery', point: 'maxDischarge' },
  },
  control: {
    block: 'storage',
    storage: 'volatile',
    fallback: { by: 'timer', maxSeconds: 86_400 },
    // 7 = self-consumption is what comes after the timer. 3 charges from roof and grid, 4 gives out as much as the limit
    // allows; at 0 W self-consumption with both limits at 0 keeps the battery still.
    setpoint: [
      { points: { defaultMode: { from: 'constant', value: 7 } }, when: 'different', single: true },
      { points: { commandTimeout: { from: 'validity' } }, when: 'always' },
      { points: { chargeLimit: { from: 'charge' }, dischargeLimit: { from: 'discharge' } }, when: 'always' },
      {
        points: { commandMode: { from: 'direction', charge: 3, discharge: 4, idle: 7 } },
        when: 'always',
        single: true,
      },
      { points: { controlMode: { from: 'constant', value: 4 } }, when: 'different', single: true },
    ],
    // both limits open again before self-consumption is commanded: they stay in force in that mode (5 kW in both sources)
    release: [
      { points: { chargeLimit: open, dischargeLimit: open }, when: 'different' },
      { points: { commandMode: { from: 'constant', value: 7 } }, when: 'different', single: true },
    ],
    // modes, limits and the timer each stand in two sources; discharging by mode 4 with a limit in one of them only
    confirmed: false,
  },
};
