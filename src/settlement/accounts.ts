// Balances of accounts: what lines of a settlement add up to. Sums in BigInt, nano-currency, + received and - paid.
import { compareBytes } from '../market/rotation.ts';

/** The part of a line that moves money: `amount` from `account` to `counterAccount`. */
export interface Movement {
  readonly account: string;
  readonly counterAccount: string;
  readonly amount: number;
}

export class Accounts {
  readonly #balances = new Map<string, bigint>();

  book({ account, counterAccount, amount }: Movement): void {
    const nano = BigInt(amount);
    this.#balances.set(account, (this.#balances.get(account) ?? 0n) - nano);
    this.#balances.set(counterAccount, (this.#balances.get(counterAccount) ?? 0n) + nano);
  }

  /** What one account has to pay: its balance, negated; 0 where nothing was booked. @throws RangeError beyond 2^53-1 */
  due(account: string): number {
    const nano = Number(-(this.#balances.get(account) ?? 0n));
    if (!Number.isSafeInteger(nano)) throw new RangeError(`the amount due by ${account} does not fit 2^53-1`);
    return nano;
  }

  /** Every account as decimal text, sorted by name (bytes). */
  balances(): Record<string, string> {
    const sorted = [...this.#balances].sort(([a], [b]) => compareBytes(a, b));
    return Object.fromEntries(sorted.map(([account, nano]) => [account, String(nano)]));
  }

  /** Of all accounts: 0, because every movement takes as much as it gives. */
  sum(): bigint {
    let total = 0n;
    for (const nano of this.#balances.values()) total += nano;
    return total;
  }
}
