// A SunSpec register map of a described device, from values in their units.
import { encodeBlock, type Values } from '../../src/devices/codec.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';

/** Registers from the "SunS" mark to the end model; points that are not given are not implemented. */
export function sunspecRegisters(description: DeviceDescription, values: Readonly<Record<string, Values>>): number[] {
  const words = [0x5375, 0x6e53];
  for (const block of description.blocks) {
    const id = 'model' in block.at ? block.at.model : 0;
    words.push(...encodeBlock(block, { ID: id, L: block.length - 2, ...values[block.name] }));
  }
  return [...words, 0xffff, 0];
}
