// Any battery that speaks SunSpec: power from inverter model 103 (+ = discharge), ratings from 120, state of charge and
// commands from storage control 124. A setpoint P is given as the window [P, P]: OutWRte limits discharging to P and
// InWRte limits charging to -P, both in per cent of WChaMax; a negative limit forces the opposite direction.
// StorCtl_Mod 3 makes both limits count, 0 gives the battery back to its own mode. InOutWRte_RvrtTms does that by itself.
import type { DeviceDescription } from '../description.ts';
import { inverter103, nameplate120, restOf, storage124 } from '../sunspec-models.ts';

export const sunspecBattery124: DeviceDescription = {
  id: 'sunspec-battery-124',
  vendor: 'SunSpec',
  model: 'Battery with storage control (models 103, 120, 124)',
  kind: 'battery',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'SunSpec models 1, 103, 120 and 124 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_124.json',
    },
    {
      title: 'evcc, template fronius-gen24: hold and forced charge by StorCtl_Mod and OutWRte (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/fronius-gen24.yaml',
    },
    {
      title: 'gen24_battery_control: negative OutWRte charges from, negative InWRte discharges to the grid',
      url: 'https://github.com/nilseckert/gen24_battery_control',
    },
  ],
  confirmed: true,
  blocks: [inverter103, nameplate120, storage124],
  reading: {
    powerW: { block: 'inverter', point: 'W' },
    exportWh: { block: 'inverter', point: 'WH' },
    frequencyHz: { block: 'inverter', point: 'Hz' },
    socPerMille: { block: 'storage', point: 'ChaState', times: 10 },
  },
  rest: restOf([inverter103]),
  control: {
    block: 'storage',
    storage: 'volatile',
    fallback: { by: 'timer', maxSeconds: 65_534 },
    confirmed: true,
    // how long, how much, and only then the mode that makes it count: nothing is ever in force without its timer.
    // Three transactions, since InOutWRte_WinTms between them is read-only on some makes.
    setpoint: [
      { points: { InOutWRte_RvrtTms: { from: 'validity' } }, when: 'always' },
      {
        points: {
          OutWRte: { from: 'setpoint', times: 1, percentOf: 'WChaMax' },
          InWRte: { from: 'setpoint', times: -1, percentOf: 'WChaMax' },
        },
        when: 'always',
      },
      { points: { StorCtl_Mod: { from: 'constant', value: 3 } }, when: 'different' },
    ],
    release: [
      { points: { StorCtl_Mod: { from: 'constant', value: 0 } }, when: 'different' },
      {
        points: { OutWRte: { from: 'constant', value: 100 }, InWRte: { from: 'constant', value: 100 } },
        when: 'different',
      },
    ],
  },
};
