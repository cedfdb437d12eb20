// Energy as tables write it, to the thousandth of a Wh, and nothing that could be read in two ways but as documented.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { milliWhOf } from '../../../src/settlement/utility/energy-text.ts';

describe('energy in a cell', () => {
  it('is read exactly', () => {
    const cases: [string, 'Wh' | 'kWh', number][] = [
      ['0', 'kWh', 0],
      ['-0,000', 'kWh', 0],
      ['0,123', 'kWh', 123_000],
      ['0.1234565', 'kWh', 123_457],
      ['+1', 'kWh', 1_000_000],
      ['1,234', 'kWh', 1_234_000],
      ['1.234,5', 'Wh', 1_234_500],
      ['1,234.5', 'Wh', 1_234_500],
      ['1.234.567', 'Wh', 1_234_567_000],
      ["1'234", 'Wh', 1_234_000],
      ['1 234,25', 'Wh', 1_234_250],
      ['2\u00a0500', 'Wh', 2_500_000],
      ['1.5E-05', 'kWh', 15],
      ['4e-7', 'kWh', 0],
      ['5e-7', 'kWh', 1],
      ['1E3', 'Wh', 1_000_000],
      ['0.30000000000000004', 'kWh', 300_000],
    ];
    for (const [text, unit, milliWh] of cases) assert.equal(milliWhOf(text, unit), milliWh, text);
  });

  it('is refused where it is none', () => {
    for (const text of [
      '',
      'n/a',
      '1,23,4',
      '12.34,5.6',
      '1.23.4',
      '--1',
      '1e',
      '0x10',
      'NaN',
      'Infinity',
      '١٢',
      '1e999',
    ]) {
      assert.throws(() => milliWhOf(text, 'kWh'), /no number/, text);
    }
    assert.throws(() => milliWhOf('-0,001', 'kWh'), /below 0/);
    assert.throws(() => milliWhOf('1e40', 'kWh'), /too much/);
  });

  it('is the same with a comma and with a point', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.integer({ min: 0, max: 999_999 }), (whole, fraction) => {
        const decimals = String(fraction).padStart(6, '0');
        const milliWh = whole * 1_000_000 + fraction;
        for (const sign of [',', '.']) assert.equal(milliWhOf(`${whole}${sign}${decimals}`, 'kWh'), milliWh);
      }),
    );
  });
});
