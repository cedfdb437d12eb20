// The book of a month: takes what was recorded about each interval, in any order, and gives the statement of every account.
// One pass, whatever the number of members; what is kept of an account that is not asked for is a handful of sums.
import { compareBytes } from '../../market/rotation.ts';
import { INTERVAL_MS, intervalAt, intervalStart } from '../../time/interval.ts';
import { settle } from '../settle.ts';
import type { Tariffs } from '../tariffs.ts';
import { EnergyBook, type MemberFigures, type StreetFigures } from './energy.ts';
import { type Evidence, Lines, type SettledRef } from './lines.ts';
import type { BilledRow, IntervalParts, PaymentMade, Settled } from './parts.ts';
import { books, contains, type Period } from './period.ts';
import { QualityBook } from './quality.ts';
import { Savings } from './savings.ts';

const NO_EVIDENCE: Evidence = { meter: null, orders: [] };

/** What is kept of one account. */
export interface AccountBook {
  total: bigint;
  /** Lines and payments that it has. */
  count: number;
  /** Null where it is not asked for: there may be a hundred thousand of them. */
  readonly detail: AccountDetail | null;
}

export interface AccountDetail {
  readonly lines: Lines;
  readonly payments: PaymentMade[];
  readonly quality: QualityBook;
  readonly savings: Savings;
}

export class StatementBook {
  readonly period: Period;
  readonly #asked: (account: string) => boolean;
  readonly #accounts = new Map<string, AccountBook>();
  readonly #energy = new EnergyBook();
  readonly #street = new Savings();
  readonly #settled = new Set<number>();
  #kept = 0;
  #newestLeaf = -1;

  /** @param asked whose lines are kept; all unless told */
  constructor(period: Period, asked: (account: string) => boolean = () => true) {
    this.period = period;
    this.#asked = asked;
  }

  /** Number of lines that are kept. */
  get kept(): number {
    return this.#kept;
  }

  /** The highest leaf that a line refers to; -1 without one. */
  get newestLeaf(): number {
    return this.#newestLeaf;
  }

  /**
   * Everything about one interval, of this month or, where it was settled or corrected late, of an earlier one. Once for each.
   * @throws RangeError where an amount or energy leaves 2^53-1
   */
  add(parts: IntervalParts): void {
    const { interval, clearing } = parts;
    const { period } = this;
    const settlements = inOrder(parts.settled);
    const booked = settlements.filter(({ at }) => books(period, interval, at));
    if (booked.length === 0) return;
    const start = intervalStart(interval);
    const late = start < period.start;
    for (const settled of booked) {
      this.#addLines(settled, { interval, start, late, clearing, settled }, evidenceOf(parts, settled.leaf));
    }
    if (late) return;
    this.#settled.add(start);
    const rows = newestRows(booked);
    this.#energy.add(rows, parts);
    this.#addQuality(start, rows, parts);
    this.#addSavings(interval, rows, booked);
  }

  /** A payment that was confirmed; one that another month's statement has is left aside. */
  pay(payment: PaymentMade): void {
    const { opens, closes } = this.period;
    if (payment.at < opens || payment.at >= closes) return;
    for (const [account, amount] of [
      [payment.from, -payment.amount],
      [payment.to, payment.amount],
    ] as const) {
      const book = this.account(account);
      book.total += BigInt(amount);
      book.count += 1;
      book.detail?.payments.push(payment);
    }
    this.#newestLeaf = Math.max(this.#newestLeaf, payment.leaf ?? -1);
  }

  /** Every account with a line or a row, sorted by name (bytes). */
  accounts(): string[] {
    return [...this.#accounts.keys()].sort(compareBytes);
  }

  account(name: string): AccountBook {
    let book = this.#accounts.get(name);
    if (!book) {
      const detail = this.#asked(name)
        ? { lines: new Lines(), payments: [], quality: new QualityBook(), savings: new Savings() }
        : null;
      book = { total: 0n, count: 0, detail };
      this.#accounts.set(name, book);
    }
    return book;
  }

  energyOf(member: string): MemberFigures | null {
    return this.#energy.member(member);
  }

  streetEnergy(): StreetFigures {
    return this.#energy.street();
  }

  streetSavings(): Savings {
    return this.#street;
  }

  get settledIntervals(): number {
    return this.#settled.size;
  }

  /** Intervals of the month without a settlement that were over at an instant (Unix ms), oldest first. */
  *unsettled(asOf: number): Generator<string> {
    const { start, end } = this.period;
    for (let ms = start; ms < end && ms + INTERVAL_MS <= asOf; ms += INTERVAL_MS) {
      if (!this.#settled.has(ms)) yield intervalAt(ms);
    }
  }

  #addLines({ lines, leaf }: Settled, ref: SettledRef, evidence: ReadonlyMap<string, Evidence>): void {
    for (const [index, line] of lines.entries()) {
      const { account, counterAccount, amount } = line;
      // What a member sets against its own moves nothing.
      if (account === counterAccount) continue;
      for (const [name, paid] of [
        [account, amount],
        [counterAccount, -amount],
      ] as const) {
        const book = this.account(name);
        book.total += BigInt(paid);
        book.count += 1;
        if (!book.detail) continue;
        const member = name.startsWith('member/') ? name : name === account ? counterAccount : account;
        book.detail.lines.add(name, ref, index, line, evidence.get(member) ?? NO_EVIDENCE);
        this.#kept += 1;
      }
    }
    this.#newestLeaf = Math.max(this.#newestLeaf, leaf ?? -1, ref.clearing ?? -1);
    for (const { meter, orders } of evidence.values()) {
      this.#newestLeaf = Math.max(this.#newestLeaf, meter ?? -1, ...orders);
    }
  }

  #addQuality(start: number, rows: readonly BilledRow[], { meters }: IntervalParts): void {
    const reasons = newestReasons(meters);
    for (const row of rows) {
      const { detail } = this.account(`member/${row.member}`);
      if (!detail) continue;
      const absent = meters.length > 0 && row.quality !== 'measured' ? 'no-meter-record' : null;
      detail.quality.add(start, row, reasons.get(row.member) ?? (reasons.has(row.member) ? null : absent));
    }
  }

