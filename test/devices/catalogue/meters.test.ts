// Files of energy meters on hand-written registers: sign, word order, scale and phase of every figure, and a counter that
// has not counted yet.
import assert from 'node:assert/strict';
import { catalogue, deviceById } from '../../../src/devices/catalogue-store.ts';
import type { DeviceDescription } from '../../../src/devices/description.ts';
import { toReading } from '../../../src/devices/quantity.ts';
import { floatVectors } from './meter-vectors-floats.ts';
import { integerVectors } from './meter-vectors-integers.ts';

const vectors = [...floatVectors, ...integerVectors];

/** Blocks of a device out of words by address; what is not listed shows 0. */
function registersOf(description: DeviceDescription, words: Readonly<Record<number, string>>): Map<string, number[]> {
  const image = new Map<number, number>();
  for (const [start, text] of Object.entries(words))
    for (const [index, word] of text.split(' ').entries()) image.set(Number(start) + index, Number.parseInt(word, 16));
  return new Map(
    description.blocks.map(({ name, at, length }) => {
      assert.ok('address' in at);
      return [name, Array.from({ length }, (_, index) => image.get(at.address + index) ?? 0)];
    }),
  );
}

describe('energy meters', () => {
  for (const { id, source, words, reads } of vectors) {
    it(`${id} reads what ${source.split(/[,:;(]/)[0]!.trim()} says`, () => {
      const description = deviceById(id);
      const reading = toReading(description, registersOf(description, words), 0);
      const { phases, ...single } = reads;
      assert.deepEqual(
        { quality: reading.quality, reasons: reading.reasons, frequencyHz: reading.frequencyHz },
        { quality: 'measured', reasons: [], frequencyHz: reads.frequencyHz },
      );
      for (const [name, value] of Object.entries(single))
        assert.equal(reading[name as keyof typeof single], value, name);
      assert.deepEqual(
        reading.phases?.map(({ voltageV, currentA, powerW }) => [voltageV, currentA, powerW]),
        phases,
      );
    });
  }

  it('has such registers for every meter with an address of its own', () => {
    const covered = new Set([...vectors.map(({ id }) => id), 'eastron-sdm630']); // that one in read.test.ts
    const meters = catalogue().filter(({ id, kind }) => kind === 'meter' && !id.startsWith('sunspec-'));
    const ours = meters.filter(({ sources }) => sources.some(({ url }) => url.includes('mbmd')));
    assert.deepEqual(
      ours.map(({ id }) => id).filter((id) => !covered.has(id)),
      [],
    );
  });

  for (const { id, reads } of vectors) {
    it(`${id} reads 0 Wh from a new meter`, () => {
      const description = deviceById(id);
      const reading = toReading(description, registersOf(description, {}), 0);
      assert.equal(reading.powerW, 0);
      assert.equal(reading.importWh, 0);
      assert.equal(reading.exportWh, reads.exportWh === null ? null : 0);
    });
  }

  it('takes 0x7fffffff of a Carlo Gavazzi for no value, not for 214 748 364.7 W', () => {
    for (const id of ['carlo-gavazzi-em24', 'carlo-gavazzi-em340']) {
      const description = deviceById(id);
      const reading = toReading(description, registersOf(description, { 40: 'ffff 7fff' }), 0);
      assert.deepEqual([reading.powerW, reading.quality], [null, 'missing']);
    }
  });

  it('reads an iEM3000 without the counter of what is fed in', () => {
    const description = deviceById('schneider-iem3000');
    const registers = registersOf(description, { 3203: '0000 0000 0012 d644' });
    registers.delete('given');
    const { importWh, exportWh, quality } = toReading(description, registers, 0);
    assert.deepEqual([importWh, exportWh, quality], [1_234_500, null, 'measured']);
  });
});
