// The sealed call auction: published cases, corners as a table, and the invariants of market.md as properties.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Auction, Order } from '../../../src/market/order.ts';
import { clearUniformPrice, matchUniformPrice } from '../../../src/market/rules/uniform-price.ts';
import { bestOf, welfareOf } from '../../support/best-welfare.ts';
import { anyLimit, auctionsOf, INTERVAL, ordersOf } from '../../support/books.ts';
import { naiveClear } from '../../support/naive-auction.ts';
import { needSharedData } from '../../support/shared-data.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];

const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const cleared = (auction: Auction) => clearUniformPrice(auction);
const fillsOf = (auction: Auction) => Object.fromEntries(cleared(auction).fills.map(({ id, wh }) => [id, wh]));

describe('uniform-price/1', () => {
  const MAX = 2 ** 53 - 1;
  const corners: readonly {
    readonly name: string;
    readonly orders: Order[];
    readonly volume: number;
    readonly low: number | null;
    readonly high: number | null;
    readonly price: number | null;
    readonly fills: readonly number[];
  }[] = [
    { name: 'empty book', orders: [], volume: 0, low: null, high: null, price: null, fills: [] },
    {
      name: 'buys only',
      orders: book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'buy', 5, 20]),
      volume: 0,
      low: null,
      high: null,
      price: null,
      fills: [0, 0],
    },
    {
      name: 'sells only',
      orders: book(['1', 'a', 'sell', 5, 10]),
      volume: 0,
      low: null,
      high: null,
      price: null,
      fills: [0],
    },
    {
      name: 'limits one apart, the wrong way',
      orders: book(['1', 'a', 'buy', 5, 9], ['2', 'b', 'sell', 5, 10]),
      volume: 0,
      low: null,
      high: null,
      price: null,
      fills: [0, 0],
    },
    {
      name: 'limits that just touch trade',
      orders: book(['1', 'a', 'buy', 5, 10], ['2', 'b', 'sell', 5, 10]),
      volume: 5,
      low: 10,
      high: 10,
      price: 10,
      fills: [5, 5],
    },
    {
      name: 'both sides exhausted: floor midpoint',
      orders: book(['1', 'a', 'buy', 5, 13], ['2', 'b', 'sell', 5, 10]),
      volume: 5,
      low: 10,
      high: 13,
      price: 11,
      fills: [5, 5],
    },
    {
      name: 'floor goes toward minus infinity',
      orders: book(['1', 'a', 'buy', 5, -10], ['2', 'b', 'sell', 5, -13]),
      volume: 5,
      low: -13,
      high: -10,
      price: -12,
      fills: [5, 5],
    },
    {
      name: 'floor of -1/2',
      orders: book(['1', 'a', 'buy', 5, 0], ['2', 'b', 'sell', 5, -1]),
      volume: 5,
      low: -1,
      high: 0,
      price: -1,
      fills: [5, 5],
    },
    {
      name: 'a buy left over holds the price up, a sell left over holds it down',
      orders: book(
        ['1', 'a', 'buy', 5, 30],
        ['2', 'b', 'sell', 5, 10],
        ['3', 'c', 'buy', 5, 18],
        ['4', 'd', 'sell', 5, 21],
      ),
      volume: 5,
      low: 18,
      high: 21,
      price: 19,
      fills: [5, 5, 0, 0],
    },
    {
      name: 'a partly filled buy sets the price',
      orders: book(['1', 'a', 'buy', 9, 30], ['2', 'b', 'sell', 5, 10]),
      volume: 5,
      low: 30,
      high: 30,
      price: 30,
      fills: [5, 5],
    },
    {
      name: 'a partly filled sell sets the price',
      orders: book(['1', 'a', 'buy', 5, 30], ['2', 'b', 'sell', 9, 10]),
      volume: 5,
      low: 10,
      high: 10,
      price: 10,
      fills: [5, 5],
    },
    {
      name: 'greatest quantities and limits',
      orders: book(['1', 'a', 'buy', MAX, MAX], ['2', 'b', 'sell', MAX, -MAX]),
      volume: MAX,
      low: -MAX,
      high: MAX,
      price: 0,
      fills: [MAX, MAX],
    },
    {
      name: 'midpoint of two limits whose sum leaves 2^53',
      orders: book(['1', 'a', 'buy', 1, MAX], ['2', 'b', 'sell', 1, MAX - 1]),
      volume: 1,
      low: MAX - 1,
      high: MAX,
      price: MAX - 1,
      fills: [1, 1],
    },
    {
      name: 'a book whose sums leave 2^53, a volume that does not',
      orders: book(
        ['1', 'a', 'buy', MAX, 5],
        ['2', 'b', 'buy', MAX, 5],
        ['3', 'c', 'buy', MAX, 5],
        ['4', 'd', 'sell', 10, 5],
      ),
      volume: 10,
      low: 5,
      high: 5,
      price: 5,
      fills: [4, 3, 3, 10],
    },
  ];
  for (const { name, orders, volume, low, high, price, fills } of corners) {
    it(name, () => {
      const clearing = cleared({ interval: INTERVAL, orders });
      assert.deepEqual(
        [clearing.volumeWh, clearing.priceLow, clearing.priceHigh, clearing.price, clearing.fills.map(({ wh }) => wh)],
        [volume, low, high, price, fills],
      );
      assert.ok(!Object.is(clearing.price, -0));
    });
  }

  it('without a trade there are no pairs', () => {
    assert.deepEqual(cleared({ interval: INTERVAL, orders: book(['1', 'a', 'buy', 5, 1]) }).pairs, []);
  });

  it('shares by member, so two orders of one member gain nothing', () => {
    const whole = book(['1', 'a', 'buy', 10, 20], ['2', 'b', 'buy', 10, 20], ['3', 'c', 'sell', 9, 5]);
    const split = book(
      ['1a', 'a', 'buy', 5, 20],
      ['1b', 'a', 'buy', 5, 20],
      ['2', 'b', 'buy', 10, 20],
      ['3', 'c', 'sell', 9, 5],
    );
    const { '1': a, '2': b } = fillsOf({ interval: INTERVAL, orders: whole });
    const parts = fillsOf({ interval: INTERVAL, orders: split });
    assert.deepEqual([parts['1a']! + parts['1b']!, parts['2']], [a, b]);
    assert.equal(parts['1a'], Math.min(5, a!));
  });

  it('the odd Wh goes round: each member is first in its turn', () => {
    const orders = book(['1', 'a', 'buy', 1, 20], ['2', 'b', 'buy', 1, 20], ['3', 'c', 'sell', 1, 5]);
    const winners = ['08:15', '08:30', '08:45'].map((time) => {
      const fills = fillsOf({ interval: `2026-11-22T${time}Z`, members: ['c', 'b', 'a'], orders });
      return fills['1'] === 1 ? 'a' : 'b';
    });
    // 2026-11-22 is day 20779, 08:15 quarter hour 1994817: 2015596 mod 3 = 1, so b is first, then c (then a), then a.
    assert.deepEqual(winners, ['b', 'a', 'a']);
  });

  it('fills a member in order of id by bytes, not by UTF-16 units', () => {
    const orders = book(['\u{1f600}', 'a', 'buy', 3, 20], ['\u{ff5e}', 'a', 'buy', 3, 20], ['s', 'b', 'sell', 4, 5]);
    assert.deepEqual(fillsOf({ interval: INTERVAL, orders }), { '\u{ff5e}': 3, '\u{1f600}': 1, s: 4 });
  });

  const refused: readonly (readonly [name: string, orders: unknown[], message: RegExp])[] = [
    ['a fraction of a Wh', [{ id: '1', member: 'a', side: 'buy', wh: 1.5, limit: 1 }], /^orders\[0\]\.wh must be/],
    ['no energy', [{ id: '1', member: 'a', side: 'buy', wh: 0, limit: 1 }], /^orders\[0\]\.wh must be/],
    ['negative energy', [{ id: '1', member: 'a', side: 'buy', wh: -1, limit: 1 }], /^orders\[0\]\.wh must be/],
    ['2^53 Wh', [{ id: '1', member: 'a', side: 'buy', wh: 2 ** 53, limit: 1 }], /^orders\[0\]\.wh must be/],
    ['a limit as text', [{ id: '1', member: 'a', side: 'buy', wh: 1, limit: '1' }], /^orders\[0\]\.limit must be/],
    [
      'a limit of NaN',
      [{ id: '1', member: 'a', side: 'buy', wh: 1, limit: Number.NaN }],
      /^orders\[0\]\.limit must be/,
    ],
    ['another side', [{ id: '1', member: 'a', side: 'bid', wh: 1, limit: 1 }], /^orders\[0\]\.side must be/],
    [
      'a volume beyond 2^53-1',
      [
        ...book(['1', 'a', 'buy', MAX, 1], ['2', 'b', 'buy', 1, 1]),
        ...book(['3', 'c', 'sell', MAX, 1], ['4', 'd', 'sell', 1, 1]),
      ],
      /volume does not fit/,
    ],
  ];
  for (const [name, orders, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => cleared({ interval: INTERVAL, orders: orders as Order[] }), { name: 'RangeError', message });
    });
  }

  it('gives the volume and the supporting prices of the published cases', function () {
    const path = needSharedData(this, 'market/uniform_price.json');
    const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Vector[] };
    assert.ok(vectors.length >= 18);
    for (const { id, bids, offers, recomputed } of vectors) {
      const orders = [...bids.map(orderOf('buy')), ...offers.map(orderOf('sell'))];
      const { volumeWh, price, priceLow, priceHigh } = cleared({ interval: INTERVAL, orders });
      assert.equal(volumeWh, scaled(recomputed.volume), id);
      if (recomputed.price_interval === null) {
        assert.deepEqual([price, priceLow, priceHigh], [null, null, null], id);
      } else {
        const [low, high] = recomputed.price_interval.map(scaled);
        assert.deepEqual([priceLow, priceHigh, price], [low, high, Math.floor((low! + high!) / 2)], id);
      }
    }
  });
});

