// The test street under rules of version 2: a feeder tree, a tariff document, estimates.
import type { BodyFields } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { HOMES, keysOf, RULES, type Street } from '../ledger/street.ts';

export type Rules2 = Extract<BodyFields<'rules'>, { version: 'rules/2' }>;

export const AREAS = [
  { id: 'east', parent: 'street', importWh: 700, exportWh: 700, fee: 10_000 },
  { id: 'street', parent: null, importWh: null, exportWh: null, fee: 0 },
  { id: 'west', parent: 'street', importWh: null, exportWh: null, fee: 5_000 },
];

export const rulesOf = (market: string, changes: Partial<Rules2> = {}): Rules2 => {
  const { version: _version, ...fields } = RULES;
  return {
    ...fields,
    version: 'rules/2',
    market,
    maxMemberWh: null,
    areas: AREAS,
    tariff: null,
    estimateAfterHours: null,
    ...changes,
  };
};

export const openUnder = (street: Street, rules: BodyFields<'rules'>): Promise<Ledger> =>
  street.open({
    genesis: {
      rules,
      members: [
        { id: 'operator', kind: 'operator', roles: ['operator'], keys: keysOf('operator') },
        ...HOMES.map((id, i) => ({ id, kind: 'home' as const, keys: keysOf(id), feeder: [null, 'east', 'west'][i]! })),
      ],
    },
  });
