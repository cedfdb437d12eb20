// A device made of recorded registers: shows them as they are, keeps what is written to those that may be written to.
import type { DeviceDescription } from '../devices/description.ts';
import { describe } from '../units.ts';
import { type Image, registersAt } from './register-map.ts';
import type { VirtualUnit } from './virtual-unit.ts';

/** SunSpec maps stand here when a recording leaves the choice. */
const USUAL_BASE = 40_000;

/**
 * Units of a recording, by number: `{"unit": 1, "holding": {"40000": [1, 2]}, "input": {"0": [3]}}`, a list of these, or a
 * SunSpec map `{"base_address_options": [0, 40000], "registers": [1, 2]}`.
 * @param unit number of a recording that names none
 * @throws RangeError that says what is wrong with it
 */
export function recordedUnits(
  recording: unknown,
  description: DeviceDescription,
  unit: number,
): Map<number, VirtualUnit> {
  const units = new Map<number, VirtualUnit>();
  const all = Array.isArray(recording) ? recording : [recording];
  if (all.length === 0) throw new RangeError('the recording holds no unit');
  for (const each of all) {
    if (!isRecord(each)) throw new RangeError(`a recording is an object with registers, not ${describe(each)}`);
    const number = each['unit'] === undefined ? unit : whole(each['unit'], 'a unit id', 255);
    if (units.has(number)) throw new RangeError(`the recording holds unit ${number} twice`);
    units.set(number, recordedUnit(description, imagesIn(each)));
  }
  return units;
}

function recordedUnit(description: DeviceDescription, recorded: readonly Image[]): VirtualUnit {
  let images = recorded;
  return {
    description,
    images: () => images,
    write(address, values) {
      if (!registersAt(images, 'holding', address, values.length)) return 2;
      images = images.map((image) =>
        image.table === 'holding'
          ? { ...image, registers: image.registers.map((old, index) => values[image.base + index - address] ?? old) }
          : image,
      );
      return 0;
    },
    reboot: () => {
      images = recorded;
    },
  };
}

function imagesIn(recording: Record<string, unknown>): Image[] {
  const { registers, base_address_options: bases, holding, input } = recording;
  if (registers !== undefined) {
    const options = Array.isArray(bases) && bases.length > 0 ? bases : [USUAL_BASE];
    const base = whole(options.includes(USUAL_BASE) ? USUAL_BASE : options[0], 'an address', 65_535);
    return [{ table: 'holding', base, registers: wordsIn(registers, base) }];
  }
  const images = [...imagesOfTable('holding', holding), ...imagesOfTable('input', input)];
  if (images.length === 0) throw new RangeError('the recording needs "registers", or "holding" or "input" registers');
  return images;
}

function imagesOfTable(table: Image['table'], blocks: unknown): Image[] {
  if (blocks === undefined) return [];
  if (!isRecord(blocks)) throw new RangeError(`"${table}" holds registers by first address, not ${describe(blocks)}`);
  return Object.entries(blocks).map(([address, words]) => {
    const base = whole(/^\d{1,5}$/.test(address) ? Number(address) : address, 'an address', 65_535);
    return { table, base, registers: wordsIn(words, base) };
  });
}

function wordsIn(words: unknown, base: number): number[] {
  if (!Array.isArray(words) || words.length === 0)
    throw new RangeError(`at ${base} stands ${describe(words)}, not registers`);
  if (base + words.length > 65_536) throw new RangeError(`the registers from ${base} on reach beyond 65535`);
  return words.map((word: unknown) => whole(word, 'a register', 65_535));
}

function whole(value: unknown, name: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw new RangeError(`${name} is a whole number from 0 to ${most}, not ${describe(value)}`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
