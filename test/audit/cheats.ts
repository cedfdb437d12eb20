// What an operator may try who holds its own, valid keys, and the code under which each is found out. The street must have gone
// through one gate, and hold three orders for the next interval, unsealed (`readyToCheat`).
import type { Body } from '../../src/ledger/kinds.ts';
import { cosignRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { accepted, FIRST, keysOf, RULES, type Settlement1, type Street } from '../ledger/street.ts';

export const interval = FIRST;
export const next = intervalAfter(FIRST);

/** One gate, and orders for the next. */
export async function readyToCheat(street: Street): Promise<void> {
  const ledger = await street.open();
  await street.gate(ledger, interval);
  accepted(
    await ledger.append([
      street.order('home-1', next, 'sell', 1000, 100_000),
      street.order('home-2', next, 'buy', 700, 250_000),
      street.order('home-3', next, 'buy', 501, 200_000),
    ]),
  );
  await ledger.close();
}

const honest: Body<'clearing'> = {
  version: 'clearing/1',
  nonce: '',
  rule: 'uniform-price/1',
  orders: 3,
  volumeWh: 1000,
  price: 200_000,
  priceLow: 200_000,
  priceHigh: 200_000,
  fills: [
    [16, 1000],
    [17, 700],
    [18, 300],
  ],
  pairs: [
    ['home-3', 'home-1', 300],
    ['home-2', 'home-1', 700],
  ],
};
const { version: _v, nonce: _n, ...honestFields } = honest;
/** What the operator honestly writes about the next interval. */
export const right = honestFields;

export type CheatCase = readonly [what: string, code: string, make: (street: Street) => SignedRecord[]];

export const CHEATS: readonly CheatCase[] = [
  ['a wrong price', 'wrong-clearing', (street) => [clearing(street, { price: 210_000 })]],
  ['a wrong price bound', 'wrong-clearing', (street) => [clearing(street, { priceHigh: 250_000 })]],
  [
    'a wrong fill',
    'wrong-clearing',
    (street) => [
      clearing(street, {
        fills: [
          [16, 1000],
          [17, 699],
          [18, 301],
        ],
      }),
    ],
  ],
  ['a wrong pair', 'wrong-clearing', (street) => [clearing(street, { pairs: [['home-2', 'home-1', 1000]] })]],
  [
    'an order left out of the clearing',
    'wrong-clearing',
    (street) => [
      clearing(street, {
        orders: 2,
        fills: [
          [16, 501],
          [18, 501],
        ],
      }),
    ],
  ],
  ['a late order', 'late', (street) => [clearing(street, {}), street.order('home-3', next, 'buy', 10, 250_000)]],
  ['an order beyond the limits', 'out-of-bounds', (street) => [street.order('home-3', next, 'buy', 10, 999_999)]],
  [
    'too many orders',
    'over-quota',
    (street) => [2, 3, 4, 5].map((wh) => street.order('home-3', next, 'buy', wh, 100_000)),
  ],
  [
    'a forged order',
    'unsigned',
    (street) => [
      street.record('home-3', 'order', next, { side: 'buy', wh: 1, limit: 90_000 }, { keys: keysOf('operator') }),
    ],
  ],
  ['a record of nobody', 'unknown-member', (street) => [street.meter('home-7', next, 1, 1)]],
  ['a clearing by a member', 'wrong-role', (street) => [street.record('home-1', 'clearing', next, right)]],
  [
    'a second clearing in one block',
    'already-recorded',
    (street) => [
      clearing(street, {}),
      street.record('operator', 'clearing', intervalAfter(next), {
        ...right,
        orders: 0,
        volumeWh: 0,
        price: null,
        priceLow: null,
        priceHigh: null,
        fills: [],
        pairs: [],
      }),
    ],
  ],
  ['a second meter value', 'already-recorded', (street) => [street.meter('home-1', interval, 7, 7)]],
  ['a second settlement', 'already-recorded', (street) => [settlement(street, {})]],
  [
    'a settlement before the clearing',
    'too-early',
    (street) => [street.record('operator', 'settlement', next, { tariffs: RULES.tariffs, lines: [], statements: [] })],
  ],
  [
    'a signature too many',
    'wrong-key',
    (street) => [cosignRecord(street.meter('home-1', next, 1, 1), keysOf('home-2').record)],
  ],
  [
    'a record of another epoch',
    'wrong-ledger',
    (street) => [street.record('home-1', 'note', null, { text: 'x' }, { ledger: 'sunny-street.example/ledger/2' })],
  ],
];

export const clearing = (street: Street, fields: Partial<typeof right>): SignedRecord =>
  street.record('operator', 'clearing', next, { ...right, ...fields });

const settlement = (street: Street, changes: Partial<Settlement1>, at: string = interval): SignedRecord => {
  const metered: [string, number, number][] = [
    ['home-1', 0, 1200],
    ['home-2', 650, 0],
    ['home-3', 900, 10],
  ];
  const fields = street.settlement(at, right, metered);
  return street.record('operator', 'settlement', at, { ...fields, ...changes });
};
