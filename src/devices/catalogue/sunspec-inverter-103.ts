// Any three-phase inverter that speaks SunSpec with integers and scale factors: common model 1 and inverter model 103.
// Power + = generation; its lifetime energy counts as given (export).
import type { DeviceDescription } from '../description.ts';
import { inverter103, restOf } from '../sunspec-models.ts';

export const sunspecInverter103: DeviceDescription = {
  id: 'sunspec-inverter-103',
  vendor: 'SunSpec',
  model: 'Three-phase inverter (model 103)',
  kind: 'inverter',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'SunSpec models 1 and 103 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_103.json',
    },
    {
      title: 'evcc, template sunspec-inverter (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/sunspec-inverter.yaml',
    },
  ],
  confirmed: true,
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
