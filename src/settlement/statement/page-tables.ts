// The tables of a statement beside the account: neighbours, days, what was saved, how far the street feeds itself, how well
// energy was measured.

import type { DayFigures, Position, Statement } from './document.ts';
import type { MemberVariant, StreetVariant } from './energy.ts';
import { html, type Markup } from './markup.ts';
import { averagePrice, type PrintedAccount } from './page-account.ts';
import { Calendar, hhmm } from './period.ts';
import type { QualityRun } from './quality.ts';
import { apportioned, CENT, grouped, hundredths, kWh, percent, rounded, TEN_WH } from './round.ts';
import type { Section } from './sections.ts';
import { accountText, dateText, monthText, reasonText } from './words.ts';

/** Rows that a page shows; the rest is summed in one, and stands in the files. */
const MOST_NEIGHBOURS = 40;
const MOST_RUNS = 40;

interface Neighbour {
  name: string;
  boughtWh: bigint;
  paid: bigint;
  soldWh: bigint;
  received: bigint;
}

/** Null where nothing was traded. */
export function neighboursTable({ positions, currency }: Statement, printed: PrintedAccount): Markup | null {
  const all = neighboursOf(positions);
  if (all.length === 0) return null;
  const shown = all.slice(0, MOST_NEIGHBOURS);
  const rest = all.slice(MOST_NEIGHBOURS);
  if (rest.length > 0) shown.push(rest.reduce(together, { ...NOBODY, name: `${rest.length} further neighbours` }));
  const sums = (sections: readonly Section[]) => {
    const rows = printed.rows.filter(({ section }) => sections.includes(section));
    return { kWh: total(rows.map((row) => row.kWh)), cents: total(rows.map((row) => row.cents)) };
  };
  const bought = sums(['bought', 'pool-bought']);
  const sold = sums(['sold', 'pool-sold']);
  const columns = {
    boughtWh: apportioned(
      shown.map((each) => each.boughtWh),
      TEN_WH,
      bought.kWh,
    ),
    paid: apportioned(
      shown.map((each) => each.paid),
      CENT,
      bought.cents,
    ),
    soldWh: apportioned(
      shown.map((each) => each.soldWh),
      TEN_WH,
      sold.kWh,
    ),
    received: apportioned(
      shown.map((each) => each.received),
      CENT,
      -sold.cents,
    ),
  };
  const cells = (units: bigint, exact: bigint) => (exact === 0n ? null : hundredths(units));
  const price = (amount: bigint, wh: bigint) => averagePrice(wh, amount);
  const all2 = shown.reduce(together, NOBODY);
  return html`<table>
<thead><tr><th class="text" scope="col">Neighbour</th><th scope="col">from them<br><small>kWh</small></th><th scope="col">on average<br><small>ct/kWh</small></th><th scope="col">you pay<br><small>${currency}</small></th><th scope="col">to them<br><small>kWh</small></th><th scope="col">on average<br><small>ct/kWh</small></th><th scope="col">you receive<br><small>${currency}</small></th></tr></thead>
<tbody>
${shown.map(
  (
    each,
    i,
  ) => html`<tr><th class="text" scope="row">${each.name}</th><td>${cells(columns.boughtWh[i]!, each.boughtWh)}</td><td>${price(each.paid, each.boughtWh)}</td><td>${cells(columns.paid[i]!, each.paid)}</td><td>${cells(columns.soldWh[i]!, each.soldWh)}</td><td>${price(each.received, each.soldWh)}</td><td>${cells(columns.received[i]!, each.received)}</td></tr>
`,
)}<tr class="sum"><th class="text" scope="row">All neighbours</th><td>${hundredths(bought.kWh)}</td><td>${price(all2.paid, all2.boughtWh)}</td><td>${hundredths(bought.cents)}</td><td>${hundredths(sold.kWh)}</td><td>${price(all2.received, all2.soldWh)}</td><td>${hundredths(-sold.cents)}</td></tr>
</tbody></table>`;
}

const NOBODY: Neighbour = { name: '', boughtWh: 0n, paid: 0n, soldWh: 0n, received: 0n };

function together(a: Neighbour, b: Neighbour): Neighbour {
  return {
    name: a.name,
    boughtWh: a.boughtWh + b.boughtWh,
    paid: a.paid + b.paid,
    soldWh: a.soldWh + b.soldWh,
    received: a.received + b.received,
  };
}

