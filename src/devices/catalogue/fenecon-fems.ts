// FENECON FEMS and any OpenEMS with its Modbus/TCP API: the component _sum at 302 on, floats high word first (32 bit for
// powers, 64 bit for counters in Wh). Grid + = import, battery + = discharge.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const sum = block('sum', 'holding', [
  ['essSoc', 302, 'uint16', '%'],
  ['gridActivePower', 315, 'float32', 'W'],
  ['productionActivePower', 327, 'float32', 'W'],
  ['essActiveChargeEnergy', 351, 'float64', 'Wh'],
  ['essActiveDischargeEnergy', 355, 'float64', 'Wh'],
  ['gridBuyActiveEnergy', 359, 'float64', 'Wh'],
  ['gridSellActiveEnergy', 363, 'float64', 'Wh'],
  ['productionActiveEnergy', 367, 'float64', 'Wh'],
]);
const phases = block('phases', 'holding', [
  ['gridActivePowerL1', 397, 'float32', 'W'],
  ['gridActivePowerL2', 399, 'float32', 'W'],
  ['gridActivePowerL3', 401, 'float32', 'W'],
  ['essDischargePower', 415, 'float32', 'W'],
]);

const common = {
  vendor: 'FENECON',
  transports: ['tcp'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'OpenEMS, Sum: table of the Modbus API (EPL-2.0)',
      url: 'https://github.com/OpenEMS/openems/blob/develop/io.openems.edge.common/src/io/openems/edge/common/sum/Sum.java',
    },
    {
      title: 'ModbusCloud, template for the FENECON Modbus API: 302 and 415',
      url: 'https://www.modbuscloud.com/templates/fenecon-modbus-api-battery',
    },
  ] satisfies Source[],
  // the maker's own source; the second one has the state of charge and the power of the battery only
  confirmed: false,
} as const;

const remarks = [
  'The FEMS app "Modbus/TCP read" must be there, or the OpenEMS controller Api Modbus/TCP with _sum as its first component.',
];

export const feneconFems: DeviceDescription = {
  ...common,
  id: 'fenecon-fems',
  model: 'FEMS and OpenEMS, production',
  kind: 'inverter',
  remarks,
  blocks: [sum],
  reading: {
    powerW: { block: 'sum', point: 'productionActivePower' },
    exportWh: { block: 'sum', point: 'productionActiveEnergy' },
  },
};

export const feneconFemsMeter: DeviceDescription = {
  ...common,
  id: 'fenecon-fems-meter',
  model: 'FEMS and OpenEMS, grid',
  kind: 'meter',
  remarks,
  blocks: [sum, phases],
  reading: {
    powerW: { block: 'sum', point: 'gridActivePower' },
    importWh: { block: 'sum', point: 'gridBuyActiveEnergy' },
    exportWh: { block: 'sum', point: 'gridSellActiveEnergy' },
    phases: ['L1', 'L2', 'L3'].map((phase) => ({ powerW: { block: 'phases', point: `gridActivePower${phase}` } })),
  },
};

export const feneconFemsBattery: DeviceDescription = {
  ...common,
  id: 'fenecon-fems-battery',
  model: 'FEMS and OpenEMS, storage',
  kind: 'battery',
  remarks: [...remarks, 'Commands need the component of the storage, whose registers differ from site to site.'],
  blocks: [sum, phases],
  reading: {
    powerW: { block: 'phases', point: 'essDischargePower' },
    importWh: { block: 'sum', point: 'essActiveChargeEnergy' },
    exportWh: { block: 'sum', point: 'essActiveDischargeEnergy' },
    socPerMille: { block: 'sum', point: 'essSoc', times: 10 },
  },
};
