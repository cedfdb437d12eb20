// What settle/1 does with tariffs beyond two prices, with amounts counted by hand: tariffs per interval, VAT on feed-in, the penalty;
// and what tariffs it refuses.
import assert from 'node:assert/strict';
import { settle } from '../../src/settlement/settle.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { FIRST, NEXT, part, settled, short } from '../support/bills.ts';

const TARIFFS: Tariffs = { import: 300_000, feedIn: 80_001 };

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
        ['a', 'b', 'c'].map((member) => ({ interval: FIRST, member, reason: open })),
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

describe('settle/1, tariffs that cannot be', () => {
  const refused: readonly (readonly [name: string, change: object, message: RegExp])[] = [
    ['a fraction', { import: 0.5 }, /tariffs\.import must be a whole number .* but is 0\.5/],
    ['NaN', { feedIn: Number.NaN }, /tariffs\.feedIn must be a whole number .* but is NaN/],
    ['2^53', { levies: 2 ** 53 }, /tariffs\.levies must be a whole number/],
    ['-0', { networkFee: { beyond: -0 } }, /tariffs\.networkFee\.beyond must be a whole number .* but is -0/],
    ['VAT below 0', { vatBasisPoints: -1 }, /tariffs\.vatBasisPoints must be at least 0/],
    ['half a basis point', { feedInVatBasisPoints: 0.5 }, /tariffs\.feedInVatBasisPoints must be a whole number/],
    [
      'an unknown rule',
      { balancing: { rule: 'pooled/2' } },
      /balancing\.rule is the text "pooled\/2", but known are supplier\/1, penalty\/1, pooled\/1/,
    ],
    ['a penalty that pays', { balancing: { rule: 'penalty/1', penalty: -1 } }, /balancing\.penalty must be at least 0/],
    [
      'a capacity price as text',
      { capacity: { month: '2026-11', price: '1' } },
      /capacity\.price must be a whole number/,
    ],
    [
      'free power that is no whole Wh',
      { capacity: { month: '2026-11', price: 1, freeW: 2 } },
      /capacity\.freeW must be a multiple of 4/,
    ],
  ];
  for (const [name, change, message] of refused) {
    it(`refuses ${name}, for all intervals and for one`, () => {
      const tariffs = { ...TARIFFS, ...change } as Tariffs;
      assert.throws(() => settled(tariffs, part({})), { name: 'RangeError', message });
      const where = new RegExp(`^intervals\\[0\\]\\.${message.source.startsWith('tariffs') ? '' : '.*'}`);
      assert.throws(() => settle({ intervals: [part({}, { tariffs })] }), { name: 'RangeError', message: where });
    });
  }
});
