// Books of orders with preferences for property tests: partners, feeders and renewable surplus on few members, so that they meet
// and get in each other's way; some members without a place, some partners without an order or unknown.
import fc from 'fast-check';
import type { Auction, Order, Place, Preference } from '../../src/market/order.ts';
import { compareBytes } from '../../src/market/rotation.ts';
import { type BookOptions, INTERVAL, MEMBERS, ordersOf } from './books.ts';
import { type TreeOptions, treesOf } from './feeder-trees.ts';

interface Wish {
  readonly mode: Preference['mode'];
  readonly from: Preference['from'];
  readonly partners: readonly string[];
}

/** Few limits and members: preferences that cross, ties, and members on both sides. */
const fewOrders: BookOptions = { limit: fc.integer({ min: -4, max: 4 }), wh: fc.integer({ min: 1, max: 12 }) };

const wishes: fc.Arbitrary<Wish> = fc.record({
  mode: fc.constantFrom('only' as const, 'first' as const),
  from: fc.constantFrom('partners' as const, 'partners' as const, 'feeder' as const, 'renewable' as const),
  partners: fc.uniqueArray(fc.constantFrom(...MEMBERS, 'nobody'), { minLength: 1, maxLength: 4 }),
});

/** An order with the wish, as far as it may have it. */
export function withWish(order: Order, wish: Wish | null, renewable: boolean): Order {
  const declared: Order = renewable && order.side === 'sell' ? { ...order, renewable: true } : order;
  if (!wish) return declared;
  const { mode, from } = wish;
  if (from !== 'partners') {
    return from === 'renewable' && order.side === 'sell' ? declared : { ...declared, preference: { mode, from } };
  }
  const partners = wish.partners.filter((partner) => partner !== order.member).sort(compareBytes);
  return partners.length === 0 ? declared : { ...declared, preference: { mode, from, partners } };
}

export function preferringOrdersOf(options: BookOptions = {}): fc.Arbitrary<Order[]> {
  return ordersOf({ ...fewOrders, ...options }).chain((orders) =>
    fc
      .array(fc.tuple(fc.option(wishes, { freq: 3 }), fc.boolean()), {
        minLength: orders.length,
        maxLength: orders.length,
      })
      .map((extras) => orders.map((order, index) => withWish(order, ...extras[index]!))),
  );
}

const placesOf: fc.Arbitrary<ReadonlyMap<string, Place> | undefined> = fc.option(
  fc
    .array(fc.option(fc.tuple(fc.constantFrom('f', 'g'), fc.constantFrom('s', 't')), { freq: 5 }), {
      minLength: MEMBERS.length,
      maxLength: MEMBERS.length,
    })
    .map((rows) => {
      const known = MEMBERS.flatMap((member, index): [string, Place][] => {
        const row = rows[index];
        return row ? [[member, { feeder: row[0], substation: row[1] }]] : [];
      });
      return new Map(known);
    }),
  { nil: undefined, freq: 4 },
);

const quarterHours = fc.integer({ min: 0, max: 3_000_000 });

export function preferringAuctionsOf(options: BookOptions = {}): fc.Arbitrary<Auction> {
  return fc
    .tuple(preferringOrdersOf(options), placesOf, quarterHours, fc.boolean())
    .map(([orders, places, quarter, withRoster]) => ({
      interval: `${new Date(quarter * 900_000).toISOString().slice(0, 16)}Z`,
      orders,
      ...(withRoster ? { members: MEMBERS } : {}),
      ...(places ? { places } : {}),
    }));
}

/** The same over a feeder tree. */
export function preferringZonalAuctionsOf(options: BookOptions = {}, tree: TreeOptions = {}): fc.Arbitrary<Auction> {
  return fc
    .tuple(preferringOrdersOf(options), treesOf(tree))
    .map(([orders, areas]) => ({ interval: INTERVAL, orders, areas, members: MEMBERS }));
}
