// P1 telegrams: those of dsmr_parser with the values that it reads out of them, those of other countries, and what damage
// on the line does to them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { crcArc } from '../../src/sources/crc16.ts';
import { feed, nothingHeld } from '../../src/sources/frames.ts';
import { p1Framing, p1Sample, readP1 } from '../../src/sources/p1.ts';
import type { Sample } from '../../src/sources/sample.ts';
import { needSharedData } from '../support/shared-data.ts';

interface Value {
  readonly value: number | string | null;
  readonly unit: string | null;
}
interface Published {
  readonly name: string;
  readonly telegram: string;
  readonly expected?: Readonly<Record<string, Value>>;
  readonly crc_checked?: boolean;
}

/** What comes out of a stream of bytes: samples, and sentences for what is none. */
function read(chunks: readonly Uint8Array[]): (Sample | string)[] {
  let held = nothingHeld;
  return chunks.flatMap((chunk) => {
    const [next, frames] = feed(p1Framing, held, chunk);
    held = next;
    return frames.map((frame) => {
      try {
        return frame instanceof Uint8Array ? p1Sample(readP1(frame)) : frame.code;
      } catch (problem) {
        return String(problem);
      }
    });
  });
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
/** A telegram of some lines, closed by its checksum. */
function telegram(lines: readonly string[], checksum?: string): string {
  const text = ['/KFM5KAIFA-METER', '', ...lines, '!'].join('\r\n');
  return `${text}${checksum ?? crcArc(bytes(text)).toString(16).toUpperCase().padStart(4, '0')}\r\n`;
}
const one = (lines: readonly string[], checksum?: string) => {
  const found = read([bytes(telegram(lines, checksum))]);
  assert.equal(found.length, 1);
  return found[0];
};
const DUTCH = [
  '1-3:0.2.8(50)',
  '0-0:1.0.0(170102192002W)',
  '1-0:1.8.1(000004.426*kWh)',
  '1-0:1.8.2(000002.399*kWh)',
  '1-0:2.8.1(000002.444*kWh)',
  '1-0:2.8.2(000000.000*kWh)',
  '0-0:96.14.0(0002)',
  '1-0:1.7.0(00.244*kW)',
  '1-0:2.7.0(00.000*kW)',
  '1-0:32.7.0(0230.0*V)',
  '1-0:31.7.0(0.48*A)',
  '1-0:21.7.0(00.000*kW)',
  '1-0:22.7.0(00.032*kW)',
  '0-1:24.2.1(170102161005W)(00000.107*m3)',
];
const DUTCH_SAMPLE = {
  at: Date.parse('2017-01-02T18:20:02Z'),
  powerW: 244,
  importWh: 6825,
  exportWh: 2444,
  phases: [{ voltageV: 230, currentA: 0.48, powerW: -32 }],
};

describe('published P1 telegrams', () => {
  it('have the values that their own parser reads', function () {
    const path = needSharedData(this, 'devices/dsmr_p1/telegrams.json');
    const { telegrams } = JSON.parse(readFileSync(path, 'utf8')) as { telegrams: readonly Published[] };
    const withValues = telegrams.filter(({ expected }) => expected);
    assert.ok(withValues.length >= 5);
    for (const { name, telegram: text, expected = {} } of withValues) {
      const found = read([bytes(text)]);
      assert.equal(found.length, 1, name);
      const sample = found[0] as Sample;
      const number = (key: string, times: number) => {
        const value = expected[key]?.value;
        return typeof value === 'number' ? Math.round(value * times) : 0;
      };
      const sum = (what: string) => number(`${what}_TARIFF_1`, 1000) + number(`${what}_TARIFF_2`, 1000);
      assert.equal(sample.importWh, sum('ELECTRICITY_USED'), name);
      assert.equal(sample.exportWh, sum('ELECTRICITY_DELIVERED'), name);
      const power = number('CURRENT_ELECTRICITY_USAGE', 1000) - number('CURRENT_ELECTRICITY_DELIVERY', 1000);
      assert.equal(sample.powerW, power, name);
      const time = expected['P1_MESSAGE_TIMESTAMP']?.value;
      assert.equal(sample.at, typeof time === 'string' ? Date.parse(time) : null, name);
      ['L1', 'L2', 'L3'].forEach((phase, index) => {
        const shown = sample.phases?.[index];
        const key = `INSTANTANEOUS_ACTIVE_POWER_${phase}`;
        if (!expected[`${key}_POSITIVE`]) {
          assert.equal(shown, undefined, name);
          return;
        }
        assert.equal(shown?.powerW, number(`${key}_POSITIVE`, 1000) - number(`${key}_NEGATIVE`, 1000), name);
        assert.equal(shown?.currentA ?? null, expected[`INSTANTANEOUS_CURRENT_${phase}`]?.value ?? null, name);
        assert.equal(shown?.voltageV ?? null, expected[`INSTANTANEOUS_VOLTAGE_${phase}`]?.value ?? null, name);
      });
    }
  });

  it('are refused with another checksum', function () {
    const path = needSharedData(this, 'devices/dsmr_p1/telegrams.json');
    const { telegrams } = JSON.parse(readFileSync(path, 'utf8')) as { telegrams: readonly Published[] };
    const checked = telegrams.filter(({ crc_checked }) => crc_checked);
    assert.ok(checked.length >= 3);
    for (const { telegram: text } of checked) {
      const wrong = text.replace(/!([0-9A-F]{4})/, (_, crc: string) => `!${crc === '0000' ? '1' : '0'}000`);
      assert.match(
        String(read([bytes(wrong)])[0]),
        /a P1 telegram is damaged: its checksum is .000, but its text gives/,
      );
      assert.match(String(read([bytes(text.replace(/!.*/, '!'))])[0]), /must end with a checksum, but has none/);
    }
  });
});

describe('P1 telegrams', () => {
  it('of DSMR 5', () => assert.deepEqual(one(DUTCH), DUTCH_SAMPLE));

  it('of DSMR 2.2, without checksum', () => {
    const lines = [
      '1-0:1.8.1(00001.001*kWh)',
      '1-0:1.8.2(00001.001*kWh)',
      '1-0:1.7.0(0001.01*kW)',
      '1-0:2.7.0(0000.00*kW)',
    ];
    assert.deepEqual(one(lines, ''), { at: null, powerW: 1010, importWh: 2002 });
  });

  it('of a meter that shows its counters only', () => {
    assert.deepEqual(one(['1-0:1.8.0(00012.500*kWh)'], ''), { at: null, importWh: 12_500 });
  });

  it('of Belgium, Luxembourg and Sweden', () => {
    const belgian = ['0-0:96.1.4(50217)', '0-0:1.0.0(230615120000S)', ...DUTCH.slice(2, 9)];
    assert.deepEqual(one(belgian), {
      at: Date.parse('2023-06-15T10:00:00Z'),
      powerW: 244,
      importWh: 6825,
      exportWh: 2444,
    });
    const total = [
      '1-0:1.8.0(00006678.394*kWh)',
      '1-0:2.8.0(00000000.001*kWh)',
      '1-0:1.7.0(0000.000*kW)',
      '1-0:2.7.0(0001.500*kW)',
    ];
    for (const head of [['1-3:0.2.8(42)'], ['0-0:1.0.0(220101000000W)']]) {
      const { powerW, importWh, exportWh } = one([...head, ...total]) as Sample;
      assert.deepEqual([powerW, importWh, exportWh], [-1500, 6_678_394, 1]);
    }
  });

  it('show the hour that comes twice as two hours', () => {
    const at = (time: string) => (one(DUTCH.with(1, `0-0:1.0.0(${time})`)) as Sample).at;
    assert.equal(Number(at('231029023000W')) - Number(at('231029023000S')), 3_600_000);
    assert.equal(at('231029023000'), null, 'neither summer nor winter');
    assert.equal(at('231329023000W'), null, 'no such day');
  });

  it('are refused with a sentence where a value cannot be', () => {
    const cases: [string[], RegExp][] = [
      [DUTCH.with(2, '1-0:1.8.1(000004.426*kvarh)'), /1-0:1\.8\.1 of a P1 telegram is in "kvarh", an unknown unit/],
      [DUTCH.with(2, '1-0:1.8.1(00x004.426*kWh)'), /1-0:1\.8\.1 of a P1 telegram must be a number/],
      [DUTCH.with(2, '1-0:1.8.2(000004.426*kWh)'), /a P1 telegram gives 1-0:1\.8\.2 twice/],
      [['1-3:0.2.8(50)', '0-1:24.2.1(170102161005W)(00000.107*m3)'], /holds no electricity/],
    ];
    for (const [lines, sentence] of cases) assert.match(String(one(lines)), sentence);
  });
});

describe('a stream of P1 telegrams', () => {
  const good = telegram(DUTCH);

  it('gives the same however it is cut', () => {
    const garbage = fc.string({ maxLength: 40 }).map((text) => text.replace(/[/]/g, ''));
    const piece = fc.oneof(
      fc.constant(good),
      fc.constant(good.slice(0, 200)),
      garbage,
      fc.constant(`${good.slice(0, -6)}0000\r\n`),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 60 }),
        (pieces, cuts) => {
          const whole = bytes(pieces.join(''));
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

  it('is read byte by byte', () => {
    const single = [...bytes(`noise${good}${good}`)].map((byte) => Uint8Array.of(byte));
    assert.deepEqual(read(single), [DUTCH_SAMPLE, DUTCH_SAMPLE]);
  });

  it('with one flipped bit is refused, or says the same', () => {
    const original = bytes(good);
    let refused = 0;
    for (let bit = 0; bit < original.length * 8; bit++) {
      const damaged = Uint8Array.from(original);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      for (const found of read([damaged, bytes('\r\n')])) {
        if (typeof found === 'string') refused += 1;
        else assert.deepEqual(found, DUTCH_SAMPLE, `bit ${bit}`);
      }
    }
    assert.ok(refused > original.length * 7);
  });

  it('goes on after a telegram that was cut short', () => {
    assert.deepEqual(read([bytes(good.slice(0, 90)), bytes(`\r\n${good}`)]), ['cut-short', DUTCH_SAMPLE]);
  });

  it('never holds more than one telegram, and says when there is none', () => {
    let held = nothingHeld;
    const codes: string[] = [];
    for (let round = 0; round < 200; round++) {
      const [next, found] = feed(p1Framing, held, Buffer.alloc(1000, round % 2 ? '/x\r\n' : 'no telegram '));
      held = next;
      assert.ok(held.bytes.length <= p1Framing.longest);
      for (const each of found) codes.push(each instanceof Uint8Array ? 'frame' : each.code);
    }
    assert.ok(codes.includes('no-frame') || codes.includes('cut-short'));
    const [, endless] = feed(p1Framing, nothingHeld, Buffer.alloc(100_000, '/ without an end '));
    assert.ok(endless.length > 0 && endless.every((each) => !(each instanceof Uint8Array) && each.code === 'too-long'));
  });
});
