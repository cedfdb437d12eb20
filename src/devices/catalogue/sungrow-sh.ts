// Sungrow SH hybrids: roof, meter and battery. Input registers, 32 bit with the low word first; address = number in
// Sungrow's documents minus one. Export power + = export (turned round here).
// The battery's 16-bit power (13021) has no sign on older firmware, only bits of a state beside it; so its power is taken
// from the 32-bit one (5213, + = discharge), and where that is missing from the AC power less that of the roof.
// Commands live in holding registers: a command (charge, discharge, stop) and its power count in the EMS mode 3, External
// EMS, for as many seconds as stand in its heartbeat. That runs down; at 0 the inverter goes back to mode 0, self-consumption,
// by itself. The forced mode 2, which others use, stays for ever when whoever set it is gone.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const low = { lowWordFirst: true } as const;
const tenths = { scale: -1, lowWordFirst: true } as const;

const roof = block('roof', 'input', [['power', 5016, 'uint32', 'W', low]]);
const wide = {
  ...block('wide', 'input', [['power', 5213, 'int32', 'W', { ...low, absent: [0x7fffffff] }]]),
  optional: true,
};
const phases = block('phases', 'input', [
  ['powerL1', 5602, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
  ['powerL2', 5604, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
  ['powerL3', 5606, 'int32', 'W', { ...low, absent: [0x7fffffff] }],
]);
const running = block('running', 'input', [
  ['yield', 13002, 'uint32', 'kWh', tenths],
  ['exportPower', 13009, 'int32', 'W', low],
  ['soc', 13022, 'uint16', '%', { scale: -1 }],
  ['temperature', 13024, 'int16', '°C', { scale: -1 }],
  ['discharged', 13026, 'uint32', 'kWh', tenths],
  ['acPower', 13033, 'int32', 'W', low],
  ['imported', 13036, 'uint32', 'kWh', tenths],
  ['charged', 13040, 'uint32', 'kWh', tenths],
  ['exported', 13045, 'uint32', 'kWh', tenths],
]);

// settings of the inverter, which Sungrow asks not to write all the time: counted as flash, the heartbeat not
const flash = { writable: true, persistent: true } as const;
const ems = block('ems', 'holding', [
  ['emsMode', 13049, 'uint16', '', flash],
  ['command', 13050, 'uint16', '', flash],
  ['power', 13051, 'uint16', 'W', flash],
]);
const alive = block('alive', 'holding', [
  ['heartbeat', 13079, 'uint16', 's', { writable: true, persistent: false, range: [0, 1000] }],
]);

/** SH*RS, SH*RT, SH*T: the type code, which stands at 5000 in Sungrow's documents. */
const TYPES = [
  0xd0d, 0xd0f, 0xd10, 0xd17, 0xd18, 0xd1a, 0xd1b, 0xe00, 0xe01, 0xe02, 0xe03, 0xe08, 0xe09, 0xe0a, 0xe0b, 0xe0c, 0xe0d,
  0xe0e, 0xe0f, 0xe10, 0xe11, 0xe12, 0xe13, 0xe20, 0xe21, 0xe22, 0xe23, 0xe24, 0xe25, 0xe26, 0xe28,
];

const common = {
  vendor: 'Sungrow',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 100,
  gapMs: 100,
  identity: { table: 'input', address: 4999, type: 'uint16', shows: TYPES, confirmed: true },
} as const;

const evcc: Source = {
  title: 'evcc, template sungrow-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sungrow-hybrid.yaml',
};
const mkaiser: Source = {
  title: 'Sungrow SHx for Home Assistant, modbus_sungrow.yaml',
  url: 'https://github.com/mkaiser/Sungrow-SHx-Inverter-Modbus-Home-Assistant/blob/main/modbus_sungrow.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/sungrow (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/sungrow/sungrow',
};

const modbusDebug: Source = {
  title: 'srcfl/modbus-debug, Sungrow registers: counters of battery and meter',
  url: 'https://github.com/srcfl/modbus-debug',
};
const types: Source = {
  title: 'SungrowInverter for Python: type codes, EMS modes, commands',
  url: 'https://github.com/mvandersteen/SungrowInverter',
};
const wideSeen: Source = {
  title: 'PowerSync, issue 55: the 32-bit power with its sign, seen by an owner',
  url: 'https://github.com/bolagnaise/PowerSync/issues/55',
};
const recorded: Source = {
  title: 'evcc, pull request 18473: recorded bytes of charge, counter and power',
  url: 'https://github.com/evcc-io/evcc/pull/18473',
};
const heartbeatSeen: Source = {
  title: 'Sungrow SHx for Home Assistant, issue 377: the heartbeat runs down to 0, then mode 3 becomes 0',
  url: 'https://github.com/mkaiser/Sungrow-SHx-Inverter-Modbus-Home-Assistant/issues/377',
};
const external: Source = {
  title: 'SunGather, issue 153: mode 3 with heartbeat, command and power, seen by an owner',
  url: 'https://github.com/bohdan-s/SunGather/issues/153',
};

const remarks = [
  'By the LAN port of the inverter or the WiNet-S dongle with current firmware, or by RS485 (9600 baud).',
];

export const sungrowSh: DeviceDescription = {
  ...common,
  id: 'sungrow-sh',
  model: 'SH hybrid, roof',
  kind: 'inverter',
  sources: [evcc, mkaiser, types],
  confirmed: true,
  remarks,
  blocks: [roof, running],
  reading: {
    powerW: { block: 'roof', point: 'power' },
    exportWh: { block: 'running', point: 'yield', times: 1000 },
  },
};

export const sungrowShMeter: DeviceDescription = {
  ...common,
  id: 'sungrow-sh-meter',
  model: 'SH hybrid, meter',
  kind: 'meter',
  sources: [evcc, mkaiser, openWb, modbusDebug],
  confirmed: true,
  remarks: [...remarks, 'Needs the meter of Sungrow (S100, DTSU666) at the inverter.'],
  blocks: [running, phases],
  reading: {
    powerW: { block: 'running', point: 'exportPower', times: -1 },
    importWh: { block: 'running', point: 'imported', times: 1000 },
    exportWh: { block: 'running', point: 'exported', times: 1000 },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({ powerW: { block: 'phases', point: `power${phase}` } })),
  },
};

export const sungrowShBattery: DeviceDescription = {
  ...common,
  id: 'sungrow-sh-battery',
  model: 'SH hybrid, battery',
  kind: 'battery',
  sources: [evcc, mkaiser, openWb, modbusDebug, wideSeen, recorded, heartbeatSeen, external],
  confirmed: true,
  remarks: [
    ...remarks,
    'On older firmware the power of the battery is what the inverter gives less what the roof brings, losses included.',
    'SH*RT of the first firmware take the forced power in per cent; set a small one first and look at the display.',
    'With firmware of 2023 one SH10RT was seen to charge in pulses: if the battery does not follow, update the inverter.',
    'Another program that sets the EMS mode, such as an iHomeManager, must not control the same inverter.',
  ],
  blocks: [roof, wide, running, ems, alive],
  reading: {
    powerW: {
      firstOf: [
        { block: 'wide', point: 'power' },
        {
          sum: [
            { block: 'running', point: 'acPower' },
            { block: 'roof', point: 'power', times: -1 },
          ],
        },
      ],
    },
    importWh: { block: 'running', point: 'charged', times: 1000 },
    exportWh: { block: 'running', point: 'discharged', times: 1000 },
    socPerMille: { block: 'running', point: 'soc', times: 10 },
    temperatureC: { block: 'running', point: 'temperature' },
  },
  control: {
    block: 'ems',
    storage: 'persistent',
    fallback: { by: 'timer', maxSeconds: 1000 },
    // how much and which way first; mode 3 makes it count, and ends by itself where no heartbeat comes after it
    setpoint: [
      { points: { power: { from: 'power' } }, when: 'different', single: true },
      {
        points: { command: { from: 'direction', charge: 0xaa, discharge: 0xbb, idle: 0xcc } },
        when: 'different',
        single: true,
      },
      { points: { emsMode: { from: 'constant', value: 3 } }, when: 'different', single: true },
      { block: 'alive', points: { heartbeat: { from: 'validity' } }, when: 'always', single: true },
    ],
    release: [
      { points: { emsMode: { from: 'constant', value: 0 } }, when: 'different', single: true },
      { points: { command: { from: 'constant', value: 0xcc } }, when: 'different', single: true },
    ],
    confirmed: true,
  },
};
