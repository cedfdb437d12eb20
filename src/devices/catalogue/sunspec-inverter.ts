// Any inverter that speaks SunSpec: whichever of the models 101 to 103 (integers with scale factors) or 111 to 113 (floats)
// discovery finds. Power + = generation; its lifetime energy counts as given (export).
import type { DeviceDescription } from '../description.ts';
import { fromAny, restOf, sunspecBlock } from '../sunspec-models.ts';

const inverters = [103, 102, 101, 113, 112, 111].map((id) => ({
  ...sunspecBlock(id, `inverter${id}`),
  optional: true,
}));

export const sunspecInverter: DeviceDescription = {
  id: 'sunspec-inverter',
  vendor: 'SunSpec',
  model: 'Inverter (models 101 to 103, 111 to 113)',
  kind: 'inverter',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'SunSpec models 101 to 103 and 111 to 113 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_111.json',
    },
    {
      title: 'evcc, template sunspec-inverter (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sunspec-inverter.yaml',
    },
  ],
  confirmed: true,
  blocks: [...inverters],
  reading: {
    powerW: fromAny(inverters, 'W'),
    exportWh: fromAny(inverters, 'WH'),
    frequencyHz: fromAny(inverters, 'Hz'),
    phases: ['A', 'B', 'C'].map((phase) => ({
      voltageV: fromAny(inverters, `PhVph${phase}`),
      currentA: fromAny(inverters, `Aph${phase}`),
    })),
  },
  rest: restOf(inverters),
};
