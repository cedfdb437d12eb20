// The sections of a statement: which of them a line of a settlement belongs to, seen from one of its two accounts.

/** In the order in which a statement shows them. */
export const SECTIONS = [
  'bought',
  'sold',
  'pool-bought',
  'pool-sold',
  'supplier',
  'feed-in',
  'network-fee',
  'levies',
  'vat',
  'capacity',
  'penalty',
  'fund',
  'other',
  'correction',
  'late',
  'payment',
] as const;

export type Section = (typeof SECTIONS)[number];

const BY_CODE: ReadonlyMap<string, Section> = new Map<string, Section>([
  ['import', 'supplier'],
  ['feed-in', 'feed-in'],
  ['network-fee', 'network-fee'],
  ['levies', 'levies'],
  ['vat', 'vat'],
  ['capacity', 'capacity'],
  ['penalty', 'penalty'],
  ['fund', 'fund'],
]);

/**
 * @param code of the line
 * @param receivesEnergy whether the account is the line's `account`: it gets the energy, or owes the charge
 */
export function sectionOf(code: string, receivesEnergy: boolean): Section {
  if (code === 'trade') return receivesEnergy ? 'bought' : 'sold';
  if (code === 'pool') return receivesEnergy ? 'pool-bought' : 'pool-sold';
  // What a later rule adds is shown under its own code.
  return BY_CODE.get(code) ?? 'other';
}

/** Sections whose Wh the meter accounts for, and which way they flow seen from a member. */
export const ENERGY_FLOW: ReadonlyMap<Section, 'in' | 'out'> = new Map<Section, 'in' | 'out'>([
  ['bought', 'in'],
  ['pool-bought', 'in'],
  ['supplier', 'in'],
  ['sold', 'out'],
  ['pool-sold', 'out'],
  ['feed-in', 'out'],
]);
