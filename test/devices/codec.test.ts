// Registers to values and back: images made by SunSpec's own client, sentinels, scale factors, word order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { decodeBlock, decodeRaw, encodeBlock, encodePoint, exponentIn, isTooLarge } from '../../src/devices/codec.ts';
import type { Block, Point, PointType } from '../../src/devices/description.ts';
import { common, inverter103, nameplate120, storage124 } from '../../src/devices/sunspec-models.ts';
import { needSharedData } from '../support/shared-data.ts';

interface Image {
  registers: number[];
  models: { id: number; offset: number; len: number; values_scaled: Record<string, unknown> }[];
}

const tables = new Map([
  [1, common],
  [103, inverter103],
  [120, nameplate120],
  [124, storage124],
]);

function point(type: PointType, size: number, more: Partial<Point> = {}): Point {
  return { name: 'X', offset: 0, type, size, ...more };
}

describe('codec', () => {
  for (const name of ['three_phase_inverter_int', 'float_inverter_meter', 'device_1547']) {
    it(`reads ${name} as SunSpec's own client does`, function () {
      const image = JSON.parse(
        readFileSync(needSharedData(this, `devices/sunspec/${name}.regs.json`), 'utf8'),
      ) as Image;
      let compared = 0;
      for (const { id, offset, len, values_scaled: expected } of image.models) {
        const block = tables.get(id);
        if (!block) continue;
        assert.equal(block.length, len + 2);
        const values = decodeBlock(block, image.registers.slice(offset, offset + len + 2));
        assert.deepEqual(values, expected, `model ${id}`);
        compared += Object.keys(expected).length;
      }
      assert.ok(compared >= 9);
    });
  }

  it('encodes that image back to the same registers', function () {
    const path = needSharedData(this, 'devices/sunspec/three_phase_inverter_int.regs.json');
    const image = JSON.parse(readFileSync(path, 'utf8')) as Image;
    for (const { id, offset, len } of image.models) {
      const block = tables.get(id);
      if (!block) continue;
      const registers = image.registers.slice(offset, offset + len + 2);
      assert.deepEqual(encodeBlock(block, decodeBlock(block, registers)), registers, `model ${id}`);
    }
  });

  it('takes the pattern that means "not implemented" for null, and nothing else', () => {
    const rows: [PointType, number[], number | null][] = [
      ['uint16', [0xffff], null],
      ['uint16', [0xfffe], 65_534],
      ['uint16', [0x8000], 32_768],
      ['int16', [0x8000], null],
      ['int16', [0xffff], -1],
      ['int16', [0x8001], -32_767],
      ['enum16', [0xffff], null],
      ['bitfield16', [0xffff], null],
      ['bitfield16', [0x7fff], 32_767],
      ['uint32', [0xffff, 0xffff], null],
      ['uint32', [0xffff, 0xfffe], 4_294_967_294],
      ['int32', [0x8000, 0], null],
      ['int32', [0xffff, 0xffff], -1],
      ['bitfield32', [0xffff, 0xffff], null],
      ['acc32', [0, 0], null],
      ['acc32', [0xffff, 0xffff], 4_294_967_295],
      ['uint64', [0xffff, 0xffff, 0xffff, 0xffff], null],
      ['int64', [0xffff, 0xffff, 0xffff, 0xfffe], -2],
      ['int64', [0x8000, 0, 0, 0], null],
      ['acc64', [0, 0, 0, 0], null],
      ['sunssf', [0x8000], null],
      ['sunssf', [0xfffe], -2],
      ['pad', [0x8000], 32_768],
      ['float32', [0x7fc0, 0], null],
      ['float32', [0x7f80, 0], null],
      ['float32', [0xffff, 0xffff], null],
      ['float32', [0x4364, 0x0000], 228],
      ['float64', [0x7ff8, 0, 0, 0], null],
      ['float64', [0x3ff8, 0, 0, 0], 1.5],
    ];
    for (const [type, registers, expected] of rows) {
      assert.equal(decodeRaw(point(type, registers.length), registers), expected, `${type} ${registers}`);
    }
  });

  it('reads text up to its first zero byte', () => {
    const text = point('string', 4);
    assert.equal(decodeRaw(text, [0x4142, 0x4300, 0x4445, 0]), 'ABC');
    assert.equal(decodeRaw(text, [0, 0, 0, 0]), null);
    assert.deepEqual(encodePoint(text, 'ABC'), [0x4142, 0x4300, 0, 0]);
    assert.throws(() => encodePoint(text, 'much too long'), RangeError);
  });

  it('swaps words where the device has the low one first', () => {
    const swapped = point('uint32', 2, { lowWordFirst: true });
    assert.equal(decodeRaw(swapped, [0x0002, 0x0001]), 0x10002);
    assert.deepEqual(encodePoint(swapped, 0x10002), [2, 1]);
    const float = point('float32', 2, { lowWordFirst: true });
    assert.equal(decodeRaw(float, [0, 0x4364]), 228);
  });

  it('gives no value without its scale factor, or when the answer is too short', () => {
    const block: Block = {
      name: 'b',
      table: 'holding',
      at: { address: 0 },
      length: 3,
      points: [
        { name: 'W', offset: 0, type: 'int16', size: 1, scaleFrom: 'W_SF' },
        { name: 'W_SF', offset: 1, type: 'sunssf', size: 1 },
        { name: 'kWh', offset: 2, type: 'uint16', size: 1, scale: -1 },
      ],
    };
    assert.deepEqual(decodeBlock(block, [1234, 0xfffe, 56]), { W: 12.34, W_SF: -2, kWh: 5.6 });
    assert.deepEqual(decodeBlock(block, [1234, 2, 56]), { W: 123_400, W_SF: 2, kWh: 5.6 });
    assert.deepEqual(decodeBlock(block, [1234, 0x8000, 56]), { W: null, W_SF: null, kWh: 5.6 });
    assert.deepEqual(decodeBlock(block, [1234, 11, 56]), { W: null, W_SF: 11, kWh: 5.6 });
    assert.deepEqual(decodeBlock(block, [1234]), { W: null, W_SF: null, kWh: null });
    assert.equal(exponentIn(block, 'W', [0, 3, 0]), 3);
    assert.equal(exponentIn(block, 'kWh', []), -1);
    assert.equal(exponentIn(block, 'W', [0, 0x8000, 0]), null);
  });

  it("knows a device's own patterns for no value, and counters that use them all", () => {
    const sentinel = point('int32', 2, { absent: [0x7fffffff, -1] });
    assert.equal(decodeRaw(sentinel, [0x7fff, 0xffff]), null);
    assert.equal(decodeRaw(sentinel, [0xffff, 0xffff]), null);
    assert.equal(decodeRaw(sentinel, [0xffff, 0xfffe]), -2);
    assert.deepEqual(encodePoint(sentinel, null), [0x7fff, 0xffff]);
    assert.throws(() => encodePoint(sentinel, -1), RangeError);
    assert.equal(decodeRaw(point('float32', 2, { absent: [-9999] }), [0xc61c, 0x3c00]), null);
    const whole = { wholeRange: true };
    assert.equal(decodeRaw(point('acc32', 2, whole), [0, 0]), 0);
    assert.equal(decodeRaw(point('uint16', 1, whole), [0xffff]), 65_535);
    assert.equal(decodeRaw(point('int16', 1, whole), [0x8000]), -32_768);
    assert.deepEqual(encodePoint(point('uint16', 1, whole), 65_535), [0xffff]);
  });

  it('holds 64 bits as far as a double does', () => {
    const counter = point('uint64', 4);
    const words = (value: bigint) => [48n, 32n, 16n, 0n].map((bits) => Number((value >> bits) & 0xffffn));
    for (const value of [2n ** 53n - 1n, 2n ** 52n + 1n, 4_294_967_297n]) {
      assert.equal(decodeRaw(counter, words(value)), Number(value));
      assert.deepEqual(encodePoint(counter, Number(value)), words(value));
    }
    for (const value of [2n ** 53n, 2n ** 63n]) {
      assert.equal(decodeRaw(counter, words(value)), null);
      assert.ok(isTooLarge(counter, words(value)));
    }
    assert.ok(!isTooLarge(counter, [0xffff, 0xffff, 0xffff, 0xffff]));
    assert.equal(decodeRaw(point('int64', 4), words(-(2n ** 53n) + 1n)), -Number.MAX_SAFE_INTEGER);
    assert.throws(() => encodePoint(counter, 2 ** 53), RangeError);
  });

  it('scales floats as well', () => {
    const kilo = point('float32', 2, { scale: 3 });
    assert.deepEqual(encodePoint(kilo, 228_000, 3), [0x4364, 0]);
  });

  it('refuses values that do not fit', () => {
    assert.throws(() => encodePoint(point('int16', 1), 32_768), RangeError);
    assert.throws(() => encodePoint(point('int16', 1), -32_768), RangeError);
    assert.throws(() => encodePoint(point('uint16', 1), -1), RangeError);
    assert.throws(() => encodePoint(point('uint16', 1), 65_535), RangeError);
    assert.throws(() => encodePoint(point('uint16', 1), 656, -2), RangeError);
    assert.throws(() => encodePoint(point('uint16', 1), 'text'), RangeError);
    assert.deepEqual(encodePoint(point('uint16', 1), null), [0xffff]);
  });

  it('brings every value back that it encoded', () => {
    const types: PointType[] = ['uint16', 'int16', 'uint32', 'int32', 'acc32', 'enum16', 'bitfield32'];
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.boolean(),
        fc.integer({ min: -4, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 2, maxLength: 2 }),
        (type, lowWordFirst, exponent, words) => {
          const size = type.endsWith('32') ? 2 : 1;
          const target = point(type, size, { lowWordFirst });
          const raw = decodeRaw(target, words);
          const value = typeof raw === 'number' ? (exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent) : raw;
          assert.deepEqual(encodePoint(target, value, exponent), words.slice(0, size));
        },
      ),
    );
  });
});
