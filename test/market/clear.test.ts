import assert from 'node:assert/strict';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';

describe('clear', () => {
  it('runs the rule by its name', () => {
    assert.ok(RULE_NAMES.includes('uniform-price/1'));
    for (const rule of RULE_NAMES) {
      const clearing = clear(rule, { interval: '2026-11-22T08:15Z', orders: [] });
      assert.deepEqual([clearing.rule, clearing.volumeWh, clearing.fills], [rule, 0, []]);
    }
  });

  for (const name of ['uniform-price/2', '__proto__', '']) {
    it(`refuses the unknown rule "${name}"`, () => {
      assert.throws(() => clear(name, { interval: '2026-11-22T08:15Z', orders: [] }), /no market rule/);
    });
  }
});
