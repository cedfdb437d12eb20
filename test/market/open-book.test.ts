// The book of a market without a ledger: open until the gate, then closed for good, with a reason for whatever is refused.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear } from '../../src/market/clear.ts';
import { OpenBooks } from '../../src/market/open-book.ts';
import type { Order } from '../../src/market/order.ts';

const [FIRST, SECOND, THIRD] = ['2017-07-10T06:15Z', '2017-07-10T06:30Z', '2017-07-10T06:45Z'] as const;
const BOUNDS = { limits: { min: 80_000, max: 300_000 }, maxOrderWh: 1000, maxOrdersPerMember: 2 };
const order = (id: string, more: Partial<Order> = {}): Order => ({
  id,
  member: 'a',
  side: 'buy',
  wh: 100,
  limit: 200_000,
  ...more,
});

describe('OpenBooks', () => {
  it('gives the orders of an interval in order of arrival, and closes', () => {
    const books = new OpenBooks(BOUNDS);
    assert.equal(books.add(FIRST, order('2')), null);
    assert.equal(books.add(FIRST, order('1')), null);
    assert.equal(books.add(SECOND, order('1')), null);
    assert.equal(books.size(FIRST), 2);
    assert.deepEqual(
      books.close(FIRST)?.orders.map(({ id }) => id),
      ['2', '1'],
    );
    assert.equal(books.size(FIRST), 0);
    assert.equal(books.size(SECOND), 1);
  });

  it('closes all before with an interval, and none twice', () => {
    const books = new OpenBooks(BOUNDS);
    books.add(FIRST, order('1'));
    assert.deepEqual(books.close(SECOND)?.orders, []);
    assert.deepEqual([books.close(SECOND), books.close(FIRST)], [null, null]);
    assert.equal(books.add(FIRST, order('2'))?.code, 'late');
    assert.equal(books.add(SECOND, order('2'))?.code, 'late');
    assert.equal(books.add(THIRD, order('2')), null);
  });

  const refusals: [string, Partial<Order>, string][] = [
    ['more energy than allowed', { wh: 1001 }, 'out-of-bounds'],
    ['no energy', { wh: 0 }, 'out-of-bounds'],
    ['a limit above the import tariff', { limit: 300_001 }, 'out-of-bounds'],
    ['a limit below the feed-in tariff', { limit: 79_999 }, 'out-of-bounds'],
    ['half a Wh', { wh: 0.5 }, 'malformed'],
    ['minus nothing', { wh: -0 }, 'malformed'],
    ['a limit that is no number', { limit: Number.NaN }, 'malformed'],
    ['a third side', { side: 'hold' as 'buy' }, 'malformed'],
    ['an empty id', { id: '' }, 'malformed'],
    ['an id that is no text', { id: '\udfff' }, 'malformed'],
    ['an id that is taken', { id: 'taken', member: 'b' }, 'duplicate'],
    ['a third order of a member', { member: 'full' }, 'over-quota'],
  ];
  for (const [what, more, code] of refusals) {
    it(`refuses ${what}`, () => {
      const books = new OpenBooks(BOUNDS);
      for (const [id, member] of [
        ['taken', 'c'],
        ['f1', 'full'],
        ['f2', 'full'],
      ] as const)
        books.add(FIRST, order(id, { member }));
      const refusal = books.add(FIRST, order('new', more));
      assert.equal(refusal?.code, code);
      assert.match(refusal?.text ?? '', /^.{20,}$/);
      assert.equal(books.size(FIRST), 3);
    });
  }

  it('takes an order back for its member only, and makes room for another', () => {
    const books = new OpenBooks(BOUNDS);
    for (const id of ['1', '2']) books.add(FIRST, order(id));
    assert.equal(books.cancel(FIRST, 'b', '1')?.code, 'unknown-order');
    assert.equal(books.cancel(SECOND, 'a', '1')?.code, 'unknown-order');
    assert.equal(books.cancel(FIRST, 'a', '3')?.code, 'unknown-order');
    assert.equal(books.cancel(FIRST, 'a', '1'), null);
    assert.equal(books.cancel(FIRST, 'a', '1')?.code, 'unknown-order');
    assert.equal(books.add(FIRST, order('3')), null);
    assert.deepEqual(
      books.close(FIRST)?.orders.map(({ id }) => id),
      ['2', '3'],
    );
    assert.equal(books.cancel(FIRST, 'a', '2')?.code, 'late');
  });

  it('lets nothing into the book that the auction would refuse', () => {
    const any = fc.record({
      id: fc.string({ unit: 'binary', maxLength: 3 }),
      member: fc.constantFrom('a', 'b', 'c'),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      wh: fc.oneof(fc.integer({ min: -5, max: 1200 }), fc.double()),
      limit: fc.oneof(fc.integer({ min: 0, max: 400_000 }), fc.double()),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (orders) => {
        const books = new OpenBooks(BOUNDS);
        for (const one of orders) books.add(FIRST, one);
        const book = books.close(FIRST)?.orders ?? [];
        clear('uniform-price/1', { interval: FIRST, orders: book, members: ['a', 'b', 'c'] });
      }),
    );
  });

  it('keeps what was taken back for a rule that trades before the gate', () => {
    const books = new OpenBooks({ ...BOUNDS, maxOrdersPerMember: 9 }, { rule: 'continuous/1' });
    const order = (id: string) => ({ id, member: 'a', side: 'buy' as const, wh: 10, limit: 100_000 });
    for (const id of ['x', 'y']) assert.equal(books.add(FIRST, order(id)), null);
    assert.equal(books.cancel(FIRST, 'a', 'x'), null);
    assert.equal(books.add(FIRST, order('z')), null);
    const closed = books.close(FIRST);
    assert.deepEqual(
      closed?.orders.map(({ id }) => id),
      ['x', 'y', 'z'],
    );
    assert.deepEqual(closed?.cancels, [{ order: 'x', after: 2 }]);
  });
});
