// What can go wrong with a device on request: on the wire, in what it shows, and in what it does with a write.

import { decodeBlock } from '../devices/codec.ts';
import type { DeviceDescription } from '../devices/description.ts';
import { blockOf } from '../devices/description.ts';
import { type BlockRegisters, type DeviceState, quantitiesOf, withValue } from './device-image.ts';

/** Every fault with what it does. */
export const FAULTS = {
  silence: 'gives no answer',
  busy: 'answers that it is busy (exception 6)',
  'wrong-unit': 'answers under the number of another unit',
  late: 'answers later than anyone waits',
  'short-frame': 'answers with half a frame',
  garbage: 'answers with bytes that are no Modbus',
  frozen: 'shows the registers of the moment the fault began; writes have no effect',
  wild: 'shows power and counters that cannot be',
  'flipped-sign': 'shows its power with the wrong sign',
  reboot: 'hangs up in the middle of the next write, is away for five seconds and has forgotten every command',
  'not-applied': 'takes writes and does nothing with them',
  'one-client': 'speaks with the first client only and hangs up on the others',
} as const;

export type Fault = keyof typeof FAULTS;

export const isFault = (value: unknown): value is Fault => typeof value === 'string' && Object.hasOwn(FAULTS, value);

/** How long a late answer takes, ms: longer than the usual timeout of 2 s. */
export const LATE_MS = 3000;
/** How long a reboot takes, ms on the device's clock. */
export const REBOOT_MS = 5000;

const powers: readonly (keyof DeviceState)[] = ['powerW', 'phases'];

/** Registers of a device whose current transformers sit the wrong way round. */
export function flipped(description: DeviceDescription, registers: BlockRegisters): BlockRegisters {
  return changed(description, registers, (value, of) => (of === 'power' ? -value : value));
}

/** Registers with figures that cannot be; `odd` takes turns, so that counters also run backwards. */
export function wild(description: DeviceDescription, registers: BlockRegisters, odd: boolean): BlockRegisters {
  return changed(description, registers, (value, of) => {
    if (of === 'power') return odd ? 9_000_000 : -9_000_000;
    return odd ? value + 8_000_000 : value / 2;
  });
}

/** Powers (W) and counters (Wh) of a reading, each point once. */
function changed(
  description: DeviceDescription,
  registers: BlockRegisters,
  change: (value: number, of: 'power' | 'counter') => number,
): BlockRegisters {
  const result = new Map(registers);
  const done = new Set<string>();
  for (const { name, terms } of quantitiesOf(description, { powerW: 0 })) {
    const of = powers.includes(name) ? 'power' : name === 'importWh' || name === 'exportWh' ? 'counter' : null;
    for (const { block: blockName, point, times = 1 } of of === null ? [] : terms) {
      const block = blockOf(description, blockName);
      const words = result.get(blockName);
      const { unit } = block.points.find((each) => each.name === point) ?? {};
      const value = words ? decodeBlock(block, words)[point] : null;
      if (!words || typeof value !== 'number' || unit === 'V' || unit === 'A' || done.has(`${blockName} ${point}`))
        continue;
      done.add(`${blockName} ${point}`);
      result.set(blockName, withValue(block, words, point, change(value * times, of!) / times));
    }
  }
  return result;
}
