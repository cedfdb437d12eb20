// The words of a statement for people: titles, months, reasons, and what each term means.
import type { Section } from './sections.ts';

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** "May 2026" */
export function monthText(month: string): string {
  return `${MONTHS[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}`;
}

/** "4 May 2026" */
export function dateText(date: string): string {
  return `${Number(date.slice(8))} ${monthText(date.slice(0, 7))}`;
}

const OF_MEMBERS: Readonly<Record<Section, string>> = {
  bought: 'Bought from neighbours',
  sold: 'Sold to neighbours',
  'pool-bought': 'Balanced with neighbours: taken',
  'pool-sold': 'Balanced with neighbours: given',
  supplier: 'Bought from the supplier',
  'feed-in': 'Sold to the supplier',
  'network-fee': 'Network fees',
  levies: 'Levies',
  vat: 'VAT',
  capacity: 'Capacity charge for the highest quarter hour',
  penalty: 'Penalty for deviations',
  fund: 'Community fund',
  other: 'Other',
  correction: 'Corrections',
  late: 'Settled late',
  payment: 'Payments',
};

const OF_OTHERS: Readonly<Partial<Record<Section, string>>> = {
  supplier: 'Energy supplied to members',
  'feed-in': 'Energy taken from members',
};

export function sectionTitle(section: Section, member: boolean): string {
  return (member ? undefined : OF_OTHERS[section]) ?? OF_MEMBERS[section];
}

/** "home-03", "the supplier", "the network", "tax", "the fund" */
export function accountText(account: string): string {
  if (account.startsWith('member/')) return account.slice('member/'.length);
  return account === 'tax' ? 'tax' : `the ${account}`;
}

const REASONS: Readonly<Record<string, string>> = {
  'meter-missing': 'the meter gave no value that could be used',
  'no-meter-record': 'no value of the meter was recorded',
  'no-tariff': 'the tariff says nothing about this day',
  'price-missing': 'the price of the quarter hour is not known',
  integrated: 'the meter has no counter; energy was computed from its power',
  interpolated: 'the meter was not read at the boundary; its counter was interpolated',
  'no-reading': 'the meter gave no reading',
  'started-within': 'reading of the meter began within the quarter hour',
  'clock-set-back': 'the clock of the reader was set back',
  'counter-discontinuity': 'the counter jumped',
  gap: 'readings were missing',
};

/** A sentence's end for the code of a reason; the code itself where it has no words. */
export function reasonText(code: string | null): string {
  if (code === null) return 'no reason was given';
  return REASONS[code] ?? code;
}

/** Terms, each said once. */
export const GLOSSARY: readonly (readonly [term: string, meaning: string])[] = [
  ['Quarter hour', 'The time step of market and bills. Energy in and out within one quarter hour is netted.'],
  ['Clearing', 'The auction of a quarter hour: who buys from whom, and at what price.'],
  [
    'Supplier',
    'Who sells you what neighbours do not, at the import tariff, and buys the rest of your sun at the feed-in tariff.',
  ],
  [
    'Self-sufficiency',
    'The share of use that was not drawn through the connection: yours at your meter, the street’s at its boundary.',
  ],
  ['Self-consumption', 'The share of the own sun that was used and not fed in.'],
  ['Boundary', 'Where the street is connected to the grid: all meters together.'],
  [
    'Measured, estimated, open',
    'What the meter said; what had to be derived, with its reason; what is not known yet. Nothing is made up: open energy is billed once it is known.',
  ],
  [
    'Checkpoint',
    'A signed number that stands for everything in the ledger. If one record changed, so would this number.',
  ],
];
