// Who owes whom: settlements are booked to accounts, closing turns the balances into payments, and a confirmed payment is
// settled. What is less than a cent stays on its account (cents.ts); all else becomes the fewest payments (netting.ts).
//
// The accounts that are no members (supplier, network, tax, fund) are treated as the community decides:
// - `community`: its own account stands for all of them. Members pay it or are paid by it, and it pays on to each of them;
//   the fund is the community's own money and stays there.
// - `parties`: each is a party like a member, with payments of its own.
import { describe, quote } from '../../units.ts';
import type { Movement } from '../accounts.ts';
import { COMMUNITY } from './bank-accounts.ts';
import { roundToCents } from './cents.ts';
import { addInterval, hasInterval, type IntervalRanges } from './interval-ranges.ts';
import { net, type Transfer } from './netting.ts';

export const EXTERNALS = ['community', 'parties'] as const;
export type Externals = (typeof EXTERNALS)[number];

export interface Payment extends Transfer {
  /** Its name from end to end: on the bank's statements of both, and in the record. */
  readonly id: string;
}

/** What of a book must survive a restart; plain JSON. */
export interface BookState {
  /** Nano-currency as decimal text by account: + is owed to it, - it owes. */
  readonly balances: Readonly<Record<string, string>>;
  /** Intervals that are booked, ever: none is booked twice. */
  readonly booked: IntervalRanges;
  /** Those that were booked since the last closing. */
  readonly since: IntervalRanges;
  /** Number of the newest correction that is booked, by interval. */
  readonly corrections: Readonly<Record<string, number>>;
  readonly closings: number;
  readonly open: readonly Payment[];
  /** The newest that were confirmed, with the day. */
  readonly settled: readonly (Payment & { readonly on: string })[];
}

export interface Position {
  readonly account: string;
  /** Nano-currency: + is owed to it, - it owes. */
  readonly balance: bigint;
  /** What of it is paid now. */
  readonly cents: number;
  /** What stays, less than a cent. */
  readonly carried: bigint;
}

export interface Due {
  readonly since: IntervalRanges;
  /** One per account, in order of name. */
  readonly positions: readonly Position[];
  readonly transfers: readonly Transfer[];
  /** Whether it is certain that no fewer payments do. */
  readonly exact: boolean;
}

export interface Closing extends Due {
  readonly id: string;
  readonly payments: readonly Payment[];
}

/** Confirmed payments that are remembered, so that a second confirmation is known as one. */
const REMEMBERED = 1000;

const ACCOUNT = /^(?:member\/)?[a-z0-9][a-z0-9-]{0,62}$/;

const EMPTY: BookState = { balances: {}, booked: [], since: [], corrections: {}, closings: 0, open: [], settled: [] };

export class PaymentBook {
  readonly #balances: Map<string, bigint>;
  #rest: Omit<BookState, 'balances'>;

  constructor({ balances, ...rest }: BookState = EMPTY) {
    this.#balances = new Map(Object.entries(balances).map(([account, nano]) => [account, BigInt(nano)]));
    this.#rest = rest;
  }

  get state(): BookState {
    const balances = Object.fromEntries([...this.#balances].map(([account, nano]) => [account, String(nano)]));
    return { balances, ...this.#rest };
  }

  get open(): readonly Payment[] {
    return this.#rest.open;
  }

  /**
   * Whether the settlement was booked now; false where it was before.
   * @param number 0 for the interval's first settlement, then one more for each correction: its lines come on top
   * @throws RangeError for an account that no settlement has, and for a correction of what is not booked
   */
  book(interval: string, lines: readonly Movement[], number = 0): boolean {
    const { booked, since, corrections } = this.#rest;
    const last = hasInterval(booked, interval) ? (corrections[interval] ?? 0) : -1;
    if (number <= last) return false;
    if (number > last + 1) {
      throw new RangeError(
        `this is correction ${number} of ${interval}, but the settlement before it is not booked; send that one first`,
      );
    }
    for (const account of lines.flatMap((line) => [line.account, line.counterAccount])) {
      if (account !== COMMUNITY && ACCOUNT.test(account)) continue;
      throw new RangeError(`${describe(account)} is no account of a settlement, such as member/home-03 or supplier`);
    }
    for (const { account, counterAccount, amount } of lines) {
      this.#add(account, -BigInt(amount));
      this.#add(counterAccount, BigInt(amount));
    }
    this.#rest = {
      ...this.#rest,
      booked: addInterval(booked, interval),
      since: addInterval(since, interval),
      corrections: number === 0 ? corrections : { ...corrections, [interval]: number },
    };
    return true;
  }

  /** What would be paid if the balances were closed now. */
  due(externals: Externals): Due {
    const { cents, carried } = roundToCents(this.#balances);
    const positions = [...cents].map(([account, amount]) => ({
      account,
      balance: this.#balances.get(account)!,
      cents: amount,
      carried: carried.get(account)!,
    }));
    return { since: this.#rest.since, positions, ...transfersOf(cents, externals) };
  }

  /** Turns the balances into open payments. @param name begins the ids: of the community, and of the day */
  close(externals: Externals, name: string): Closing {
    const due = this.due(externals);
    const closings = this.#rest.closings + 1;
    const id = `${name}-${closings}`;
    const digits = Math.max(3, String(due.transfers.length).length);
    const payments = due.transfers.map((transfer, index) => ({
      id: `${id}-${String(index + 1).padStart(digits, '0')}`,
      ...transfer,
    }));
    this.#balances.clear();
    for (const { account, carried } of due.positions) this.#add(account, carried);
    this.#rest = { ...this.#rest, since: [], closings, open: [...this.#rest.open, ...payments] };
    return { ...due, id, payments };
  }

  /**
   * The payment that is settled now, or null where it was before.
   * @param on the day, such as `2026-08-05`
   * @throws RangeError where there is no such payment
   */
  confirm(id: string, on: string): Payment | null {
    const { open, settled } = this.#rest;
    const payment = open.find((each) => each.id === id);
    if (!payment) {
      if (settled.some((each) => each.id === id)) return null;
      throw new RangeError(`there is no open payment ${quote(id)}; look at the ids in the payments`);
    }
    this.#rest = {
      ...this.#rest,
      open: open.filter((each) => each !== payment),
      settled: [...settled, { ...payment, on }].slice(-REMEMBERED),
    };
    return payment;
  }

  #add(account: string, nano: bigint): void {
    const balance = (this.#balances.get(account) ?? 0n) + nano;
    if (balance === 0n) this.#balances.delete(account);
    else this.#balances.set(account, balance);
  }
}

function transfersOf(cents: ReadonlyMap<string, number>, externals: Externals) {
  if (externals === 'parties') return net(cents);
  const parties = new Map<string, number>();
  const onward: Transfer[] = [];
  let collected = 0;
  for (const [account, amount] of cents) {
    if (account.startsWith('member/')) {
      parties.set(account, amount);
      continue;
    }
    collected += amount;
    if (account === 'fund' || amount === 0) continue;
    const [from, to] = amount > 0 ? [COMMUNITY, account] : [account, COMMUNITY];
    onward.push({ from, to, cents: Math.abs(amount) });
  }
  const { transfers, exact } = net(parties.set(COMMUNITY, collected));
  return { transfers: [...transfers, ...onward], exact };
}
