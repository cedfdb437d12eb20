// A month counted by hand, and what a statement does with what comes late, is corrected, stays open, or never came.
import assert from 'node:assert/strict';
import { correct } from '../../../src/settlement/correct.ts';
import type { Line } from '../../../src/settlement/settlement.ts';
import type { Statement } from '../../../src/settlement/statement/document.ts';
import { Statements } from '../../../src/settlement/statement/document.ts';
import type { IntervalParts, Settled } from '../../../src/settlement/statement/parts.ts';
import { intervalsOf, periodOf } from '../../../src/settlement/statement/period.ts';
import type { Tariffs } from '../../../src/settlement/tariffs.ts';
import { bookOf, contextOf, MAY, partsOf, statementOf, TARIFFS } from '../../support/statements.ts';

const NOON = '2026-05-01T10:00Z';
const NEXT = '2026-05-01T10:15Z';
const EVENING = '2026-05-02T18:00Z';

/** home-1 sells 700 of its 1000 Wh to the bakery, which uses 900. In the evening both buy from the supplier. */
const month = (): IntervalParts[] => [
  partsOf(
    NOON,
    {
      price: 200_000,
      pairs: [{ buyer: 'bakery', seller: 'home-1', wh: 700 }],
      meters: { 'home-1': [0, 1000], bakery: [900, 0] },
      leaf: 16,
    },
    {
      clearing: 12,
      orders: [
        { member: 'home-1', leaf: 10 },
        { member: 'bakery', leaf: 11 },
        { member: 'bakery', leaf: 9 },
      ],
      meters: [
        { member: 'home-1', leaf: 14, reason: null },
        { member: 'bakery', leaf: 15, reason: null },
      ],
    },
  ),
  partsOf(
    EVENING,
    { meters: { 'home-1': [500, 0], bakery: [100, 0, 'estimated'] }, leaf: 30 },
    {
      meters: [{ member: 'bakery', leaf: 29, reason: 'interpolated' }],
    },
  ),
];

const short = ({ positions }: Statement) =>
  positions.map(({ section, counterAccount, wh, amount }) => `${section} ${counterAccount} ${wh} ${amount}`);

/** The second settlement of an interval, as a correction of the first. */
function correction(parts: IntervalParts, change: Partial<Settled>): Settled {
  return { ...parts.settled[0]!, leaf: null, number: 1, ...change };
}

