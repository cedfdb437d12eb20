// Huawei SUN2000 inverter, the power sensor (DDSU666-H, DTSU666-H) and the LUNA2000 battery behind it: big-endian
// integers in holding registers; "no value" is the largest of each type. Meter and battery come with their signs turned
// round (meter + = export, battery + = charge).
// A forced charge or discharge lasts as many minutes as are written with it; afterwards the battery is back in its own mode.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const noInt32 = { absent: [0x7fffffff] } as const;

const inverter = block('inverter', 'holding', [
  ['dcPower', 32064, 'int32', 'W', noInt32],
  ['voltageL1', 32069, 'uint16', 'V', { scale: -1 }],
  ['voltageL2', 32070, 'uint16', 'V', { scale: -1 }],
  ['voltageL3', 32071, 'uint16', 'V', { scale: -1 }],
  ['currentL1', 32072, 'int32', 'A', { scale: -3, ...noInt32 }],
  ['currentL2', 32074, 'int32', 'A', { scale: -3, ...noInt32 }],
  ['currentL3', 32076, 'int32', 'A', { scale: -3, ...noInt32 }],
  ['power', 32080, 'int32', 'W', noInt32],
  ['frequency', 32085, 'uint16', 'Hz', { scale: -2 }],
  ['temperature', 32087, 'int16', '°C', { scale: -1, absent: [0x7fff] }],
  ['yield', 32106, 'uint32', 'kWh', { scale: -2 }],
]);

const meter = block('meter', 'holding', [
  ['voltageL1', 37101, 'int32', 'V', { scale: -1, ...noInt32 }],
  ['voltageL2', 37103, 'int32', 'V', { scale: -1, ...noInt32 }],
  ['voltageL3', 37105, 'int32', 'V', { scale: -1, ...noInt32 }],
  ['currentL1', 37107, 'int32', 'A', { scale: -2, ...noInt32 }],
  ['currentL2', 37109, 'int32', 'A', { scale: -2, ...noInt32 }],
  ['currentL3', 37111, 'int32', 'A', { scale: -2, ...noInt32 }],
  ['power', 37113, 'int32', 'W', noInt32],
  ['frequency', 37118, 'int16', 'Hz', { scale: -2, absent: [0x7fff] }],
  // with some meters and firmware below 0 (huawei-solar-lib)
  ['export', 37119, 'int32', 'kWh', { scale: -2, magnitude: true, ...noInt32 }],
  ['import', 37121, 'int32', 'kWh', { scale: -2, ...noInt32 }],
  ['powerL1', 37132, 'int32', 'W', noInt32],
  ['powerL2', 37134, 'int32', 'W', noInt32],
  ['powerL3', 37136, 'int32', 'W', noInt32],
]);

const limits = block('limits', 'holding', [
  ['maxCharge', 37046, 'uint32', 'W'],
  ['maxDischarge', 37048, 'uint32', 'W'],
]);

const battery = block('battery', 'holding', [
  ['capacity', 37758, 'uint32', 'Wh'],
  ['soc', 37760, 'uint16', '%', { scale: -1 }],
  ['power', 37765, 'int32', 'W', noInt32],
  ['charged', 37780, 'uint32', 'kWh', { scale: -2 }],
  ['discharged', 37782, 'uint32', 'kWh', { scale: -2 }],
]);

// settings of the inverter: nothing public says whether they live in flash, so they are counted as if they did
const flash = { writable: true, persistent: true } as const;
const period = block('period', 'holding', [['forcedPeriod', 47083, 'uint16', 'min', { ...flash, range: [0, 1440] }]]);
const command = block('command', 'holding', [['forcedCommand', 47100, 'uint16', '', flash]]);
const forced = block('forced', 'holding', [
  ['forcedTarget', 47246, 'uint16', '', flash],
  ['forcedCharge', 47247, 'uint32', 'W', flash],
  ['forcedDischarge', 47249, 'uint32', 'W', flash],
]);

const common = {
  vendor: 'Huawei',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 64,
  gapMs: 200,
  settleMs: 1000,
  // recorded from a real one: 21333 20018 12336 ..., "SUN200..."
  identity: { table: 'holding', address: 30000, type: 'string:15', shows: ['SUN2000'], confirmed: true },
  confirmed: true,
} as const;

