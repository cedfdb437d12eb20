// Feeder trees for property tests: a few levels, some edges narrow, shut or without limit, fees that meet the limits.
import fc from 'fast-check';
import type { Area, Auction } from '../../src/market/order.ts';
import { type BookOptions, MEMBERS, ordersOf } from './books.ts';

export interface TreeOptions {
  /** Capacities that edges may have; undefined is no limit. */
  readonly capacity?: fc.Arbitrary<number | undefined>;
  readonly fee?: fc.Arbitrary<number>;
  readonly maxAreas?: number;
}

const anyCapacity = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) },
  fc.integer({ min: 0, max: 5000 }),
  fc.constant(undefined),
);
const anyFee = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 50_000 }));

/** Each area hangs on one before it; each member on any of them. Ids sort unlike the order in which the areas stand. */
export function treesOf({
  capacity = anyCapacity,
  fee = anyFee,
  maxAreas = 7,
}: TreeOptions = {}): fc.Arbitrary<Area[]> {
  const edge = fc.record({ importWh: capacity, exportWh: capacity, fee, above: fc.nat({ max: 99 }) });
  const homes = fc.array(fc.nat({ max: 99 }), { minLength: MEMBERS.length, maxLength: MEMBERS.length });
  return fc.tuple(fc.array(edge, { maxLength: maxAreas - 1 }), homes).map(([edges, homes]) => {
    const count = edges.length + 1;
    const idOf = (index: number) => `n${(index * 5) % 11}`;
    return Array.from({ length: count }, (_, index): Area => {
      const members = MEMBERS.filter((_member, m) => homes[m]! % count === index);
      if (index === 0) return { id: idOf(0), members };
      const { importWh, exportWh, fee, above } = edges[index - 1]!;
      return {
        id: idOf(index),
        parent: idOf(above % index),
        fee,
        members,
        ...(importWh === undefined ? {} : { importWh }),
        ...(exportWh === undefined ? {} : { exportWh }),
      };
    });
  });
}

/** Limits within 2^52, which a tree needs; many ties. */
export const someLimit: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -4, max: 4 }) },
  fc.integer({ min: -500_000, max: 500_000 }),
);

export function zonalAuctionsOf(book: BookOptions = {}, tree: TreeOptions = {}): fc.Arbitrary<Auction> {
  const orders = ordersOf({ limit: someLimit, ...book });
  const quarters = fc.integer({ min: 0, max: 3_000_000 });
  return fc.tuple(orders, treesOf(tree), quarters, fc.boolean()).map(([orders, areas, quarter, withRoster]) => ({
    interval: `${new Date(quarter * 900_000).toISOString().slice(0, 16)}Z`,
    orders,
    areas,
    ...(withRoster ? { members: MEMBERS } : {}),
  }));
}
