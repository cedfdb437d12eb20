// Statements as tables for spreadsheets: RFC 4180 (CRLF, quotes where needed), decimal point, exact figures, one row per line.
// A text that a spreadsheet would take for a formula gets an apostrophe before it.
import { decimalText, moneyText, priceText } from '../../market/words.ts';
import type { AccountsOfMonth } from './accounts-of-month.ts';
import type { Statement } from './document.ts';

type Cell = string | null;

/** Every line of the statement with the leaves that it follows from. */
export function linesCsv(statement: Statement): string {
  const { community, month, account, currency, lines, payments } = statement;
  const head = [
    ...['community', 'month', 'account', 'interval', 'local', 'section', 'code', 'counter_account', 'energy_kwh'],
    ...['price_per_kwh', 'amount', 'currency', 'settlement_leaf', 'clearing_leaf', 'meter_leaf', 'order_leaves'],
  ];
  const rows = lines.map(({ interval, local, section, code, counterAccount, wh, price, amount, proof }) => [
    ...[text(community), month, text(account), interval, local, section, text(code), text(counterAccount)],
    ...[energy(wh), priceText(price), money(BigInt(amount)), currency],
    ...[leaf(proof.settlement), leaf(proof.clearing), leaf(proof.meter), proof.orders.join(' ')],
  ]);
  const paid = payments.map(({ id, on, counterAccount, amount, leaf: at }) => [
    ...[text(community), month, text(account), null, on, 'payment', text(id), text(counterAccount)],
    ...[null, null, money(BigInt(amount)), currency, leaf(at), null, null, null],
  ]);
  return table([head, ...rows, ...paid]);
}

/** What the lines add up to, from the opening to the closing balance. */
export function totalsCsv(statement: Statement): string {
  const { community, month, account, currency, balance, positions, payments } = statement;
  const head = [
    'community',
    'month',
    'account',
    'section',
    'code',
    'counter_account',
    'of_month',
    'lines',
    'energy_kwh',
  ];
  const before = [text(community), month, text(account)];
  const sum = (section: string, nano: string) => [
    ...[...before, section, null, null, null, null, null, money(BigInt(nano)), currency],
  ];
  const rows = positions.map(({ section, code, counterAccount, month: of, lines, wh, amount }) => [
    ...[...before, section, text(code), text(counterAccount), of, String(lines), energy(wh)],
    ...[money(BigInt(amount)), currency],
  ]);
  const paid = payments.map(({ id, counterAccount, amount }) => [
    ...[...before, 'payment', text(id), text(counterAccount), null, '1', null, money(BigInt(amount)), currency],
  ]);
  return table([
    [...head, 'amount', 'currency'],
    sum('opening', balance.opening),
    ...rows,
    ...paid,
    sum('total', balance.total),
    sum('closing', balance.closing),
  ]);
}

/** All accounts of a month; their totals sum to 0. */
export function accountsCsv({ community, month, currency, accounts, sum }: AccountsOfMonth): string {
  const head = ['community', 'month', 'account', 'lines', 'opening', 'total', 'closing', 'currency'];
  const rows = accounts.map(({ account, lines, opening, total, closing }) => [
    ...[text(community), month, text(account), String(lines)],
    ...[money(BigInt(opening)), money(BigInt(total)), money(BigInt(closing)), currency],
  ]);
  return table([head, ...rows, [text(community), month, 'sum', null, null, money(BigInt(sum)), null, currency]]);
}

function table(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map((cell) => quoted(cell ?? '')).join(',')}\r\n`).join('');
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A text from outside, never a formula. */
function text(value: string): string {
  return /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
}

const leaf = (index: number | null): Cell => (index === null ? null : String(index));
const energy = (wh: number): string => decimalText(wh, 3, 3);
const money = moneyText;
