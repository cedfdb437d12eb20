// Registers by their addresses in makers' documents, for tests of device files: as a reading, and back from a command.
import { encodeCommand } from '../../src/devices/command.ts';
import { type DeviceDescription, pointOf, type WriteStep } from '../../src/devices/description.ts';
import { toReading } from '../../src/devices/quantity.ts';
import type { Reading } from '../../src/devices/reading.ts';

/** What stands from an address on; addresses without an entry show `fill`. */
export type Image = Readonly<Record<number, readonly number[]>>;

function registersOf(description: DeviceDescription, image: Image, fill: number): Map<string, number[]> {
  const words = new Map(
    Object.entries(image).flatMap(([at, list]) => list.map((word, index) => [Number(at) + index, word] as const)),
  );
  const found = new Map<string, number[]>();
  for (const { name, at, length, optional } of description.blocks) {
    if (!('address' in at)) continue;
    const addresses = Array.from({ length }, (_, index) => at.address + index);
    if (optional && !addresses.some((address) => words.has(address))) continue;
    found.set(
      name,
      addresses.map((address) => words.get(address) ?? fill),
    );
  }
  return found;
}

/** A reading of fixed addresses; optional blocks that the image leaves out are those of a device without them. */
export function readingOf(description: DeviceDescription, image: Image, fill = 0): Reading {
  return toReading(description, registersOf(description, image, fill), 1000);
}

/** What a command writes, in its order, as `address: words`. */
export function writesOf(
  description: DeviceDescription,
  what: 'setpoint' | 'release',
  setpointW: number,
  validForSeconds: number,
  image: Image = {},
): [address: number, words: number[]][] {
  const steps: readonly WriteStep[] = description.control?.[what] ?? [];
  const shown = registersOf(description, image, 0);
  return encodeCommand(description, steps, shown, { setpointW, validForSeconds }).map(({ block, parts }) => {
    const start = 'address' in block.at ? block.at.address : 0;
    const first = parts[0];
    const address = start + (first ? pointOf(block, first.point.name).offset : 0);
    return [address, parts.flatMap(({ words }) => [...words])];
  });
}
