import assert from 'node:assert/strict';
import { energyText, moneyText, priceText } from '../../src/market/words.ts';

describe('numbers in sentences', () => {
  const prices: readonly (readonly [number, string])[] = [
    [180_000, '0.18'],
    [210_500, '0.2105'],
    [0, '0.00'],
    [1, '0.000001'],
    [-13, '-0.000013'],
    [1_000_000, '1.00'],
    [-2_500_000, '-2.50'],
    [2 ** 53 - 1, '9007199254.740991'],
  ];
  for (const [micro, text] of prices) it(`price ${micro}`, () => assert.equal(priceText(micro), text));

  const energies: readonly (readonly [number, string])[] = [
    [0, '0 Wh'],
    [999, '999 Wh'],
    [1000, '1 kWh'],
    [1500, '1.5 kWh'],
    [12_345, '12.345 kWh'],
  ];
  for (const [wh, text] of energies) it(`energy ${wh}`, () => assert.equal(energyText(wh), text));

  it('money', () => {
    assert.equal(moneyText(-1_500_000_000n), '-1.50');
    assert.equal(moneyText(1n), '0.000000001');
  });
});
