// From nano-currency to what a bank can move: cents, hundredths of the currency. The rule, so that anyone gets the same:
// - Every balance is rounded down to whole cents (toward minus infinity). What that takes away in sum is a whole number of
//   cents, because balances sum to 0; these cents go one each to the largest remainders, equal ones in order of name (bytes).
// - So cents sum to 0 too, nobody is a cent or more off, and who is at 0 stays there.
// - What is left of each balance, less than a cent, is carried over as its next balance: nothing is lost or made.
import { compareBytes } from '../../market/rotation.ts';
import { requireInteger } from '../../units.ts';

export const NANO_PER_CENT = 10_000_000n;

/** Nano-currency by account: + is owed to it, - it owes. */
export type Balances = ReadonlyMap<string, bigint>;

export interface Rounded {
  /** By account, in order of name (bytes); whole cents that sum to 0. */
  readonly cents: ReadonlyMap<string, number>;
  /** Nano-currency that stays on each account; sums to 0. */
  readonly carried: Balances;
}

/** @throws RangeError where balances do not sum to 0, or cents leave 2^53-1 */
export function roundToCents(balances: Balances): Rounded {
  const parts = [...balances]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([account, nano]) => {
      const cents = floorDiv(nano, NANO_PER_CENT);
      return { account, nano, cents, remainder: nano - cents * NANO_PER_CENT };
    });
  const sum = parts.reduce((all, { nano }) => all + nano, 0n);
  if (sum !== 0n) throw new RangeError(`the balances sum to ${sum} nano-currency, but what one owes another is owed`);
  const taken = parts.reduce((all, { remainder }) => all + remainder, 0n) / NANO_PER_CENT;
  const largest = parts.toSorted((a, b) => compare(b.remainder, a.remainder) || compareBytes(a.account, b.account));
  for (const part of largest.slice(0, Number(taken))) part.cents += 1n;
  return {
    cents: new Map(
      parts.map(({ account, cents }) => [account, requireInteger(Number(cents), `the cents of ${account}`)]),
    ),
    carried: new Map(parts.map(({ account, nano, cents }) => [account, nano - cents * NANO_PER_CENT])),
  };
}

/** Cents as banks write them: 1234 -> "12.34". Not below 0. */
export function centsText(cents: number | bigint): string {
  const digits = String(cents).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
