// GoodWe ET, EH, BH, BT: roof, meter and battery of the hybrid, holding registers, unit 247, 32 bit high word first. Meter
// + = export (turned round here), battery + = discharge; counters of the meter are floats in Wh.
// The battery is told a mode and a power (EMS mode 47511, power 47512), which stay until they are taken back.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const roof = block('roof', 'holding', [
  ['pv1', 35105, 'uint32', 'W'],
  ['pv2', 35109, 'uint32', 'W'],
  ['pv3', 35113, 'uint32', 'W'],
  ['pv4', 35117, 'uint32', 'W'],
]);
const yielded = block('yield', 'holding', [['yield', 35191, 'uint32', 'kWh', { scale: -1 }]]);
const meter = block('meter', 'holding', [
  ['powerL1', 36005, 'int16', 'W'],
  ['powerL2', 36006, 'int16', 'W'],
  ['powerL3', 36007, 'int16', 'W'],
  ['frequency', 36014, 'uint16', 'Hz', { scale: -2 }],
  ['exported', 36015, 'float32', 'Wh'],
  ['imported', 36017, 'float32', 'Wh'],
  ['power', 36025, 'int32', 'W'],
]);
const battery = block('battery', 'holding', [
  ['voltage', 35180, 'uint16', 'V', { scale: -1 }],
  ['current', 35181, 'int16', 'A', { scale: -1 }],
  ['power', 35182, 'int32', 'W'],
  ['charged', 35206, 'uint32', 'kWh', { scale: -1 }],
  ['discharged', 35209, 'uint32', 'kWh', { scale: -1 }],
]);
const bms = block('bms', 'holding', [
  ['temperature', 37003, 'int16', '°C', { scale: -1 }],
  ['soc', 37007, 'uint16', '%'],
]);
// settings of the inverter: counted as flash, since nothing public says otherwise
const ems = block('ems', 'holding', [
  ['mode', 47511, 'uint16', '', { writable: true, persistent: true }],
  ['power', 47512, 'uint16', 'W', { writable: true, persistent: true, range: [0, 10_000] }],
]);

const common = {
  vendor: 'GoodWe',
  transports: ['tcp', 'rtu'],
  defaultUnit: 247,
  maxRegisters: 100,
  gapMs: 200,
  // the library alone has it
  identity: { table: 'holding', address: 35011, type: 'string:5', shows: ['GW'], confirmed: false },
} as const;

const goodweLib: Source = {
  title: 'goodwe, sensors and settings of the ET family (MIT)',
  url: 'https://github.com/marcelblijleven/goodwe/blob/master/goodwe/et.py',
};
const evcc: Source = {
  title: 'evcc, template goodwe-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/goodwe-hybrid.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/good_we (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/good_we/good_we',
};
const openEms: Source = {
  title: 'OpenEMS, GoodWe: modes of the EMS (EPL-2.0)',
  url: 'https://github.com/OpenEMS/openems/tree/develop/io.openems.edge.goodwe',
};

const remarks = [
  'By RS485, or Modbus TCP on port 502 with the LAN or WiFi/LAN 2.0 kit; older WiFi kits speak UDP only.',
];

export const goodweEt: DeviceDescription = {
  ...common,
  id: 'goodwe-et',
  model: 'ET, EH, BH, BT, roof',
  kind: 'inverter',
  sources: [goodweLib, evcc, openWb],
  confirmed: true,
  remarks,
  blocks: [roof, yielded],
  reading: {
    powerW: { sum: ['pv1', 'pv2', 'pv3', 'pv4'].map((point) => ({ block: 'roof', point })), ifAny: true },
    exportWh: { block: 'yield', point: 'yield', times: 1000 },
  },
};

export const goodweEtMeter: DeviceDescription = {
  ...common,
  id: 'goodwe-et-meter',
  model: 'ET, EH, BH, BT, meter',
  kind: 'meter',
  sources: [goodweLib, evcc, openWb],
  confirmed: true,
  remarks: [...remarks, 'Needs the smart meter of GoodWe (GM1000, GM3000 or HomeKit) at the inverter.'],
  blocks: [meter],
  reading: {
    powerW: { block: 'meter', point: 'power', times: -1 },
    importWh: { block: 'meter', point: 'imported' },
    exportWh: { block: 'meter', point: 'exported' },
    frequencyHz: { block: 'meter', point: 'frequency' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      powerW: { block: 'meter', point: `power${phase}`, times: -1 },
    })),
  },
};

export const goodweEtBattery: DeviceDescription = {
  ...common,
  id: 'goodwe-et-battery',
  model: 'ET, EH, BH, BT, battery',
  kind: 'battery',
  sources: [goodweLib, evcc, openWb, openEms],
  confirmed: true,
  remarks: [
    ...remarks,
    'A mode once written stays until it is taken back: if this program stops for good, set the mode to automatic in the app.',
    'Whether the settings live in flash is not published, so writes count as if they did.',
  ],
  blocks: [battery, bms, ems],
  reading: {
    powerW: { block: 'battery', point: 'power' },
    importWh: { block: 'battery', point: 'charged', times: 1000 },
    exportWh: { block: 'battery', point: 'discharged', times: 1000 },
    socPerMille: { block: 'bms', point: 'soc', times: 10 },
    temperatureC: { block: 'bms', point: 'temperature' },
  },
  control: {
    block: 'ems',
    storage: 'persistent',
    fallback: {
      by: 'nothing',
      limit:
        'It stops when the battery is full or at the depth of discharge that is set in the app; set that with care.',
    },
    // the power first: the mode makes it count. 11 charges, 12 discharges at the power, 8 holds, 1 is the inverter's own.
    setpoint: [
      { points: { power: { from: 'power' } }, when: 'different' },
      {
        points: { mode: { from: 'direction', charge: 11, discharge: 12, idle: 8 } },
        when: 'different',
        single: true,
      },
    ],
    release: [{ points: { mode: { from: 'constant', value: 1 } }, when: 'different', single: true }],
    confirmed: true,
  },
};
