// Victron MultiPlus or Quattro with the ESS assistant in mode 3 (external control), single phase, through a GX. The
// setpoint is the power on the AC input, + = from the mains into the inverter, so + = charge; it must come again within a
// minute, or the inverter goes into pass-through by itself. Power on the battery side differs by losses and by the loads
// on the output, so the setpoint is one of the AC side.
import { block } from '../block.ts';
import type { DeviceDescription } from '../description.ts';

const measured = block('measured', 'holding', [
  ['voltageL1', 3, 'uint16', 'V', { scale: -1 }],
  ['currentL1', 6, 'int16', 'A', { scale: -1 }],
  ['frequencyL1', 9, 'int16', 'Hz', { scale: -2 }],
  // in tens of watts
  ['powerL1', 12, 'int16', 'W', { scale: 1 }],
]);

const battery = block('battery', 'holding', [
  ['batteryVoltage', 26, 'uint16', 'V', { scale: -2 }],
  ['batteryCurrent', 27, 'int16', 'A', { scale: -1 }],
  ['soc', 30, 'uint16', '%', { scale: -1 }],
]);

const setpoint = block('setpoint', 'holding', [
  ['acPowerSetpointL1', 37, 'int16', 'W', { writable: true, range: [-32_000, 32_000] }],
]);

export const victronMultiplus: DeviceDescription = {
  id: 'victron-multiplus',
  vendor: 'Victron',
  model: 'MultiPlus or Quattro with ESS, mode 3, single phase',
  kind: 'battery',
  transports: ['tcp'],
  defaultUnit: 228,
  maxRegisters: 100,
  gapMs: 0,
  sources: [
    {
      title: 'Victron, list of Modbus attributes, com.victronenergy.vebus (MIT)',
      url: 'https://github.com/victronenergy/dbus_modbustcp/blob/master/attributes.csv',
    },
    {
      title: 'Enapter marketplace, battery_inverters/victron_gx: the same registers, with the signs',
      url: 'https://github.com/Enapter/marketplace/blob/main/battery_inverters/victron_gx/firmware.lua',
    },
  ],
  confirmed: true,
  remarks: [
    'Modbus TCP must be switched on in the GX, and the ESS mode set to "External control"; otherwise the setpoint is ignored.',
    'The unit is that of the VE.Bus system as the GX lists it under Modbus TCP: 227, 228 or 242 are usual.',
    'Without a new setpoint for 60 s the inverter passes the mains through and leaves the battery alone.',
  ],
  blocks: [measured, battery, setpoint],
  reading: {
    powerW: { block: 'measured', point: 'powerL1', times: -1 },
    frequencyHz: { block: 'measured', point: 'frequencyL1' },
    phases: [
      {
        voltageV: { block: 'measured', point: 'voltageL1' },
        currentA: { block: 'measured', point: 'currentL1', times: -1 },
        powerW: { block: 'measured', point: 'powerL1', times: -1 },
      },
    ],
    socPerMille: { block: 'battery', point: 'soc', times: 10 },
  },
  control: {
    block: 'setpoint',
    storage: 'volatile',
    fallback: { by: 'watchdog', seconds: 60 },
    setpoint: [{ points: { acPowerSetpointL1: { from: 'setpoint', times: -1 } }, when: 'always' }],
    release: [{ points: { acPowerSetpointL1: { from: 'constant', value: 0 } }, when: 'always' }],
    // both sources agree on register, sign and scale; that it falls back after a minute is Victron's own statement alone
    confirmed: true,
  },
};
