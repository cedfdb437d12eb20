// Tariffs as a record holds them come back as the same tariffs.
import assert from 'node:assert/strict';
import { fullTariffs, tariffsFrom } from '../../src/settlement/tariff-record.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';

describe('tariffs in a record', () => {
  const cases: [string, Tariffs][] = [
    ['two prices', { import: 300_000, feedIn: 80_000 }],
    [
      'charges',
      { import: 1, feedIn: -2, networkFee: { beyond: 3 }, levies: 4, vatBasisPoints: 5, feedInVatBasisPoints: 6 },
    ],
    ['a penalty', { import: 1, feedIn: 1, balancing: { rule: 'penalty/1', penalty: 7 } }],
    ['a pool', { import: 1, feedIn: 1, balancing: { rule: 'pooled/1' } }],
    ['a capacity charge', { import: 1, feedIn: 1, capacity: { month: '2026-11', price: 9, freeW: 400 } }],
    ['one that is due', { import: 1, feedIn: 1, capacity: { month: '2026-11', price: 9, due: true } }],
  ];
  for (const [what, tariffs] of cases) {
    it(what, () => {
      const full = fullTariffs(tariffs);
      assert.deepEqual(fullTariffs(tariffsFrom(full)), full);
      assert.equal(full.import, tariffs.import);
      assert.deepEqual(tariffsFrom(full).balancing, tariffs.balancing);
      assert.equal(tariffsFrom(full).capacity?.due, tariffs.capacity?.due);
    });
  }

  it('have every field', () => {
    assert.deepEqual(fullTariffs({ import: 1, feedIn: 2 }), {
      import: 1,
      feedIn: 2,
      networkFee: { feeder: 0, substation: 0, beyond: 0 },
      levies: 0,
      vatBasisPoints: 0,
      feedInVatBasisPoints: 0,
      balancing: 'supplier/1',
      penalty: 0,
      capacity: null,
    });
  });
});
