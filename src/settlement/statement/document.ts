// The statement of one account and month as a document, `microgrid-statement/1` (docs/statement.md): plain JSON, strict, with
// exact figures. Pages and tables are made from it and from nothing else. Amounts: nano-currency, above 0 the account pays;
// sums as decimal text, because they may leave 2^53-1.
import { compareBytes } from '../../market/rotation.ts';
import type { AccountDetail, StatementBook } from './book.ts';
import type { MemberFigures, StreetFigures } from './energy.ts';
import type { AccountLine } from './lines.ts';
import { Calendar } from './period.ts';
import { type QualityFigures, rangesOf } from './quality.ts';
import type { Savings } from './savings.ts';
import { ENERGY_FLOW, SECTIONS, type Section, sectionOf } from './sections.ts';

export const FORMAT = 'microgrid-statement/1';

/** A line of a settlement, seen from this account, and the records that it follows from. */
export interface StatementLine {
  /** UTC quarter hour. */
  readonly interval: string;
  /** The same on the clock of the place, with its offset from UTC. */
  readonly local: string;
  readonly section: Section;
  readonly code: string;
  readonly counterAccount: string;
  readonly wh: number;
  readonly price: number;
  readonly amount: number;
  /** Leaves in the ledger; null where there is none. */
  readonly proof: {
    readonly settlement: number | null;
    readonly clearing: number | null;
    readonly meter: number | null;
    readonly orders: readonly number[];
  };
}

/** Lines of one kind with one other account, summed. */
export interface Position {
  readonly section: Section;
  readonly code: string;
  readonly counterAccount: string;
  /** Month of the intervals, where it is not that of the statement or they were corrected; else null. */
  readonly month: string | null;
  readonly wh: number;
  readonly amount: string;
  readonly lines: number;
}

export interface DayFigures {
  readonly date: string;
  readonly boughtWh: number;
  readonly soldWh: number;
  readonly supplierWh: number;
  readonly feedInWh: number;
  readonly amount: string;
}

export interface PaymentLine {
  readonly id: string;
  readonly on: string;
  readonly counterAccount: string;
  /** Above 0 the account received it, so that it owes more. */
  readonly amount: number;
  readonly leaf: number | null;
}

export interface SavingsFigures {
  readonly intervals: number;
  readonly leftOut: number;
  readonly paid: string;
  readonly supplierOnly: string;
  readonly saved: string;
}

/** What shows that the records stand in the ledger: a signed checkpoint over all of them. */
export interface ProofFigures {
  /** The whole signed note, or null where there is no ledger, or not all is sealed yet. */
  readonly checkpoint: string | null;
  readonly size: number;
  readonly root: string;
}

export interface Statement {
  readonly format: typeof FORMAT;
  readonly community: string;
  /** Name of the ledger, or null without one. */
  readonly ledger: string | null;
  readonly currency: string;
  readonly account: string;
  /** Null for an account that is no member's. */
  readonly member: string | null;
  readonly month: string;
  readonly timeZone: string;
  /** First instant of the month and first after it, UTC. */
  readonly from: string;
  readonly until: string;
  /** When it becomes final: later settlements and corrections stand in the next one. */
  readonly closes: string;
  readonly state: 'preliminary' | 'final';
  readonly intervals: {
    readonly month: number;
    readonly settled: number;
    /** Over, and not settled. */
    readonly unsettled: readonly { readonly first: string; readonly last: string; readonly intervals: number }[];
  };
  readonly balance: {
    /** Of all earlier statements. */
    readonly opening: string;
    /** Of the lines and payments of this one. */
    readonly total: string;
    readonly closing: string;
  };
  readonly positions: readonly Position[];
  readonly payments: readonly PaymentLine[];
  readonly days: readonly DayFigures[];
  readonly energy: MemberFigures | null;
  readonly savings: SavingsFigures | null;
  readonly quality: QualityFigures | null;
  readonly street: StreetFigures & { readonly savings: SavingsFigures };
  readonly proof: ProofFigures | null;
  readonly lines: readonly StatementLine[];
}

export interface StatementContext {
  readonly community: string;
  readonly ledger: string | null;
  readonly currency: string;
  /** Unix ms: a month that is not over, or not closed, is told as far as it is known then. */
  readonly asOf: number;
  /** Balance before this month, nano-currency. */
  readonly opening: (account: string) => bigint;
  readonly proof: ProofFigures | null;
}

/** Makes the statements of a book; what all of them share is computed once. */
export class Statements {
  readonly #book: StatementBook;
  readonly #context: StatementContext;
  readonly #calendar: Calendar;
  readonly #street: Statement['street'];
  readonly #unsettled: Statement['intervals']['unsettled'];

  constructor(book: StatementBook, context: StatementContext) {
    this.#book = book;
    this.#context = context;
    this.#calendar = new Calendar(book.period.timeZone);
    this.#street = { ...book.streetEnergy(), savings: savingsOf(book.streetSavings()) };
    this.#unsettled = rangesOf(book.unsettled(context.asOf));
  }

