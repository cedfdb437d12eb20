// All accounts of a month on one page: for whoever keeps the books of the community.
import type { AccountsOfMonth } from './accounts-of-month.ts';
import { html, type Markup } from './markup.ts';
import { document, head } from './page.ts';
import { count, shareTable } from './page-tables.ts';
import { periodOf } from './period.ts';
import { apportioned, CENT, hundredths, rounded } from './round.ts';
import { accountText, monthText } from './words.ts';

/** @returns a whole HTML document */
export function accountsPage(month: AccountsOfMonth): string {
  const { currency, accounts, timeZone, street } = month;
  const { start, end } = periodOf(month.month, timeZone);
  const times = { from: new Date(start).toISOString(), until: new Date(end).toISOString() };
  const openings = accounts.map(({ opening }) => rounded(BigInt(opening), CENT));
  const totals = apportioned(
    accounts.map(({ total }) => BigInt(total)),
    CENT,
    0n,
  );
  const row = (title: string, lines: number, [opening, total, closing]: readonly bigint[], kind = '') =>
    html`<tr class="${kind}"><th class="text" scope="row">${title}</th><td>${count(lines)}</td><td>${hundredths(opening!)}</td><td>${hundredths(total!)}</td><td>${hundredths(closing!)}</td></tr>
`;
  const rows: Markup[] = accounts.map(({ account, lines }, i) =>
    row(accountText(account), lines, [openings[i]!, totals[i]!, openings[i]! + totals[i]!]),
  );
  const sum = (parts: readonly bigint[]) => parts.reduce((all, part) => all + part, 0n);
  const body = html`${head({ ...month, ...times }, 'All accounts')}
<section><h2>Accounts</h2>
<p>Above 0 the account owes, below 0 (−) it is owed. Whatever one account pays another receives: the month sums to exactly 0.</p>
<table>
<thead><tr><th class="text" scope="col">Account</th><th scope="col">lines</th><th scope="col">brought forward<br><small>${currency}</small></th><th scope="col">${monthText(month.month)}<br><small>${currency}</small></th><th scope="col">balance<br><small>${currency}</small></th></tr></thead>
<tbody>
${rows}${row(
  'Sum',
  accounts.reduce((all, { lines }) => all + lines, 0),
  [sum(openings), sum(totals), sum(openings) + sum(totals)],
  'sum',
)}</tbody></table></section>
<section class="whole"><h2>How far the street feeds itself</h2>
<p>Trading moves money, not electrons: without it the street would have drawn just as much through its boundary. Batteries do change what flows.</p>
${shareTable({ street, energy: null, member: null })}</section>`;
  return document(`All accounts, ${monthText(month.month)}, ${month.community}`, body);
}
