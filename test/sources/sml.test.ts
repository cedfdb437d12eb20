// SML files written by the standard's rules: quantities, integers of every size, the known faults of meters, damage.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { feed, nothingHeld } from '../../src/sources/frames.ts';
import type { Sample } from '../../src/sources/sample.ts';
import { readSml, type SmlOptions, smlFraming, smlSample } from '../../src/sources/sml.ts';
import { type Entry, framed, integer, list, octets, smlFile } from '../support/sml.ts';

function read(chunks: readonly Uint8Array[], options: SmlOptions = {}): (Sample | string)[] {
  let held = nothingHeld;
  return chunks.flatMap((chunk) => {
    const [next, frames] = feed(smlFraming, held, chunk);
    held = next;
    return frames.map((frame) => {
      try {
        return frame instanceof Uint8Array ? smlSample(readSml(frame), options) : frame.code;
      } catch (problem) {
        return String(problem);
      }
    });
  });
}

const [W, WH, A, V, HZ] = [27, 30, 33, 35, 44];
const counter = (name: string, value: bigint | number, scaler = -1, size = 5): Entry => ({
  name,
  unit: WH,
  scaler,
  value: [value, size, false],
});
const power = (value: number, size = 4, scaler = -1): Entry => ({
  name: '1-0:16.7.0',
  unit: W,
  scaler,
  value: [value, size, true],
});
const ENTRIES: readonly Entry[] = [
  { name: '1-0:96.50.1', unit: null, scaler: null, value: 'ISK' },
  counter('1-0:1.8.0', 224_624_139),
  counter('1-0:2.8.0', 77),
  power(-12_345),
];
const SAMPLE = { at: null, powerW: -1234.5, importWh: 22_462_413, exportWh: 7 };
const one = (file: Uint8Array, options?: SmlOptions) => {
  const found = read([file], options);
  assert.equal(found.length, 1);
  return found[0];
};

describe('SML files', () => {
  it('hold counters and power', () => assert.deepEqual(one(smlFile('ISK', ENTRIES)), SAMPLE));

  it('hold phases and the frequency', () => {
    const phases: Entry[] = [
      { name: '1-0:32.7.0', unit: V, scaler: -1, value: [2344, 2, false] },
      { name: '1-0:31.7.0', unit: A, scaler: -2, value: [41, 1, false] },
      { name: '1-0:36.7.0', unit: W, scaler: 0, value: [-5, 1, true] },
      { name: '1-0:56.7.0', unit: W, scaler: 0, value: [142, 2, true] },
      { name: '1-0:14.7.0', unit: HZ, scaler: -1, value: [500, 2, false] },
    ];
    assert.deepEqual(one(smlFile('EBZ', [...ENTRIES, ...phases])), {
      ...SAMPLE,
      phases: [
        { voltageV: 234.4, currentA: 0.41, powerW: -5 },
        { voltageV: null, currentA: null, powerW: 142 },
      ],
      frequencyHz: 50,
    });
  });

  it('hold integers of every size, with and without a sign', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.boolean(), fc.bigInt(0n, 2n ** 62n), (size, signed, any) => {
        const value = signed ? BigInt.asIntN(size * 8, any) : BigInt.asUintN(size * 8, any);
        const found = one(smlFile('EMH', [{ name: '1-0:16.7.0', unit: W, scaler: -3, value: [value, size, signed] }]));
        if (BigInt.asIntN(53, value) === value) assert.equal((found as Sample).powerW, Number(value) / 1000 + 0);
      }),
    );
  });

  it('sum tariffs where there is no total, and take powers by direction where there is no net', () => {
    const taken: Entry = { name: '1-0:1.7.0', unit: W, scaler: 0, value: [100, 4, true] };
    const given: Entry = { name: '1-0:2.7.0', unit: W, scaler: 0, value: [2600, 4, true] };
    const entries = [counter('1-0:1.8.1', 15), counter('1-0:1.8.2', 9), taken, given];
    assert.deepEqual(one(smlFile('EMH', entries)), { at: null, powerW: -2500, importWh: 2 });
  });

  it('of a locked meter hold its counters only', () => {
    assert.deepEqual(one(smlFile('EMH', ENTRIES.slice(0, 3))), { at: null, importWh: 22_462_413, exportWh: 7 });
  });

  it('take a time without its list, as some Holley meters send it', () => {
    const entry = list(
      octets(Uint8Array.of(1, 0, 1, 8, 0, 255)),
      integer([0x1c0104, 4, false]),
      integer([1, 4, false]),
      integer([WH, 1, false]),
      integer([-1, 1, true]),
      integer([5000, 4, false]),
      [1],
    );
    const whole = smlFile('HLY', []);
    assert.match(String(one(whole)), /holds no electricity/);
    const values = list([1], octets('xxHLY'), [1], [1], list(entry), [1], [1]);
    assert.deepEqual(one(rebuilt(values)), { at: null, importWh: 500 });
  });

  it('with the KERMIT checksum are taken of the makers known for it, and of no other', () => {
    assert.deepEqual(one(smlFile('HLY', ENTRIES.slice(1), { crc: 'kermit' })), SAMPLE);
    assert.match(
      String(one(smlFile('ISK', ENTRIES, { crc: 'kermit' }))),
      /an SML file is damaged: its checksum is wrong/,
    );
  });

  it('of early DZG meters show small powers with the right sign, if one says so', () => {
    const small = smlFile('DZG', [power(-29_912, 2, -2)]);
    assert.equal((one(small) as Sample).powerW, -299.12);
    assert.equal((one(small, { shortPowersArePositive: true }) as Sample).powerW, 356.24);
    const large = smlFile('DZG', [power(-126_061, 4, -2)]);
    assert.equal((one(large, { shortPowersArePositive: true }) as Sample).powerW, -1260.61);
    const other = smlFile('ISK', [power(-29_912, 2, -2)]);
    assert.equal((one(other, { shortPowersArePositive: true }) as Sample).powerW, -299.12);
  });

  it('may hold the escape sequence itself', () => {
    for (const offset of [0, 1, 2, 3]) {
      const text = `${'x'.repeat(offset)}\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b`;
      const noise: Entry = { name: '1-0:96.1.0', unit: null, scaler: null, value: text };
      assert.deepEqual(one(smlFile('ISK', [...ENTRIES, noise])), SAMPLE, String(offset));
    }
  });

  it('are refused with a sentence where they cannot be', () => {
    const cases: [Uint8Array, RegExp][] = [
      [smlFile('ISK', [...ENTRIES, power(5)]), /an SML file gives 1-0:16\.7\.0 twice/],
      [smlFile('ISK', [{ ...power(5), unit: WH }]), /1-0:16\.7\.0 of an SML file has the unit 30 instead of 27/],
      [smlFile('ISK', [counter('1-0:1.8.0', 2n ** 63n, 0, 8)]), /1-0:1\.8\.0 of an SML file is too large/],
      [smlFile('ISK', [counter('1-0:1.8.0', 1, 127, 8)]), /exponent that no meter has/],
      [framed([]), /holds no list of values/],
      [framed([0x75, 1, 1, 1, 1, 1]), /a message is no list of six/],
      [framed([0x76, 0xf1, 0xff, 0xff]), /malformed/],
      [framed([0x76, ...Array.from({ length: 60 }, () => 0x71)]), /its lists lie too deep/],
      [framed([0x76, 0x8f, 0x8f, 0x8f, 0x8f, 0x8f]), /a length has too many digits/],
      [framed([0x76, 0x31]), /unknown type|malformed/],
    ];
    for (const [file, sentence] of cases) assert.match(String(one(file)), sentence);
  });
});