describe('a statement', () => {
  it('is what the month comes to, counted by hand', () => {
    const bakery = statementOf('member/bakery', month());
    assert.deepEqual(short(bakery), [
      'bought member/home-1 700 140000000',
      // 200 Wh at noon and 100 in the evening, at 30 ct.
      'supplier supplier 300 90000000',
      // 7 ct on all 1000 Wh, 2 ct on all.
      'network-fee network 1000 70000000',
      'levies tax 1000 20000000',
      // 19 % of 203 000 000, 78 000 000 and 39 000 000.
      'vat tax 0 60800000',
    ]);
    assert.deepEqual(bakery.balance, { opening: '0', total: '380800000', closing: '380800000' });
    // 1000 Wh at 30 + 7 + 2 ct and 19 %.
    assert.deepEqual(bakery.savings, {
      intervals: 2,
      leftOut: 0,
      paid: '380800000',
      supplierOnly: '464100000',
      saved: '83300000',
    });
    const home = statementOf('member/home-1', month());
    assert.deepEqual(short(home), [
      'sold member/bakery 700 -140000000',
      'supplier supplier 500 150000000',
      'feed-in supplier 300 -24000000',
      'network-fee network 500 35000000',
      'levies tax 500 10000000',
      'vat tax 0 37050000',
    ]);
    // Alone it would have sold 1000 Wh at 8 ct.
    assert.equal(home.savings?.saved, String(164_000_000 - 80_000_000));
    assert.deepEqual(
      [home.street.savings.paid, home.street.savings.saved],
      [String(380_800_000 + 68_050_000), String(83_300_000 + 84_000_000)],
    );
  });

  it('has each line with the records that it follows from', () => {
    const { lines } = statementOf('member/bakery', month());
    const [trade, fee] = lines;
    assert.deepEqual(trade, {
      interval: NOON,
      local: '2026-05-01 12:00 +02:00',
      section: 'bought',
      code: 'trade',
      counterAccount: 'member/home-1',
      wh: 700,
      price: 200_000,
      amount: 140_000_000,
      proof: { settlement: 16, clearing: 12, meter: 15, orders: [9, 11] },
    });
    assert.equal(fee?.section, 'network-fee');
    assert.deepEqual(lines.at(-1)?.proof, { settlement: 30, clearing: null, meter: 29, orders: [] });
    const supplier = statementOf('supplier', month());
    assert.deepEqual(
      supplier.lines.map(({ section, counterAccount, wh, amount, proof }) => [
        section,
        counterAccount,
        wh,
        amount,
        proof.meter,
      ]),
      [
        ['supplier', 'member/bakery', 200, -60_000_000, 15],
        ['feed-in', 'member/home-1', 300, 24_000_000, 14],
        ['supplier', 'member/bakery', 100, -30_000_000, 29],
        ['supplier', 'member/home-1', 500, -150_000_000, null],
      ],
    );
    assert.deepEqual([supplier.member, supplier.energy, supplier.savings, supplier.quality], [null, null, null, null]);
  });

  it('tells days on the clock of the place', () => {
    const { days } = statementOf('member/bakery', month());
    assert.equal(days.length, 31);
    assert.deepEqual(days[0], {
      date: '2026-05-01',
      boughtWh: 700,
      soldWh: 0,
      supplierWh: 200,
      feedInWh: 0,
      amount: '334390000',
    });
    assert.deepEqual([days[1]?.supplierWh, days[2]?.amount], [100, '0']);
    // 22:00 UTC on the last of April is the first of May.
    const first = statementOf('member/a', [partsOf('2026-04-30T22:00Z', { meters: { a: [1, 0] } })]);
    assert.equal(first.days[0]?.supplierWh, 1);
  });

  it('has 92 quarter hours on the day on which the clock goes forward, and 100 when it goes back', () => {
    for (const [month, date, intervals] of [
      ['2026-03', '2026-03-29', 92],
      ['2026-10', '2026-10-25', 100],
    ] as const) {
      const period = periodOf(month, 'Europe/Paris');
      const all = [...intervalsOf(period)].map((interval) => partsOf(interval, { meters: { a: [1, 0] } }));
      const { days, lines, intervals: counted } = statementOf('member/a', all, { period });
      assert.equal(days.find((day) => day.date === date)?.supplierWh, intervals);
      assert.ok(days.every((day) => day.date === date || day.supplierWh === 96));
      assert.deepEqual([counted.settled, counted.unsettled], [period.intervals, []]);
      assert.equal(new Set(lines.map(({ local, code }) => `${local} ${code}`)).size, lines.length);
    }
  });

  it('carries quality with its reason', () => {
    const { quality } = statementOf('member/bakery', month());
    assert.deepEqual(quality, {
      measured: { intervals: 1, importWh: 900, exportWh: 0 },
      estimated: { intervals: 1, importWh: 100, exportWh: 0 },
      open: { intervals: 0, boughtWh: 0, soldWh: 0 },
      exceptions: [{ quality: 'estimated', reason: 'interpolated', first: EVENING, last: EVENING, intervals: 1 }],
    });
  });

  it('leaves energy that is not known open, and out of what is compared; trades stand', () => {
    const pairs = [{ buyer: 'a', seller: 'b', wh: 10 }];
    const parts = [
      partsOf(
        NOON,
        { price: 100_000, pairs, meters: { a: null, b: [0, 10] } },
        {
          meters: [{ member: 'a', leaf: 5, reason: 'no-reading' }],
        },
      ),
      partsOf(
        NEXT,
        { price: 100_000, pairs, meters: { a: null, b: [0, 10] } },
        {
          meters: [{ member: 'a', leaf: 6, reason: 'no-reading' }],
        },
      ),
      // Without any row of its meter.
      partsOf(
        EVENING,
        { price: 100_000, pairs, meters: { b: [0, 10] } },
        { meters: [{ member: 'b', leaf: 7, reason: null }] },
      ),
    ];
    const { quality, savings, energy, balance, street } = statementOf('member/a', parts);
    assert.deepEqual(quality?.open, { intervals: 3, boughtWh: 30, soldWh: 0 });
    assert.deepEqual(quality?.exceptions, [
      { quality: 'missing', reason: 'no-reading', first: NOON, last: NEXT, intervals: 2 },
      { quality: 'missing', reason: 'no-meter-record', first: EVENING, last: EVENING, intervals: 1 },
    ]);
    assert.deepEqual([savings?.intervals, savings?.leftOut, savings?.paid], [0, 3, '0']);
    assert.deepEqual([energy?.intervals, energy?.leftOut, street.intervals, street.leftOut], [0, 3, 0, 3]);
    // 30 Wh at 10 ct + 7 + 2, and 19 %.
    assert.equal(balance.total, String(3 * 2_261_000));
  });

  it('shows corrections apart, counts their energy, and takes their rows', () => {
    const first = partsOf(NOON, { meters: { a: [1000, 0, 'estimated'] } });
    const right = partsOf(NOON, { meters: { a: [900, 0] } });
    const { lines, statements } = right.settled[0]!;
    const reversed = first.settled[0]!.lines.map((line) => ({ ...line, wh: -line.wh || 0, amount: -line.amount || 0 }));
    const corrected = {
      ...first,
      settled: [
        first.settled[0]!,
        correction(first, { at: first.settled[0]!.at + 5000, lines: [...reversed, ...lines], statements }),
      ],
    };
    const { positions, days, savings, quality, balance, energy } = statementOf('member/a', [corrected]);
    assert.equal(balance.total, statementOf('member/a', [right]).balance.total);
    assert.deepEqual(
      positions
        .filter(({ section }) => section === 'correction')
        .map(({ code, month, wh, lines }) => [code, month, wh, lines]),
      [
        ['network-fee', '2026-05', -100, 2],
        ['import', '2026-05', -100, 2],
        ['levies', '2026-05', -100, 2],
        ['vat', '2026-05', 0, 2],
      ],
    );
    assert.equal(days[0]?.supplierWh, 900);
    assert.deepEqual([quality?.measured.intervals, quality?.estimated.intervals, energy?.importWh], [1, 0, 900]);
    assert.deepEqual([savings?.saved, savings?.paid], ['0', balance.total]);
  });

  it('puts what is settled or corrected after the closing into the statement that is open then', () => {
    const june = periodOf('2026-06', 'Europe/Berlin');
    const inTime = partsOf(NOON, { meters: { a: [1000, 0] } });
    const late = partsOf(NEXT, { meters: { a: [100, 0] }, at: MAY.closes });
    const change = correction(inTime, {
      at: MAY.closes + 1,
      lines: [
        { account: 'member/a', counterAccount: 'supplier', wh: 5, price: 300_000, amount: 1_500_000, code: 'import' },
      ],
    });
    const all = [{ ...inTime, settled: [...inTime.settled, change] }, late];
    const may = statementOf('member/a', all);
    const after = statementOf('member/a', all, { period: june, opening: () => BigInt(may.balance.closing) });
    assert.equal(may.balance.total, String(Math.floor(1000 * 390_000 * 1.19)));
    assert.equal(may.intervals.settled, 1);
    assert.deepEqual(short(after), [
      'correction supplier 5 1500000',
      'late network 100 7000000',
      'late supplier 100 30000000',
      'late tax 100 2000000',
      'late tax 0 7410000',
    ]);
    assert.ok(after.positions.every(({ month }) => month === '2026-05'));
    assert.deepEqual(
      [after.energy, after.savings?.intervals, after.days.every(({ amount }) => amount === '0')],
      [null, 0, true],
    );
    assert.equal(BigInt(after.balance.opening) + BigInt(after.balance.total), BigInt(after.balance.closing));
  });

  it('is preliminary until the month closes, and says what is over and not settled', () => {
    const asOf = Date.parse('2026-05-01T10:45Z');
    const { state, intervals } = statementOf('member/bakery', month(), { asOf });
    assert.equal(state, 'preliminary');
    assert.equal(statementOf('member/bakery', month(), { asOf: MAY.closes }).state, 'final');
    assert.deepEqual(intervals, {
      month: 2976,
      settled: 2,
      unsettled: [
        { first: '2026-04-30T22:00Z', last: '2026-05-01T09:45Z', intervals: 48 },
        { first: NEXT, last: '2026-05-01T10:30Z', intervals: 2 },
      ],
    });
  });

  it('takes negative prices, trades at 0, and months without energy', () => {
    const tariffs = { import: -50_000, feedIn: -10_000 };
    const pairs = [{ buyer: 'a', seller: 'b', wh: 100 }];
    const { lines, savings } = statementOf('member/a', [
      partsOf(NOON, { price: -20_000, pairs, meters: { a: [300, 0], b: [0, 100] }, tariffs }),
      partsOf(NEXT, { price: 0, pairs, meters: { a: [100, 0], b: [0, 100] }, tariffs }),
    ]);
    assert.deepEqual(
      lines.map(({ section, amount }) => [section, amount]),
      [
        ['bought', -2_000_000],
        ['supplier', -10_000_000],
        ['bought', 0],
      ],
    );
    assert.equal(savings?.saved, String(-400 * 50_000 + 12_000_000));
    const idle = statementOf('member/a', [partsOf(NOON, { meters: { a: [0, 0] } })]);
    assert.deepEqual([idle.lines, idle.balance.total, idle.energy?.selfSufficiencyPerMille], [[], '0', null]);
    const nothing = statementOf('member/a', []);
    assert.deepEqual([nothing.energy, nothing.positions, nothing.intervals.settled], [null, [], 0]);
  });

  it('counts the capacity charge and its VAT on both sides of what is compared', () => {
    const base = partsOf(NOON, { meters: { a: [1000, 0] }, tariffs: { import: 100_000, feedIn: 0 } });
    const settled = base.settled[0]!;
    const capacity = {
      account: 'member/a',
      counterAccount: 'network',
      wh: 1000,
      price: 400_000,
      amount: 400_000_000,
      code: 'capacity',
    };
    const vat = { account: 'member/a', counterAccount: 'tax', wh: 0, price: 0, amount: 76_000_000, code: 'vat' };
    const parts = { ...base, settled: [{ ...settled, lines: [...settled.lines, capacity, vat] }] };
    const { savings, positions } = statementOf('member/a', [parts]);
    assert.deepEqual([savings?.paid, savings?.supplierOnly, savings?.saved], ['576000000', '576000000', '0']);
    assert.ok(positions.some(({ section }) => section === 'capacity'));
  });

  it('leaves aside what a member sets against its own, which moves nothing', () => {
    const base = partsOf(NOON, { meters: { a: [1, 0] }, tariffs: { import: 7, feedIn: 0 } });
    const own = { account: 'member/a', counterAccount: 'member/a', wh: 5, price: 9, amount: 45, code: 'trade' };
    const settled = { ...base.settled[0]!, lines: [own, ...base.settled[0]!.lines] };
    const { lines, balance, savings } = statementOf('member/a', [{ ...base, settled: [settled] }]);
    assert.deepEqual([lines.length, balance.total, savings?.paid], [1, '7', '7']);
  });

  it('has corrections by their number, each once, each from the meter that stood before it', () => {
    const base = partsOf(NOON, { meters: { a: [0, 0] }, leaf: 5 });
    const line = { account: 'member/a', counterAccount: 'fund', wh: 0, price: 0, code: 'other' };
    const change = (number: number, leaf: number, at: number, amount: number) =>
      correction(base, { number, leaf, at, lines: [{ ...line, amount }] });
    // The clock of the operator was set back between the two.
    const settled = [change(2, 9, 1000, 2), change(1, 7, 2000, 1), base.settled[0]!, change(2, 9, 1000, 2)];
    const meters = [4, 8, 6].map((leaf) => ({ member: 'a', leaf, reason: `reason-${leaf}` }));
    const { lines } = statementOf('member/a', [{ ...base, settled, meters }]);
    assert.deepEqual(
      lines.map(({ amount, proof }) => [amount, proof.settlement, proof.meter]),
      [
        [1, 7, 6],
        [2, 9, 8],
      ],
    );
  });

  it('says why energy was estimated, by the last word of the meter', () => {
    const base = partsOf(NOON, { meters: { a: [5, 0, 'estimated'], b: [5, 0, 'estimated'] } });
    const meters = [9, 4].map((leaf) => ({ member: 'a', leaf, reason: `reason-${leaf}` }));
    const reasonOf = (member: string, known: IntervalParts['meters']) =>
      statementOf(`member/${member}`, [{ ...base, meters: known }]).quality?.exceptions[0]?.reason;
    assert.deepEqual(
      [reasonOf('a', meters), reasonOf('b', meters), reasonOf('b', [])],
      ['reason-9', 'no-meter-record', null],
    );
  });

  it('agrees with what is settled at once from the final values, whatever is corrected', () => {
    const terms: Tariffs = {
      ...TARIFFS,
      balancing: { rule: 'pooled/1' },
      capacity: { month: '2026-05', price: 5_000_000, due: true },
    };
    const happened = (used: number) => ({
      price: 200_000,
      pairs: [{ buyer: 'a', seller: 'b', wh: 100 }],
      meters: { a: [used, 0] as const, b: [0, 300] as const },
      tariffs: terms,
    });
    const [first, final] = [partsOf(NOON, happened(500)), partsOf(NOON, happened(450))];
    const withInterval = (parts: IntervalParts) => {
      const { lines, statements } = parts.settled[0]!;
      return {
        lines: lines.map((line) => ({ ...line, interval: NOON }) as Line),
        rows: statements.map((row) => ({ ...row, interval: NOON })),
      };
    };
    const { lines, rows } = correct(withInterval(first), withInterval(final));
    const corrected = { ...first, settled: [first.settled[0]!, correction(first, { lines, statements: rows })] };
    for (const account of ['member/a', 'member/b', 'supplier', 'network', 'tax']) {
      const [one, other] = [statementOf(account, [corrected]), statementOf(account, [final])];
      assert.deepEqual(one.balance, other.balance);
      assert.deepEqual(
        [one.savings, one.energy, one.days, one.street],
        [other.savings, other.energy, other.days, other.street],
      );
    }
    const { positions } = statementOf('member/a', [corrected]);
    assert.ok(positions.some(({ section, code }) => section === 'correction' && code === 'capacity'));
    assert.ok(positions.some(({ section, wh }) => section === 'pool-bought' && wh === 200));
  });

  it('shows lines of rules that it does not know, under their code', () => {
    const base = partsOf(NOON, { meters: { a: [1, 0] }, tariffs: TARIFFS });
    const line = { account: 'member/a', counterAccount: 'fund', wh: 0, price: 0, amount: 5, code: 'membership' };
    const settled = { ...base.settled[0]!, lines: [line] };
    assert.deepEqual(short(statementOf('member/a', [{ ...base, settled: [settled] }])), ['other fund 0 5']);
  });

  it('books confirmed payments on both accounts', () => {
    const book = bookOf(month());
    const payment = {
      id: 'p1',
      at: MAY.start + 1,
      on: '2026-05-05',
      from: 'member/bakery',
      to: 'community',
      amount: 10_000_000,
      leaf: 40,
    };
    book.pay(payment);
    book.pay({ ...payment, id: 'too early', at: MAY.opens - 1 });
    const statements = new Statements(book, contextOf({ opening: () => 10_000_000n }));
    const { payments, balance } = statements.of('member/bakery');
    assert.deepEqual(payments, []);
    assert.equal(balance.total, '380800000');
    const paid = bookOf(month());
    paid.pay({ ...payment, at: MAY.opens });
    const of = new Statements(paid, contextOf({ opening: () => 10_000_000n }));
    assert.deepEqual(of.of('member/bakery').payments, [
      { id: 'p1', on: '2026-05-05', counterAccount: 'community', amount: -10_000_000, leaf: 40 },
    ]);
    assert.equal(of.of('member/bakery').balance.closing, '380800000');
    assert.equal(of.of('community').balance.total, '10000000');
  });
});
