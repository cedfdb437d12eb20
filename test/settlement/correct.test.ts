// Corrections: only what changed, reversed and booked anew; corrections of corrections; the same one twice; and the money.
import assert from 'node:assert/strict';
import { chainFault, correct, standing } from '../../src/settlement/correct.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput, MeteredEnergy } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { FIRST, meter, short } from '../support/bills.ts';

const TARIFFS: Tariffs = { import: 300_000, feedIn: 80_000, vatBasisPoints: 1000 };
/** a bought 500 Wh of b, but for what is given. */
const settled = (meters: readonly MeteredEnergy[], tariffs: Tariffs = TARIFFS, more: Partial<IntervalInput> = {}) => {
  const clearing = { price: 200_000, pairs: [{ buyer: 'a', seller: 'b', wh: 500 }] };
  return settle({ tariffs, intervals: [{ interval: FIRST, clearing, meters, ...more }] });
};

describe('corrections', () => {
  const open = settled([meter('a', null), meter('b', -500)]);
  const estimated = settled([meter('a', 600, 'estimated'), meter('b', -500)]);
  const late = settled([meter('a', 450), meter('b', -500)]);

  it('settle what was open', () => {
    const { lines, rows, sum, accounts } = correct(open, estimated);
    assert.deepEqual(short(lines), [
      'import member/a>supplier 100 x 300000 = 30000000',
      'vat member/a>tax 0 x 0 = 3000000',
    ]);
    assert.deepEqual(
      rows.map(({ member, quality, amount }) => [member, quality, amount]),
      [['a', 'estimated', 143_000_000]],
    );
    assert.equal(sum, '0');
    assert.deepEqual(accounts, { 'member/a': '-33000000', supplier: '30000000', tax: '3000000' });
  });

  it('take back what no longer holds, and leave the rest alone', () => {
    const { lines, rows } = correct(estimated, late);
    assert.deepEqual(short(lines), [
      'takes back import member/a>supplier -100 x 300000 = -30000000',
      'takes back vat member/a>tax 0 x 0 = -3000000',
      'feed-in supplier>member/a 50 x 80000 = 4000000',
    ]);
    assert.deepEqual(
      rows.map(({ member, quality }) => [member, quality]),
      [['a', 'measured']],
    );
  });

  it('of a correction is the difference to what the correction made', () => {
    const again = settled([meter('a', 451), meter('b', -500)]);
    const chain = [correct(open, estimated), correct(estimated, late), correct(late, again)].map(({ lines }) => lines);
    assert.equal(chainFault(open.lines, chain, again.lines), null);
    assert.deepEqual(short(chain[2]!), [
      'takes back feed-in supplier>member/a -50 x 80000 = -4000000',
      'feed-in supplier>member/a 49 x 80000 = 3920000',
    ]);
  });

  it('have no lines where nothing changed', () => {
    assert.deepEqual(correct(late, settled([meter('b', -500), meter('a', 450)])), {
      lines: [],
      accounts: {},
      sum: '0',
      rows: [],
    });
  });

  it('are refused the second time, because nothing is left to take back', () => {
    const { lines } = correct(estimated, late);
    assert.throws(() => standing(estimated.lines, lines, lines), {
      name: 'RangeError',
      message: `corrections[1] takes back a line that does not stand: import of 30000000 from member/a to supplier in ${FIRST}`,
    });
  });

  it('count equal lines: two of the same VAT are two', () => {
    // 10 VAT on a trade of 1 Wh at 100, and 10 on 1 Wh of the supplier.
    const tariffs: Tariffs = { import: 100, feedIn: 0, vatBasisPoints: 1000 };
    const clearing = { price: 100, pairs: [{ buyer: 'a', seller: 'b', wh: 1 }] };
    const two = settled([meter('a', 2), meter('b', -1)], tariffs, { clearing });
    const one = settled([meter('a', 1), meter('b', -1)], tariffs, { clearing });
    assert.deepEqual(short(correct(two, one).lines), [
      'takes back import member/a>supplier -1 x 100 = -100',
      'takes back vat member/a>tax 0 x 0 = -10',
    ]);
    assert.equal(chainFault(two.lines, [correct(two, one).lines], one.lines), null);
  });

  it('a VAT taken back is told from one below 0', () => {
    const tariffs = (price: number): Tariffs => ({ import: price, feedIn: 0, vatBasisPoints: 1000 });
    const [plus, minus] = [100, -100].map((price) =>
      settled([meter('c', 1)], tariffs(price), { clearing: { price: null, pairs: [] } }),
    );
    const chain = [correct(plus!, minus!).lines, correct(minus!, plus!).lines];
    assert.equal(chainFault(plus!.lines, chain, plus!.lines), null);
    assert.equal(standing(plus!.lines, chain[0]!).length, 2);
  });

  it('go through the pool to everyone whom it touched, and to nobody else', () => {
    const pooled: Tariffs = { import: 300_000, feedIn: 80_000, balancing: { rule: 'pooled/1' } };
    const clearing = { price: null, pairs: [] };
    const before = settled([meter('a', 10), meter('b', -4), meter('c', null), meter('d', 0)], pooled, { clearing });
    const after = settled([meter('a', 10), meter('b', -4), meter('c', -6), meter('d', 0)], pooled, { clearing });
    const { lines, rows, sum } = correct(before, after);
    assert.deepEqual(short(lines), [
      'takes back import member/a>supplier -6 x 300000 = -1800000',
      'pool member/a>member/c 6 x 190000 = 1140000',
    ]);
    assert.deepEqual(
      rows.map(({ member }) => member),
      ['a', 'c'],
    );
    assert.equal(sum, '0');
  });

  it('raise the capacity charge of the month, where the late value is its highest', () => {
    const capacity = { month: '2026-11', price: 1000 };
    const month = (late: number | null) =>
      settle({
        intervals: [
          {
            interval: FIRST,
            clearing: { price: null, pairs: [] },
            meters: [meter('a', late)],
            tariffs: { import: 1, feedIn: 0, capacity },
          },
          {
            interval: '2026-11-30T22:45Z',
            clearing: { price: null, pairs: [] },
            meters: [meter('a', 100)],
            tariffs: { import: 1, feedIn: 0, capacity: { ...capacity, due: true } },
          },
        ],
      });
    assert.deepEqual(short(correct(month(null), month(250)).lines), [
      'takes back capacity member/a>network -100 x 4000 = -400000',
      'import member/a>supplier 250 x 1 = 250',
      'capacity member/a>network 250 x 4000 = 1000000',
    ]);
  });

  it('a chain that does not come to the final values says where', () => {
    const chain = [correct(open, estimated).lines];
    assert.match(
      chainFault(open.lines, chain, late.lines)!,
      /^the corrections leave a line that the final values do not give: import of 30000000 from member\/a in 2026-/,
    );
    assert.match(
      chainFault(open.lines, [], late.lines)!,
      /^the corrections lack a line that the final values give: feed-in of 4000000 from supplier in 2026-/,
    );
  });
});
