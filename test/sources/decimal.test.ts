// Decimal figures as whole numbers, exactly and rounded down.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scaleDecimal, scaleInteger } from '../../src/sources/decimal.ts';

describe('scaleDecimal', () => {
  const cases: [unknown, number, number][] = [
    ['001581.123', 6, 1_581_123_000],
    ['00032549.5061662', 6, 32_549_506_166],
    [0.1, 3, 100],
    [8.7, 6, 8_700_000],
    ['-0.0001', 3, -1],
    ['1e-7', 6, 0],
    [1e-7, 6, 0],
    [1.5e21, -18, 1500],
    ['+12.', 0, 12],
    ['0', 6, 0],
    [-0, 3, 0],
  ];
  for (const [figure, power, result] of cases) {
    it(`${figure} x 10^${power} = ${result}`, () => assert.equal(scaleDecimal(figure, power, 'x') + 0, result));
  }

  for (const figure of [
    '',
    ' ',
    'x',
    '1,5',
    '0x10',
    '1.2.3',
    Number.NaN,
    Infinity,
    null,
    undefined,
    {},
    [],
    true,
    '1e999',
  ]) {
    it(`refuses ${JSON.stringify(figure) ?? figure}`, () => {
      assert.throws(() => scaleDecimal(figure, 0, 'the power'), /^RangeError: the power must be a number, but is /);
    });
  }

  it('refuses what no double holds exactly', () => {
    assert.throws(() => scaleDecimal('9007199254740992', 0, 'it'), /it is too large/);
    assert.throws(() => scaleInteger(1n, 300, 'it'), /exponent that no meter has/);
  });

  it('is the whole number below, whatever the digits', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 14n), 10n ** 14n), fc.integer({ min: 0, max: 8 }), (value, digits) => {
        const scaled = scaleInteger(value, -digits, 'x');
        const by = 10n ** BigInt(digits);
        assert.ok(BigInt(scaled) * by <= value && value < (BigInt(scaled) + 1n) * by);
      }),
    );
  });
});