const evccHybrid = {
  title: 'evcc, template huawei-sun2000-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/huawei-sun2000-hybrid.yaml',
};
const huaweiSolarLib = {
  title: 'huawei-solar-lib, table of registers',
  url: 'https://github.com/wlcrs/huawei-solar-lib/blob/main/src/huawei_solar/registers.py',
};

const remarks = [
  'Modbus TCP must be switched on with the installer account under communication settings (SDongle or built-in WLAN).',
  'Only one program at a time may talk to the inverter or its dongle; let others read through the proxy of the connection.',
];

export const huaweiSun2000: DeviceDescription = {
  ...common,
  id: 'huawei-sun2000',
  model: 'SUN2000, inverter',
  kind: 'inverter',
  sources: [
    {
      title: 'evcc, template huawei-sun2000-inverter: power, yield (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/huawei-sun2000-inverter.yaml',
    },
    huaweiSolarLib,
  ],
  remarks: [...remarks, 'With a battery the power is that of the inverter, so of roof and battery together.'],
  blocks: [inverter],
  reading: {
    powerW: { block: 'inverter', point: 'power' },
    exportWh: { block: 'inverter', point: 'yield', times: 1000 },
    frequencyHz: { block: 'inverter', point: 'frequency' },
    temperatureC: { block: 'inverter', point: 'temperature' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: { block: 'inverter', point: `voltage${phase}` },
      currentA: { block: 'inverter', point: `current${phase}` },
    })),
  },
};

export const huaweiSun2000Meter: DeviceDescription = {
  ...common,
  id: 'huawei-sun2000-meter',
  model: 'SUN2000, power sensor at the grid',
  kind: 'meter',
  sources: [evccHybrid, huaweiSolarLib],
  remarks: [...remarks, 'Needs the Huawei power sensor (DDSU666-H or DTSU666-H) at the inverter.'],
  blocks: [meter],
  reading: {
    powerW: { block: 'meter', point: 'power', times: -1 },
    importWh: { block: 'meter', point: 'import', times: 1000 },
    exportWh: { block: 'meter', point: 'export', times: 1000 },
    frequencyHz: { block: 'meter', point: 'frequency' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: { block: 'meter', point: `voltage${phase}` },
      currentA: { block: 'meter', point: `current${phase}`, times: -1 },
      powerW: { block: 'meter', point: `power${phase}`, times: -1 },
    })),
  },
};

export const huaweiSun2000Battery: DeviceDescription = {
  ...common,
  id: 'huawei-sun2000-battery',
  model: 'LUNA2000 behind a SUN2000',
  kind: 'battery',
  sources: [
    evccHybrid,
    huaweiSolarLib,
    {
      title: 'huawei_solar for Home Assistant: order of the writes for a forced charge or discharge',
      url: 'https://github.com/wlcrs/huawei_solar/blob/main/services.py',
    },
  ],
  remarks: [
    ...remarks,
    'The settings are written with every command; whether they live in flash is not published, so they count as if they did.',
    'At a setpoint of 0 W a forced charge of 0 W is commanded, which is not confirmed by a second source.',
  ],
  blocks: [limits, battery, period, command, forced],
  reading: {
    powerW: { block: 'battery', point: 'power', times: -1 },
    importWh: { block: 'battery', point: 'charged', times: 1000 },
    exportWh: { block: 'battery', point: 'discharged', times: 1000 },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
    capacityWh: { block: 'battery', point: 'capacity' },
    maxChargeW: { block: 'limits', point: 'maxCharge' },
    maxDischargeW: { block: 'limits', point: 'maxDischarge' },
  },
  control: {
    block: 'command',
    storage: 'persistent',
    fallback: { by: 'timer', maxSeconds: 86_400 },
    // how much, how long, by the clock (0) and not by state of charge, and only then the command
    setpoint: [
      {
        block: 'forced',
        points: {
          forcedTarget: { from: 'constant', value: 0 },
          forcedCharge: { from: 'charge' },
          forcedDischarge: { from: 'discharge' },
        },
        when: 'different',
      },
      { block: 'period', points: { forcedPeriod: { from: 'validity' } }, when: 'different' },
      {
        points: { forcedCommand: { from: 'direction', charge: 1, discharge: 2, idle: 1 } },
        when: 'always',
        single: true,
      },
    ],
    release: [{ points: { forcedCommand: { from: 'constant', value: 0 } }, when: 'always', single: true }],
    confirmed: false,
  },
};
