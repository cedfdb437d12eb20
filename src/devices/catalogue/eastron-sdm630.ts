// Eastron SDM630-Modbus, three-phase energy meter: IEEE 754 floats in input registers (function 4), two registers each.
// Power + = import. Energy in kWh as a float: past 8 192 kWh the meter no longer resolves single watt hours.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';
import { meterCode, meterCodeSources } from '../eastron.ts';

const measured = block('measured', 'input', [
  ['voltageL1', 0x00, 'float32', 'V'],
  ['voltageL2', 0x02, 'float32', 'V'],
  ['voltageL3', 0x04, 'float32', 'V'],
  ['currentL1', 0x06, 'float32', 'A'],
  ['currentL2', 0x08, 'float32', 'A'],
  ['currentL3', 0x0a, 'float32', 'A'],
  ['powerL1', 0x0c, 'float32', 'W'],
  ['powerL2', 0x0e, 'float32', 'W'],
  ['powerL3', 0x10, 'float32', 'W'],
  ['power', 0x34, 'float32', 'W'],
  ['frequency', 0x46, 'float32', 'Hz'],
  ['import', 0x48, 'float32', 'kWh'],
  ['export', 0x4a, 'float32', 'kWh'],
]);

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
    ...meterCodeSources,
  ],
  confirmed: true,
  // 0x79 is the SDM630MCT, for current transformers
  identity: meterCode(true, 0x70, 0x79),
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

function from(point: string, times = 1) {
  return { block: 'measured', point, times };
}
