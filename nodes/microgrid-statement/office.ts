// Makes statements when they are asked for and when a month closes: one at a time, from the ledger or from the journal, giving the
// event loop back. Remembers what every account had when a month closed, so that the next one need not add up all before it.
import * as v from 'valibot';
import { Pace } from '../../src/log/pace.ts';
import { type AccountsOfMonth, accountsOfMonth } from '../../src/settlement/statement/accounts-of-month.ts';
import type { Statement } from '../../src/settlement/statement/document.ts';
import { LedgerSource } from '../../src/settlement/statement/ledger-source.ts';
import { type MadeMonth, makeMonth, type StatementSource, statementsOf } from '../../src/settlement/statement/make.ts';
import { isMonth, monthAfter, type Period, periodOf } from '../../src/settlement/statement/period.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import type { Journal } from './journal.ts';
import { messageSource } from './message-source.ts';

export interface OfficeSettings {
  readonly community: Community;
  readonly ledger: LedgerService | null;
  readonly journal: Journal;
  readonly timeZone: string;
  readonly closingDays: number;
}

const month = v.pipe(
  v.string(),
  v.check((value: string) => isMonth(value)),
);
const balances = v.record(v.string(), v.pipe(v.string(), v.regex(/^-?\d{1,40}$/)));

/** What survives a restart: the newest month that was closed, and balances before some months. */
export const officeState = v.object({
  epoch: v.number(),
  timeZone: v.string(),
  closingDays: v.number(),
  closed: month,
  openings: v.record(month, balances),
});
export type OfficeState = v.InferOutput<typeof officeState>;

/** Months whose opening balances are remembered: those that may still be asked for without a ledger, and the next. */
const REMEMBERED_MONTHS = 3;

export class Office {
  readonly #settings: OfficeSettings;
  #openings: Readonly<Record<string, Readonly<Record<string, string>>>>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(settings: OfficeSettings, openings: OfficeState['openings'] = {}) {
    this.#settings = settings;
    this.#openings = openings;
  }

  get openings(): OfficeState['openings'] {
    return this.#openings as OfficeState['openings'];
  }

  period(name: string): Period {
    return periodOf(name, this.#settings.timeZone, this.#settings.closingDays);
  }

  /**
   * The accounts of a month, then the statements that are wanted, one after the other.
   * @param wanted chooses among the accounts; may throw where there is not what was asked for
   */
  make(
    name: string,
    wanted: (accounts: readonly string[]) => readonly string[],
    each: (statement: Statement) => Promise<void>,
  ): Promise<AccountsOfMonth> {
    return this.#inTurn(async () => {
      const { making, month } = await this.#count(name);
      const chosen = wanted(month.accounts);
      for await (const statement of statementsOf(making, month, chosen)) await each(statement);
      return accountsOfMonth(month.book, month.context);
    });
  }

  /** Remembers what every account has now that a month is closed. */
  close(name: string, { accounts }: AccountsOfMonth): void {
    const entries = accounts.filter(({ closing }) => closing !== '0').map(({ account, closing }) => [account, closing]);
    const all = { ...this.#openings, [monthAfter(name)]: Object.fromEntries(entries) as Record<string, string> };
    const kept = Object.keys(all).sort().slice(-REMEMBERED_MONTHS);
    this.#openings = Object.fromEntries(kept.map((each) => [each, all[each]!]));
  }

  async #count(name: string): Promise<{ making: Parameters<typeof makeMonth>[0]; month: MadeMonth }> {
    const pace = new Pace();
    const period = this.period(name);
    const source = await this.#source(pace);
    const making = { source, period, asOf: this.#settings.community.clock.now(), pace };
    return { making, month: await makeMonth(making, () => false) };
  }

  async #source(pace: Pace): Promise<StatementSource> {
    const { community, ledger, journal } = this.#settings;
    const { origin, currency } = community.rules;
    if (!ledger) return messageSource(journal, { community: origin, currency }, (period) => this.#before(period));
    const log = await ledger.open();
    const source = new LedgerSource({
      store: log.store,
      ledger: log.state.origin,
      currency,
      operator: log.state.operator,
      pace,
      generation: (interval) => journal.parts(interval).generation,
    });
    return {
      community: source.community,
      ledger: source.ledger,
      currency,
      parts: (period) => source.parts(period),
      payments: (period) => source.payments(period),
      before: async (period) => this.#known(period.month) ?? source.before(period),
      proof: (newestLeaf) => source.proof(newestLeaf),
    };
  }

  #known(name: string): ReadonlyMap<string, bigint> | null {
    const known = this.#openings[name];
    return known ? new Map(Object.entries(known).map(([account, nano]) => [account, BigInt(nano)])) : null;
  }

  /** Without a ledger: from the newest month that is known, month by month; before the first there was nothing. */
  async #before({ month }: Period): Promise<ReadonlyMap<string, bigint>> {
    const known = this.#known(month);
    if (known) return known;
    const earlier = Object.keys(this.#openings)
      .filter((each) => each < month)
      .sort()
      .at(-1);
    let sums = new Map(this.#known(earlier ?? '') ?? []);
    for (let at = earlier ?? monthAfter(month, -2); at < month; at = monthAfter(at)) {
      const making = { source: await this.#source(new Pace()), period: this.period(at), asOf: 0, pace: new Pace() };
      const { book, accounts } = await makeMonth(making, () => false, sums);
      sums = new Map(accounts.map((account) => [account, (sums.get(account) ?? 0n) + book.account(account).total]));
    }
    return sums;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}
