import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cut, findCrossing, TOO_MUCH } from '../../src/market/crossing.ts';
import { anyLimit } from '../support/books.ts';

type Entry = readonly [limit: number, signedWh: number];

const crossing = (entries: readonly Entry[]) =>
  findCrossing(
    Float64Array.from(entries, ([limit]) => limit),
    Float64Array.from(entries, ([, wh]) => wh),
  );

function volumeByTrying(entries: readonly Entry[]): bigint {
  const sum = (test: (limit: number, wh: number) => boolean) =>
    entries.reduce((total, [limit, wh]) => total + (test(limit, wh) ? BigInt(Math.abs(wh)) : 0n), 0n);
  let best = 0n;
  for (const [price] of entries) {
    const demand = sum((limit, wh) => wh > 0 && limit >= price);
    const supply = sum((limit, wh) => wh < 0 && limit <= price);
    for (const both of [demand, supply]) if (both <= demand && both <= supply && both > best) best = both;
  }
  return best;
}

describe('crossing of supply and demand', () => {
  it('is null without a buy', () => {
    assert.equal(crossing([]), null);
    assert.equal(crossing([[5, -3]]), null);
  });

  it('sums what stands below, above and at the limit', () => {
    const found = crossing([
      [10, -4],
      [20, -4],
      [20, 3],
      [30, 5],
    ]);
    assert.deepEqual(found, { limit: 20, sellBelow: 4, buyAbove: 5, sellAt: 4, buyAt: 3 });
  });

  it('finds the greatest volume, with sums exact below 2^53', () => {
    const wh = fc.oneof(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 2 ** 53 - 1 }),
      fc.constant(2 ** 53 - 1),
    );
    const entry = fc.tuple(anyLimit, wh, fc.boolean()).map(([limit, size, buy]): Entry => [limit, buy ? size : -size]);
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60, size: 'max' }), (entries) => {
        const volume = volumeByTrying(entries);
        const found = crossing(entries);
        if (!found) return assert.equal(volume, 0n);
        const { limit, sellBelow, sellAt, buyAbove, buyAt } = found;
        const sum = (test: (p: number, wh: number) => boolean) =>
          cut(Number(entries.reduce((all, [p, e]) => all + (test(p, e) ? BigInt(Math.abs(e)) : 0n), 0n)));
        assert.deepEqual(
          [cut(sellBelow), cut(sellAt), cut(buyAbove), cut(buyAt)],
          [
            sum((p, e) => e < 0 && p < limit),
            sum((p, e) => e < 0 && p === limit),
            sum((p, e) => e > 0 && p > limit),
            sum((p, e) => e > 0 && p === limit),
          ],
        );
        const own = Math.min(cut(sellBelow + sellAt), cut(buyAbove + buyAt));
        assert.equal(own, volume >= 2n ** 53n ? TOO_MUCH : Number(volume));
      }),
      { numRuns: 1000 },
    );
  });

  it('narrows to one limit in books of many orders too', () => {
    const entries = Array.from({ length: 30_000 }, (_, i): Entry => {
      const limit = ((i * 7919) % 10_007) * (i % 3 === 0 ? 1 : 900_000_000_000) - 4_000_000_000_000;
      return [limit, i % 2 === 0 ? 1 + (i % 13) : -1 - (i % 11)];
    });
    const found = crossing(entries)!;
    const demand = entries.filter(([p, e]) => e > 0 && p > found.limit).reduce((sum, [, e]) => sum + e, 0);
    const supply = entries.filter(([p, e]) => e < 0 && p < found.limit).reduce((sum, [, e]) => sum - e, 0);
    assert.deepEqual([found.buyAbove, found.sellBelow], [demand, supply]);
    assert.ok(demand <= supply + found.sellAt && supply < demand + found.buyAt);
  });
});
