import assert from 'node:assert/strict';
import { accountsOfMonth } from '../../../src/settlement/statement/accounts-of-month.ts';
import { accountsCsv, linesCsv, totalsCsv } from '../../../src/settlement/statement/csv.ts';
import { bookOf, contextOf, partsOf, statementOf } from '../../support/statements.ts';

const NOON = '2026-05-01T10:00Z';
const street = () => [
  partsOf(
    NOON,
    {
      price: 200_000,
      pairs: [{ buyer: 'bakery', seller: 'home-1', wh: 700 }],
      meters: { 'home-1': [0, 1000], bakery: [700, 0] },
      tariffs: { import: 300_000, feedIn: -5 },
      leaf: 16,
    },
    {
      clearing: 12,
      orders: [
        { member: 'home-1', leaf: 10 },
        { member: 'home-1', leaf: 9 },
      ],
      meters: [{ member: 'home-1', leaf: 14, reason: null }],
    },
  ),
];

describe('statements as CSV', () => {
  it('have a row per line, exact, with a decimal point and the leaves', () => {
    assert.equal(
      linesCsv(statementOf('member/home-1', street())),
      [
        'community,month,account,interval,local,section,code,counter_account,energy_kwh,price_per_kwh,amount,currency,settlement_leaf,clearing_leaf,meter_leaf,order_leaves',
        'sunny-street.example,2026-05,member/home-1,2026-05-01T10:00Z,2026-05-01 12:00 +02:00,sold,trade,member/bakery,0.700,0.20,-0.14,EUR,16,12,14,9 10',
        'sunny-street.example,2026-05,member/home-1,2026-05-01T10:00Z,2026-05-01 12:00 +02:00,feed-in,feed-in,supplier,0.300,-0.000005,0.0000015,EUR,16,12,14,9 10',
        '',
      ].join('\r\n'),
    );
  });

  it('have totals from the opening to the closing balance', () => {
    assert.equal(
      totalsCsv(statementOf('member/home-1', street(), { opening: () => 5_000_000_000n })),
      [
        'community,month,account,section,code,counter_account,of_month,lines,energy_kwh,amount,currency',
        'sunny-street.example,2026-05,member/home-1,opening,,,,,,5.00,EUR',
        'sunny-street.example,2026-05,member/home-1,sold,trade,member/bakery,,1,0.700,-0.14,EUR',
        'sunny-street.example,2026-05,member/home-1,feed-in,feed-in,supplier,,1,0.300,0.0000015,EUR',
        'sunny-street.example,2026-05,member/home-1,total,,,,,,-0.1399985,EUR',
        'sunny-street.example,2026-05,member/home-1,closing,,,,,,4.8600015,EUR',
        '',
      ].join('\r\n'),
    );
  });

  it('have all accounts side by side, which sum to 0', () => {
    const rows = accountsCsv(accountsOfMonth(bookOf(street()), contextOf(), ['tax'])).split('\r\n');
    assert.deepEqual(rows.slice(1), [
      'sunny-street.example,2026-05,member/bakery,1,0.00,0.14,0.14,EUR',
      'sunny-street.example,2026-05,member/home-1,2,0.00,-0.1399985,-0.1399985,EUR',
      'sunny-street.example,2026-05,supplier,1,0.00,-0.0000015,-0.0000015,EUR',
      'sunny-street.example,2026-05,tax,0,0.00,0.00,0.00,EUR',
      'sunny-street.example,2026-05,sum,,,0.00,,EUR',
      '',
    ]);
  });

  it('quote what needs it, and make no formula of a text', () => {
    const statement = statementOf('member/home-1', street(), { community: '=cmd|"/c calc"!A1, street' });
    const payment = { id: '@SUM(1)', on: '2026-05-05', counterAccount: '+evil', amount: -1, leaf: null };
    for (const text of [
      linesCsv({ ...statement, payments: [payment] }),
      totalsCsv({ ...statement, payments: [payment] }),
    ]) {
      const rows = text.trimEnd().split('\r\n').slice(1);
      for (const row of rows) assert.ok(row.startsWith(`"'=cmd|""/c calc""!A1, street",2026-05,`), row);
      assert.ok(rows.some((row) => row.includes(`,'@SUM(1),'+evil,`)));
    }
    const lines = linesCsv({
      ...statement,
      account: 'a\r\nb',
      lines: statement.lines.map((line) => ({ ...line, counterAccount: '\t=1' })),
    });
    assert.ok(lines.includes('"a\r\nb"') && lines.includes(`,'\t=1,`));
  });
});
