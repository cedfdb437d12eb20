// Clears an auction in which orders have preferences: first the stage `preferred`, then the rule on what it leaves, without
// the orders that trade `only` by preference. The rule sees an auction like any other, so whatever it promises still holds.
import { type Auction, type Clearing, checkFields, checkOrders, type Order, refuseCancels } from './order.ts';
import { preferenceFault } from './preference.ts';
import { matchPreferred, type Stage } from './preferred.ts';
import { rotationOf } from './rotation.ts';
import { CONTINUOUS, checkCancels } from './rules/continuous.ts';
import { treeOf, ZONAL } from './rules/zonal.ts';
import { placeOrders } from './zonal-flows.ts';

/** What preferences leave to the rule. */
export interface Rest {
  readonly auction: Auction;
  /** By place in the book, the place in the rest; -1 where the order is not in it. */
  readonly placeOf: Int32Array;
}

export function hasPreferences({ orders }: Pick<Auction, 'orders'>): boolean {
  return orders.some(({ preference }) => preference !== undefined);
}

/** @throws RangeError naming the field, where a preference, or what an order says of itself for those of others, is none */
export function checkPreferences({ orders }: Pick<Auction, 'orders'>): void {
  for (let i = 0; i < orders.length; i++) {
    const fault = preferenceFault(orders[i]!);
    if (fault !== null) throw new RangeError(`orders[${i}].${fault}`);
  }
}

/** The stage `preferred`. @throws RangeError naming the field, where the auction is not in order */
export function preferredStage(rule: string, auction: Auction): Stage {
  checkOrders(auction);
  if (rule === CONTINUOUS) checkCancels(auction);
  else refuseCancels(auction);
  for (const [index, order] of auction.orders.entries()) checkFields(order, index);
  return matchPreferred(auction, areasOf(rule, auction));
}

/** Only under `zonal/1`, and where there is a tree: matches of this stage cross no edge. */
function areasOf(rule: string, auction: Auction): ((member: string) => number | undefined) | null {
  if (rule !== ZONAL || !auction.areas || auction.areas.length === 0) return null;
  const tree = treeOf(auction);
  placeOrders(auction.orders, tree);
  return tree.areaOf;
}

/** The auction that is left to the rule; its roster is that of the whole. */
export function restOf(auction: Auction, leftWh: Float64Array): Rest {
  const orders: Order[] = [];
  const placeOf = new Int32Array(auction.orders.length).fill(-1);
  /** How many orders of the rest stand before each place. */
  const before = new Int32Array(auction.orders.length + 1);
  for (const [index, { id, member, side, limit, preference }] of auction.orders.entries()) {
    const wh = leftWh[index]!;
    if (wh > 0 && preference?.mode !== 'only') {
      placeOf[index] = orders.length;
      orders.push({ id, member, side, wh, limit });
    }
    before[index + 1] = orders.length;
  }
  const { cancels } = auction;
  const standing = cancels && new Set(orders.map(({ id }) => id));
  return {
    auction: {
      ...auction,
      orders,
      members: auction.members ?? rotationOf(auction),
      ...(cancels
        ? {
            cancels: cancels
              .filter(({ order }) => standing!.has(order))
              .map(({ order, after }) => ({ order, after: before[after]! })),
          }
        : {}),
    },
    placeOf,
  };
}

/** @param run the rule */
export function clearPreferred(rule: string, run: (auction: Auction) => Clearing, auction: Auction): Clearing {
  const { preferred, leftWh } = preferredStage(rule, auction);
  const rest = restOf(auction, leftWh);
  const cleared = run(rest.auction);
  const fills = auction.orders.map(({ id, member, side }, index) => {
    const place = rest.placeOf[index]!;
    return { id, member, side, wh: place < 0 ? 0 : cleared.fills[place]!.wh };
  });
  const traded = preferred.reduce((sum, { wh }) => sum + wh, cleared.volumeWh);
  if (!Number.isSafeInteger(traded)) {
    throw new RangeError(
      'the volume traded by preference and by the rule does not fit 2^53-1 Wh; orders must be smaller',
    );
  }
  return { ...cleared, fills, ...(preferred.length > 0 ? { preferred } : {}) };
}