/** Most energy first. */
function neighboursOf(positions: readonly Position[]): Neighbour[] {
  const neighbours = new Map<string, Neighbour>();
  for (const { section, counterAccount, wh, amount } of positions) {
    const bought = section === 'bought' || section === 'pool-bought';
    if (!bought && section !== 'sold' && section !== 'pool-sold') continue;
    const each = neighbours.get(counterAccount) ?? { ...NOBODY, name: accountText(counterAccount) };
    if (bought) {
      each.boughtWh += BigInt(wh);
      each.paid += BigInt(amount);
    } else {
      each.soldWh += BigInt(wh);
      each.received -= BigInt(amount);
    }
    neighbours.set(counterAccount, each);
  }
  return [...neighbours.values()].sort(
    (a, b) => Number(b.boughtWh + b.soldWh - a.boughtWh - a.soldWh) || (a.name < b.name ? -1 : 1),
  );
}

/** One row a day; energies and amounts add up to the account above. */
export function daysTable({ days, currency, month }: Statement, printed: PrintedAccount): Markup {
  const column = (of: (day: DayFigures) => number, sections: readonly Section[]) => {
    const rows = printed.rows.filter(({ section }) => sections.includes(section));
    const sum = total(rows.map((row) => row.kWh));
    const exact = days.map((day) => BigInt(of(day)));
    // Corrections of this month stand in their own row of the account, and here on their day.
    const same = total(exact) === total(rows.map((row) => row.wh));
    const printedSum = same ? sum : rounded(total(exact), TEN_WH);
    return { sum: printedSum, exact, units: apportioned(exact, TEN_WH, printedSum) };
  };
  const columns = [
    column((day) => day.boughtWh, ['bought', 'pool-bought']),
    column((day) => day.supplierWh, ['supplier']),
    column((day) => day.soldWh, ['sold', 'pool-sold']),
    column((day) => day.feedInWh, ['feed-in']),
  ];
  const exact = days.map(({ amount }) => BigInt(amount));
  const own = printed.rows.filter((row) => row.section !== 'late' && (row.month === null || row.month === month));
  const cents = total(own.map((row) => row.cents));
  const amounts = apportioned(exact, CENT, cents);
  return html`<table class="days">
<thead><tr><th class="text" scope="col">${monthText(month)}</th><th scope="col">from neighbours<br><small>kWh</small></th><th scope="col">from the supplier<br><small>kWh</small></th><th scope="col">to neighbours<br><small>kWh</small></th><th scope="col">to the supplier<br><small>kWh</small></th><th scope="col">charged, credited (−)<br><small>${currency}</small></th></tr></thead>
<tbody>
${days.map(
  ({ date }, i) => html`<tr><th class="text" scope="row">${weekday(date)} ${Number(date.slice(8))}</th>${columns.map(
    ({ exact, units }) => html`<td>${exact[i] === 0n ? null : hundredths(units[i]!)}</td>`,
  )}<td>${exact[i] === 0n ? null : hundredths(amounts[i]!)}</td></tr>
`,
)}<tr class="sum"><th class="text" scope="row">All days</th>${columns.map(({ sum }) => html`<td>${hundredths(sum)}</td>`)}<td>${hundredths(cents)}</td></tr>
</tbody></table>`;
}

export function savingsTable({ savings, street, currency, month }: Statement, printed: PrintedAccount): Markup | null {
  if (!savings) return null;
  const own = printed.rows.filter((row) => row.section !== 'late' && (row.month === null || row.month === month));
  const exact = own.reduce((sum, { amount }) => sum + amount, 0n);
  // Where nothing was left out this is the sum above, to the cent.
  const paid =
    exact === BigInt(savings.paid) ? total(own.map((row) => row.cents)) : rounded(BigInt(savings.paid), CENT);
  const row = (title: string, yours: bigint, all: bigint, kind = '') =>
    html`<tr class="${kind}"><th class="text" scope="row">${title}</th><td>${hundredths(yours)}</td><td>${hundredths(all)}</td></tr>
`;
  const alone = rounded(BigInt(savings.supplierOnly), CENT);
  const streetPaid = rounded(BigInt(street.savings.paid), CENT);
  const streetAlone = rounded(BigInt(street.savings.supplierOnly), CENT);
  return html`<table>
<thead><tr><th class="text" scope="col">The same metered energy</th><th scope="col">you<br><small>${currency}</small></th><th scope="col">the whole street<br><small>${currency}</small></th></tr></thead>
<tbody>
${row('bought and sold with the supplier only', alone, streetAlone)}${row('as it was settled', paid, streetPaid)}${row('saved', alone - paid, streetAlone - streetPaid, 'sum')}</tbody></table>
<p class="note">Above 0 is paid, below 0 (−) received.${savings.leftOut > 0 ? ` Compared over ${count(savings.intervals)} quarter hours; ${count(savings.leftOut)} more are open, and stand on neither side.` : null}</p>`;
}

