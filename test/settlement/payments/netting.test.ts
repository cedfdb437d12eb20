// The fewest payments: exact against brute force for few accounts, never more than n - 1 for many, and always even.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EXACT_UP_TO, net, type Transfer } from '../../../src/settlement/payments/netting.ts';
import { evenCents } from '../../support/balances.ts';

const of = (cents: Readonly<Record<string, number>>) => new Map(Object.entries(cents));
const rows = (transfers: readonly Transfer[]) => transfers.map(({ from, to, cents }) => [from, to, cents]);

/** What each account gets less what it pays. */
function received(transfers: readonly Transfer[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { from, to, cents } of transfers) {
    sums.set(from, (sums.get(from) ?? 0) - cents);
    sums.set(to, (sums.get(to) ?? 0) + cents);
  }
  return sums;
}

/** The fewest payments by trying, for the first account that is not even, every other one to be even with. */
function fewest(cents: readonly number[]): number {
  const [first, ...rest] = cents.filter((amount) => amount !== 0);
  if (first === undefined) return 0;
  let best = Number.POSITIVE_INFINITY;
  for (const [index, other] of rest.entries()) {
    if (other > 0 === first > 0) continue;
    best = Math.min(best, 1 + fewest(rest.with(index, other + first)));
  }
  return best;
}

describe('netting', () => {
  it('pays straight where one owes what another is owed', () => {
    const { transfers, exact } = net(of({ a: -500, b: 300, c: -300, d: 500 }));
    assert.deepEqual(rows(transfers), [
      ['a', 'd', 500],
      ['c', 'b', 300],
    ]);
    assert.equal(exact, true);
  });

  it('finds the groups that are even, where the largest to the largest would not', () => {
    // a, b, c and d, e, f are even among themselves; from the largest on it takes five payments.
    const { transfers } = net(of({ a: -700, b: 300, c: 400, d: -500, e: 600, f: -100 }));
    assert.equal(transfers.length, 4);
  });

  it('has nothing to do where nobody owes anything', () => {
    assert.deepEqual(net(new Map()), { transfers: [], exact: true });
    assert.deepEqual(net(of({ a: 0, b: 0 })), { transfers: [], exact: true });
  });

  it('needs no more than n - 1 payments of thousands, and says that fewer might do', () => {
    const cents = new Map(
      Array.from({ length: 5000 }, (_, index) => [`m${index}`, ((index * 7919) % 20_011) - 10_000]),
    );
    cents.set('rest', -[...cents.values()].reduce((sum, amount) => sum + amount, 0));
    const { transfers, exact } = net(cents);
    assert.ok(transfers.length <= 5000);
    assert.equal(exact, false);
  });

  it('is sure also of many accounts where each debtor or each creditor has one payment', () => {
    const cents = new Map(Array.from({ length: 40 }, (_, index) => [`m${index}`, -(index + 1)]));
    const { transfers, exact } = net(cents.set('supplier', 820));
    assert.equal(transfers.length, 40);
    assert.equal(exact, true);
  });

  it('refuses cents that are not even, no integers, or too large to sum', () => {
    assert.throws(() => net(of({ a: 1 })), /sum to 1/);
    assert.throws(() => net(of({ a: 0.5, b: -0.5 })), /the cents of a must be a whole number/);
    const most = Number.MAX_SAFE_INTEGER;
    assert.throws(() => net(of({ a: most, b: -most })), /the cents of all accounts/);
  });

  it('makes everyone even with at most n - 1 payments, each above 0', () => {
    fc.assert(
      fc.property(evenCents(40), (cents) => {
        const { transfers } = net(cents);
        const all = [...cents].filter(([, amount]) => amount !== 0);
        const got = received(transfers);
        for (const [account, amount] of all) assert.equal(got.get(account), amount);
        assert.equal(got.size, all.length);
        assert.ok(transfers.every(({ cents: amount }) => Number.isSafeInteger(amount) && amount > 0));
        assert.ok(transfers.length <= Math.max(0, all.length - 1));
      }),
    );
  });

  it('finds the fewest that there are, as brute force does', () => {
    fc.assert(
      fc.property(evenCents(8), (cents) => {
        const { transfers, exact } = net(cents);
        assert.equal(exact, true);
        assert.equal(transfers.length, fewest([...cents.values()]));
      }),
      { numRuns: 300 },
    );
  });

  it('tries all groups up to its limit', () => {
    // Powers of two: no group is even but the whole.
    const cents = new Map(Array.from({ length: EXACT_UP_TO - 1 }, (_, index) => [`m${index}`, 2 ** index]));
    cents.set('last', -(2 ** (EXACT_UP_TO - 1) - 1));
    const { transfers, exact } = net(cents);
    assert.equal(transfers.length, EXACT_UP_TO - 1);
    assert.equal(exact, true);
  });

  it('gives the same whatever the order of the accounts', () => {
    fc.assert(
      fc.property(evenCents(20), (cents) => {
        assert.deepEqual(net(new Map([...cents].reverse())), net(cents));
      }),
    );
  });
});
