// Every clearing as keys, and by these keys the same clearing again.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import { keysOfPairs } from '../../src/market/keys-of-pairs.ts';
import type { Pair } from '../../src/market/order.ts';
import { allocate } from '../../src/market/rules/allocation.ts';
import { auctionsOf } from '../support/books.ts';

const pair = (buyer: string, seller: string, wh: number): Pair => ({ buyer, seller, wh });

describe('a clearing as keys', () => {
  it('gives each consumer its part of what each producer sold', () => {
    const pairs = [pair('b', 'z', 1), pair('c', 'a', 250), pair('b', 'a', 500), pair('b', 'a', 250)];
    assert.deepEqual(keysOfPairs(pairs), {
      kind: 'dynamic-full',
      keys: [
        { producer: 'a', member: 'b', millionths: 750_000 },
        { producer: 'a', member: 'c', millionths: 250_000 },
        { producer: 'z', member: 'b', millionths: 1_000_000 },
      ],
    });
  });

  it('leaves open what a producer had beyond what it sold', () => {
    const { keys } = keysOfPairs([pair('b', 'a', 500)], new Map([['a', 2000]]));
    assert.deepEqual(keys, [{ producer: 'a', member: 'b', millionths: 250_000 }]);
  });

  it('refuses a producer that sold more than its surplus', () => {
    assert.throws(() => keysOfPairs([pair('b', 'a', 500)], new Map([['a', 499]])), {
      name: 'RangeError',
      message: '"a" sold 500 Wh, which is more than its surplus',
    });
  });

  it('sharing by them gives the same Wh again', () => {
    // The books make volumes of up to 24 orders; no producer reaches 500 kWh.
    const books = auctionsOf({ wh: fc.integer({ min: 1, max: 20_000 }), limit: fc.integer({ min: -4, max: 4 }) });
    const extra = fc.integer({ min: 0, max: 5000 });
    let shared = 0;
    fc.assert(
      fc.property(fc.constantFrom(...RULE_NAMES), books, extra, (rule, auction, more) => {
        const { pairs } = clear(rule, auction);
        const net = new Map<string, { bought: number; sold: number }>();
        for (const { buyer, seller, wh } of pairs) {
          for (const member of [buyer, seller]) if (!net.has(member)) net.set(member, { bought: 0, sold: 0 });
          net.get(buyer)!.bought += wh;
          net.get(seller)!.sold += wh;
        }
        // A member on both sides cannot be told in surplus and consumption, which are netted.
        if ([...net.values()].some(({ bought, sold }) => bought > 0 && sold > 0)) return;
        const surplus = new Map(
          [...net].flatMap(([member, { sold }]) => (sold > 0 ? [[member, sold + more]] : [])) as [string, number][],
        );
        const energy = [...net].map(([member, { bought }]) => ({
          member,
          surplusWh: surplus.get(member) ?? 0,
          consumptionWh: bought,
        }));
        const again = allocate({ interval: auction.interval, price: 0, energy, keys: keysOfPairs(pairs, surplus) });
        assert.deepEqual(sums(again.pairs), sums(pairs));
        if (pairs.length > 0) shared++;
      }),
      { numRuns: 500 },
    );
    assert.ok(shared > 50);
  });
});

function sums(pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { buyer, seller, wh } of pairs) {
    const key = JSON.stringify([buyer, seller]);
    found.set(key, (found.get(key) ?? 0) + wh);
  }
  return found;
}