/** The honest question: what trading, and what batteries, changed. */
export function shareTable({ energy, street, member }: Pick<Statement, 'energy' | 'street' | 'member'>): Markup {
  const variants = <V>(asIs: V, { trading, battery, both }: { trading: V; battery: V; both: V }) => [
    asIs,
    trading,
    battery,
    both,
  ];
  const cell = (value: string | null) => html`<td>${value ?? 'not known'}</td>`;
  const row = <V>(title: string, of: readonly V[], text: (variant: V) => string | null) =>
    html`<tr><th class="text" scope="row">${title}</th>${of.map((variant) => cell(text(variant)))}</tr>
`;
  const share = (perMille: number | null) => (perMille === null ? null : percent(perMille));
  const wh = (value: number | null) => (value === null ? null : kWh(value));
  const own = energy ? variants<MemberVariant>(energy, energy.without) : null;
  const all = variants<StreetVariant>(street, street.without);
  const kWhUnit = ', kWh';
  return html`<table>
<thead><tr><th></th><th scope="col">as it was</th><th scope="col">without<br>trading</th><th scope="col">without<br>batteries</th><th scope="col">without<br>both</th></tr></thead>
<tbody>
${
  own && member !== null
    ? [
        row(`You drew through your connection${kWhUnit}`, own, (v) => wh(v.importWh)),
        row(`You bought from the supplier${kWhUnit}`, own, (v) => wh(v.supplierWh)),
        energy?.loadWh === 0 ? null : row('Your self-sufficiency', own, (v) => share(v.selfSufficiencyPerMille)),
        energy?.pvWh === 0 ? null : row('Your self-consumption', own, (v) => share(v.selfConsumptionPerMille)),
      ]
    : null
}${row(`The street drew through its boundary${kWhUnit}`, all, (v) => wh(v.boundaryImportWh))}${row(`All together bought from the supplier${kWhUnit}`, all, (v) => wh(v.supplierWh))}${street.loadWh === 0 ? null : row('The street’s self-sufficiency', all, (v) => share(v.selfSufficiencyPerMille))}${street.pvWh === 0 ? null : row('The street’s self-consumption', all, (v) => share(v.selfConsumptionPerMille))}</tbody></table>`;
}

/** How much was measured, and when it was not. Null for who has no meter. */
export function qualityTable({ quality, timeZone }: Statement): Markup | null {
  if (!quality) return null;
  const { measured, estimated, open, exceptions } = quality;
  const row = (title: string, intervals: number, importWh: string, exportWh: string) =>
    html`<tr><th class="text" scope="row">${title}</th><td>${count(intervals)}</td><td>${importWh}</td><td>${exportWh}</td></tr>
`;
  const calendar = new Calendar(timeZone);
  const shown = exceptions.slice(0, MOST_RUNS);
  return html`<table>
<thead><tr><th class="text" scope="col">Your meter</th><th scope="col">quarter hours</th><th scope="col">import<br><small>kWh</small></th><th scope="col">export<br><small>kWh</small></th></tr></thead>
<tbody>
${row('measured', measured.intervals, kWh(measured.importWh), kWh(measured.exportWh))}${estimated.intervals === 0 ? null : row('estimated', estimated.intervals, kWh(estimated.importWh), kWh(estimated.exportWh))}${open.intervals === 0 ? null : row('open', open.intervals, 'not known', 'not known')}</tbody></table>
${
  shown.length === 0
    ? null
    : html`<table>
<thead><tr><th class="text" scope="col">Not simply measured</th><th class="text" scope="col">how</th><th class="text" scope="col">why</th></tr></thead>
<tbody>
${shown.map(
  (
    run,
  ) => html`<tr><th class="text when" scope="row">${runText(run, calendar)}</th><td class="text">${run.quality === 'missing' ? 'open' : 'estimated'}</td><td class="text">${reasonText(run.reason)}</td></tr>
`,
)}${exceptions.length > shown.length ? html`<tr><th class="text" scope="row">and ${count(exceptions.length - shown.length)} times more</th><td></td><td></td></tr>` : null}</tbody></table>`
}`;
}

/** "4 May 2026, 08:15 to 09:00 (3 quarter hours)" */
export function runText(
  { first, last, intervals }: Pick<QualityRun, 'first' | 'last' | 'intervals'>,
  calendar: Calendar,
): string {
  const from = calendar.at(Date.parse(first));
  const to = calendar.at(Date.parse(last) + 900_000);
  const end = to.date === from.date ? hhmm(to.minute) : `${dateText(to.date)}, ${hhmm(to.minute)}`;
  return `${dateText(from.date)}, ${hhmm(from.minute)} to ${end} (${intervals === 1 ? 'one quarter hour' : `${count(intervals)} quarter hours`})`;
}

export function count(value: number): string {
  return grouped(String(value));
}

function weekday(date: string): string {
  return ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(`${date}T00:00Z`).getUTCDay()]!;
}

const total = (parts: readonly bigint[]) => parts.reduce((sum, part) => sum + part, 0n);
