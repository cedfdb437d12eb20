// Nano-currency to cents: sums stay 0, nobody is a cent off, and what is cut away is carried over.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { centsText, NANO_PER_CENT, roundToCents } from '../../../src/settlement/payments/cents.ts';
import { evenBalances } from '../../support/balances.ts';

const sum = (values: Iterable<bigint>) => [...values].reduce((all, value) => all + value, 0n);

describe('balances in cents', () => {
  it('go down to whole cents, and the cents that are over go to the largest remainders', () => {
    const { cents, carried } = roundToCents(
      new Map([
        ['member/a', -25_000_000n], // -2.5 ct
        ['member/b', 16_000_000n], // 1.6 ct
        ['supplier', 9_000_000n], // 0.9 ct
      ]),
    );
    assert.deepEqual(
      [...cents],
      [
        ['member/a', -3],
        ['member/b', 2],
        ['supplier', 1],
      ],
    );
    assert.deepEqual(
      [...carried],
      [
        ['member/a', 5_000_000n],
        ['member/b', -4_000_000n],
        ['supplier', -1_000_000n],
      ],
    );
  });

  it('give equal remainders by name, whatever the order of the accounts', () => {
    const half = 5_000_000n;
    const balances: [string, bigint][] = [
      ['d', half],
      ['b', half],
      ['c', half],
      ['a', half],
      ['z', -4n * half],
    ];
    for (const order of [balances, balances.toReversed()]) {
      assert.deepEqual(
        [...roundToCents(new Map(order)).cents],
        [
          ['a', 1],
          ['b', 1],
          ['c', 0],
          ['d', 0],
          ['z', -2],
        ],
      );
    }
  });

  it('refuse balances that are not even', () => {
    assert.throws(() => roundToCents(new Map([['a', 1n]])), /sum to 1 nano-currency/);
  });

  it('refuse cents beyond 2^53-1', () => {
    const huge = BigInt(Number.MAX_SAFE_INTEGER) * NANO_PER_CENT;
    assert.equal(
      roundToCents(
        new Map([
          ['a', huge],
          ['b', -huge],
        ]),
      ).cents.get('a'),
      Number.MAX_SAFE_INTEGER,
    );
    const more = huge + NANO_PER_CENT;
    assert.throws(
      () =>
        roundToCents(
          new Map([
            ['a', more],
            ['b', -more],
          ]),
        ),
      /the cents of a /,
    );
  });

  it('sum to 0, are less than a cent off, and lose nothing', () => {
    fc.assert(
      fc.property(evenBalances(), (balances) => {
        const { cents, carried } = roundToCents(balances);
        assert.equal(
          [...cents.values()].reduce((all, value) => all + value, 0),
          0,
        );
        assert.equal(sum(carried.values()), 0n);
        for (const [account, nano] of balances) {
          const rest = carried.get(account)!;
          assert.equal(BigInt(cents.get(account)!) * NANO_PER_CENT + rest, nano);
          assert.ok(rest < NANO_PER_CENT && rest > -NANO_PER_CENT);
          if (nano % NANO_PER_CENT === 0n) assert.equal(rest, 0n, 'whole cents are paid as they are');
        }
      }),
    );
  });
});

it('cents are written as banks write them', () => {
  assert.deepEqual([0, 5, 12, 1234, 99_999_999_999].map(centsText), ['0.00', '0.05', '0.12', '12.34', '999999999.99']);
  assert.equal(centsText(12_345_678_901_234_567_890n), '123456789012345678.90');
});
