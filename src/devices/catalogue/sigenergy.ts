// Sigenergy SigenStor as a whole plant, unit 247: registers of function 3 (the maker's list says function 4, both answer),
// 32 bit high word first, powers in W. Grid + = import, battery + = charge (turned round here).
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const plant = block('plant', 'holding', [
  ['gridPower', 30005, 'int32', 'W'],
  ['soc', 30014, 'uint16', '%', { scale: -1 }],
  ['pvPower', 30035, 'int32', 'W'],
  ['essPower', 30037, 'int32', 'W'],
]);
const limits = block('limits', 'holding', [
  ['maxCharge', 30047, 'uint32', 'W'],
  ['maxDischarge', 30049, 'uint32', 'W'],
]);
const phases = block('phases', 'holding', [
  ['gridPowerL1', 30052, 'int32', 'W'],
  ['gridPowerL2', 30054, 'int32', 'W'],
  ['gridPowerL3', 30056, 'int32', 'W'],
]);

const common = {
  vendor: 'Sigenergy',
  transports: ['tcp', 'rtu'],
  defaultUnit: 247,
  maxRegisters: 100,
  gapMs: 100,
  sources: [
    {
      title: 'openWB, devices/sigenergy (GPL-3.0)',
      url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/sigenergy/sigenergy',
    },
    {
      title: 'Sigenergy Local Modbus for Home Assistant, registers of the plant',
      url: 'https://github.com/TypQxQ/Sigenergy-Local-Modbus/blob/main/custom_components/sigen/modbusregisterdefinitions.py',
    },
  ] satisfies Source[],
  confirmed: true,
} as const;

const remarks = ['Modbus TCP must be switched on in the mySigen app with the rights of an installer.'];

export const sigenergy: DeviceDescription = {
  ...common,
  id: 'sigenergy',
  model: 'SigenStor, roof',
  kind: 'inverter',
  remarks,
  blocks: [plant],
  reading: { powerW: { block: 'plant', point: 'pvPower' } },
};

export const sigenergyMeter: DeviceDescription = {
  ...common,
  id: 'sigenergy-meter',
  model: 'SigenStor, grid sensor',
  kind: 'meter',
  remarks,
  blocks: [plant, phases],
  reading: {
    powerW: { block: 'plant', point: 'gridPower' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({ powerW: { block: 'phases', point: `gridPower${phase}` } })),
  },
};

export const sigenergyBattery: DeviceDescription = {
  ...common,
  id: 'sigenergy-battery',
  model: 'SigenStor, battery',
  kind: 'battery',
  // what the battery allows stands in the second source alone
  confirmed: false,
  remarks,
  blocks: [plant, limits],
  reading: {
    powerW: { block: 'plant', point: 'essPower', times: -1 },
    socPerMille: { block: 'plant', point: 'soc', times: 10 },
    maxChargeW: { block: 'limits', point: 'maxCharge' },
    maxDischargeW: { block: 'limits', point: 'maxDischarge' },
  },
};
