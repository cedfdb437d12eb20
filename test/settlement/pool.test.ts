// pooled/1: opposite deviations cancel, with amounts counted by hand.
import assert from 'node:assert/strict';
import { rotate } from '../../src/market/rotation.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { FIRST, part, settled, short } from '../support/bills.ts';

const TARIFFS: Tariffs = { import: 300_000, feedIn: 80_001 };

describe('settle/1, pooled/1', () => {
  const tariffs: Tariffs = { ...TARIFFS, balancing: { rule: 'pooled/1' } };
  const ORDER = rotate(['a', 'b', 'c'], FIRST);

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
    assert.deepEqual(open, [{ interval: FIRST, member: 'c', reason: 'meter-missing' }]);
  });

  it('refuses deviations that do not fit together', () => {
    const half = 2 ** 52;
    const free: Tariffs = { import: 0, feedIn: 0, balancing: { rule: 'pooled/1' } };
    assert.throws(() => settled(free, part({ a: half, b: half, c: -1 })), /the deviations of .* do not fit 2\^53-1 Wh/);
  });
});
