// Anker SOLIX X1 and Solarbank Max AC: input registers, 32 bit with the low word first; battery + = discharge.
// Third-party control (10064 = 3) takes a power in 10071, but the sources differ on the order of its two words, so the
// battery is read only.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const battery = block('battery', 'input', [
  ['power', 10008, 'int32', 'W', { lowWordFirst: true }],
  ['soc', 10014, 'uint16', '%'],
]);

const common = {
  vendor: 'Anker',
  kind: 'battery',
  transports: ['tcp'],
  defaultUnit: 1,
  maxRegisters: 60,
  gapMs: 0,
  blocks: [battery],
  reading: {
    powerW: { block: 'battery', point: 'power' },
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
} as const;

const openWb: Source = {
  title: 'openWB, devices/anker (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/anker',
};

const remark = 'Modbus TCP must be switched on in the Anker app.';

export const ankerSolixX1: DeviceDescription = {
  ...common,
  id: 'anker-solix-x1',
  model: 'SOLIX X1, battery',
  sources: [
    {
      title: 'evcc, template anker-solix-x1 (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/anker-solix-x1.yaml',
    },
    openWb,
  ],
  confirmed: true,
  remarks: [remark],
};

export const ankerSolixSolarbank: DeviceDescription = {
  ...common,
  id: 'anker-solix-solarbank',
  model: 'SOLIX Solarbank Max AC, battery',
  sources: [
    {
      title: 'evcc, template anker-solix-solarbank-max-ac (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/anker-solix-solarbank-max-ac.yaml',
    },
    openWb,
  ],
  // evcc reads the high word first here, openWB the low one as with the X1
  confirmed: false,
  remarks: [
    remark,
    'The sources differ on the order of the words: a power of some 65 MW shows that it is the other one.',
  ],
};
