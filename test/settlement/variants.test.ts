// What settle/1 does with tariffs beyond two prices, with amounts counted by hand: tariffs per interval, penalty and pool, VAT on
// feed-in, the capacity charge.
import assert from 'node:assert/strict';
import { rotate } from '../../src/market/rotation.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput, Line, MeteredEnergy, Peak, SettlementInput } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';

const INTERVAL = '2026-11-22T08:15Z';
const NEXT = '2026-11-22T08:30Z';
const TARIFFS: Tariffs = { import: 300_000, feedIn: 80_001 };
/** Above 0 imported, below 0 exported; null not known. */
const meters = (net: Readonly<Record<string, number | null>>): MeteredEnergy[] =>
  Object.entries(net).map(([member, wh]) => ({
    member,
    importWh: wh === null ? null : Math.max(0, wh),
    exportWh: wh === null ? null : Math.max(0, -wh),
    quality: wh === null ? 'missing' : 'measured',
  }));
const part = (net: Readonly<Record<string, number | null>>, change: Partial<IntervalInput> = {}): IntervalInput => ({
  interval: INTERVAL,
  clearing: { price: null, pairs: [] },
  meters: meters(net),
  ...change,
});
const short = (lines: readonly Line[]) =>
  lines.map((l) => `${l.code} ${l.account}>${l.counterAccount} ${l.wh} x ${l.price} = ${l.amount}`);
const settled = (tariffs: Tariffs, ...intervals: readonly IntervalInput[]) => settle({ tariffs, intervals });

describe('settle/1, tariffs per interval', () => {
  it('settles each interval by its own, and the others by those of all', () => {
    const { lines } = settled(
      TARIFFS,
      part({ a: 2 }, { interval: NEXT, tariffs: { import: 1, feedIn: 0 } }),
      part({ a: 3 }),
    );
    assert.deepEqual(short(lines), [
      'import member/a>supplier 3 x 300000 = 900000',
      'import member/a>supplier 2 x 1 = 2',
    ]);
  });

  for (const open of ['price-missing', 'no-tariff'] as const) {
    it(`leaves the whole interval open without them (${open}), and settles the others`, () => {
      const clearing = { price: 5, pairs: [{ buyer: 'c', seller: 'b', wh: 4 }] };
      const result = settled(
        TARIFFS,
        part({ b: -4, a: null }, { clearing, tariffs: { open, text: 'no' } }),
        part({ a: 1 }, { interval: NEXT }),
      );
      assert.deepEqual(short(result.lines), ['import member/a>supplier 1 x 300000 = 300000']);
      assert.deepEqual(
        result.open,
        ['a', 'b', 'c'].map((member) => ({ interval: INTERVAL, member, reason: open })),
      );
      assert.deepEqual(
        result.rows.map((row) => [row.member, row.exportWh, row.boughtWh, row.soldWh, row.supplierWh, row.amount]),
        [
          ['a', null, 0, 0, 0, 0],
          ['b', 4, 0, 4, 0, 0],
          ['c', null, 4, 0, 0, 0],
          ['a', 0, 0, 0, 1, 300_000],
        ],
      );
    });
  }

  it('refuses an interval without any', () => {
    assert.throws(() => settle({ intervals: [part({})] }), /^RangeError: intervals\[0\]\.tariffs is missing/);
  });
});

describe('settle/1, VAT on feed-in', () => {
  for (const [feedInVatBasisPoints, feedIn, vat] of [
    [0, 80_001, []],
    [1900, 80_001, ['vat supplier>tax 0 x 0 = 45600']], // 240003 x 0.19 = 45600.57
    [1900, -80_001, ['vat supplier>tax 0 x 0 = -45600']],
    [1, 1000, []], // 0.3
  ] as const) {
    it(`${feedInVatBasisPoints} basis points on 3 Wh at ${feedIn}`, () => {
      const { lines, sum } = settled({ import: 9, feedIn, feedInVatBasisPoints, vatBasisPoints: 700 }, part({ a: -3 }));
      assert.deepEqual(short(lines), [`feed-in supplier>member/a 3 x ${feedIn} = ${3 * feedIn}`, ...vat]);
      assert.equal(sum, '0');
    });
  }
});

describe('settle/1, penalty/1', () => {
  const balancing = { rule: 'penalty/1', penalty: 20_000 } as const;
  const clearing = { price: 200_000, pairs: [{ buyer: 'a', seller: 'b', wh: 500 }] };

  it('charges each Wh of deviation, either way, to the fund, without VAT', () => {
    const { lines, accounts } = settled(
      { import: 300_000, feedIn: 80_000, vatBasisPoints: 1000, balancing },
      part({ a: 450, b: -400, c: 0 }, { clearing }),
    );
    assert.deepEqual(short(lines), [
      'trade member/a>member/b 500 x 200000 = 100000000',
      'vat member/a>tax 0 x 0 = 10000000',
      'feed-in supplier>member/a 50 x 80000 = 4000000',
      'penalty member/a>fund 50 x 20000 = 1000000',
      'import member/b>supplier 100 x 300000 = 30000000',
      'vat member/b>tax 0 x 0 = 3000000',
      'penalty member/b>fund 100 x 20000 = 2000000',
    ]);
    assert.equal(accounts['fund'], '3000000');
  });

  it('counts 0 where no penalty is given, and is then the default to the byte', () => {
    const intervals = [part({ a: 450, b: -400 }, { clearing })];
    const plain = JSON.stringify(settle({ tariffs: TARIFFS, intervals }));
    for (const rule of ['supplier/1', 'penalty/1'] as const) {
      assert.equal(JSON.stringify(settle({ tariffs: { ...TARIFFS, balancing: { rule } }, intervals })), plain);
    }
  });
});

