import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  apportioned,
  CENT,
  hundredths,
  kWh,
  moneyCents,
  percent,
  rounded,
} from '../../../src/settlement/statement/round.ts';

const sum = (parts: readonly bigint[]) => parts.reduce((all, part) => all + part, 0n);

describe('rounding for people', () => {
  it('rounds half away from zero', () => {
    const rows = [
      [15_000_000n, 2n],
      [14_999_999n, 1n],
      [-15_000_000n, -2n],
      [-4_999_999n, 0n],
      [0n, 0n],
    ] as const;
    for (const [nano, cents] of rows) assert.equal(rounded(nano, CENT), cents);
  });

  it('gives columns that add up', () => {
    assert.deepEqual(apportioned([3_333_333n, 3_333_333n, 3_333_334n], CENT), [0n, 0n, 1n]);
    assert.deepEqual(apportioned([-15_000_000n, 25_000_000n], CENT), [-1n, 2n]);
    assert.deepEqual(apportioned([10_000_000n, 0n], CENT, 2n), [2n, 0n]);
    assert.deepEqual(apportioned([10_000_000n, 20_000_000n], CENT, 2n), [1n, 1n]);
    assert.deepEqual(apportioned([], CENT), []);
  });

  it('adds up always, with no part a cent or more off and none where there is nothing', () => {
    const nano = fc.oneof(fc.constant(0n), fc.bigInt(-(10n ** 15n), 10n ** 15n));
    fc.assert(
      fc.property(fc.array(nano, { maxLength: 40 }), (parts) => {
        const cents = apportioned(parts, CENT);
        assert.equal(sum(cents), rounded(sum(parts), CENT));
        for (const [i, part] of parts.entries()) {
          const off = cents[i]! * CENT - part;
          assert.ok(off > -CENT && off < CENT);
          if (part === 0n) assert.equal(cents[i], 0n);
        }
      }),
    );
  });

  it('writes numbers as people read them', () => {
    assert.equal(hundredths(-123_456n), '−1\u202f234.56');
    assert.equal(hundredths(5n), '0.05');
    assert.equal(hundredths(0n), '0.00');
    assert.equal(hundredths(123_456_789n), '1\u202f234\u202f567.89');
    assert.equal(moneyCents(80_010_000n), '0.08');
    assert.equal(kWh(12_345), '12.35');
    assert.equal(percent(432), '43.2 %');
    assert.equal(percent(5), '0.5 %');
    assert.equal(percent(-12), '−1.2 %');
    assert.equal(percent(1000), '100.0 %');
  });
});
