// Eastron SDM630-Modbus, three-phase energy meter: IEEE 754 floats in input registers (function 4), two registers each.
// Power + = import. Energy in kWh as a float: past 8 192 kWh the meter no longer resolves single watt hours.
import type { Block, DeviceDescription, Point } from '../description.ts';

const measured: Block = {
  name: 'measured',
  table: 'input',
  at: { address: 0 },
  length: 76,
  points: [
    float('voltageL1', 0x00, 'V'),
    float('voltageL2', 0x02, 'V'),
    float('voltageL3', 0x04, 'V'),
    float('currentL1', 0x06, 'A'),
    float('currentL2', 0x08, 'A'),
    float('currentL3', 0x0a, 'A'),
    float('powerL1', 0x0c, 'W'),
    float('powerL2', 0x0e, 'W'),
    float('powerL3', 0x10, 'W'),
    float('power', 0x34, 'W'),
    float('frequency', 0x46, 'Hz'),
    float('import', 0x48, 'kWh'),
    float('export', 0x4a, 'kWh'),
  ],
};

export const eastronSdm630: DeviceDescription = {
  id: 'eastron-sdm630',
  vendor: 'Eastron',
  model: 'SDM630-Modbus',
  kind: 'meter',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 80,
  gapMs: 0,
  sources: [
    {
      title: 'volkszaehler/mbmd, SDM630 (BSD-3-Clause)',
      url: 'https://github.com/volkszaehler/mbmd/blob/master/meters/rs485/sdm.go',
    },
    {
      title: 'nmakel/sdm_modbus, class SDM630 (MIT)',
      url: 'https://github.com/nmakel/sdm_modbus/blob/master/src/sdm_modbus/sdm.py',
    },
  ],
  confirmed: true,
  blocks: [measured],
  reading: {
    powerW: from('power'),
    importWh: from('import', 1000),
    exportWh: from('export', 1000),
    frequencyHz: from('frequency'),
    phases: ['L1', 'L2', 'L3'].map((phase) => ({
      voltageV: from(`voltage${phase}`),
      currentA: from(`current${phase}`),
      powerW: from(`power${phase}`),
    })),
  },
};

function float(name: string, offset: number, unit: string): Point {
  return { name, offset, type: 'float32', size: 2, unit };
}

function from(point: string, times = 1) {
  return { block: 'measured', point, times };
}
