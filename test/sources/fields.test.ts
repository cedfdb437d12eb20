// Values of any message as the quantities of a reading: units, signs, times, and what is no value.
import assert from 'node:assert/strict';
import { type FieldUnits, type FieldValues, fieldSample, timeOf } from '../../src/sources/fields.ts';
import { readingOf, type Sample } from '../../src/sources/sample.ts';

const UNITS: FieldUnits = { power: 'W', energy: 'kWh', charge: 'percent', reversed: false };
const sample = (values: FieldValues, units: Partial<FieldUnits> = {}) => fieldSample({ ...UNITS, ...units }, values);

describe('fieldSample', () => {
  const cases: [string, FieldValues, Partial<FieldUnits>, Sample][] = [
    ['power as a number', { power: 1234.5 }, {}, { at: null, powerW: 1234.5 }],
    ['power as text', { power: ' -12 ' }, {}, { at: null, powerW: -12 }],
    ['kW', { power: '1.193' }, { power: 'kW' }, { at: null, powerW: 1193 }],
    ['mW', { power: 1500 }, { power: 'mW' }, { at: null, powerW: 1.5 }],
    ['a sign turned round', { power: 500 }, { reversed: true }, { at: null, powerW: -500 }],
    ['no power turned round is 0, not -0', { power: 0 }, { reversed: true }, { at: null, powerW: 0 }],
    ['two positive powers', { power: '0.000', powerExport: '1.5' }, { power: 'kW' }, { at: null, powerW: -1500 }],
    ['only what is fed in', { powerExport: 700 }, {}, { at: null, powerW: -700 }],
    ['half of two powers', { power: 5, powerExport: 'unavailable' }, {}, { at: null, powerW: null }],
    ['kWh exactly', { importEnergy: 8.7, exportEnergy: '0.001' }, {}, { at: null, importWh: 8700, exportWh: 1 }],
    ['Wh rounded down', { importEnergy: '99.99' }, { energy: 'Wh' }, { at: null, importWh: 99 }],
    ['MWh', { importEnergy: 1.234567 }, { energy: 'MWh' }, { at: null, importWh: 1_234_567 }],
    ['J', { importEnergy: 7_199_999 }, { energy: 'J' }, { at: null, importWh: 1999 }],
    ['a fixed 0', { importEnergy: 1, exportEnergy: '0' }, {}, { at: null, importWh: 1000, exportWh: 0 }],
    ['charge in per cent', { charge: 64.5 }, {}, { at: null, socPerMille: 645 }],
    ['charge of 1', { charge: 0.645 }, { charge: 'fraction' }, { at: null, socPerMille: 645 }],
    ['the frequency', { frequency: '49.98' }, {}, { at: null, frequencyHz: 49.98 }],
    [
      'values that are none',
      { power: 'unknown', importEnergy: null, exportEnergy: '' },
      {},
      { at: null, powerW: null, importWh: null, exportWh: null },
    ],
    ['not a number', { power: Number.NaN }, {}, { at: null, powerW: null }],
    ['a time', { power: 1, time: '2026-11-22T09:00:00+01:00' }, {}, { at: Date.UTC(2026, 10, 22, 8), powerW: 1 }],
  ];
  for (const [name, values, units, expected] of cases) {
    it(name, () => assert.deepEqual(sample(values, units), expected));
  }

  it('phases', () => {
    assert.deepEqual(sample({ phase1: 100, phase2: -200.5, phase3: null }, { reversed: true }).phases, [
      { voltageV: null, currentA: null, powerW: -100 },
      { voltageV: null, currentA: null, powerW: 200.5 },
      { voltageV: null, currentA: null, powerW: null },
    ]);
  });

  const refused: [FieldValues, RegExp][] = [
    [{ power: 'much' }, /^RangeError: the power must be a number, but is the text "much"$/],
    [{ power: true }, /the power must be a number, but is true/],
    [{ importEnergy: {} }, /the import counter must be a number, but is an object/],
    [{ importEnergy: Infinity }, /the import counter must be a number, but is Infinity/],
    [{ importEnergy: 1e30 }, /the import counter is too large/],
    [{ charge: 101 }, /the state of charge must be between empty and full, but is 101/],
    [{ charge: -1 }, /the state of charge must be between empty and full/],
    [{ time: 'yesterday' }, /the time must be Unix seconds or milliseconds, or ISO 8601 with Z or an offset/],
  ];
  for (const [values, sentence] of refused) {
    it(`refuses ${JSON.stringify(values)}`, () => assert.throws(() => sample(values), sentence));
  }
});

describe('timeOf', () => {
  const at = Date.UTC(2026, 9, 25, 0, 30);
  const cases: [unknown, number | null][] = [
    [at / 1000, at],
    [at, at],
    [String(at), at],
    [`${at / 1000}.250`, at + 250],
    ['2026-10-25T00:30Z', at],
    ['2026-10-25T02:30:00+02:00', at],
    ['2026-10-25T01:30:00.000+01:00', at],
    ['2026-10-25 02:30:00+0200', at],
    [new Date(at), at],
    [null, null],
    [undefined, null],
    ['', null],
  ];
  for (const [value, expected] of cases) it(String(value), () => assert.equal(timeOf(value), expected));
  for (const value of [
    '2026-10-25T02:30:00',
    '2026-10-25',
    '25.10.2026',
    {},
    true,
    Number.NaN,
    1e300,
    new Date(Number.NaN),
    '2026-13-45T00:00Z',
  ]) {
    it(`refuses ${String(value)}`, () => assert.throws(() => timeOf(value), /the time must be/));
  }
});

describe('readingOf', () => {
  /** Of its power, and of its counters where that is another one. */
  const quality = (values: Omit<Sample, 'at'>) => {
    const { quality, counterQuality } = readingOf('fields', { at: null, ...values }, 5);
    return counterQuality ? [quality, counterQuality] : [quality];
  };
  it('is measured when it has what its source has', () => {
    assert.deepEqual(quality({ powerW: 1 }), ['measured']);
    assert.deepEqual(quality({ importWh: 1 }), ['measured']);
    assert.deepEqual(quality({ powerW: 1, importWh: 1, exportWh: null }), ['measured']);
  });
  it('is missing otherwise, power and counters each for themselves, and says what', () => {
    assert.deepEqual(quality({ powerW: null }), ['missing']);
    assert.deepEqual(quality({ powerW: null, importWh: 5 }), ['missing', 'measured']);
    assert.deepEqual(quality({ powerW: 1, importWh: null }), ['measured', 'missing']);
    assert.deepEqual(readingOf('p1', { at: 1, powerW: null, importWh: 7 }, 5), {
      device: 'p1',
      at: 5,
      powerW: null,
      importWh: 7,
      exportWh: null,
      quality: 'missing',
      counterQuality: 'measured',
      reasons: [{ code: 'not-given', text: 'The message gives no power.' }],
    });
  });
});