describe('settle/1, pooled/1', () => {
  const tariffs: Tariffs = { ...TARIFFS, balancing: { rule: 'pooled/1' } };
  const ORDER = rotate(['a', 'b', 'c'], INTERVAL);

  it('what opposite deviations have in common trades midway, rounded down; the rest goes to the supplier', () => {
    const { lines, rows } = settled(tariffs, part({ a: 10, b: -4 }));
    assert.deepEqual(short(lines), [
      'pool member/a>member/b 4 x 190000 = 760000', // (300000 + 80001) / 2 = 190000.5
      'import member/a>supplier 6 x 300000 = 1800000',
    ]);
    assert.deepEqual(
      rows.map((row) => [row.member, row.supplierWh, row.feedInWh, row.poolBoughtWh, row.poolSoldWh, row.amount]),
      [
        ['a', 6, 0, 4, 0, 2_560_000],
        ['b', 0, 0, 0, 4, -760_000],
      ],
    );
  });

  it('rounds the price down below 0 too', () => {
    const { lines } = settled({ import: -10, feedIn: -15, balancing: { rule: 'pooled/1' } }, part({ a: 1, b: -1 }));
    assert.deepEqual(short(lines), ['pool member/a>member/b 1 x -13 = -13']);
  });

  it('deviations count, not what the meter shows', () => {
    const clearing = { price: 100, pairs: [{ buyer: 'a', seller: 'b', wh: 5 }] };
    const { lines } = settled(tariffs, part({ a: 5, b: -8, c: 3 }, { clearing }));
    assert.deepEqual(short(lines), [
      'trade member/a>member/b 5 x 100 = 500',
      'pool member/c>member/b 3 x 190000 = 570000',
    ]);
  });

  it('the longer side shares in proportion, largest remainders first', () => {
    // 5 Wh among 6 and 3: 3.33 and 1.67.
    const { rows } = settled(tariffs, part({ a: 6, b: 3, c: -5 }));
    assert.deepEqual(
      rows.map((row) => [row.member, row.poolBoughtWh, row.supplierWh, row.poolSoldWh]),
      [
        ['a', 3, 3, 0],
        ['b', 2, 1, 0],
        ['c', 0, 0, 5],
      ],
    );
  });

  it('equal remainders stand in rotation', () => {
    const [first, second, third] = ORDER as [string, string, string];
    const { rows } = settled(tariffs, part({ [third]: -1, [second]: 7, [first]: 7 }));
    assert.deepEqual(
      rows.filter(({ poolBoughtWh }) => poolBoughtWh === 1).map(({ member }) => member),
      [first],
    );
  });

  it('pays fee by distance, levies and VAT like a trade, and pairs neighbours first', () => {
    const full: Tariffs = {
      ...tariffs,
      networkFee: { feeder: 1000, substation: 2000, beyond: 7000 },
      levies: 500,
      vatBasisPoints: 1000,
    };
    const places = new Map([
      ['a', { feeder: 'f1', substation: 's' }],
      ['b', { feeder: 'f2', substation: 's' }],
      ['c', { feeder: 'f2', substation: 's' }],
    ]);
    const { lines } = settle({ tariffs: full, places, intervals: [part({ a: 10, b: 10, c: -10 })] });
    const pool = lines.filter(({ counterAccount }) => counterAccount === 'member/c');
    assert.deepEqual(short(pool), [
      'pool member/b>member/c 5 x 190000 = 950000',
      'pool member/a>member/c 5 x 190000 = 950000',
    ]);
    const after = lines.slice(lines.indexOf(pool[0]!) + 1, lines.indexOf(pool[1]!));
    assert.deepEqual(short(after), [
      'network-fee member/b>network 5 x 1000 = 5000',
      'levies member/b>tax 5 x 500 = 2500',
      'vat member/b>tax 0 x 0 = 95750', // 957500 x 0.1
    ]);
  });

  it('a deviation that is not known takes no part', () => {
    const { lines, open } = settled(tariffs, part({ a: 10, b: -4, c: null }));
    assert.equal(short(lines)[0], 'pool member/a>member/b 4 x 190000 = 760000');
    assert.deepEqual(open, [{ interval: INTERVAL, member: 'c', reason: 'meter-missing' }]);
  });

  it('refuses deviations that do not fit together', () => {
    const half = 2 ** 52;
    const free: Tariffs = { import: 0, feedIn: 0, balancing: { rule: 'pooled/1' } };
    assert.throws(() => settled(free, part({ a: half, b: half, c: -1 })), /the deviations of .* do not fit 2\^53-1 Wh/);
  });
});

