// What a reader can tell about a bill, by how much it may read.
import { strict as assert } from 'node:assert';
import { OpenSettlements } from '../../src/audit/open-settlements.ts';
import { tradedEnergy } from '../../src/audit/recompute.ts';
import { settlementFields } from '../../src/audit/settlement-body.ts';
import type { Body } from '../../src/ledger/kinds.ts';
import { FIRST, RULES } from '../ledger/street.ts';

type Bill = Extract<Body<'settlement'>, { version: 'settlement/1' }>;
type Line = Bill['lines'][number];

const nonce = '00000000000000000000000000000000';
const clearing = {
  version: 'clearing/1',
  nonce,
  rule: 'uniform-price/1',
  orders: 2,
  volumeWh: 500,
  price: 200_000,
  priceLow: 200_000,
  priceHigh: 200_000,
  fills: [],
  pairs: [['home-2', 'home-1', 500]],
} satisfies Body<'clearing'>;
const meter = (importWh: number, exportWh: number) =>
  ({
    version: 'meter/1',
    nonce,
    importWh,
    exportWh,
    importCounterWh: null,
    exportCounterWh: null,
    quality: 'measured',
    reason: null,
  }) satisfies Body<'meter'>;
const meters = new Map([
  ['home-1', meter(0, 600)],
  ['home-2', meter(700, 0)],
]);
const rules = { ...RULES, version: 'rules/1' as const, nonce };
const terms = {
  interval: FIRST,
  rules,
  clearing: tradedEnergy(clearing),
  places: undefined,
  price: undefined,
  meters,
  settled: null,
  peaks: [],
  cleared: FIRST,
  measuredIn: () => undefined,
};
const bill = { version: 'settlement/1', nonce, ...settlementFields(terms) } as Bill;
const withLine = (changes: Partial<Line>): Bill => ({
  ...bill,
  lines: bill.lines.map((line, i) => (i === 0 ? { ...line, ...changes } : line)),
});

/** @param withheld the meter of home-2, or the clearing, cannot be read */
function verdict(settlement: Bill | null, withheld?: 'meter' | 'clearing', cleared = true) {
  const open = new OpenSettlements((kind) => kind === 'clearing' && cleared);
  for (const [member, value] of meters) {
    open.meter(FIRST, member, withheld === 'meter' && member === 'home-2' ? null : value);
  }
  if (cleared) open.clearing(FIRST, withheld === 'clearing' ? null : clearing, rules);
  const result = open.check(FIRST, settlement);
  return typeof result === 'string' ? result : 'wrong';
}

describe('a settlement that is recomputed', () => {
  const wrongStatement: Bill = {
    ...bill,
    statements: bill.statements.map((row, i) => (i === 0 ? { ...row, amount: row.amount + 1 } : row)),
  };
  const trade = bill.lines[0]!;
  // What a later rule may charge: truncated, on money, or by another price than the line of energy.
  const charged: Bill = {
    ...bill,
    lines: [
      ...bill.lines,
      { account: 'member/home-2', counterAccount: 'tax', wh: 0, price: 0, amount: 1234, code: 'vat' },
    ],
    statements: bill.statements.map((row) => (row.member === 'home-2' ? { ...row, amount: row.amount + 1234 } : row)),
  };
  const cases: [string, Bill | null, Parameters<typeof verdict>[1], string][] = [
    ['all can be read', bill, undefined, 'right'],
    ['a line of another amount', withLine({ amount: trade.amount + 1 }), undefined, 'wrong'],
    ['a statement of another amount', wrongStatement, undefined, 'wrong'],
    ['a charge that settle/1 does not know', charged, undefined, 'wrong'],
    ['it is withheld itself', null, undefined, 'unchecked'],
    ['a meter is withheld', bill, 'meter', 'unchecked'],
    ['the clearing is withheld', bill, 'clearing', 'unchecked'],
    ['a meter is withheld, a line of energy is wrong', withLine({ amount: trade.amount + 1 }), 'meter', 'wrong'],
    ['a meter is withheld, a statement is wrong', wrongStatement, 'meter', 'wrong'],
    ['a meter is withheld, a charge is not energy x price', charged, 'meter', 'unchecked'],
  ];
  for (const [what, settlement, withheld, expected] of cases) {
    it(`${what}: ${expected}`, () => assert.equal(verdict(settlement, withheld), expected));
  }

  it('of an interval that was never cleared is wrong, whoever may read it', () => {
    assert.equal(verdict(bill, undefined, false), 'wrong');
    assert.equal(verdict(null, undefined, false), 'wrong');
  });
});
