// The stage `preferred`: cases by hand, and as properties that it is, trade by trade, the naive one that looks at every pair,
// that it leaves nothing which both would have taken, and that it never violates what an order accepts.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { preferredStage } from '../../src/market/clear-preferred.ts';
import type { Auction, Order, Preference, Preferred } from '../../src/market/order.ts';
import { MEMBERS, withCancels } from '../support/books.ts';
import { accepts, mayMeet, naivePreferred } from '../support/naive-preferred.ts';
import { preferringAuctionsOf, preferringZonalAuctionsOf } from '../support/preferring-books.ts';

const from = (...partners: string[]): Preference => ({ mode: 'first', from: 'partners', partners });
const only = (...partners: string[]): Preference => ({ mode: 'only', from: 'partners', partners });
const FEEDER: Preference = { mode: 'first', from: 'feeder' };
const ONLY_FEEDER: Preference = { mode: 'only', from: 'feeder' };
const RENEWABLE: Preference = { mode: 'first', from: 'renewable' };
const ONLY_RENEWABLE: Preference = { mode: 'only', from: 'renewable' };

type Row = readonly [member: string, wh: number, limit: number, preference?: Preference | null, renewable?: true];
const orderOf =
  (side: Order['side']) =>
  ([member, wh, limit, preference, renewable]: Row): Omit<Order, 'id'> => ({
    member,
    side,
    wh,
    limit,
    ...(preference ? { preference } : {}),
    ...(renewable ? { renewable } : {}),
  });

/** The rotation of MEMBERS begins with `d`. */
const D_FIRST = '2026-11-22T10:00Z';

/** Members `a` to `d` hang on feeder f, `z` on g, `é` nowhere. */
const auctionOf = (buys: readonly Row[], sells: readonly Row[]): Auction => ({
  interval: D_FIRST,
  members: MEMBERS,
  orders: [...buys.map(orderOf('buy')), ...sells.map(orderOf('sell'))].map((order, i) => ({ ...order, id: `o${i}` })),
  places: new Map([
    ...['a', 'b', 'c', 'd'].map((member) => [member, { feeder: 'f', substation: 's' }] as const),
    ['z', { feeder: 'g', substation: 's' }],
  ]),
});
/** "buyer<seller wh @price" of each trade. */
const traded = ({ orders }: Auction, trades: readonly Preferred[]) =>
  trades.map(({ buy, sell, wh, price }) => `${orders[buy]!.member}<${orders[sell]!.member} ${wh} @${price}`);

