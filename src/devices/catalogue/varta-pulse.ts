// VARTA pulse, pulse neo and element: holding registers at unit 255. Battery + = charge, grid + = export (both turned round
// here). A discharge limit (1074) is all that can be commanded, which is no power setpoint, so the battery is read only.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const now = block('now', 'holding', [
  ['power', 1066, 'int16', 'W'],
  ['soc', 1068, 'int16', '%'],
]);
const grid = block('grid', 'holding', [['power', 1078, 'int16', 'W']]);

const common = {
  vendor: 'VARTA',
  transports: ['tcp'],
  defaultUnit: 255,
  maxRegisters: 20,
  gapMs: 100,
  sources: [
    {
      title: 'evcc, template varta (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/varta.yaml',
    },
    {
      title: 'openWB, devices/varta (GPL-3.0)',
      url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/varta/varta',
    },
  ] satisfies Source[],
  confirmed: true,
} as const;

const remarks = ['Modbus TCP is always on at port 502; an element backup needs firmware F21000612 or later.'];

export const vartaPulse: DeviceDescription = {
  ...common,
  id: 'varta-pulse',
  model: 'pulse, pulse neo, element, battery',
  kind: 'battery',
  remarks,
  blocks: [now],
  reading: {
    powerW: { block: 'now', point: 'power', times: -1 },
    socPerMille: { block: 'now', point: 'soc', times: 10 },
  },
};

export const vartaPulseMeter: DeviceDescription = {
  ...common,
  id: 'varta-pulse-meter',
  model: 'pulse, pulse neo, element, grid',
  kind: 'meter',
  remarks,
  blocks: [grid],
  reading: { powerW: { block: 'grid', point: 'power', times: -1 } },
};
