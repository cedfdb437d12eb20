// The statement as one page to print: A4, no scripts, nothing from elsewhere, every text escaped. It shows what the document
// says and computes nothing of its own but roundings.
import type { Statement } from './document.ts';
import { html, type Markup } from './markup.ts';
import { accountTable, type PrintedAccount, printedAccount } from './page-account.ts';
import { daysChart } from './page-chart.ts';
import { STYLE } from './page-style.ts';
import { count, daysTable, neighboursTable, qualityTable, runText, savingsTable, shareTable } from './page-tables.ts';
import { Calendar } from './period.ts';
import { hundredths, percent } from './round.ts';
import type { Section } from './sections.ts';
import { accountText, dateText, GLOSSARY, monthText } from './words.ts';

/** The honest question, in two sentences. */
export const TRADING_MOVES_MONEY = html`<p>Trading moves money, not electrons: without it the street would have drawn just as much through its boundary. Batteries do change what flows.</p>`;

/** @returns a whole HTML document */
export function statementPage(statement: Statement): string {
  const { member, account, month, community } = statement;
  const printed = printedAccount(statement);
  const name = member ?? accountText(account);
  const body = html`${head(statement, name)}
${keyFigures(statement, printed)}
<section class="whole"><h2>${member === null ? 'The account' : 'Your account'}</h2>
${accountTable(statement, printed)}</section>
${member === null ? null : memberSections(statement, printed)}
${proofSection(statement)}
<section class="whole"><h2>Words</h2>
<dl>${GLOSSARY.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl></section>`;
  return document(`${name}, ${monthText(month)}, ${community}`, body);
}

/** @param title as the browser shows it, and most file names of a print */
export function document(title: string, body: Markup): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

export function head(
  {
    community,
    month,
    timeZone,
    state,
    closes,
    from,
    until,
    intervals,
  }: Pick<Statement, 'community' | 'month' | 'timeZone' | 'state' | 'closes' | 'from' | 'until'> & {
    readonly intervals?: Statement['intervals'];
  },
  name: string,
): Markup {
  const calendar = new Calendar(timeZone);
  const day = (time: string, shift = 0) => dateText(calendar.at(Date.parse(time) + shift).date);
  const unsettled = intervals?.unsettled ?? [];
  return html`<header><div><p class="of">${community}</p><h1>${name}, ${monthText(month)}</h1></div>
<p>Statement from ${day(from)} to ${day(until, -1)}<br>local time of ${timeZone.replaceAll('_', ' ')}</p></header>
${
  state === 'preliminary' || unsettled.length > 0
    ? html`<p class="notice">${state === 'preliminary' ? html`<b>Preliminary:</b> final on ${day(closes)}; until then quarter hours may be added or corrected. ` : null}${
        unsettled.length > 0
          ? html`<b>Not settled:</b> ${unsettled
              .slice(0, 8)
              .map((range) => runText(range, calendar))
              .join('; ')}${unsettled.length > 8 ? `; and ${count(unsettled.length - 8)} times more` : ''}.`
          : null
      }</p>`
    : null
}`;
}

function keyFigures({ member, currency, energy, savings }: Statement, printed: PrintedAccount): Markup {
  const { closing } = printed;
  const you = member !== null;
  // As in the table below, where open quarter hours are in: their trades stand.
  const [bought, sold] = [traded(printed, ['bought', 'pool-bought']), traded(printed, ['sold', 'pool-sold'])];
  const amount = hundredths(closing < 0n ? -closing : closing);
  const title =
    closing > 0n ? (you ? 'You owe' : 'Owes') : closing < 0n ? (you ? 'You are owed' : 'Is owed') : 'Balance';
  const saved = savings && BigInt(savings.saved);
  const share = energy?.selfSufficiencyPerMille ?? null;
  return html`<div class="key">
<div class="due"><span>${title}</span><b>${currency} ${amount}</b><span>with all earlier months and payments</span></div>
${
  saved === null || !savings
    ? null
    : html`<div><span>${saved < 0n ? 'More than' : 'Saved against'} the supplier only</span><b>${currency} ${hundredths(cents(saved < 0n ? -saved : saved))}</b></div>`
}
${
  energy
    ? html`<div><span>Bought from neighbours</span><b>${hundredths(bought)} kWh</b><span>sold to them ${hundredths(sold)} kWh</span></div>`
    : null
}
${share === null ? null : html`<div><span>Self-sufficiency</span><b>${percent(share)}</b></div>`}
</div>`;
}

