import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Fill, Place } from '../../src/market/order.ts';
import { pairsOf } from '../../src/market/pairs.ts';

const fills = (rows: Record<string, number>): Fill[] =>
  Object.entries(rows).map(([member, wh]) => ({
    id: member,
    member,
    side: wh > 0 ? 'buy' : 'sell',
    wh: Math.abs(wh),
  }));
const short = (pairs: ReturnType<typeof pairsOf>) => pairs.map(({ buyer, seller, wh }) => `${seller}>${buyer} ${wh}`);

describe('pairs', () => {
  it('are the overlaps of buyers and sellers laid end to end in rotation', () => {
    const trades = fills({ a: 5, b: -3, c: 4, d: -6 });
    assert.deepEqual(short(pairsOf(trades, ['a', 'b', 'c', 'd'])), ['b>a 3', 'd>a 2', 'd>c 4']);
    assert.deepEqual(short(pairsOf(trades, ['c', 'd', 'a', 'b'])), ['d>c 4', 'd>a 2', 'b>a 3']);
  });

  it("come after a member's own purchase and sale are set against each other", () => {
    const trades: Fill[] = [
      { id: '1', member: 'a', side: 'buy', wh: 5 },
      { id: '2', member: 'a', side: 'sell', wh: 3 },
      { id: '3', member: 'b', side: 'sell', wh: 2 },
    ];
    assert.deepEqual(short(pairsOf(trades, ['a', 'b'])), ['b>a 2']);
    assert.deepEqual(
      pairsOf(
        trades.slice(0, 2).map((fill) => ({ ...fill, wh: 3 })),
        ['a'],
      ),
      [],
    );
  });

  it('stay within the feeder first, then within the substation', () => {
    const place = (feeder: string, substation: string): Place => ({ feeder, substation });
    const places = new Map([
      ['a', place('f1', 's1')],
      ['b', place('f2', 's1')],
      ['c', place('f1', 's2')],
      ['d', place('f1', 's1')],
    ]);
    // d shares a's feeder (c's has the same name in another substation); b shares a's substation; e has no place.
    const trades = fills({ a: 10, c: -4, b: -3, d: -2, e: -1 });
    assert.deepEqual(short(pairsOf(trades, ['a', 'c', 'b', 'd', 'e'], places)), ['d>a 2', 'b>a 3', 'c>a 4', 'e>a 1']);
  });

  it('give every member its net, with or without a feeder tree', () => {
    const members = ['a', 'b', 'c', 'd', 'e', 'f'];
    const net = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 5 });
    const area = fc.constantFrom('1', '2', '');
    const areas = fc.array(fc.tuple(area, area), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(net, areas, (values, where) => {
        const nets = [...values, 0 - values.reduce((sum, wh) => sum + wh, 0)];
        const places = new Map<string, Place>();
        for (const [i, [feeder, substation]] of where.entries()) {
          if (feeder !== '' && substation !== '') places.set(members[i]!, { feeder, substation });
        }
        const trades = fills(Object.fromEntries(members.map((member, i) => [member, nets[i]!])));
        const left = new Map(members.map((member, i) => [member, nets[i]!]));
        for (const { buyer, seller, wh } of pairsOf(trades, members, places)) {
          assert.ok(wh > 0);
          left.set(buyer, left.get(buyer)! - wh);
          left.set(seller, left.get(seller)! + wh);
        }
        assert.ok([...left.values()].every((wh) => wh === 0));
      }),
    );
  });
});
