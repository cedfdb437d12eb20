// Deye (and Sunsynk) hybrids: three-phase with a low-voltage battery (SG04LP3), three-phase with a high-voltage battery
// (SG01HP3: powers of roof and battery in tens of watts), and single phase (SG03LP1 and kin). Holding registers; counters
// have the low word first, in 0.1 kWh. Grid + = import, battery + = discharge.
// What steers the battery are time slots in flash; no two sources agree on how to set a power with them, so it is read only.
import { block } from '../block.ts';
import type { Block, DeviceDescription, Source } from '../description.ts';

const counter = { scale: -1, lowWordFirst: true } as const;

const totals = block('totals', 'holding', [
  ['charged', 516, 'uint32', 'kWh', counter],
  ['discharged', 518, 'uint32', 'kWh', counter],
  ['imported', 522, 'uint32', 'kWh', counter],
  ['exported', 524, 'uint32', 'kWh', counter],
  ['yield', 534, 'uint32', 'kWh', counter],
]);
const state = (scale: number): Block =>
  block('state', 'holding', [
    ['soc', 588, 'uint16', '%'],
    ['power', 590, 'int16', 'W', { scale }],
  ]);
const grid = block('grid', 'holding', [
  ['currentL1', 613, 'int16', 'A', { scale: -2 }],
  ['currentL2', 614, 'int16', 'A', { scale: -2 }],
  ['currentL3', 615, 'int16', 'A', { scale: -2 }],
  ['powerL1', 616, 'int16', 'W'],
  ['powerL2', 617, 'int16', 'W'],
  ['powerL3', 618, 'int16', 'W'],
  ['power', 625, 'int16', 'W'],
]);
const roof = (scale: number): Block =>
  block('roof', 'holding', [
    ['pv1', 672, 'uint16', 'W', { scale }],
    ['pv2', 673, 'uint16', 'W', { scale }],
    ['pv3', 674, 'uint16', 'W', { scale }],
    ['pv4', 675, 'uint16', 'W', { scale }],
  ]);

const singleTotals = block('totals', 'holding', [
  ['charged', 72, 'uint32', 'kWh', counter],
  ['discharged', 74, 'uint32', 'kWh', counter],
  // low and high word stand apart, with the grid frequency between them
  ['importedLow', 78, 'uint16', 'kWh', { scale: -1, wholeRange: true }],
  ['importedHigh', 80, 'uint16', 'kWh', { scale: -1, wholeRange: true }],
  ['exported', 81, 'uint32', 'kWh', counter],
  ['yield', 96, 'uint32', 'kWh', counter],
]);
const singleNow = block('now', 'holding', [
  ['gridPower', 169, 'int16', 'W'],
  ['soc', 184, 'uint16', '%'],
  ['pv1', 186, 'uint16', 'W'],
  ['pv2', 187, 'uint16', 'W'],
  ['pv3', 188, 'uint16', 'W'],
  ['pv4', 189, 'uint16', 'W'],
  ['batteryPower', 190, 'int16', 'W'],
]);

const common = { vendor: 'Deye', transports: ['tcp', 'rtu'], defaultUnit: 1, maxRegisters: 60, gapMs: 50 } as const;

const openWb: Source = {
  title: 'openWB, devices/deye (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/deye/deye',
};
const template = (name: string): Source => ({
  title: `evcc, template ${name} (MIT)`,
  url: `https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/${name}.yaml`,
});
const mqtt = (name: string): Source => ({
  title: `deye-inverter-mqtt, metrics ${name} (Apache-2.0)`,
  url: `https://github.com/kbialek/deye-inverter-mqtt/blob/main/docs/metric_group_${name}.md`,
});

const remarks = [
  'By RS485, or by TCP with a LAN or WiFi stick that speaks Modbus TCP (the Solarman protocol is another one).',
];

const strings = (name: string) => ({
  sum: ['pv1', 'pv2', 'pv3', 'pv4'].map((point) => ({ block: name, point })),
  ifAny: true,
});

