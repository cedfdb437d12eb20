// The book as an object, with a long stream of orders and cancels against lists that are looked through.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ContinuousBook } from '../../src/market/continuous-book.ts';
import type { Order } from '../../src/market/order.ts';

const order = (id: string, side: 'buy' | 'sell', wh: number, limit: number): Order => ({
  id,
  member: id,
  side,
  wh,
  limit,
});

describe('ContinuousBook', () => {
  it('says what an order trades at once, by the places of both', () => {
    const book = new ContinuousBook();
    assert.deepEqual(book.place(order('a', 'sell', 3, 10)), []);
    assert.deepEqual(book.place(order('b', 'sell', 3, 9)), []);
    assert.deepEqual(book.place(order('c', 'buy', 5, 10)), [
      { buy: 2, sell: 1, wh: 3, price: 9 },
      { buy: 2, sell: 0, wh: 2, price: 10 },
    ]);
    assert.deepEqual([book.openWh(0), book.openWh(1), book.openWh(2), book.openWh(3)], [1, 0, 0, 0]);
  });

  it('says which order trades next on each side', () => {
    const book = new ContinuousBook();
    assert.deepEqual([book.best('buy'), book.best('sell')], [null, null]);
    for (const each of [order('a', 'buy', 1, 5), order('b', 'buy', 1, 7), order('c', 'buy', 1, 7)]) book.place(each);
    assert.deepEqual([book.best('buy')?.id, book.best('sell')], ['b', null]);
    book.cancel('b');
    assert.equal(book.best('buy')?.id, 'c');
  });

  it('takes back what is open: its Wh, once; null for an order that never was', () => {
    const book = new ContinuousBook();
    book.place(order('a', 'buy', 5, 10));
    book.place(order('b', 'sell', 2, 10));
    assert.deepEqual([book.cancel('a'), book.cancel('a'), book.cancel('b'), book.cancel('x')], [3, 0, 0, null]);
    assert.deepEqual(book.place(order('c', 'sell', 5, 1)), []);
  });

  it('refuses an id that was there before, and leaves the book as it was', () => {
    const book = new ContinuousBook();
    book.place(order('a', 'buy', 5, 10));
    assert.throws(() => book.place(order('a', 'sell', 5, 1)), { name: 'RangeError', message: /id "a" stands twice/ });
    assert.throws(() => book.place(order('b', 'sell', 0.5, 1)), { name: 'RangeError', message: /wh must be/ });
    assert.deepEqual(book.place(order('b', 'sell', 5, 1)), [{ buy: 0, sell: 1, wh: 5, price: 10 }]);
  });

  it('keeps priority of price, then of time, through any stream', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          side: fc.constantFrom('buy' as const, 'sell' as const),
          wh: fc.integer({ min: 1, max: 9 }),
          limit: fc.integer({ min: -9, max: 9 }),
        }),
      },
      fc.record({ cancel: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const book = new ContinuousBook();
        const all: Order[] = [];
        const open: number[] = [];
        for (const each of steps) {
          if ('cancel' in each) {
            const place = each.cancel % Math.max(1, all.length);
            assert.equal(book.cancel(`${place}`), open[place] ?? null);
            if (all[place]) open[place] = 0;
            continue;
          }
          const sign = each.side === 'buy' ? 1 : -1;
          const meets = all
            .map((other, place) => ({ other, place }))
            .filter(
              ({ other, place }) =>
                open[place]! > 0 && other.side !== each.side && sign * (each.limit - other.limit) >= 0,
            )
            .sort((a, b) => sign * (a.other.limit - b.other.limit) || a.place - b.place);
          const place = all.length;
          all.push({ id: `${place}`, member: 'm', ...each });
          open.push(each.wh);
          const expected = [];
          for (const { other, place: there } of meets) {
            const wh = Math.min(open[place]!, open[there]!);
            if (wh === 0) break;
            open[place]! -= wh;
            open[there]! -= wh;
            const [buy, sell] = each.side === 'buy' ? [place, there] : [there, place];
            expected.push({ buy, sell, wh, price: other.limit });
          }
          assert.deepEqual(book.place(all[place]!), expected);
        }
        assert.deepEqual(
          all.map((_, place) => book.openWh(place)),
          open,
        );
      }),
      { numRuns: 200 },
    );
  });
});