/** A file with one list response whose body is given. */
function rebuilt(body: readonly number[]): Uint8Array {
  const start = [0x76, ...integer([1, 4, false]), ...integer([0, 1, false]), ...integer([0, 1, false])];
  const bytes = [...start, ...list(integer([0x0701, 2, false]), body)];
  return framed([...bytes, 0x63, ...framedChecksum(bytes), 0x00]);
}

/** X-25 of some bytes by the book, bit by bit. */
function framedChecksum(bytes: readonly number[]): number[] {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  }
  crc ^= 0xffff;
  return [crc & 0xff, crc >> 8];
}

describe('a stream of SML files', () => {
  const good = smlFile('ISK', ENTRIES);

  it('gives the same however it is cut', () => {
    const piece = fc.oneof(
      fc.constant(good),
      fc.constant(good.subarray(0, 61)),
      fc.constant(good.subarray(9)),
      fc.uint8Array({ maxLength: 30 }),
      fc.array(fc.constantFrom(0x1b, 1, 0x1a), { maxLength: 20 }).map((some) => Uint8Array.from(some)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60 }),
        (pieces, cuts) => {
          const whole = Buffer.concat(pieces);
          const chunks: Uint8Array[] = [];
          let rest: Uint8Array = whole;
          for (const cut of cuts) {
            chunks.push(rest.subarray(0, cut));
            rest = rest.subarray(cut);
          }
          assert.deepEqual(read([...chunks, rest]), read([whole]));
        },
      ),
    );
  });

  for (const crc of ['x25', 'kermit'] as const) {
    it(`with one flipped bit is refused, or says the same (${crc})`, () => {
      const original = crc === 'x25' ? good : smlFile('HLY', ENTRIES.slice(1), { crc });
      let refused = 0;
      for (let bit = 0; bit < original.length * 8; bit++) {
        const damaged = Uint8Array.from(original);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        for (const found of read([damaged])) {
          if (typeof found === 'string') refused += 1;
          else assert.deepEqual(found, SAMPLE, `bit ${bit}`);
        }
      }
      assert.ok(refused > original.length * 7);
    });
  }

  it('goes on after lost bytes', () => {
    for (const lost of [1, 2, 3, 4, 5]) {
      const cut = Buffer.concat([good.subarray(0, 40), good.subarray(40 + lost), good, good]);
      const found = read([cut]);
      assert.deepEqual(found.slice(-1), [SAMPLE], `${lost} bytes lost`);
      for (const each of found) if (typeof each !== 'string') assert.deepEqual(each, SAMPLE);
    }
  });

  it('never holds more than one file', () => {
    let held = nothingHeld;
    for (let round = 0; round < 100; round++) {
      const chunk = Buffer.concat([Uint8Array.of(0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1), Buffer.alloc(1000, round)]);
      [held] = feed(smlFraming, held, chunk);
      assert.ok(held.bytes.length <= smlFraming.longest);
    }
  });

  it('takes anything without a fault of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        for (const found of read([framed([...content])]))
          if (typeof found === 'string') assert.doesNotMatch(found, /TypeError/);
      }),
    );
  });
});
