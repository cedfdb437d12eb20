// Any meter that speaks SunSpec: whichever of the models 201 to 204 (integers with scale factors) or 211 to 214 (floats)
// discovery finds. Power + = import, as the models have it; some makers turn it round, see their own files.
import type { DeviceDescription } from '../description.ts';
import { fromAny, sunspecBlock } from '../sunspec-models.ts';

const meters = [203, 204, 202, 201, 213, 214, 212, 211].map((id) => ({
  ...sunspecBlock(id, `meter${id}`),
  optional: true,
}));

export const sunspecMeter: DeviceDescription = {
  id: 'sunspec-meter',
  vendor: 'SunSpec',
  model: 'Meter (models 201 to 204, 211 to 214)',
  kind: 'meter',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'SunSpec models 201 to 204 and 211 to 214 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_213.json',
    },
    {
      title: 'evcc, template fronius-gen24: W, TotWhImp, TotWhExp, WphA, PhVphA, AphA of 201, 203, 211, 213 (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/fronius-gen24.yaml',
    },
  ],
  confirmed: true,
  remarks: ['Behind an inverter the meter often has a unit of its own, such as 2, 200 or 240.'],
  blocks: [...meters],
  reading: {
    powerW: fromAny(meters, 'W'),
    importWh: fromAny(meters, 'TotWhImp'),
    exportWh: fromAny(meters, 'TotWhExp'),
    frequencyHz: fromAny(meters, 'Hz'),
    phases: ['A', 'B', 'C'].map((phase) => ({
      voltageV: fromAny(meters, `PhVph${phase}`),
      currentA: fromAny(meters, `Aph${phase}`),
      powerW: fromAny(meters, `Wph${phase}`),
    })),
  },
};
