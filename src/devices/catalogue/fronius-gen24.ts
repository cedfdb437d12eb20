// Fronius GEN24 with two inputs for the roof: SunSpec with integers and scale factors. Model 160 shows the roof as modules 1
// and 2, charging as module 3 and discharging as module 4, each >= 0; the meter has a unit of its own, 200. The battery is
// told what to do by model 124 as any SunSpec battery is (sunspec-battery-124).
import type { DeviceDescription, Source } from '../description.ts';
import { nameplate120, restOf, storage124, sunspecBlock } from '../sunspec-models.ts';
import { sunspecBattery124 } from './sunspec-battery-124.ts';

const modules = sunspecBlock(160, 'modules', { module: 4 });
const meter = sunspecBlock(203, 'meter');

const common = {
  vendor: 'Fronius',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  confirmed: true,
} as const;

const evcc: Source = {
  title: 'evcc, template fronius-gen24 (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/fronius-gen24.yaml',
};
const warp: Source = {
  title: 'Firmware of the WARP charger: modules 3 and 4 of a GEN24 are charging and discharging',
  url: 'https://github.com/Tinkerforge/esp32-firmware/blob/master/software/src/modules/meters_modbus_tcp/fronius.py',
};

const remarks = [
  'Modbus must be switched on in the web page of the inverter under Communication, Modbus, with the SunSpec type "int + SF".',
];

export const froniusGen24: DeviceDescription = {
  ...common,
  id: 'fronius-gen24',
  model: 'Symo and Primo GEN24, roof',
  kind: 'inverter',
  sources: [evcc, warp],
  remarks: [...remarks, 'The power of the inputs on the DC side; at night the inverter gives "no value" for them.'],
  blocks: [modules],
  reading: {
    powerW: { sum: [1, 2].map((input) => ({ block: 'modules', point: `module.${input}.DCW` })), ifAny: true },
    exportWh: { sum: [1, 2].map((input) => ({ block: 'modules', point: `module.${input}.DCWH` })), ifAny: true },
  },
  rest: restOf([modules], ['module.1.DCSt', 'module.2.DCSt']),
};

export const froniusGen24Meter: DeviceDescription = {
  ...common,
  id: 'fronius-gen24-meter',
  model: 'Smart Meter at a GEN24, three-phase',
  kind: 'meter',
  defaultUnit: 200,
  sources: [
    evcc,
    {
      title: 'SunSpec model 203: W + = import (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_203.json',
    },
  ],
  remarks: [
    ...remarks,
    'The unit of the first meter is set on the same page; further meters have the numbers after it.',
  ],
  blocks: [meter],
  reading: {
    powerW: { block: 'meter', point: 'W' },
    importWh: { block: 'meter', point: 'TotWhImp' },
    exportWh: { block: 'meter', point: 'TotWhExp' },
    frequencyHz: { block: 'meter', point: 'Hz' },
    phases: ['A', 'B', 'C'].map((phase) => ({
      voltageV: { block: 'meter', point: `PhVph${phase}` },
      currentA: { block: 'meter', point: `Aph${phase}` },
      powerW: { block: 'meter', point: `Wph${phase}` },
    })),
  },
};

export const froniusGen24Battery: DeviceDescription = {
  ...common,
  id: 'fronius-gen24-battery',
  model: 'Battery at a GEN24',
  kind: 'battery',
  sources: [...sunspecBattery124.sources, warp],
  remarks: [
    ...remarks,
    'Control by Modbus must be allowed on the same page, and the Energy Cost Assistant in Solar.web must be off.',
  ],
  blocks: [modules, nameplate120, storage124],
  reading: {
    powerW: {
      sum: [
        { block: 'modules', point: 'module.4.DCW' },
        { block: 'modules', point: 'module.3.DCW', times: -1 },
      ],
    },
    importWh: { block: 'modules', point: 'module.3.DCWH' },
    exportWh: { block: 'modules', point: 'module.4.DCWH' },
    socPerMille: { block: 'storage', point: 'ChaState', times: 10 },
    capacityWh: { block: 'nameplate', point: 'WHRtg' },
  },
  ...(sunspecBattery124.control ? { control: sunspecBattery124.control } : {}),
};