describe('the stage preferred', () => {
  const cases: readonly {
    readonly name: string;
    readonly buys: readonly Row[];
    readonly sells: readonly Row[];
    readonly expected: readonly string[];
  }[] = [
    {
      name: 'trades with a partner, although another asks less, midway between the limits',
      buys: [['a', 5, 30, from('b')]],
      sells: [
        ['b', 9, 21],
        ['c', 9, 10],
      ],
      expected: ['a<b 5 @25'],
    },
    {
      name: 'rounds the midpoint toward minus infinity',
      buys: [['a', 5, -2, from('b')]],
      sells: [['b', 9, -5]],
      expected: ['a<b 5 @-4'],
    },
    {
      name: 'limits that just touch trade',
      buys: [['a', 5, 7, from('b')]],
      sells: [['b', 5, 7]],
      expected: ['a<b 5 @7'],
    },
    { name: 'limits that do not meet do not', buys: [['a', 5, 6, from('b')]], sells: [['b', 5, 7]], expected: [] },
    {
      name: 'the seller may wish as well',
      buys: [['a', 5, 30]],
      sells: [['b', 9, 10, from('a')]],
      expected: ['a<b 5 @20'],
    },
    {
      name: 'who accepts others only is met by nobody else',
      buys: [['a', 5, 30, from('b')]],
      sells: [['b', 9, 10, only('c')]],
      expected: [],
    },
    {
      name: 'whom two name, the higher limit comes first',
      buys: [
        ['a', 5, 29, from('c')],
        ['b', 5, 30, from('c')],
      ],
      sells: [['c', 7, 10]],
      expected: ['b<c 5 @20', 'a<c 2 @19'],
    },
    {
      name: 'equal limits in rotation, which begins with d here',
      buys: [
        ['a', 5, 30, from('c')],
        ['d', 5, 30, from('c')],
      ],
      sells: [['c', 7, 10]],
      expected: ['d<c 5 @20', 'a<c 2 @20'],
    },
    {
      name: 'the cheapest partner first, equal ones in rotation',
      buys: [['a', 9, 30, from('b', 'c', 'd')]],
      sells: [
        ['b', 5, 10],
        ['c', 5, 8],
        ['d', 5, 10],
      ],
      expected: ['a<c 5 @19', 'a<d 4 @20'],
    },
    {
      name: 'partners come before the feeder, and the feeder before renewable surplus',
      buys: [
        ['a', 5, 40, RENEWABLE],
        ['b', 5, 35, FEEDER],
        ['z', 5, 30, from('c')],
      ],
      sells: [['c', 12, 10, null, true]],
      expected: ['z<c 5 @20', 'b<c 5 @22', 'a<c 2 @25'],
    },
    {
      name: 'a feeder ends at its feeder, and who has no place has none',
      buys: [
        ['z', 5, 40, FEEDER],
        ['é', 5, 40, ONLY_FEEDER],
        ['a', 5, 30, ONLY_FEEDER],
      ],
      sells: [['b', 9, 10]],
      expected: ['a<b 5 @20'],
    },
    {
      name: 'a sell to the feeder only, and a buy of renewable surplus only, meet if both hold',
      buys: [['a', 9, 30, ONLY_RENEWABLE]],
      sells: [
        ['b', 5, 10, ONLY_FEEDER],
        ['c', 5, 12, ONLY_FEEDER, true],
        ['z', 5, 14, null, true],
      ],
      expected: ['a<c 5 @21', 'a<z 4 @22'],
    },
    {
      name: 'nobody meets itself, however good its limit',
      buys: [['a', 9, 30, FEEDER]],
      sells: [
        ['a', 5, 1],
        ['b', 5, 10],
      ],
      expected: ['a<b 5 @20'],
    },
    {
      name: 'without a preference that falls on it an order stays',
      buys: [['a', 9, 30]],
      sells: [['b', 5, 10, null, true]],
      expected: [],
    },
    {
      name: 'of one member at one limit, what it wants only comes first',
      buys: [
        ['a', 5, 30, from('c')],
        ['a', 5, 30, only('c')],
      ],
      sells: [['c', 7, 10]],
      expected: ['a<c 5 @20', 'a<c 2 @20'],
    },
    {
      name: 'of one member at one limit, what is not renewable is sold first',
      buys: [['a', 6, 30, from('b')]],
      sells: [
        ['b', 5, 10, null, true],
        ['b', 5, 10],
      ],
      expected: ['a<b 5 @20', 'a<b 1 @20'],
    },
  ];
  for (const { name, buys, sells, expected } of cases) {
    it(name, () => {
      const auction = auctionOf(buys, sells);
      const { preferred, leftWh } = preferredStage('uniform-price/1', auction);
      assert.deepEqual(traded(auction, preferred), expected);
      for (const [index, { wh }] of auction.orders.entries()) {
        const met = preferred.filter(({ buy, sell }) => buy === index || sell === index);
        assert.equal(leftWh[index], wh - met.reduce((sum, trade) => sum + trade.wh, 0));
      }
    });
  }

  it('which of one member at one limit came first shows in what is left', () => {
    const auction = auctionOf(
      [
        ['a', 5, 30, from('c')],
        ['a', 5, 30, only('c')],
      ],
      [
        ['c', 7, 10, null, true],
        ['c', 7, 10],
      ],
    );
    assert.deepEqual([...preferredStage('uniform-price/1', auction).leftWh], [0, 0, 4, 0]);
    const scarce = auctionOf(
      [
        ['a', 5, 30, from('c')],
        ['a', 5, 30, only('c')],
      ],
      [['c', 7, 10]],
    );
    assert.deepEqual([...preferredStage('uniform-price/1', scarce).leftWh], [3, 0, 0]);
  });

  it('orders that were taken back meet nobody', () => {
    const auction = auctionOf([['a', 5, 30, from('b')]], [['b', 9, 21]]);
    const cancelled = { ...auction, cancels: [{ order: 'o1', after: 2 }] };
    assert.deepEqual(preferredStage('continuous/1', cancelled).preferred, []);
  });

  it('takes the greatest quantities and limits exactly, and refuses a volume beyond 2^53-1', () => {
    const most = 2 ** 53 - 1;
    const auction = auctionOf([['a', most, most, from('b')]], [['b', most, -most]]);
    assert.deepEqual(traded(auction, preferredStage('uniform-price/1', auction).preferred), [`a<b ${most} @0`]);
    const beyond = auctionOf(
      [
        ['a', most, 5, from('b')],
        ['c', 1, 5, from('b')],
      ],
      [
        ['b', most, 5],
        ['b', 1, 5],
      ],
    );
    assert.throws(() => preferredStage('uniform-price/1', beyond), {
      name: 'RangeError',
      message: /^the volume traded by preference does not fit 2\^53-1 Wh/,
    });
  });

  const books: readonly (readonly [rule: string, zonal: boolean, books: fc.Arbitrary<Auction>])[] = [
    ['uniform-price/1', false, preferringAuctionsOf()],
    ['uniform-price/1', false, preferringAuctionsOf({ maxOrders: 31 })],
    ['continuous/1', false, withCancels(preferringAuctionsOf())],
    ['zonal/1', true, preferringZonalAuctionsOf()],
    ['zonal/1', true, preferringAuctionsOf()],
  ];
  for (const [index, [rule, zonal, auctions]] of books.entries()) {
    it(`${rule}: is, trade by trade, what looking at every pair gives (${index})`, () => {
      let trades = 0;
      fc.assert(
        fc.property(auctions, (auction) => {
          const expected = naivePreferred(auction, zonal);
          assert.deepEqual(preferredStage(rule, auction).preferred, expected);
          trades += expected.length;
        }),
        { numRuns: 600 },
      );
      assert.ok(trades > 300, `only ${trades} trades: this shows little`);
    });

    it(`${rule}: leaves no two orders of which one wishes for the other, and that both would trade (${index})`, () => {
      fc.assert(
        fc.property(auctions, (auction) => {
          const { leftWh } = preferredStage(rule, auction);
          const takenBack = new Set((auction.cancels ?? []).map(({ order }) => order));
          const left = auction.orders.filter(({ id }, i) => leftWh[i]! > 0 && !takenBack.has(id));
          for (const buy of left.filter(({ side }) => side === 'buy')) {
            for (const sell of left.filter(({ side }) => side === 'sell')) {
              assert.ok(!mayMeet(auction, zonal, buy, sell), `${buy.id} and ${sell.id}`);
            }
          }
        }),
        { numRuns: 300 },
      );
    });

    it(`${rule}: never joins what does not accept each other, what does not meet, or a member with itself (${index})`, () => {
      fc.assert(
        fc.property(auctions, (auction) => {
          const { preferred } = preferredStage(rule, auction);
          const pairs = new Set<string>();
          for (const { buy, sell, wh, price } of preferred) {
            const [bought, sold] = [auction.orders[buy]!, auction.orders[sell]!];
            assert.deepEqual([bought.side, sold.side], ['buy', 'sell']);
            assert.ok(Number.isSafeInteger(wh) && wh > 0);
            assert.ok(Number.isSafeInteger(price) && price <= bought.limit && price >= sold.limit);
            assert.notEqual(bought.member, sold.member);
            assert.ok(accepts(auction, zonal, bought, sold) && accepts(auction, zonal, sold, bought));
            pairs.add(`${buy} ${sell}`);
          }
          assert.equal(pairs.size, preferred.length);
        }),
        { numRuns: 300 },
      );
    });
  }

  it('passes over a member on both sides of its feeder without looking at all its orders each time', () => {
    // 2 x 20 000 orders of one member, and one of another behind them: quadratic, this would be 400 million steps.
    const rows = (count: number, limit: (i: number) => number): Row[] =>
      Array.from({ length: count }, (_, i) => ['a', 1, limit(i), FEEDER]);
    const auction = auctionOf(
      rows(20_000, (i) => 50_000 + i),
      [...rows(20_000, (i) => i), ['b', 3, 40_000]],
    );
    assert.deepEqual(traded(auction, preferredStage('uniform-price/1', auction).preferred), [
      'a<b 1 @54999',
      'a<b 1 @54999',
      'a<b 1 @54998',
    ]);
  }).timeout(20_000);
});
