// Any distributed energy resource that speaks the SunSpec models of IEEE 1547-2018: AC measurement 701 (power and energy +
// when it gives), storage 713, ratings 702, AC controls 704. A setpoint is WSet in watts with WSetRvrtTms as its validity:
// when the time is over, WSetEnaRvrt 0 ends it. One transaction would cross read-only registers, so timer, power and
// enabling are written one after the other, the enabling last.
import type { DeviceDescription, Rest } from '../description.ts';
import { sunspecBlock } from '../sunspec-models.ts';

const measured = sunspecBlock(701, 'measured');
const ratings = { ...sunspecBlock(702, 'ratings'), optional: true };
const control = { ...sunspecBlock(704, 'control'), optional: true };
const storage = { ...sunspecBlock(713, 'storage'), optional: true };
const from = (block: string, point: string, times = 1) => ({ block, point, times });

const sources = [
  {
    title: 'SunSpec models 701, 702, 704 and 713 (Apache-2.0)',
    url: 'https://github.com/sunspec/models/blob/master/json/model_701.json',
  },
  {
    title: 'pysunspec2, device_1547.json: a device of these models with its values (Apache-2.0)',
    url: 'https://github.com/sunspec/pysunspec2/blob/master/sunspec2/tests/test_data/device_1547.json',
  },
];

const shared = {
  vendor: 'SunSpec',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources,
  confirmed: true,
} as const;

const rest: readonly Rest[] = [
  { states: [{ block: 'measured', point: 'InvSt' }], words: { 0: 'off', 1: 'asleep', 7: 'on standby' } },
];

const reading = {
  powerW: from('measured', 'W'),
  importWh: from('measured', 'TotWhAbs'),
  exportWh: from('measured', 'TotWhInj'),
  frequencyHz: from('measured', 'Hz'),
  phases: ['L1', 'L2', 'L3'].map((phase) => ({
    voltageV: from('measured', `V${phase}`),
    currentA: from('measured', `A${phase}`),
    powerW: from('measured', `W${phase}`),
  })),
};

export const sunspecDer: DeviceDescription = {
  ...shared,
  id: 'sunspec-der',
  model: 'Inverter after IEEE 1547-2018 (model 701)',
  kind: 'inverter',
  blocks: [measured],
  reading,
  rest,
};

export const sunspecDerBattery: DeviceDescription = {
  ...shared,
  id: 'sunspec-der-battery',
  model: 'Battery after IEEE 1547-2018 (models 701, 702, 704, 713)',
  kind: 'battery',
  remarks: ['Control stands in the models alone so far: nobody reported a device that was seen to follow it.'],
  blocks: [measured, ratings, control, storage],
  reading: {
    ...reading,
    socPerMille: from('storage', 'SoC', 10),
    capacityWh: from('storage', 'WHRtg'),
    maxChargeW: from('ratings', 'WChaRteMax'),
    maxDischargeW: from('ratings', 'WDisChaRteMax'),
  },
  rest,
  control: {
    block: 'control',
    storage: 'volatile',
    fallback: { by: 'timer', maxSeconds: 65_534 },
    setpoint: [
      { points: { WSetEnaRvrt: constant(0), WSetRvrtTms: { from: 'validity' } }, when: 'always' },
      { points: { WSetMod: constant(1), WSet: { from: 'setpoint', times: 1 } }, when: 'always' },
      { points: { WSetEna: constant(1) }, when: 'different' },
    ],
    release: [{ points: { WSetEna: constant(0) }, when: 'different' }],
    confirmed: false,
  },
};

function constant(value: number) {
  return { from: 'constant', value } as const;
}