function traded({ rows }: PrintedAccount, sections: readonly Section[]): bigint {
  return rows.filter(({ section }) => sections.includes(section)).reduce((sum, row) => sum + row.kWh, 0n);
}

function memberSections(statement: Statement, printed: PrintedAccount): Markup {
  const { days, street, energy, savings } = statement;
  const chart = daysChart(days);
  const neighbours = neighboursTable(statement, printed);
  const quality = qualityTable(statement);
  const notKnown = street.loadWh === null || energy?.loadWh === null;
  return html`${chart ? html`<section class="whole"><h2>Your month by day</h2><figure>${chart}</figure></section>` : null}
${neighbours ? html`<section><h2>With whom you traded</h2>${neighbours}</section>` : null}
${savings ? html`<section class="whole"><h2>What the neighbourhood saved</h2>${savingsTable(statement, printed)}</section>` : null}
<section class="whole"><h2>How far your street feeds itself</h2>
${TRADING_MOVES_MONEY}
${shareTable(statement)}
${leftOut(statement)}
${notKnown ? html`<p class="note">Not known where a roof feeds in that no meter measures by itself, or where nobody can say what would have been traded without batteries.</p>` : null}</section>
<section><h2>Day by day</h2>${daysTable(statement, printed)}</section>
${quality ? html`<section><h2>How well it was measured</h2>${quality}</section>` : null}`;
}

/** What the shares are counted over, where that is not all of the month that was settled. */
function leftOut({ energy, street }: Statement): Markup | null {
  const parts = [
    energy && energy.leftOut > 0 ? `Yours over ${count(energy.intervals)} quarter hours` : null,
    street.leftOut > 0 ? `${energy?.leftOut ? 'the street’s' : 'The street’s'} over ${count(street.intervals)}` : null,
  ].filter((part) => part !== null);
  return parts.length === 0
    ? null
    : html`<p class="note">${parts.join(', ')}; the others are left out, because something of them is not known.</p>`;
}

function proofSection({ ledger, proof, lines, account, member }: Statement): Markup {
  const found = lines.filter((line) => line.proof.settlement !== null).length;
  const words =
    ledger === null
      ? html`<p>This community keeps no ledger, so the lines stand on the word of who settled them.</p>`
      : html`<p>Each of the ${count(lines.length)} lines behind this statement follows from signed records: ${member === null ? 'meters' : 'your meter, your orders'}, the clearing and the settlement of its quarter hour. The lines, with the place of each record in the ledger, are in the CSV and JSON files of this statement (<code>${account}</code>).</p>
<p>The records lie in the ledger <code>${ledger}</code>. ${
          proof
            ? html`Its signed checkpoint over ${count(proof.size)} leaves has the root <code>${proof.root}</code>. Who has a copy of the ledger checks all of it with <code>microgrid verify</code>, and sees the same root if it is the same ledger.`
            : 'Not all of them are under a signed checkpoint yet.'
        }${found < lines.length ? html` ${count(lines.length - found)} lines came without a place in it.` : null}</p>`;
  return html`<section class="whole"><h2>How to check it</h2>
${words}
<p class="note">Amounts are counted in billionths and rounded here to the cent, so that every column adds up; energy to 10 Wh. The exact figures are in the JSON file.</p></section>`;
}

function cents(nano: bigint): bigint {
  return (nano + 5_000_000n) / 10_000_000n;
}