  /** @throws RangeError where the lines of the account were not kept */
  of(account: string): Statement {
    const book = this.#book.account(account);
    const { detail } = book;
    if (!detail) throw new RangeError(`the lines of ${account} were not asked for`);
    const { community, ledger, currency, asOf, opening, proof } = this.#context;
    const { period } = this.#book;
    const member = account.startsWith('member/') ? account.slice('member/'.length) : null;
    const { lines, positions, days } = this.#tell(detail);
    const before = opening(account);
    return {
      format: FORMAT,
      community,
      ledger,
      currency,
      account,
      member,
      month: period.month,
      timeZone: period.timeZone,
      from: new Date(period.start).toISOString(),
      until: new Date(period.end).toISOString(),
      closes: new Date(period.closes).toISOString(),
      state: asOf >= period.closes ? 'final' : 'preliminary',
      intervals: {
        month: period.intervals,
        settled: this.#book.settledIntervals,
        unsettled: this.#unsettled,
      },
      balance: { opening: String(before), total: String(book.total), closing: String(before + book.total) },
      positions,
      payments: paymentsOf(account, detail),
      days,
      energy: member === null ? null : this.#book.energyOf(member),
      savings: member === null ? null : savingsOf(detail.savings),
      quality: member === null ? null : detail.quality.figures(),
      street: this.#street,
      proof,
      lines,
    };
  }

  #tell({ lines: kept }: AccountDetail): Pick<Statement, 'lines' | 'positions' | 'days'> {
    const lines: StatementLine[] = [];
    const positions = new Map<string, OpenPosition>();
    const days = new Map<string, OpenDay>(
      this.#book.period.days.map((date) => [
        date,
        { date, boughtWh: 0, soldWh: 0, supplierWh: 0, feedInWh: 0, amount: 0n },
      ]),
    );
    for (const line of kept.sorted()) {
      const { ref, code, counterAccount, wh, price, amount, evidence } = line;
      const { date } = this.#calendar.at(ref.start);
      const section = sectionFor(line);
      lines.push({
        interval: ref.interval,
        local: this.#calendar.text(ref.start),
        section,
        code,
        counterAccount,
        wh,
        price,
        amount,
        proof: { settlement: ref.settled.leaf, clearing: ref.clearing, ...evidence },
      });
      const month = section === 'correction' || section === 'late' ? date.slice(0, 7) : null;
      const name = `${section} ${code} ${line.receives} ${counterAccount} ${month}`;
      const position = positions.get(name) ?? { section, code, counterAccount, month, wh: 0, amount: 0n, lines: 0 };
      position.wh += wh;
      position.amount += BigInt(amount);
      position.lines += 1;
      positions.set(name, position);
      const day = days.get(date);
      if (day && !ref.late) addToDay(day, line);
    }
    return {
      lines,
      positions: [...positions.values()]
        .sort(comparePositions)
        .map((each) => ({ ...each, amount: String(each.amount) })),
      days: [...days.values()].map((each) => ({ ...each, amount: String(each.amount) })),
    };
  }
}

type OpenPosition = { -readonly [Key in keyof Omit<Position, 'amount'>]: Position[Key] } & { amount: bigint };
type OpenDay = { -readonly [Key in keyof Omit<DayFigures, 'amount'>]: DayFigures[Key] } & { amount: bigint };

function sectionFor({ ref, code, receives }: AccountLine): Section {
  if (ref.settled.number > 0) return 'correction';
  return ref.late ? 'late' : sectionOf(code, receives);
}

function addToDay(day: OpenDay, { code, receives, wh, amount }: AccountLine): void {
  day.amount += BigInt(amount);
  const section = sectionOf(code, receives);
  const flow = ENERGY_FLOW.get(section);
  if (flow === undefined) return;
  const withSupplier = section === 'supplier' || section === 'feed-in';
  if (flow === 'in') day[withSupplier ? 'supplierWh' : 'boughtWh'] += wh;
  else day[withSupplier ? 'feedInWh' : 'soldWh'] += wh;
}

function paymentsOf(account: string, { payments }: AccountDetail): PaymentLine[] {
  return payments
    .map(({ id, on, from, to, amount, leaf }) => {
      const pays = from === account;
      return { id, on, counterAccount: pays ? to : from, amount: pays ? -amount : amount, leaf };
    })
    .sort((a, b) => compareBytes(a.on, b.on) || compareBytes(a.id, b.id));
}

export function savingsOf(savings: Savings): SavingsFigures {
  const { intervals, leftOut, paid, supplierOnly, saved } = savings;
  return { intervals, leftOut, paid: String(paid), supplierOnly: String(supplierOnly), saved: String(saved) };
}

function comparePositions(a: OpenPosition, b: OpenPosition): number {
  return (
    SECTIONS.indexOf(a.section) - SECTIONS.indexOf(b.section) ||
    compareBytes(a.month ?? '', b.month ?? '') ||
    compareBytes(a.counterAccount, b.counterAccount) ||
    compareBytes(a.code, b.code) ||
    Number(b.wh) - Number(a.wh)
  );
}

/** File name of a statement without its ending: the month first, so that a folder sorts by time. */
export function fileNameOf({ community, month, account }: Pick<Statement, 'community' | 'month' | 'account'>): string {
  const plain = (text: string) => text.replace(/[^A-Za-z0-9.-]+/g, '-');
  return `${month} ${plain(community)} ${plain(account.replace(/^member\//, ''))}`;
}
