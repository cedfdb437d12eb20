// Kostal Plenticore plus and Piko IQ: unit 71, port 1502, holding registers; floats with the low word first, as the inverter
// is delivered (register 5 changes it). Meter + = import where the sensor is at the grid connection, battery + = discharge.
// The setpoint for the DC power of the battery (1034) lapses by itself, after 30 s unless set otherwise on the inverter.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const low = { lowWordFirst: true } as const;

const meter = block('meter', 'holding', [
  ['frequency', 220, 'float32', 'Hz', low],
  ['currentL1', 222, 'float32', 'A', low],
  ['powerL1', 224, 'float32', 'W', low],
  ['voltageL1', 230, 'float32', 'V', low],
  ['currentL2', 232, 'float32', 'A', low],
  ['powerL2', 234, 'float32', 'W', low],
  ['voltageL2', 240, 'float32', 'V', low],
  ['currentL3', 242, 'float32', 'A', low],
  ['powerL3', 244, 'float32', 'W', low],
  ['voltageL3', 250, 'float32', 'V', low],
  ['power', 252, 'float32', 'W', low],
]);
const yielded = block('yield', 'holding', [['yield', 320, 'float32', 'Wh', low]]);
const soc = block('soc', 'holding', [['soc', 514, 'uint16', '%']]);
// 32767 is given for nothing at all
const inverter = block('inverter', 'holding', [['power', 575, 'int16', 'W', { absent: [0x7fff] }]]);
const battery = block('battery', 'holding', [['power', 582, 'int16', 'W']]);
const setpoint = block('setpoint', 'holding', [['chargePowerDc', 1034, 'float32', 'W', { ...low, writable: true }]]);
const capacity = block('capacity', 'holding', [['capacity', 1068, 'float32', 'Wh', low]]);

const common = {
  vendor: 'Kostal',
  transports: ['tcp'],
  defaultUnit: 71,
  maxRegisters: 100,
  gapMs: 0,
  confirmed: true,
} as const;

const openWb: Source = {
  title: 'openWB, devices/kostal/kostal_plenticore (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/kostal/kostal_plenticore',
};
const kostalRestApi: Source = {
  title: 'kostal-RESTAPI, kostal_modbusquery: table of registers with types and word order',
  url: 'https://github.com/kilianknoll/kostal-RESTAPI',
};
const evcc: Source = {
  title: 'evcc, template kostal-plenticore-gen2: setpoint 1034, capacity 1068, word order (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/kostal-plenticore-gen2.yaml',
};

const remarks = [
  'Modbus must be switched on in the web page of the inverter under Settings, Modbus / SunSpec, with the byte order as delivered (CDAB).',
  'Only one program should talk to the inverter.',
];

export const kostalPlenticore: DeviceDescription = {
  ...common,
  id: 'kostal-plenticore',
  model: 'Plenticore plus, inverter',
  kind: 'inverter',
  sources: [openWb, kostalRestApi],
  remarks: [...remarks, 'With a battery the power is that of the AC side, so of roof and battery together.'],
  blocks: [inverter, yielded],
  reading: {
    powerW: { block: 'inverter', point: 'power' },
    exportWh: { block: 'yield', point: 'yield' },
  },
};

export const kostalPlenticoreMeter: DeviceDescription = {
  ...common,
  id: 'kostal-plenticore-meter',
  model: 'Plenticore plus, energy meter',
  kind: 'meter',
  sources: [openWb, kostalRestApi],
  remarks: [
    ...remarks,
    'The sensor must be set up as position 2 (grid connection); at position 1 the figures are those of the house.',
    'The inverter gives no counters of the meter here.',
  ],
  blocks: [meter],
  reading: {
    powerW: { block: 'meter', point: 'power' },
    frequencyHz: { block: 'meter', point: 'frequency' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: { block: 'meter', point: `voltage${phase}` },
      currentA: { block: 'meter', point: `current${phase}` },
      powerW: { block: 'meter', point: `power${phase}` },
    })),
  },
};

export const kostalPlenticoreBattery: DeviceDescription = {
  ...common,
  id: 'kostal-plenticore-battery',
  model: 'Plenticore plus, battery',
  kind: 'battery',
  sources: [
    openWb,
    kostalRestApi,
    evcc,
    {
      title: 'evcc, issue 26168: 0 W in 1034 neither charges nor discharges',
      url: 'https://github.com/evcc-io/evcc/issues/26168',
    },
  ],
  remarks: [
    ...remarks,
    'External battery control by Modbus must be switched on with the installer code; its timeout is set on the same page.',
  ],
  blocks: [soc, battery, setpoint, capacity],
  reading: {
    powerW: { block: 'battery', point: 'power' },
    socPerMille: { block: 'soc', point: 'soc', times: 10 },
    capacityWh: { block: 'capacity', point: 'capacity' },
  },
  control: {
    block: 'setpoint',
    storage: 'volatile',
    fallback: { by: 'watchdog', seconds: 30 },
    // + = discharge, in watts of the DC side; 0 holds the battery still. evcc's users charge with negative figures, and openWB
    // quotes the maker so, though its code writes a negative one to discharge.
    setpoint: [{ points: { chargePowerDc: { from: 'setpoint', times: 1 } }, when: 'always' }],
    release: [{ points: { chargePowerDc: { from: 'constant', value: 0 } }, when: 'always' }],
    confirmed: true,
  },
};
