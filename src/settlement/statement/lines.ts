// The lines of one account, in columns: a month of a member is some ten thousand of them, and a month of a street a million.
import type { BilledLine, Settled } from './parts.ts';

/** One settlement of one interval, for all lines that it made. */
export interface SettledRef {
  readonly interval: string;
  /** Start of the interval, Unix ms. */
  readonly start: number;
  /** Whether the interval lies before the month of the statement. */
  readonly late: boolean;
  readonly clearing: number | null;
  readonly settled: Pick<Settled, 'leaf' | 'number'>;
}

/** One line as its account sees it. */
export interface AccountLine {
  readonly ref: SettledRef;
  /** Its place among the lines of that settlement. */
  readonly index: number;
  readonly code: string;
  readonly counterAccount: string;
  /** Whether the account is the line's `account`, which gets the energy. */
  readonly receives: boolean;
  readonly wh: number;
  readonly price: number;
  /** Above 0 the account pays it. */
  readonly amount: number;
  readonly evidence: Evidence;
}

/** The records of a member in an interval, by leaf. */
export interface Evidence {
  readonly meter: number | null;
  readonly orders: readonly number[];
}

export class Lines {
  readonly #refs: SettledRef[] = [];
  readonly #numbers: number[] = [];
  readonly #names: string[] = [];
  readonly #evidence: Evidence[] = [];

  get count(): number {
    return this.#refs.length;
  }

  add(account: string, ref: SettledRef, index: number, line: BilledLine, evidence: Evidence): void {
    const receives = line.account === account;
    this.#refs.push(ref);
    this.#numbers.push(index, receives ? 1 : 0, line.wh, line.price, receives ? line.amount : -line.amount || 0);
    this.#names.push(line.code, receives ? line.counterAccount : line.account);
    this.#evidence.push(evidence);
  }

  /** By interval, then the settlement before its corrections, then as the settlement has them. */
  *sorted(): Generator<AccountLine> {
    const order = Array.from(this.#refs.keys());
    order.sort((a, b) => {
      const one = this.#refs[a]!;
      const other = this.#refs[b]!;
      return one === other ? this.#numbers[a * 5]! - this.#numbers[b * 5]! : compareRefs(one, other);
    });
    for (const at of order) {
      const first = at * 5;
      yield {
        ref: this.#refs[at]!,
        index: this.#numbers[first]!,
        code: this.#names[at * 2]!,
        counterAccount: this.#names[at * 2 + 1]!,
        receives: this.#numbers[first + 1] === 1,
        wh: this.#numbers[first + 2]!,
        price: this.#numbers[first + 3]!,
        amount: this.#numbers[first + 4]!,
        evidence: this.#evidence[at]!,
      };
    }
  }
}

/** Order that follows from what was recorded alone, never from when it arrived. */
function compareRefs(a: SettledRef, b: SettledRef): number {
  return a.start - b.start || a.settled.number - b.settled.number;
}
