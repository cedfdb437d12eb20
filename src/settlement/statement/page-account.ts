// The account on a statement as a bank shows it: what was brought forward, a row per kind of line, what was paid, what is due.
// All figures are rounded so that the column adds up, and so that what one statement ends with is what the next begins with.
import type { Position, Statement } from './document.ts';
import { html, type Markup } from './markup.ts';
import { apportioned, CENT, hundredths, rounded, TEN_WH } from './round.ts';
import { ENERGY_FLOW, type Section } from './sections.ts';
import { accountText, dateText, monthText, sectionTitle } from './words.ts';

/** A row of the account: positions of one section, and of one month where it is not that of the statement. */
export interface AccountRow {
  readonly title: string;
  readonly section: Section;
  readonly month: string | null;
  readonly wh: bigint;
  readonly amount: bigint;
  /** Printed: in cents and in hundredths of a kWh. */
  readonly cents: bigint;
  readonly kWh: bigint;
}

export interface PrintedAccount {
  readonly opening: bigint;
  readonly rows: readonly AccountRow[];
  /** Cents of each payment, in their order. */
  readonly payments: readonly bigint[];
  readonly total: bigint;
  readonly closing: bigint;
}

export function printedAccount({ member, positions, payments, balance }: Statement): PrintedAccount {
  const groups = new Map<
    string,
    { title: string; section: Section; month: string | null; wh: bigint; amount: bigint }
  >();
  for (const position of positions) {
    const title = titleOf(position, member !== null);
    const group = groups.get(title) ?? {
      title,
      section: position.section,
      month: position.month,
      wh: 0n,
      amount: 0n,
    };
    // The other sections count the same Wh once more.
    if (ENERGY_FLOW.has(position.section)) group.wh += BigInt(position.wh);
    group.amount += BigInt(position.amount);
    groups.set(title, group);
  }
  const opening = rounded(BigInt(balance.opening), CENT);
  const closing = rounded(BigInt(balance.closing), CENT);
  const all = [...groups.values()];
  const amounts = [...all.map(({ amount }) => amount), ...payments.map(({ amount }) => BigInt(amount))];
  const cents = apportioned(amounts, CENT, closing - opening);
  const rows = all.map((group, i) => ({ ...group, cents: cents[i]!, kWh: rounded(group.wh, TEN_WH) }));
  const total = rows.reduce((sum, row) => sum + row.cents, 0n);
  return { opening, rows, payments: cents.slice(all.length), total, closing };
}

function titleOf({ section, code, month }: Position, member: boolean): string {
  const title = sectionTitle(section, member);
  if (section === 'other') return `${title}: ${code}`;
  return month === null ? title : `${title}, ${monthText(month)}`;
}

export function accountTable(statement: Statement, printed: PrintedAccount): Markup {
  const { member, currency, month, payments } = statement;
  const you = member !== null;
  const paid = payments.map(({ on, id, counterAccount, amount }, i) => {
    const way = amount < 0 ? 'to' : 'from';
    return row(
      `Payment ${way} ${accountText(counterAccount)}, ${dateText(on)} (${id})`,
      null,
      null,
      printed.payments[i]!,
    );
  });
  const due = printed.closing;
  const verdict =
    due > 0n ? (you ? 'You owe' : 'Owes') : due < 0n ? (you ? 'You are owed' : 'Is owed') : 'Nothing is owed';
  return html`<table>
<thead><tr><th class="text" scope="col">What</th><th scope="col">kWh</th><th scope="col">on average<br><small>ct/kWh</small></th><th scope="col">${you ? 'Charged to you' : 'Charged'}<br><small>${currency}</small></th><th scope="col">${you ? 'Credited to you' : 'Credited'}<br><small>${currency}</small></th></tr></thead>
<tbody>
${row('Balance brought forward', null, null, printed.opening)}
${printed.rows.map(({ title, section, wh, amount, cents, kWh }) => {
  const flow = ENERGY_FLOW.get(section) === 'out' ? -amount : amount;
  return row(title, wh === 0n ? null : kWh, averagePrice(wh, you ? flow : abs(amount)), cents);
})}
${row(`${monthText(month)} in total`, null, null, printed.total, 'sum')}
${paid}
${row(verdict, null, null, due, 'due')}
</tbody></table>`;
}

function row(title: string, kWh: bigint | null, price: string | null, cents: bigint, kind = ''): Markup {
  const [charged, credited] = cents > 0n ? [cents, null] : cents < 0n ? [null, -cents] : [0n, null];
  return html`<tr class="${kind}"><th class="text" scope="row">${title}</th><td>${kWh === null ? null : hundredths(kWh)}</td><td>${price}</td><td>${charged === null ? null : hundredths(charged)}</td><td>${credited === null ? null : hundredths(credited)}</td></tr>
`;
}

/** Ct/kWh with two decimals, below 0 where who gets the energy is paid for it; nothing where there is no energy. */
export function averagePrice(wh: bigint, amount: bigint): string | null {
  if (wh === 0n) return null;
  // Nano-currency per Wh is micro-currency per kWh; a hundredth of a cent is 100 of these.
  return hundredths(rounded(amount, wh * 100n));
}

const abs = (value: bigint) => (value < 0n ? -value : value);
