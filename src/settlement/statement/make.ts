// From a source of records to the statements of a month: one pass where all lines fit into memory, else a pass to count and
// one for each group of accounts. Gives the event loop back between two intervals.
import type { Pace } from '../../log/pace.ts';
import { StatementBook } from './book.ts';
import { type ProofFigures, type Statement, type StatementContext, Statements } from './document.ts';
import type { IntervalParts, PaymentMade } from './parts.ts';
import type { Period } from './period.ts';

type Several<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Where records lie: a ledger, an export, or the messages of a community without one. */
export interface StatementSource {
  readonly community: string;
  readonly ledger: string | null;
  readonly currency: string;
  /** Each interval once: those of the month, and earlier ones that were settled or corrected while it was open. */
  parts(period: Period): Several<IntervalParts>;
  payments(period: Period): Several<PaymentMade>;
  /** Balance of every account before a month, nano-currency. */
  before(period: Period): Promise<ReadonlyMap<string, bigint>>;
  proof(newestLeaf: number): ProofFigures | null;
}

/** Lines of all accounts together that are held at a time: about a hundred bytes each. */
const LINES_AT_ONCE = 2_000_000;

export interface Making {
  readonly source: StatementSource;
  readonly period: Period;
  /** Unix ms. */
  readonly asOf: number;
  readonly pace: Pace;
}

export interface MadeMonth {
  readonly book: StatementBook;
  readonly context: StatementContext;
  /** Accounts that have lines, payments, or a balance of earlier months; sorted by name (bytes). */
  readonly accounts: readonly string[];
}

/** @param asked whose lines are kept */
export async function makeMonth(
  { source, period, asOf, pace }: Making,
  asked: (account: string) => boolean,
  known?: ReadonlyMap<string, bigint>,
): Promise<MadeMonth> {
  const before = known ?? (await source.before(period));
  const book = new StatementBook(period, asked);
  for await (const parts of source.parts(period)) {
    book.add(parts);
    if (pace.due) await pace.turn();
  }
  for await (const payment of source.payments(period)) book.pay(payment);
  for (const [account, balance] of before) if (balance !== 0n) book.account(account);
  const { community, ledger, currency } = source;
  const opening = (account: string) => before.get(account) ?? 0n;
  const context = { community, ledger, currency, asOf, opening, proof: source.proof(book.newestLeaf) };
  return { book, context, accounts: book.accounts() };
}

/**
 * The statements of several accounts, one after the other.
 * @param month made with nobody's lines kept: its accounts tell how many lines there are
 */
export async function* statementsOf(
  making: Making,
  { book, context }: MadeMonth,
  accounts: readonly string[],
): AsyncGenerator<Statement> {
  for (const group of groupsOf(accounts, (account) => book.account(account).count)) {
    const wanted = new Set(group);
    const openings = new Map(group.map((account) => [account, context.opening(account)]));
    const made = await makeMonth(making, (account) => wanted.has(account), openings);
    const statements = new Statements(made.book, { ...made.context, opening: context.opening });
    for (const account of group) {
      yield statements.of(account);
      if (making.pace.due) await making.pace.turn();
    }
  }
}

function* groupsOf(accounts: readonly string[], linesOf: (account: string) => number): Generator<string[]> {
  let group: string[] = [];
  let lines = 0;
  for (const account of accounts) {
    const more = linesOf(account);
    if (group.length > 0 && lines + more > LINES_AT_ONCE) {
      yield group;
      group = [];
      lines = 0;
    }
    group.push(account);
    lines += more;
  }
  if (group.length > 0) yield group;
}

/** What settlements and payments of earlier statements come to, by account; above 0 it owes. */
export class Balances {
  readonly #nano = new Map<string, bigint>();

  get all(): ReadonlyMap<string, bigint> {
    return this.#nano;
  }

  settled({ settled }: Pick<IntervalParts, 'settled'>): void {
    for (const { lines } of settled) {
      for (const { account, counterAccount, amount } of lines) this.#move(account, counterAccount, amount);
    }
  }

  paid({ from, to, amount }: PaymentMade): void {
    this.#move(to, from, amount);
  }

  #move(debtor: string, creditor: string, amount: number): void {
    this.#nano.set(debtor, (this.#nano.get(debtor) ?? 0n) + BigInt(amount));
    this.#nano.set(creditor, (this.#nano.get(creditor) ?? 0n) - BigInt(amount));
  }
}
