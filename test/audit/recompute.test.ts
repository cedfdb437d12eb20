// What of a clearing a record can hold.
import { strict as assert } from 'node:assert';
import { clearingFields } from '../../src/audit/recompute.ts';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import { FIRST, RULES } from '../ledger/street.ts';

describe('a clearing that is recorded', () => {
  for (const rule of RULE_NAMES.filter((name) => name !== 'uniform-price/1')) {
    it(`by ${rule} is refused, because clearing/1 has no place for its prices`, () => {
      const clearing = clear(rule, { interval: FIRST, orders: [] });
      assert.throws(() => clearingFields({ ...RULES, version: 'rules/1', nonce: '0'.repeat(32) }, [], clearing), {
        name: 'RangeError',
        message: /has no place for the prices of/,
      });
    });
  }
});