describe('uniform-price/1, properties', () => {
  it('is what market.md says, said plainly: every fill, price and pair', () => {
    fc.assert(
      fc.property(auctionsOf(), (auction) => {
        const { volumeWh, price, priceLow, priceHigh, fills, pairs } = cleared(auction);
        const naive = naiveClear(auction);
        const number = (value: bigint | null) => (value === null ? null : Number(value));
        assert.deepEqual(
          [volumeWh, price, priceLow, priceHigh],
          [number(naive.volumeWh), number(naive.price), number(naive.priceLow), number(naive.priceHigh)],
        );
        assert.deepEqual(
          fills.map(({ id, wh }) => [id, wh]),
          auction.orders.map(({ id }) => [id, Number(naive.fillById.get(id)!)]),
        );
        assert.deepEqual(pairs, naive.pairs);
      }),
      { numRuns: 1500 },
    );
  });

  it('conserves energy, respects limits and quantities, and pairs every member to its net', () => {
    fc.assert(
      fc.property(auctionsOf(), (auction) => {
        const { volumeWh, price, priceLow, priceHigh, fills, pairs } = cleared(auction);
        const sums = { buy: 0, sell: 0 };
        const net = new Map<string, number>();
        for (const [index, { side, wh, limit, member }] of auction.orders.entries()) {
          const filled = fills[index]!.wh;
          assert.ok(filled >= 0 && filled <= wh);
          sums[side] += filled;
          net.set(member, (net.get(member) ?? 0) + (side === 'buy' ? filled : -filled));
          if (filled > 0) assert.ok(side === 'buy' ? price! <= limit : price! >= limit);
          if (filled < wh && price !== null) assert.ok(side === 'buy' ? limit <= price : limit >= price);
        }
        assert.deepEqual(sums, { buy: volumeWh, sell: volumeWh });
        assert.equal(price === null, volumeWh === 0);
        if (price !== null) assert.ok(priceLow! <= price && price <= priceHigh!);
        for (const { buyer, seller, wh } of pairs) {
          assert.ok(wh > 0 && buyer !== seller);
          net.set(buyer, net.get(buyer)! - wh);
          net.set(seller, net.get(seller)! + wh);
        }
        assert.ok([...net.values()].every((left) => left === 0));
        const sides = (side: 'buyer' | 'seller') => new Set(pairs.map((pair) => pair[side])).size;
        assert.ok(pairs.length <= Math.max(0, sides('buyer') + sides('seller') - 1));
      }),
      { numRuns: 500 },
    );
  });

  it('reaches the best of all ways to fill a small book: welfare first, then energy', () => {
    const small = { limit: fc.integer({ min: -2, max: 3 }), wh: fc.integer({ min: 1, max: 3 }), maxOrders: 6 };
    fc.assert(
      fc.property(ordersOf(small), (orders) => {
        const { filledWh, volumeWh } = matchUniformPrice({ interval: INTERVAL, orders });
        assert.deepEqual([welfareOf(orders, filledWh), volumeWh], bestOf(orders));
      }),
      { numRuns: 200 },
    );
  });

  it('permuting orders and members changes no byte', () => {
    const sorted = (auction: Auction) => {
      const clearing = cleared(auction);
      return JSON.stringify({ ...clearing, fills: [...clearing.fills].sort((a, b) => (a.id < b.id ? -1 : 1)) });
    };
    fc.assert(
      fc.property(
        auctionsOf().chain((auction) =>
          fc.tuple(
            fc.constant(auction),
            fc.shuffledSubarray([...auction.orders], { minLength: auction.orders.length }),
            fc.shuffledSubarray([...(auction.members ?? [])], { minLength: auction.members?.length ?? 0 }),
          ),
        ),
        ([auction, orders, members]) => {
          const permuted = { ...auction, orders, ...(auction.members ? { members } : {}) };
          assert.equal(sorted(permuted), sorted(auction));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('splitting an order changes no total of any member, no price and no pair', () => {
    fc.assert(
      fc.property(auctionsOf(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (auction, pick, at) => {
        const { orders } = auction;
        const order = orders[pick % Math.max(1, orders.length)];
        if (!order || order.wh < 2) return;
        const first = 1 + Math.floor(at * (order.wh - 2));
        const parts = [
          { ...order, id: `${order.id}.1`, wh: first },
          { ...order, id: `${order.id}.2`, wh: order.wh - first },
        ];
        const before = cleared(auction);
        const after = cleared({ ...auction, orders: orders.flatMap((other) => (other === order ? parts : [other])) });
        assert.deepEqual(
          [after.volumeWh, after.price, after.priceLow, after.priceHigh, after.pairs, totals(after.fills)],
          [before.volumeWh, before.price, before.priceLow, before.priceHigh, before.pairs, totals(before.fills)],
        );
      }),
      { numRuns: 500 },
    );
  });

  it('a buy below the supporting interval, or a sell above it, changes nothing', () => {
    fc.assert(
      fc.property(
        auctionsOf({ limit: fc.integer({ min: -6, max: 6 }) }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        (auction, distance, buy) => {
          const before = cleared({ ...auction, members: [...(auction.members ?? memberIds(auction))] });
          if (before.price === null) return;
          const limit = buy ? before.priceLow! - distance : before.priceHigh! + distance;
          const member = memberIds(auction)[0]!;
          const idle: Order = { id: 'idle', member, side: buy ? 'buy' : 'sell', wh: 7, limit };
          const members = [...(auction.members ?? memberIds(auction))];
          const after = cleared({ ...auction, members, orders: [...auction.orders, idle] });
          assert.equal(after.fills.at(-1)?.wh, 0);
          assert.deepEqual({ ...after, fills: after.fills.slice(0, -1) }, before);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds the same volume in books whose sums leave 2^53, or refuses it', () => {
    const wh = fc.oneof(fc.integer({ min: 2 ** 51, max: 2 ** 53 - 1 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(auctionsOf({ wh, limit: anyLimit, maxOrders: 10 }), (auction) => {
        const naive = naiveClear(auction);
        if (naive.volumeWh > BigInt(Number.MAX_SAFE_INTEGER)) {
          assert.throws(() => cleared(auction), /volume does not fit/);
        } else {
          const { volumeWh, fills, pairs } = cleared(auction);
          assert.equal(BigInt(volumeWh), naive.volumeWh);
          for (const { id, wh } of fills) assert.equal(BigInt(wh), naive.fillById.get(id));
          assert.deepEqual(pairs, naive.pairs);
        }
      }),
      { numRuns: 500 },
    );
  });
});

interface Vector {
  readonly id: string;
  readonly bids: readonly Quote[];
  readonly offers: readonly Quote[];
  readonly recomputed: { readonly volume: number; readonly price_interval: readonly number[] | null };
}

interface Quote {
  readonly id: string;
  readonly price: number;
  readonly qty: number;
}

/** Published numbers have at most six decimals: scaled to integers, checked to be exact. */
function scaled(value: number): number {
  const integer = Math.round(value * 1e6);
  assert.equal(integer / 1e6, value);
  return integer;
}

function orderOf(side: 'buy' | 'sell'): (quote: Quote) => Order {
  return ({ id, price, qty }) => ({ id, member: id, side, wh: scaled(qty), limit: scaled(price) });
}

function totals(fills: readonly { member: string; side: string; wh: number }[]) {
  const sums = new Map<string, number>();
  for (const { member, side, wh } of fills) sums.set(`${side} ${member}`, (sums.get(`${side} ${member}`) ?? 0) + wh);
  return sums;
}

function memberIds({ orders }: Auction): string[] {
  return [...new Set(orders.map(({ member }) => member))];
}
