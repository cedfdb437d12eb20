// The blocks of a virtual device at their addresses, as a client asks for them: fixed ones where they are, SunSpec models
// in a chain from 40000 on, and where it has that, what it says it is.
import type { Block, DeviceDescription } from '../devices/description.ts';
import { identityRegisters } from '../devices/identity.ts';
import { type BlockRegisters, blocksOfDevice } from './device-image.ts';

const SUNSPEC_BASE = 40_000;
const SUNS = [0x5375, 0x6e53];
const END = [0xffff, 0];

/** Registers from an address on. */
export interface Image {
  readonly table: 'holding' | 'input';
  readonly base: number;
  readonly registers: readonly number[];
}

/** Where a virtual device has its blocks, by name. */
export function placesOf(description: DeviceDescription): Map<string, number> {
  const places = new Map<string, number>();
  let next = SUNSPEC_BASE + SUNS.length;
  for (const { name, at, length } of blocksOfDevice(description)) {
    places.set(name, 'address' in at ? at.address : next);
    if ('model' in at) next += length;
  }
  return places;
}

/** Blocks as images, the marks of SunSpec around its models. */
export function imagesOf(description: DeviceDescription, registers: BlockRegisters): Image[] {
  const places = placesOf(description);
  const images: Image[] = [];
  let end: number | null = null;
  for (const { name, table, at, length } of blocksOfDevice(description)) {
    const base = places.get(name) ?? 0;
    images.push({ table, base, registers: registers.get(name) ?? [] });
    if ('model' in at) end = base + length;
  }
  if (end !== null) {
    images.push({ table: 'holding', base: SUNSPEC_BASE, registers: SUNS });
    images.push({ table: 'holding', base: end, registers: END });
  }
  return [...images, ...nameOf(description)];
}

/** What a device says it is, where it says so. */
export function nameOf({ identity }: DeviceDescription): Image[] {
  return identity ? [{ table: identity.table, base: identity.address, registers: identityRegisters(identity) }] : [];
}

/** Registers of a range, null where one of them is missing. */
export function registersAt(
  images: readonly Image[],
  table: Image['table'],
  address: number,
  count: number,
): number[] | null {
  const result: number[] = [];
  while (result.length < count) {
    const next = address + result.length;
    const image = images.find((each) => each.table === table && within(each, next));
    if (!image) return null;
    const start = next - image.base;
    result.push(...image.registers.slice(start, start + count - result.length));
  }
  return result;
}

const within = ({ base, registers }: Image, address: number) => address >= base && address < base + registers.length;

/** The blocks of a device cut out of its images. */
export function blocksIn(description: DeviceDescription, images: readonly Image[]): Map<string, number[]> {
  const places = placesOf(description);
  const cut = (block: Block) => registersAt(images, block.table, places.get(block.name) ?? 0, block.length);
  return new Map(blocksOfDevice(description).flatMap((block) => (cut(block) ? [[block.name, cut(block)!]] : [])));
}
