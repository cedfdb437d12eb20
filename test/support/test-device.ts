// A device description made for a test: blocks from tables of rows, the rest as plain as can be.
import type { DeviceDescription } from '../../src/devices/description.ts';

export function testDevice(
  more: Pick<DeviceDescription, 'blocks' | 'reading'> & Partial<DeviceDescription>,
): DeviceDescription {
  return {
    id: 'test-device',
    vendor: 'Test',
    model: 'Device',
    kind: 'meter',
    transports: ['tcp'],
    defaultUnit: 1,
    maxRegisters: 125,
    gapMs: 0,
    sources: [],
    confirmed: true,
    ...more,
  };
}
