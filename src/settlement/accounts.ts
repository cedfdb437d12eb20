// Balances of accounts: what lines of a settlement add up to. Exact sums in nano-currency, + received and - paid.
import { sortByBytes } from '../market/rotation.ts';

/** The part of a line that moves money: `amount` from `account` to `counterAccount`. */
export interface Movement {
  readonly account: string;
  readonly counterAccount: string;
  readonly amount: number;
}

/** A sum of integers that may leave 2^53-1: a double while it is exact, the rest in a BigInt. */
export class ExactSum {
  #small = 0;
  #large = 0n;

  /** @param nano an integer within 2^53-1 */
  add(nano: number): void {
    const sum = this.#small + nano;
    if (Number.isSafeInteger(sum)) {
      this.#small = sum;
    } else {
      this.#large += BigInt(this.#small) + BigInt(nano);
      this.#small = 0;
    }
  }

  clear(): void {
    this.#small = 0;
    this.#large = 0n;
  }

  get value(): bigint {
    return this.#large + BigInt(this.#small);
  }

  /** In decimal digits. */
  get text(): string {
    return String(this.#large === 0n ? this.#small : this.value);
  }

  /** Null beyond 2^53-1. */
  get number(): number | null {
    if (this.#large === 0n) return this.#small;
    const value = Number(this.value);
    return Number.isSafeInteger(value) ? value : null;
  }
}

export class Accounts {
  readonly #balances = new Map<string, ExactSum>();

  book({ account, counterAccount, amount }: Movement): void {
    this.balance(account).add(-amount);
    this.balance(counterAccount).add(amount);
  }

  /** The balance of an account, for whoever books on it many times. */
  balance(account: string): ExactSum {
    let balance = this.#balances.get(account);
    if (!balance) {
      balance = new ExactSum();
      this.#balances.set(account, balance);
    }
    return balance;
  }

  /** Every account as decimal text, sorted by name (bytes). */
  balances(): Record<string, string> {
    const accounts = sortByBytes([...this.#balances.keys()]);
    return Object.fromEntries(accounts.map((account) => [account, this.#balances.get(account)!.text]));
  }

  /** Of all accounts: 0, because every movement takes as much as it gives. */
  sum(): bigint {
    let total = 0n;
    for (const balance of this.#balances.values()) total += balance.value;
    return total;
  }
}