describe('settle/1, capacity charge', () => {
  const NOVEMBER = '2026-11-30T22:45Z';
  const DECEMBER = '2026-11-30T23:00Z';
  const capacity = { month: '2026-11', price: 4_000_000, freeW: 1000 };
  const within: Tariffs = { import: 0, feedIn: 0, capacity };
  const last: Tariffs = { ...within, capacity: { ...capacity, due: true } };
  const at = (interval: string, tariffs: Tariffs, net: Readonly<Record<string, number | null>>) =>
    part(net, { interval, tariffs });
  const charges = (input: SettlementInput) => {
    const { lines, peaks } = settle(input);
    return { lines: short(lines.filter(({ code }) => code === 'capacity' || code === 'vat')), peaks };
  };

  it('is billed with the last quarter hour of the month, for the highest, above what is free', () => {
    // 900 Wh are 3600 W; 2600 W at 4 EUR/kW are 10.40 EUR.
    const { lines, peaks } = charges({
      intervals: [
        at(INTERVAL, within, { a: 900, b: 250, c: -5000 }),
        at(NEXT, within, { a: 800, b: 251 }),
        at(NOVEMBER, last, { a: 10, b: 0, c: 0 }),
      ],
    });
    assert.deepEqual(lines, [
      'capacity member/a>network 650 x 16000000 = 10400000000',
      'capacity member/b>network 1 x 16000000 = 16000000',
    ]);
    assert.deepEqual(peaks, []);
  });

  it('counts the last quarter hour itself', () => {
    const { lines } = charges({ intervals: [at(NOVEMBER, last, { a: 251 })] });
    assert.deepEqual(lines, ['capacity member/a>network 1 x 16000000 = 16000000']);
  });

  it('carries VAT', () => {
    const { lines } = charges({ intervals: [at(NOVEMBER, { ...last, vatBasisPoints: 1999 }, { a: 251 })] });
    assert.deepEqual(lines[1], 'vat member/a>tax 0 x 0 = 3198400');
  });

  it('goes on from peaks, month by month and member by member', () => {
    const before: Peak[] = [
      { member: 'b', month: '2026-11', wh: 300 },
      { member: 'a', month: '2026-11', wh: 260 },
    ];
    const december: Tariffs = { ...within, capacity: { ...capacity, month: '2026-12' } };
    const first = charges({ peaks: before, intervals: [at(INTERVAL, within, { a: 255, b: 400 })] });
    assert.deepEqual(first, {
      lines: [],
      peaks: [
        { member: 'a', month: '2026-11', wh: 260 },
        { member: 'b', month: '2026-11', wh: 400 },
      ],
    });
    const then = charges({
      peaks: first.peaks!,
      intervals: [at(NOVEMBER, last, { a: 0, b: 0 }), at(DECEMBER, december, { a: 1000, b: 0 })],
    });
    assert.deepEqual(then, {
      lines: [
        'capacity member/a>network 10 x 16000000 = 160000000',
        'capacity member/b>network 150 x 16000000 = 2400000000',
      ],
      peaks: [{ member: 'a', month: '2026-12', wh: 1000 }],
    });
  });

  it('settled at once or interval by interval it is the same', () => {
    const intervals = [at(INTERVAL, within, { a: 900 }), at(NEXT, within, { a: 950 }), at(NOVEMBER, last, { a: 0 })];
    const one = settle({ intervals });
    let peaks: readonly Peak[] = [];
    const lines: Line[] = [];
    for (const interval of intervals) {
      const step = settle({ intervals: [interval], peaks });
      peaks = step.peaks!;
      lines.push(...step.lines);
    }
    assert.deepEqual(lines, one.lines);
    assert.deepEqual(peaks, one.peaks);
  });

  it('a value that is not known is no peak, and stays open', () => {
    const { lines, open } = settle({ intervals: [at(INTERVAL, within, { a: 400 }), at(NOVEMBER, last, { a: null })] });
    assert.deepEqual(short(lines).slice(-1), ['capacity member/a>network 150 x 16000000 = 2400000000']);
    assert.deepEqual(open, [{ interval: NOVEMBER, member: 'a', reason: 'meter-missing' }]);
  });

  it('who has a charge has a row, also without a meter record', () => {
    const { rows, open } = settle({
      peaks: [{ member: 'gone', month: '2026-11', wh: 251 }],
      intervals: [at(NOVEMBER, last, { a: 0 })],
    });
    assert.deepEqual(
      rows.map(({ member, amount }) => [member, amount]),
      [
        ['a', 0],
        ['gone', 16_000_000],
      ],
    );
    assert.deepEqual(open, [{ interval: NOVEMBER, member: 'gone', reason: 'no-meter-record' }]);
  });

  it('without a charge there is no word of peaks', () => {
    assert.ok(!('peaks' in settled(TARIFFS, part({ a: 5 }))));
  });
});
