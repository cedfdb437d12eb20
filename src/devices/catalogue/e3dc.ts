// E3/DC home power stations (S10, S20, Quattroporte) in the "simple mode" of Modbus: holding registers, 32 bit with the low
// word first; grid + = import, battery + = charge (turned round here). Without counters and without commands.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const low = { lowWordFirst: true } as const;

const now = block('now', 'holding', [
  ['pv', 40067, 'int32', 'W', low],
  ['battery', 40069, 'int32', 'W', low],
  ['grid', 40073, 'int32', 'W', low],
  ['additional', 40075, 'int32', 'W', low],
  ['soc', 40082, 'uint16', '%'],
]);

const common = {
  vendor: 'E3/DC',
  transports: ['tcp'],
  defaultUnit: 1,
  maxRegisters: 60,
  gapMs: 0,
} as const;

const evcc: Source = {
  title: 'evcc, template e3dc (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/e3dc.yaml',
};
const openWb: Source = {
  title: 'openWB, devices/e3dc (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/e3dc/e3dc',
};

const remarks = [
  'Modbus TCP must be switched on in the display of the station under Smart Functions, Smart Home, Modbus, protocol E3/DC (not SunSpec).',
];

export const e3dc: DeviceDescription = {
  ...common,
  id: 'e3dc',
  model: 'Home power station, roof',
  kind: 'inverter',
  sources: [evcc, openWb],
  confirmed: true,
  remarks: [...remarks, 'Inverters of other makes that the station measures are not in this figure.'],
  blocks: [now],
  reading: { powerW: { block: 'now', point: 'pv' } },
};

export const e3dcMeter: DeviceDescription = {
  ...common,
  id: 'e3dc-meter',
  model: 'Home power station, grid',
  kind: 'meter',
  sources: [evcc, openWb],
  // openWB has left this register for those of the power meters, since in a farm of stations it gives 0
  confirmed: false,
  remarks: [...remarks, 'Where several stations work together as a farm this figure stays 0.'],
  blocks: [now],
  reading: { powerW: { block: 'now', point: 'grid' } },
};

export const e3dcBattery: DeviceDescription = {
  ...common,
  id: 'e3dc-battery',
  model: 'Home power station, battery',
  kind: 'battery',
  sources: [evcc, openWb],
  confirmed: true,
  remarks: [...remarks, 'The battery cannot be told what to do by Modbus.'],
  blocks: [now],
  reading: {
    powerW: { block: 'now', point: 'battery', times: -1 },
    socPerMille: { block: 'now', point: 'soc', times: 10 },
  },
};
