import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Accounts, ExactSum } from '../../src/settlement/accounts.ts';

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
  });

  it('lose nothing where doubles would', () => {
    const near = fc.integer({ min: 2 ** 53 - 10, max: 2 ** 53 - 1 });
    const any = fc.oneof(
      fc.maxSafeInteger(),
      near,
      near.map((nano) => -nano),
    );
    fc.assert(
      fc.property(fc.array(any), (amounts) => {
        const sum = new ExactSum();
        for (const nano of amounts) sum.add(nano);
        assert.equal(
          sum.value,
          amounts.reduce((all, nano) => all + BigInt(nano), 0n),
        );
      }),
    );
  });
});
