// Books of orders for property tests: many members, sides and limits that meet, ties on purpose, and odd quantities.
import fc from 'fast-check';
import type { Auction, Order } from '../../src/market/order.ts';

export const INTERVAL = '2026-11-22T08:15Z';
/** Sorted by bytes unlike by UTF-16 units: U+FF5E lies before U+1F600. */
export const MEMBERS = ['a', 'b', 'c', 'd', 'z', 'é', '\u{ff5e}', '\u{1f600}'];

export interface BookOptions {
  readonly limit?: fc.Arbitrary<number>;
  readonly wh?: fc.Arbitrary<number>;
  readonly maxOrders?: number;
}

const fewLimits = fc.integer({ min: -4, max: 4 });
const manyLimits = fc.integer({ min: -500_000, max: 500_000 });
const extremes = fc.constantFrom(-(2 ** 53 - 1), -(2 ** 53 - 2), 0, 1, 2 ** 53 - 2, 2 ** 53 - 1);

export const anyLimit: fc.Arbitrary<number> = fc.oneof({ weight: 4, arbitrary: fewLimits }, manyLimits, extremes);
/** Small enough that no volume leaves 2^53-1, large enough that shares need BigInt. */
export const anyWh: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) },
  fc.integer({ min: 1, max: 5000 }),
  fc.integer({ min: 2 ** 40, max: 2 ** 45 }),
);

/** Orders with ids that are unique, of mixed alphabets, and in another order than their places. */
export function ordersOf({ limit = anyLimit, wh = anyWh, maxOrders = 24 }: BookOptions = {}): fc.Arbitrary<Order[]> {
  const order = fc.record({
    prefix: fc.constantFrom('o', 'ö', '\u{ffe0}', '\u{1f4a1}'),
    member: fc.constantFrom(...MEMBERS),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    wh,
    limit,
  });
  return fc
    .array(order, { maxLength: maxOrders, size: 'max' })
    .map((list) => list.map(({ prefix, ...fields }, index) => ({ id: `${prefix}${(index * 7) % 31}`, ...fields })));
}

const quarterHours = fc.integer({ min: 0, max: 3_000_000 });

export function auctionsOf(options: BookOptions = {}): fc.Arbitrary<Auction> {
  return fc.tuple(ordersOf(options), quarterHours, fc.boolean()).map(([orders, quarter, withRoster]) => ({
    interval: `${new Date(quarter * 900_000).toISOString().slice(0, 16)}Z`,
    orders,
    ...(withRoster ? { members: MEMBERS } : {}),
  }));
}

/** The same books with some orders taken back, each at some place after it came. */
export function withCancels(auctions: fc.Arbitrary<Auction>): fc.Arbitrary<Auction> {
  const cancels = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 });
  return fc.tuple(auctions, cancels).map(([auction, picks]) => {
    const { orders } = auction;
    if (orders.length === 0) return auction;
    return {
      ...auction,
      cancels: picks.map(([which, later]) => {
        const place = which % orders.length;
        return { order: orders[place]!.id, after: place + 1 + (later % (orders.length - place)) };
      }),
    };
  });
}
