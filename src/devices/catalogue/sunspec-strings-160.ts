// The inputs of any SunSpec inverter (model 160): the sum of what its strings give, before conversion to AC. Up to six
// strings; a hybrid may show its battery among them, then this is not the roof: see the maker's own file.
import type { DeviceDescription } from '../description.ts';
import { restOf, sunspecBlock } from '../sunspec-models.ts';

const STRINGS = [1, 2, 3, 4, 5, 6];
const inputs = sunspecBlock(160, 'inputs', { module: STRINGS.length });
const sumOf = (point: string) => ({
  sum: STRINGS.map((n) => ({ block: 'inputs', point: `module.${n}.${point}` })),
  ifAny: true,
});

export const sunspecStrings160: DeviceDescription = {
  id: 'sunspec-strings-160',
  vendor: 'SunSpec',
  model: 'Strings of an inverter, DC (model 160)',
  kind: 'inverter',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'SunSpec model 160 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_160.json',
    },
    {
      title: 'evcc, template kostal-plenticore-gen2: DCW of the modules of 160 (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/kostal-plenticore-gen2.yaml',
    },
  ],
  confirmed: true,
  remarks: ['Measured before conversion to AC: a few per cent more than the inverter gives.'],
  blocks: [inputs],
  reading: { powerW: sumOf('DCW'), exportWh: sumOf('DCWH') },
  rest: restOf(
    [inputs],
    STRINGS.map((n) => `module.${n}.DCSt`),
  ),
};