/** The three functions of a three-phase hybrid; `tens` = powers of roof and battery in tens of watts. */
function threePhase(id: string, model: string, tens: boolean, sources: readonly Source[]): DeviceDescription[] {
  const scale = tens ? 1 : 0;
  return [
    {
      ...common,
      id,
      model: `${model}, roof`,
      kind: 'inverter',
      sources,
      confirmed: true,
      remarks,
      blocks: [roof(scale), totals],
      reading: { powerW: strings('roof'), exportWh: { block: 'totals', point: 'yield', times: 1000 } },
    },
    {
      ...common,
      id: `${id}-meter`,
      model: `${model}, grid`,
      kind: 'meter',
      sources,
      confirmed: true,
      remarks: [...remarks, 'The power of the whole connection needs the current transformers at the grid connection.'],
      blocks: [grid, totals],
      reading: {
        powerW: { block: 'grid', point: 'power' },
        importWh: { block: 'totals', point: 'imported', times: 1000 },
        exportWh: { block: 'totals', point: 'exported', times: 1000 },
        phases: ['L1', 'L2', 'L3'].map((phase) => ({
          currentA: { block: 'grid', point: `current${phase}` },
          powerW: { block: 'grid', point: `power${phase}` },
        })),
      },
    },
    {
      ...common,
      id: `${id}-battery`,
      model: `${model}, battery`,
      kind: 'battery',
      sources,
      confirmed: true,
      remarks,
      blocks: [state(scale), totals],
      reading: {
        powerW: { block: 'state', point: 'power' },
        importWh: { block: 'totals', point: 'charged', times: 1000 },
        exportWh: { block: 'totals', point: 'discharged', times: 1000 },
        socPerMille: { block: 'state', point: 'soc', times: 10 },
      },
    },
  ];
}

const singleSources = [template('deye-storage'), mqtt('deye_hybrid'), mqtt('deye_hybrid_battery'), openWb];

export const deye: readonly DeviceDescription[] = [
  ...threePhase('deye-sg04lp3', 'SG04LP3, three-phase, low-voltage battery', false, [
    template('deye-hybrid-3p'),
    mqtt('deye_sg04lp3'),
    mqtt('deye_sg04lp3_battery'),
    openWb,
  ]),
  ...threePhase('deye-sg01hp3', 'SG01HP3, three-phase, high-voltage battery', true, [
    template('deye-hybrid-hp3'),
    mqtt('deye_sg01hp3'),
    mqtt('deye_sg01hp3_battery'),
  ]),
  {
    ...common,
    id: 'deye-single-phase',
    model: 'SG03LP1 and kin, single phase, roof',
    kind: 'inverter',
    sources: singleSources,
    confirmed: true,
    remarks,
    blocks: [singleNow, singleTotals],
    reading: { powerW: strings('now'), exportWh: { block: 'totals', point: 'yield', times: 1000 } },
  },
  {
    ...common,
    id: 'deye-single-phase-meter',
    model: 'SG03LP1 and kin, single phase, grid',
    kind: 'meter',
    sources: singleSources,
    // evcc and openWB say that the words of the import counter stand apart, deye-inverter-mqtt that they are neighbours
    confirmed: false,
    remarks: [
      ...remarks,
      'The sources differ on where the high word of the import counter is; it counts from 6553.6 kWh on.',
    ],
    blocks: [singleNow, singleTotals],
    reading: {
      powerW: { block: 'now', point: 'gridPower' },
      importWh: {
        sum: [
          { block: 'totals', point: 'importedLow', times: 1000 },
          { block: 'totals', point: 'importedHigh', times: 65_536_000 },
        ],
      },
      exportWh: { block: 'totals', point: 'exported', times: 1000 },
    },
  },
  {
    ...common,
    id: 'deye-single-phase-battery',
    model: 'SG03LP1 and kin, single phase, battery',
    kind: 'battery',
    sources: singleSources,
    confirmed: true,
    remarks,
    blocks: [singleNow, singleTotals],
    reading: {
      powerW: { block: 'now', point: 'batteryPower' },
      importWh: { block: 'totals', point: 'charged', times: 1000 },
      exportWh: { block: 'totals', point: 'discharged', times: 1000 },
      socPerMille: { block: 'now', point: 'soc', times: 10 },
    },
  },
];
