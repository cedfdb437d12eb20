// Random balances of a community for property tests: nano-currency that sums to 0, small and large, whole cents and not.
import fc from 'fast-check';

/** By account: members and the accounts that are none. */
export function evenBalances(most = 12): fc.Arbitrary<Map<string, bigint>> {
  const nano = fc.oneof(
    fc.bigInt({ min: -30_000_000n, max: 30_000_000n }),
    fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }),
    fc.bigInt({ min: -9n, max: 9n }).map((cents) => cents * 10_000_000n),
  );
  return fc.array(nano, { maxLength: most }).map((amounts) => {
    const accounts = amounts.map((amount, index): [string, bigint] => [nameOf(index), amount]);
    const sum = amounts.reduce((all, amount) => all + amount, 0n);
    return new Map<string, bigint>([...accounts, ['supplier', -sum]]);
  });
}

/** Cents by account that sum to 0, with many equal amounts and even groups among them. */
export function evenCents(most: number): fc.Arbitrary<Map<string, number>> {
  const amount = fc.oneof(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -100_000, max: 100_000 }));
  return fc.array(amount, { minLength: 1, maxLength: most - 1 }).map((amounts) => {
    const sum = amounts.reduce((all, cents) => all + cents, 0);
    return new Map([...amounts, -sum].map((cents, index) => [nameOf(index), cents === 0 ? 0 : cents]));
  });
}

function nameOf(index: number): string {
  return ['network', 'tax', 'fund'][index] ?? `member/home-${String(index).padStart(2, '0')}`;
}
