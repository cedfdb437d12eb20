import assert from 'node:assert/strict';
import { Accounts } from '../../src/settlement/accounts.ts';

describe('accounts', () => {
  it('add up exactly beyond 2^53, sum to 0 and are sorted by bytes', () => {
    const accounts = new Accounts();
    const amount = 2 ** 53 - 1;
    for (let i = 0; i < 3; i++) accounts.book({ account: 'member/b', counterAccount: 'member/a', amount });
    accounts.book({ account: 'supplier', counterAccount: 'member/a', amount: -1 });
    assert.deepEqual(Object.entries(accounts.balances()), [
      ['member/a', '27021597764222972'],
      ['member/b', '-27021597764222973'],
      ['supplier', '1'],
    ]);
    assert.equal(accounts.sum(), 0n);
    assert.throws(() => accounts.due('member/b'), /amount due by member\/b does not fit/);
    assert.deepEqual([accounts.due('supplier'), accounts.due('network')], [-1, 0]);
    assert.ok(!Object.is(accounts.due('network'), -0));
  });
});
