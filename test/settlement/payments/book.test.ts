// The book of who owes whom: every settlement once, closing into payments, remainders carried over, confirmations once.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EXTERNALS, PaymentBook } from '../../../src/settlement/payments/book.ts';
import { NANO_PER_CENT } from '../../../src/settlement/payments/cents.ts';
import { evenBalances } from '../../support/balances.ts';

const CENT = Number(NANO_PER_CENT);
const line = (account: string, counterAccount: string, amount: number) => ({ account, counterAccount, amount });
const intervals = ['2026-07-01T10:00Z', '2026-07-01T10:15Z', '2026-07-01T10:30Z'] as const;

/** What each account gets less what it pays. */
function moved(payments: readonly { from: string; to: string; cents: number }[], account: string): number {
  return payments.reduce(
    (sum, { from, to, cents }) => sum + (to === account ? cents : 0) - (from === account ? cents : 0),
    0,
  );
}

describe('payment book', () => {
  it('nets what was booked into few payments, and carries over what is less than a cent', () => {
    const book = new PaymentBook();
    assert.equal(book.book(intervals[0], [line('member/a', 'member/b', 3 * CENT + 4)]), true);
    assert.equal(book.book(intervals[1], [line('member/b', 'member/c', 3 * CENT)]), true);
    const closing = book.close('parties', 'street-20260801');
    assert.deepEqual(closing.payments, [{ id: 'street-20260801-1-001', from: 'member/a', to: 'member/c', cents: 3 }]);
    assert.deepEqual(closing.since, [[intervals[0], intervals[1]]]);
    assert.equal(closing.exact, true);
    assert.deepEqual(book.state.balances, { 'member/a': '-4', 'member/b': '4' });
    // With 6 nano less than a cent more they owe a cent.
    book.book(intervals[2], [line('member/a', 'member/b', CENT - 4)]);
    assert.deepEqual(book.close('parties', 'street-20260901').payments, [
      { id: 'street-20260901-2-001', from: 'member/a', to: 'member/b', cents: 1 },
    ]);
    assert.deepEqual(book.state.balances, {});
  });

  it('books corrections on top, each once and in their order, also after a restart', () => {
    const book = new PaymentBook();
    const more = [line('member/a', 'supplier', CENT)];
    assert.throws(() => book.book(intervals[0], more, 1), /the settlement before it is not booked/);
    assert.equal(book.book(intervals[0], [line('member/a', 'supplier', 5 * CENT)]), true);
    assert.throws(() => book.book(intervals[0], more, 2), /correction 2 of 2026-07-01T10:00Z/);
    assert.equal(book.book(intervals[0], more, 1), true);
    const restarted = new PaymentBook(JSON.parse(JSON.stringify(book.state)));
    assert.equal(restarted.book(intervals[0], more, 1), false);
    assert.equal(restarted.book(intervals[0], [line('member/a', 'supplier', -2 * CENT)], 2), true);
    assert.deepEqual(restarted.close('parties', 'x').payments, [
      { id: 'x-1-001', from: 'member/a', to: 'supplier', cents: 4 },
    ]);
  });

  it('books an interval once, also after a restart', () => {
    const book = new PaymentBook();
    const lines = [line('member/a', 'supplier', 5 * CENT)];
    assert.equal(book.book(intervals[0], lines), true);
    assert.equal(book.book(intervals[0], lines), false);
    book.close('parties', 'x');
    const restarted = new PaymentBook(JSON.parse(JSON.stringify(book.state)));
    assert.equal(restarted.book(intervals[0], lines), false);
    assert.equal(restarted.open.length, 1);
    assert.deepEqual(restarted.state, book.state);
  });

  it('closes an empty book into nothing', () => {
    assert.deepEqual(new PaymentBook().close('community', 'x').payments, []);
  });

  it('refuses an account that no settlement has, and books nothing of it', () => {
    const book = new PaymentBook();
    for (const account of ['member/', 'Member/a', '__proto__', 'community', 'member/a/b', '']) {
      assert.throws(
        () => book.book(intervals[0], [line('member/a', 'member/b', 1), line(account, 'tax', 1)]),
        /no account/,
      );
    }
    assert.deepEqual(book.state.balances, {});
    assert.deepEqual(book.state.booked, []);
  });

  it('lets the community collect for the accounts that are no members, and keep the fund', () => {
    const book = new PaymentBook();
    book.book(intervals[0], [
      line('member/a', 'supplier', 500 * CENT),
      line('member/a', 'network', 80 * CENT),
      line('member/b', 'fund', 20 * CENT),
      line('supplier', 'member/c', 100 * CENT),
      line('tax', 'member/c', 7 * CENT),
    ]);
    const { payments } = book.close('community', 'x');
    assert.deepEqual(
      payments.map(({ from, to, cents }) => [from, to, cents]),
      [
        ['member/a', 'community', 493],
        ['member/a', 'member/c', 87],
        ['member/b', 'member/c', 20],
        ['community', 'network', 80],
        ['community', 'supplier', 400],
        ['tax', 'community', 7],
      ],
    );
    assert.equal(moved(payments, 'community'), 20);
  });

  it('settles a payment once, and knows no others', () => {
    const book = new PaymentBook();
    book.book(intervals[0], [line('member/a', 'member/b', 5 * CENT)]);
    const [payment] = book.close('parties', 'x').payments;
    assert.deepEqual(book.confirm('x-1-001', '2026-08-05'), payment);
    const after = book.state;
    assert.deepEqual(after.open, []);
    assert.equal(book.confirm('x-1-001', '2026-08-06'), null);
    assert.deepEqual(book.state, after);
    assert.throws(() => book.confirm('x-1-002', '2026-08-05'), /no open payment "x-1-002"/);
  });

  it('settles each payment once, whatever is confirmed how often', () => {
    fc.assert(
      fc.property(evenBalances(6), fc.array(fc.nat(9), { maxLength: 20 }), (balances, picks) => {
        const book = new PaymentBook();
        book.book(
          intervals[0],
          [...balances].map(([account, nano]) => line('member/z', account, Number(nano))),
        );
        const { payments } = book.close('parties', 'x');
        const ids = picks.flatMap((pick) => payments[pick]?.id ?? []);
        const settled = ids.flatMap((id) => book.confirm(id, '2026-08-05') ?? []);
        assert.deepEqual(new Set(settled.map(({ id }) => id)), new Set(ids));
        assert.equal(settled.length, new Set(ids).size);
        assert.equal(book.open.length + settled.length, payments.length);
      }),
    );
  });

  for (const externals of EXTERNALS) {
    it(`pays every account what it is owed, to the cent, over many periods (${externals})`, () => {
      fc.assert(
        fc.property(fc.array(evenBalances(), { minLength: 1, maxLength: 4 }), (periods) => {
          const book = new PaymentBook();
          const total = new Map<string, bigint>();
          const paid = new Map<string, number>();
          let quarter = 0;
          for (const balances of periods) {
            for (const [account, nano] of balances) {
              total.set(account, (total.get(account) ?? 0n) + nano);
              const start = Date.parse('2026-07-01T00:00Z') + 900_000 * quarter++;
              const name = `${new Date(start).toISOString().slice(0, 16)}Z`;
              book.book(name, [line('supplier', account, Number(nano))]);
            }
            const { payments, positions } = book.close(externals, 'x');
            for (const { account, cents } of positions) {
              paid.set(account, (paid.get(account) ?? 0) + cents);
              if (externals === 'parties' || account !== 'fund') assert.equal(moved(payments, account), cents);
            }
            assert.equal(new Set(payments.map(({ id }) => id)).size, payments.length);
          }
          for (const [account, nano] of total) {
            if (account === 'supplier') continue;
            const rest = BigInt(book.state.balances[account] ?? 0);
            assert.equal(BigInt(paid.get(account) ?? 0) * NANO_PER_CENT + rest, nano);
            assert.ok(rest < NANO_PER_CENT && rest > -NANO_PER_CENT);
          }
        }),
        { numRuns: 60 },
      );
    });
  }
});