  /** What the same energy costs with no trades at all, by the same settlement at the same tariffs. */
  #addSavings(interval: string, rows: readonly BilledRow[], booked: readonly Settled[]): void {
    const tariffs = booked.findLast((each) => each.tariffs !== null)?.tariffs;
    if (!tariffs) return;
    const { rows: alone } = settle({
      tariffs: supplierOnly(tariffs),
      intervals: [{ interval, clearing: { price: null, pairs: [] }, meters: rows }],
    });
    const paid = paidBy(booked);
    for (const { member, quality, amount } of alone) {
      const account = `member/${member}`;
      const { amount: actual, capacity } = paid.get(account) ?? { amount: 0n, capacity: 0n };
      const known = quality !== 'missing';
      this.account(account).detail?.savings.add(known, actual, BigInt(amount) + capacity);
      this.#street.add(known, actual, BigInt(amount) + capacity);
    }
  }
}

/** Whether the month has anything about an interval that was settled at an instant: its own, or a late one. */
export function concerns(period: Period, interval: string, at: number): boolean {
  return contains(period, interval) || books(period, interval, at);
}

/** The first settlement, then its corrections; what came twice counts once. */
function inOrder(settled: readonly Settled[]): Settled[] {
  const sorted = settled.toSorted((a, b) => a.number - b.number || (a.leaf ?? -1) - (b.leaf ?? -1) || a.at - b.at);
  return sorted.filter(({ number }, i) => i === 0 || number !== sorted[i - 1]!.number);
}

/** Rows of the members, each as the newest settlement that has one for it says. */
function newestRows(booked: readonly Settled[]): readonly BilledRow[] {
  if (booked.length === 1) return booked[0]!.statements;
  const rows = new Map<string, BilledRow>();
  for (const { statements } of booked) for (const row of statements) rows.set(row.member, row);
  return [...rows.values()];
}

/**
 * The records of each member that a settlement follows from, by account: of its meter the newest that stood before it.
 * @param settlement its leaf, or null
 */
function evidenceOf({ meters, orders }: IntervalParts, settlement: number | null): ReadonlyMap<string, Evidence> {
  const found = new Map<string, { meter: number | null; orders: number[] }>();
  const of = (member: string) => {
    const account = `member/${member}`;
    const evidence = found.get(account) ?? { meter: null, orders: [] };
    found.set(account, evidence);
    return evidence;
  };
  for (const { member, leaf } of meters) {
    if (leaf === null || leaf > (settlement ?? leaf)) continue;
    const evidence = of(member);
    evidence.meter = Math.max(leaf, evidence.meter ?? -1);
  }
  for (const { member, leaf } of orders) of(member).orders.push(leaf);
  for (const evidence of found.values()) evidence.orders.sort((a, b) => a - b);
  return found;
}

/** By member; of a value that was corrected the last word. */
function newestReasons(meters: IntervalParts['meters']): ReadonlyMap<string, string | null> {
  const newest = new Map<string, IntervalParts['meters'][number]>();
  for (const meter of meters) {
    const before = newest.get(meter.member);
    if (!before || (meter.leaf ?? -1) > (before.leaf ?? -1)) newest.set(meter.member, meter);
  }
  return new Map([...newest].map(([member, { reason }]) => [member, reason]));
}

/** Tariffs of somebody who does not trade: no position that could be missed, and a capacity charge that is the same either way. */
function supplierOnly(tariffs: Tariffs): Tariffs {
  const { balancing: _balancing, capacity: _capacity, ...rest } = tariffs;
  return rest;
}

/** What members pay by the lines of an interval; of it the capacity charge with the VAT on it, whose line follows it. */
function paidBy(booked: readonly Settled[]): ReadonlyMap<string, { amount: bigint; capacity: bigint }> {
  const paid = new Map<string, { amount: bigint; capacity: bigint }>();
  const add = (account: string, amount: number, capacity: boolean) => {
    if (!account.startsWith('member/')) return;
    const sums = paid.get(account) ?? { amount: 0n, capacity: 0n };
    sums.amount += BigInt(amount);
    if (capacity) sums.capacity += BigInt(amount);
    paid.set(account, sums);
  };
  for (const { lines } of booked) {
    for (const [i, { account, counterAccount, amount, code }] of lines.entries()) {
      if (account === counterAccount) continue;
      const before = lines[i - 1];
      const capacity =
        code === 'capacity' || (code === 'vat' && before?.code === 'capacity' && before.account === account);
      add(account, amount, capacity);
      add(counterAccount, -amount, capacity);
    }
  }
  return paid;
}
