import assert from 'node:assert/strict';
import fc from 'fast-check';
import { distanceOf, surchargesOn, type Tariffs, vatOn } from '../../src/settlement/tariffs.ts';

describe('tariffs', () => {
  const places = new Map([
    ['a', { feeder: 'f1', substation: 's1' }],
    ['b', { feeder: 'f1', substation: 's1' }],
    ['c', { feeder: 'f2', substation: 's1' }],
    ['d', { feeder: 'f1', substation: 's2' }],
  ]);
  for (const [other, distance] of [
    ['b', 'feeder'],
    ['c', 'substation'],
    ['d', 'beyond'],
    ['unknown', 'beyond'],
  ] as const) {
    it(`a and ${other}: ${distance}`, () => assert.equal(distanceOf(places, 'a', other), distance));
  }
  it('without a feeder tree: beyond', () => assert.equal(distanceOf(undefined, 'a', 'b'), 'beyond'));

  const all: Tariffs = {
    import: 1,
    feedIn: 1,
    networkFee: { feeder: 10, beyond: 30 },
    levies: 3,
    vatBasisPoints: 1900,
  };
  it('charges fee, levies, and VAT on all of them', () => {
    assert.deepEqual(surchargesOn(all, 2, 100, 'feeder'), { feePrice: 10, fee: 20, levies: 6, vat: 23 }); // 126 x 0.19 = 23.94
    assert.deepEqual(surchargesOn(all, 2, 100, 'substation'), { feePrice: 0, fee: 0, levies: 6, vat: 20 }); // 20.14
  });
  it('truncates VAT toward zero, also below 0', () => {
    assert.equal(surchargesOn({ import: 0, feedIn: 0, vatBasisPoints: 1900 }, 1, -100, 'beyond').vat, -19);
    assert.equal(surchargesOn({ import: 0, feedIn: 0, vatBasisPoints: 1900 }, 1, -104, 'beyond').vat, -19); // -19.76
    assert.ok(!Object.is(surchargesOn({ import: 0, feedIn: 0, vatBasisPoints: 1900 }, 1, -1, 'beyond').vat, -0));
  });
  it('counts what is absent as 0', () => {
    assert.deepEqual(surchargesOn({ import: 1, feedIn: 1 }, 5, 5, 'beyond'), {
      feePrice: 0,
      fee: 0,
      levies: 0,
      vat: 0,
    });
  });
  it('refuses a VAT beyond 2^53-1', () => {
    const tariffs = { import: 1, feedIn: 1, vatBasisPoints: 1_000_000 };
    assert.throws(() => surchargesOn(tariffs, 1, 2 ** 53 - 1, 'beyond'), /VAT .* does not fit/);
  });

  it('computes VAT exactly, near and beyond what a double multiplies', () => {
    const amount = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -2_000_000, max: 2_000_000 }));
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 0, max: 10_000 }), (energy, fee, basisPoints) => {
        const exact = ((BigInt(energy) + BigInt(fee)) * BigInt(basisPoints)) / 10_000n;
        if (Number.isSafeInteger(Number(exact))) assert.equal(BigInt(vatOn(basisPoints, energy, fee)), exact);
        else assert.throws(() => vatOn(basisPoints, energy, fee), /does not fit/);
        assert.ok(!Object.is(vatOn(basisPoints, -1), -0));
      }),
      { numRuns: 2000 },
    );
  });
});
