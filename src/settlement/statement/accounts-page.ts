// All accounts of a month on one page: for whoever keeps the books of the community.
import type { AccountsOfMonth, AccountTotal } from './accounts-of-month.ts';
import { html } from './markup.ts';
import { document, head, TRADING_MOVES_MONEY } from './page.ts';
import { count, shareTable } from './page-tables.ts';
import { periodOf } from './period.ts';
import { CENT, hundredths, rounded } from './round.ts';
import { accountText, monthText } from './words.ts';

/** @returns a whole HTML document */
export function accountsPage(month: AccountsOfMonth): string {
  const { currency, accounts, timeZone, street } = month;
  const { start, end } = periodOf(month.month, timeZone);
  const times = { from: new Date(start).toISOString(), until: new Date(end).toISOString() };
  const row = (title: string, lines: number, [opening, total, closing]: readonly bigint[], kind = '') =>
    html`<tr class="${kind}"><th class="text" scope="row">${title}</th><td>${count(lines)}</td><td>${hundredths(opening!)}</td><td>${hundredths(total!)}</td><td>${hundredths(closing!)}</td></tr>
`;
  // Rounded as on the statement of each account, so that both say the same.
  const rows = accounts.map(({ account, lines, ...nano }) => {
    const [opening, closing] = [rounded(BigInt(nano.opening), CENT), rounded(BigInt(nano.closing), CENT)];
    return row(accountText(account), lines, [opening, closing - opening, closing]);
  });
  const sum = (of: (account: AccountTotal) => string) => accounts.reduce((all, each) => all + BigInt(of(each)), 0n);
  const sums = [sum(({ opening }) => opening), sum(({ total }) => total), sum(({ closing }) => closing)];
  const lines = accounts.reduce((all, account) => all + account.lines, 0);
  const printed = sums.map((nano) => rounded(nano, CENT));
  const body = html`${head({ ...month, ...times }, 'All accounts')}
<section><h2>Accounts</h2>
<p>Above 0 the account owes, below 0 (−) it is owed. Whatever one account pays another receives: the month sums to exactly 0.</p>
<table>
<thead><tr><th class="text" scope="col">Account</th><th scope="col">lines</th><th scope="col">brought forward<br><small>${currency}</small></th><th scope="col">${monthText(month.month)}<br><small>${currency}</small></th><th scope="col">balance<br><small>${currency}</small></th></tr></thead>
<tbody>
${rows}${row('Sum', lines, printed, 'sum')}</tbody></table>
<p class="note">Each amount is rounded to the cent as on its own statement; the sums are those of the exact amounts.</p></section>
<section class="whole"><h2>How far the street feeds itself</h2>
${TRADING_MOVES_MONEY}
${shareTable({ street, energy: null, member: null })}</section>`;
  return document(`All accounts, ${monthText(month.month)}, ${month.community}`, body);
}
