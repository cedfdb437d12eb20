// Growatt: the storage inverters of the MAX and SPH generation (registers 0 and 1000 on) and the TL-X and TL-XH series with
// MIN, MOD and MIC (registers 3000 on). Everything in input registers, 32 bit with the high word first, powers in 0.1 W,
// energies in 0.1 kWh; import and export, charging and discharging apart, both >= 0.
// The time slots that steer the battery are settings in flash and must be written as a whole; no two sources agree on
// how to set a power with them, so the battery is read only.
import { block } from '../block.ts';
import type { DeviceDescription, Source } from '../description.ts';

const watts = { scale: -1 } as const;
const kilowattHours = { scale: -1 } as const;

const roof = block('roof', 'input', [['power', 1, 'uint32', 'W', watts]]);
const roofYield = block('roofYield', 'input', [['yield', 91, 'uint32', 'kWh', kilowattHours]]);
const storage = block('storage', 'input', [
  ['discharging', 1009, 'uint32', 'W', watts],
  ['charging', 1011, 'uint32', 'W', watts],
  ['soc', 1014, 'uint16', '%'],
  ['import', 1021, 'uint32', 'W', watts],
  ['export', 1029, 'uint32', 'W', watts],
  ['imported', 1046, 'uint32', 'kWh', kilowattHours],
  ['exported', 1050, 'uint32', 'kWh', kilowattHours],
  ['discharged', 1054, 'uint32', 'kWh', kilowattHours],
  ['charged', 1058, 'uint32', 'kWh', kilowattHours],
]);

const tlx = block('tlx', 'input', [
  ['power', 3001, 'uint32', 'W', watts],
  ['import', 3041, 'uint32', 'W', watts],
  ['export', 3043, 'uint32', 'W', watts],
  ['yield', 3053, 'uint32', 'kWh', kilowattHours],
  ['imported', 3069, 'uint32', 'kWh', kilowattHours],
  ['exported', 3073, 'uint32', 'kWh', kilowattHours],
]);
const tlxBattery = block('tlxBattery', 'input', [
  ['discharged', 3127, 'uint32', 'kWh', kilowattHours],
  ['charged', 3131, 'uint32', 'kWh', kilowattHours],
  ['soc', 3171, 'uint16', '%'],
  ['discharging', 3178, 'uint32', 'W', watts],
  ['charging', 3180, 'uint32', 'W', watts],
]);

const common = {
  vendor: 'Growatt',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 100,
  gapMs: 250,
} as const;

const openWb: Source = {
  title: 'openWB, devices/growatt (GPL-3.0)',
  url: 'https://github.com/openWB/core/tree/master/packages/modules/devices/growatt/growatt',
};
const evccSph: Source = {
  title: 'evcc, template growatt-hybrid (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/growatt-hybrid.yaml',
};
const evccTlx: Source = {
  title: 'evcc, template growatt-hybrid-tlxh (MIT)',
  url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/growatt-hybrid-tlxh.yaml',
};

const homeAssistant: Source = {
  title: 'Growatt Local Modbus for Home Assistant: powers, counters, charge of SPH and TL-XH',
  url: 'https://github.com/WouterTuinstra/Homeassistant-Growatt-Local-Modbus',
};

const remarks = [
  'Connected by RS485 (9600 baud) or through a gateway; the Growatt data logger itself speaks no Modbus TCP.',
];

/** Import minus export, or discharging minus charging. */
const difference = (name: string, plus: string, minus: string) => ({
  sum: [
    { block: name, point: plus },
    { block: name, point: minus, times: -1 },
  ],
});

export const growatt: DeviceDescription = {
  ...common,
  id: 'growatt',
  model: 'MAX, MID, MIC and SPH, roof',
  kind: 'inverter',
  sources: [evccSph, openWb],
  confirmed: true,
  remarks,
  blocks: [roof, roofYield],
  reading: {
    powerW: { block: 'roof', point: 'power' },
    exportWh: { block: 'roofYield', point: 'yield', times: 1000 },
  },
};

export const growattMeter: DeviceDescription = {
  ...common,
  id: 'growatt-meter',
  model: 'SPH, grid',
  kind: 'meter',
  sources: [evccSph, openWb, homeAssistant],
  confirmed: true,
  remarks,
  blocks: [storage],
  reading: {
    powerW: difference('storage', 'import', 'export'),
    importWh: { block: 'storage', point: 'imported', times: 1000 },
    exportWh: { block: 'storage', point: 'exported', times: 1000 },
  },
};

export const growattBattery: DeviceDescription = {
  ...common,
  id: 'growatt-battery',
  model: 'SPH, battery',
  kind: 'battery',
  sources: [evccSph, openWb, homeAssistant],
  confirmed: true,
  remarks,
  blocks: [storage],
  reading: {
    powerW: difference('storage', 'discharging', 'charging'),
    importWh: { block: 'storage', point: 'charged', times: 1000 },
    exportWh: { block: 'storage', point: 'discharged', times: 1000 },
    socPerMille: { block: 'storage', point: 'soc', times: 10 },
  },
};

export const growattTlx: DeviceDescription = {
  ...common,
  id: 'growatt-tlx',
  model: 'TL-X and TL-XH (MIN, MOD), roof',
  kind: 'inverter',
  sources: [evccTlx, openWb],
  confirmed: true,
  remarks,
  blocks: [tlx],
  reading: {
    powerW: { block: 'tlx', point: 'power' },
    exportWh: { block: 'tlx', point: 'yield', times: 1000 },
  },
};

export const growattTlxMeter: DeviceDescription = {
  ...common,
  id: 'growatt-tlx-meter',
  model: 'TL-XH, grid',
  kind: 'meter',
  sources: [evccTlx, openWb, homeAssistant],
  confirmed: true,
  remarks,
  blocks: [tlx],
  reading: {
    powerW: difference('tlx', 'import', 'export'),
    importWh: { block: 'tlx', point: 'imported', times: 1000 },
    exportWh: { block: 'tlx', point: 'exported', times: 1000 },
  },
};

export const growattTlxBattery: DeviceDescription = {
  ...common,
  id: 'growatt-tlx-battery',
  model: 'TL-XH, battery',
  kind: 'battery',
  sources: [evccTlx, openWb, homeAssistant],
  confirmed: true,
  remarks,
  blocks: [tlxBattery],
  reading: {
    powerW: difference('tlxBattery', 'discharging', 'charging'),
    importWh: { block: 'tlxBattery', point: 'charged', times: 1000 },
    exportWh: { block: 'tlxBattery', point: 'discharged', times: 1000 },
    socPerMille: { block: 'tlxBattery', point: 'soc', times: 10 },
  },
};
