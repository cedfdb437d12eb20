// The ledger's records and faults in words: what each says in a sentence, and its fields with their units.
import { quote } from '../../src/units.ts';
import type { Cell, Field, Table } from './protocol.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of a list; a book of ten thousand orders is not read on a page. */
const MOST_ROWS = 200;

export function energyText(wh: number): string {
  return Math.abs(wh) < 1000 ? `${wh} Wh` : `${decimal(BigInt(wh), 3, 0)} kWh`;
}

/** Micro-currency per kWh as hundredths of the currency. */
export function priceText(price: number): string {
  return `${decimal(BigInt(price), 4, 1)} ct/kWh`;
}

/** Nano-currency. */
export function moneyText(nano: number | bigint | string, currency: string): string {
  return `${decimal(BigInt(nano), 9, 2)} ${currency}`.trimEnd();
}

/** A whole number of 10^-digits, exact, with at least some decimals. */
function decimal(value: bigint, digits: number, least: number): string {
  const sign = value < 0n ? '-' : '';
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0');
  let decimals = text.slice(-digits);
  while (decimals.length > least && decimals.endsWith('0')) decimals = decimals.slice(0, -1);
  return `${sign}${text.slice(0, -digits)}${decimals === '' ? '' : `.${decimals}`}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2026-11-22T08:15Z` as "22 Nov 2026, 08:15 to 08:30 UTC". */
export function intervalText(interval: string): string {
  const end = new Date(Date.parse(interval) + 15 * 60_000).toISOString();
  return `${dayText(interval)}, ${interval.slice(11, 16)} to ${end.slice(11, 16)} UTC`;
}

export function timeText(time: string): string {
  return `${dayText(time)}, ${time.slice(11, 19)} UTC`;
}

function dayText(time: string): string {
  return `${Number(time.slice(8, 10))} ${MONTHS[Number(time.slice(5, 7)) - 1] ?? '?'} ${time.slice(0, 4)}`;
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en').replaceAll(',', '\u202f')} ${count === 1 ? one : many}`;
}

/** What a record says, in a sentence. @param body null where it is withheld */
export function sentenceOf(kind: string, member: string, interval: string | null, body: Fields | null): string {
  const when = interval === null ? '' : ` for ${intervalText(interval)}`;
  if (body === null) return `${kindText(kind)} of ${member}${when}; its content is withheld or erased`;
  const text = (name: string) => String(body[name]);
  const number = (name: string) => Number(body[name]);
  switch (kind) {
    case 'rules':
      return `The rules: auction ${text('market')}, bills ${text('settlement')}, in ${text('currency')}`;
    case 'term':
      return `Term ${text('term')}: ${text('operator')} operates the ledger`;
    case 'roster':
      return rosterText(body);
    case 'order':
      return `${member} ${text('side') === 'buy' ? 'buys' : 'sells'} up to ${energyText(number('wh'))} at ${text('side') === 'buy' ? 'most' : 'least'} ${priceText(number('limit'))}${when}`;
    case 'cancel':
      return `${member} takes an order back${when}`;
    case 'meter':
    case 'correction':
      return meterText(kind, member, when, body);
    case 'clearing':
      return body['price'] === null && number('volumeWh') === 0
        ? `The auction${when}: ${countText(number('orders'), 'order')}, no trade`
        : `The auction${when}: ${countText(number('orders'), 'order')}, ${energyText(number('volumeWh'))} traded${body['price'] === null ? '' : ` at ${priceText(number('price'))}`}`;
    case 'settlement':
      return `${Number(body['number'] ?? 0) > 0 ? 'A correction of the bill' : 'The bill'}${when}: ${countText(lengthOf(body['lines']), 'line')}`;
    case 'battery':
      return `${member}'s battery took ${energyText(number('chargeWh'))} and gave ${energyText(number('dischargeWh'))}${when}`;
    case 'trade':
      return `${text('buyer')} buys ${energyText(number('wh'))} from ${text('seller')} at ${priceText(number('price'))}${when}`;
    case 'price':
      return `The price of the exchange${when}: ${priceText(number('price'))}`;
    case 'note':
      return `A note of ${member}${when}: ${quote(text('text'))}`;
    default:
      return `${kindText(kind)} of ${member}${when}`;
  }
}

function rosterText(body: Fields): string {
  const member = String(body['member']);
  const actions: Readonly<Record<string, string>> = {
    join: `${member} joins (${String(body['kind'])}; ${listText(body['roles'])})`,
    leave: `${member} leaves`,
    key: `${member} changes its key`,
    recover: `${member} gets a new key, because the old one is lost`,
    role: `${member} is now ${listText(body['roles'])}`,
    feeder: `${member} is on the feeder ${String(body['feeder'])}`,
  };
  return actions[String(body['action'])] ?? `${member}: ${String(body['action'])}`;
}

function meterText(kind: string, member: string, when: string, body: Fields): string {
  const what = kind === 'meter' ? `${member}'s meter` : `${member} corrects its meter`;
  if (body['quality'] === 'missing') return `${what}${when}: no value`;
  const estimated = body['quality'] === 'estimated' ? ', estimated' : '';
  return `${what}${when}: ${energyText(Number(body['importWh']))} in, ${energyText(Number(body['exportWh']))} out${estimated}`;
}

/** Names come from what is checked: one such as `toString` is none of a table's own. */
function entryOf<Entry>(table: Readonly<Record<string, Entry>>, name: string): Entry | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** What a kind of record is called, in small letters. */
export const kindName = (kind: string): string => entryOf(KINDS, kind) ?? kind;

export function kindText(kind: string): string {
  const text = kindName(kind);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const KINDS: Readonly<Record<string, string>> = {
  rules: 'rules',
  roster: 'change of members',
  term: 'term',
  meter: 'meter value',
  correction: 'correction',
  order: 'order',
  cancel: 'cancellation',
  clearing: 'auction',
  trade: 'trade',
  settlement: 'bill',
  price: 'price',
  battery: 'battery record',
  note: 'note',
  approval: 'approval',
  erasure: 'erasure',
  header: 'seal of the block',
  unreadable: 'unreadable record',
};

/** The fields of a body for people; the salt is left out, the whole stands below. */
export function fieldsOf(body: Fields, currency: string): Field[] {
  const fields = Object.entries(body)
    .filter(([name]) => name !== 'nonce' && name !== 'version')
    .map(([name, value]): Field => ({ name: nameText(name), value: cellOf(name, value, currency) }));
  // What is read at a glance before what is scrolled.
  const tables = fields.filter(({ value }) => typeof value !== 'string');
  return [...fields.filter(({ value }) => typeof value === 'string'), ...tables];
}

function cellOf(name: string, value: unknown, currency: string): Cell {
  if (Array.isArray(value) && value.length > 0 && typeof value[0] === 'object') return tableOf(name, value, currency);
  return valueText(name, value, currency);
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  fills: ['order (leaf)', 'wh'],
  pairs: ['buyer', 'seller', 'wh', 'buyer pays', 'seller gets', 'network fee'],
  areas: ['area', 'price', 'flow wh', 'rent'],
  preferred: ['purchase (leaf)', 'sale (leaf)', 'buyer', 'seller', 'wh', 'price'],
  peaks: ['month', 'member', 'wh'],
};
const PRICES =
  /^(?:price|priceLow|priceHigh|limit|min|max|import|feedIn|buyer pays|seller gets|network fee|rent|fee|levies|penalty)$/;

function tableOf(name: string, list: readonly unknown[], currency: string): Table {
  const shown = list.slice(0, MOST_ROWS);
  const more = list.length - shown.length;
  if (Array.isArray(shown[0])) {
    const columns = (entryOf(COLUMNS, name) ?? []).slice(0, shown[0].length);
    const rows = (shown as (readonly unknown[])[]).map((row) =>
      row.map((cell, i) => valueText(columns[i] ?? '', cell, currency)),
    );
    return { head: columns.map(nameText), rows, more };
  }
  const columns = Object.keys(shown[0] as Fields);
  const rows = (shown as Fields[]).map((row) => columns.map((column) => valueText(column, row[column], currency)));
  return { head: columns.map(nameText), rows, more };
}

function valueText(name: string, value: unknown, currency: string): string {
  if (value === null || value === undefined) return '\u2013';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') {
    if (/wh$/i.test(name)) return energyText(value);
    if (PRICES.test(name)) return priceText(value);
    if (name === 'amount') return moneyText(value, currency);
    if (name === 'setpointW') return `${value} W`;
    return String(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'none' : listText(value);
  if (typeof value === 'object') {
    return Object.entries(value as Fields)
      .map(([key, part]) => `${nameText(key)} ${valueText(key, part, currency)}`)
      .join(', ');
  }
  return String(value);
}

/** `importWh` as "import", `maxOrdersPerMember` as "max orders per member". */
function nameText(name: string): string {
  const known: Readonly<Record<string, string>> = { wh: 'energy', counterAccount: 'with', flowWh: 'flow', code: 'for' };
  return (
    entryOf(known, name) ??
    name
      .replace(/Wh$/, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
  );
}

const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 0);
const listText = (value: unknown) => (Array.isArray(value) ? value.map(String).join(', ') : String(value));
