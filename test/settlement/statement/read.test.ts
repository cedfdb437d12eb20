import assert from 'node:assert/strict';
import { readPaymentNote } from '../../../src/settlement/statement/payment-note.ts';
import { readIntervalName, readSettled } from '../../../src/settlement/statement/read.ts';

const LINE = {
  account: 'member/a',
  counterAccount: 'supplier',
  wh: 5,
  price: 300_000,
  amount: 1_500_000,
  code: 'import',
};
const ROW = {
  member: 'a',
  importWh: 5,
  exportWh: 0,
  quality: 'measured',
  boughtWh: 0,
  soldWh: 0,
  supplierWh: 5,
  feedInWh: 0,
  amount: 1_500_000,
};
const GIVEN = { tariffs: { import: 300_000, feedIn: 80_000 }, lines: [LINE], statements: [ROW] };
const read = (change: object) => readSettled({ ...GIVEN, ...change }, 1, null);

describe('a settlement that statements are made from', () => {
  it('is taken as it is, without what statements do not use', () => {
    const settled = read({
      interval: 'x',
      record: {},
      lines: [{ ...LINE, interval: 'x' }],
      statements: [{ ...ROW, extra: 1 }],
    });
    assert.deepEqual(settled, { at: 1, leaf: null, number: 0, ...GIVEN });
    const tariffs = {
      ...GIVEN.tariffs,
      networkFee: { beyond: 5 },
      capacity: { month: '2026-05', price: 1, due: true },
    };
    assert.deepEqual(read({ tariffs }).tariffs, tariffs);
    const recorded = {
      ...GIVEN.tariffs,
      networkFee: { feeder: 0, substation: 0, beyond: 0 },
      levies: 0,
      vatBasisPoints: 0,
    };
    const full = { ...recorded, feedInVatBasisPoints: 0, balancing: 'penalty/1', penalty: 7, capacity: null };
    assert.deepEqual(read({ tariffs: full }).tariffs?.balancing, { rule: 'penalty/1', penalty: 7 });
    const pooled = { ...ROW, poolBoughtWh: 1, poolSoldWh: 2 };
    assert.deepEqual(read({ statements: [pooled] }).statements, [pooled]);
  });

  it('may take lines back where it is a correction, and nowhere else', () => {
    const lines = [{ ...LINE, wh: -5, amount: -1_500_000, reverses: true }];
    const { number, tariffs } = readSettled({ lines, statements: [], number: 2 }, 1, null);
    assert.deepEqual([number, tariffs], [2, null]);
    assert.throws(() => read({ lines }), /lines\[0\]\.wh must be at least 0/);
  });

  const refused: readonly (readonly [what: string, change: object, says: RegExp])[] = [
    ['a number below 0', { number: -1 }, /number must be at least 0/],
    ['a number as text', { number: '1' }, /number must be a whole number/],
    ['no lines', { lines: undefined }, /lines must be a list/],
    ['a line that is none', { lines: [null] }, /line must be an object/],
    [
      'an account with markup',
      { lines: [{ ...LINE, account: 'member/<b>' }] },
      /lines\[0\]\.account must be an account/,
    ],
    ['an account of nobody', { lines: [LINE, { ...LINE, counterAccount: 'bank' }] }, /lines\[1\]\.counterAccount/],
    ['a code with a space', { lines: [{ ...LINE, code: 'a b' }] }, /lines\[0\]\.code/],
    ['half a Wh', { lines: [{ ...LINE, wh: 0.5 }] }, /lines\[0\]\.wh/],
    ['an amount as text', { lines: [{ ...LINE, amount: '5' }] }, /lines\[0\]\.amount/],
    ['an amount of -0', { lines: [{ ...LINE, amount: -0 }] }, /lines\[0\]\.amount/],
    ['an amount of 2^53', { lines: [{ ...LINE, amount: 2 ** 53 }] }, /lines\[0\]\.amount/],
    ['a price that is no number', { lines: [{ ...LINE, price: Number.NaN }] }, /lines\[0\]\.price/],
    ['no statements', { statements: {} }, /statements must be a list/],
    ['a member with capitals', { statements: [{ ...ROW, member: 'A' }] }, /statements\[0\]\.member/],
    ['a quality of its own', { statements: [{ ...ROW, quality: 'good' }] }, /statements\[0\]\.quality/],
    ['negative energy', { statements: [{ ...ROW, importWh: -1 }] }, /statements\[0\]\.importWh/],
    ['no tariffs', { tariffs: undefined }, /tariffs must be an object/],
    ['a tariff as text', { tariffs: { import: '3', feedIn: 0 } }, /tariffs\.import/],
    ['a fee with decimals', { tariffs: { ...GIVEN.tariffs, levies: 0.5 } }, /tariffs\.levies/],
    ['tariffs without end', { tariffs: { ...GIVEN.tariffs, a: { b: { c: { d: { e: 1 } } } } } }, /nested/],
  ];
  for (const [what, change, says] of refused) {
    it(`is refused with ${what}`, () => assert.throws(() => read(change), { name: 'RangeError', message: says }));
  }

  it('is of a quarter hour', () => {
    assert.equal(readIntervalName('2026-05-01T10:15Z'), '2026-05-01T10:15Z');
    for (const name of ['2026-05-01T10:10Z', '', null, 5]) assert.throws(() => readIntervalName(name), /quarter hour/);
  });
});

describe('a note of a payment', () => {
  const text = 'Payment sunny-20260801-1-001 of 12.34 EUR from bakery to home-03 was made on 2026-08-05.';
  const paid = {
    id: 'sunny-20260801-1-001',
    at: 7,
    on: '2026-08-05',
    from: 'member/bakery',
    to: 'member/home-03',
    amount: 12_340_000_000,
    leaf: 9,
  };

  it('is read back', () => {
    assert.deepEqual(readPaymentNote(text, 'EUR', 7, 9), paid);
    const more = text.replace('home-03', 'the supplier').replace('05.', '05. Reference: August, of 9.99 EUR');
    assert.deepEqual(readPaymentNote(more, 'EUR', 7, 9), { ...paid, to: 'supplier' });
    assert.equal(readPaymentNote(text.replace('bakery', 'the community'), 'EUR', 7, 9)?.from, 'community');
  });

  it('is only a note where it says anything else', () => {
    const others = [
      ...[null, 5, '', 'The roof was cleaned.', ` ${text}`, text.slice(0, -1), text.replace('EUR', 'USD')],
      ...[
        text.replace('12.34', '12.3'),
        text.replace('12.34', '-1.00'),
        text.replace('12.34', '0.00'),
        text.replace('bakery', 'Bakery'),
      ],
      text.replace('home-03', 'the moon'),
    ];
    for (const other of others) assert.equal(readPaymentNote(other, 'EUR', 7, 9), null, String(other));
  });
});
