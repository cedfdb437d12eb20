// All accounts of a month side by side: what each had, paid and has. Their totals sum to exactly 0, because every line of a
// settlement takes from one account what it gives to another.
import type { StatementBook } from './book.ts';
import { type Statement, type StatementContext, savingsOf } from './document.ts';

export const ACCOUNTS_FORMAT = 'microgrid-accounts/1';

export interface AccountTotal {
  readonly account: string;
  readonly lines: number;
  /** Nano-currency as decimal text, above 0 the account owes it. */
  readonly opening: string;
  readonly total: string;
  readonly closing: string;
}

export interface AccountsOfMonth
  extends Pick<Statement, 'community' | 'ledger' | 'currency' | 'month' | 'timeZone' | 'closes' | 'state' | 'street'> {
  readonly format: typeof ACCOUNTS_FORMAT;
  readonly accounts: readonly AccountTotal[];
  /** Always "0". */
  readonly sum: string;
}

/** @param known accounts with a balance of earlier months, which may have no line in this one */
export function accountsOfMonth(
  book: StatementBook,
  { community, ledger, currency, asOf, opening }: StatementContext,
  known: Iterable<string> = [],
): AccountsOfMonth {
  const { month, timeZone, closes } = book.period;
  let sum = 0n;
  for (const account of known) book.account(account);
  const accounts = book.accounts().map((account): AccountTotal => {
    const { total, count } = book.account(account);
    const before = opening(account);
    sum += total;
    return { account, lines: count, opening: String(before), total: String(total), closing: String(before + total) };
  });
  return {
    format: ACCOUNTS_FORMAT,
    community,
    ledger,
    currency,
    month,
    timeZone,
    closes: new Date(closes).toISOString(),
    state: asOf >= closes ? 'final' : 'preliminary',
    accounts,
    sum: String(sum),
    street: { ...book.streetEnergy(), savings: savingsOf(book.streetSavings()) },
  };
}
