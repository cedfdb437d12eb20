// Market rule `uniform-price/1` (market.md): the sealed call auction. All who trade, trade at one price; the most energy
// that can trade does trade. Integers only: Wh, micro-currency per kWh.
//
// Read from market.md and fixed here:
// - Orders whose limits just touch trade, since the volume is the largest possible.
// - The limit at which supply meets demand is the marginal limit of both sides, and at most one side has energy left
//   there. A side that gets nothing at it counts as unfilled, not as accepted.
// - A volume above 2^53-1 Wh is refused, for it has no exact JSON number; the book itself may sum to more.
import { describe } from '../../units.ts';
import { cut, findCrossing, TOO_MUCH } from '../crossing.ts';
import { type Auction, type Clearing, checkAuction, type Fill, type Order } from '../order.ts';
import { pairsOf } from '../pairs.ts';
import { rotate } from '../rotation.ts';
import { type Claim, shareAmongMembers } from '../share.ts';

export const UNIFORM_PRICE = 'uniform-price/1';

export interface Match {
  readonly volumeWh: number;
  /** Interval of the prices that support the volume, and its floor midpoint; null without a trade. */
  readonly low: number | null;
  readonly high: number | null;
  readonly price: number | null;
  /** Wh filled, by index of the order. */
  readonly filledWh: Float64Array;
}

/**
 * Clears an auction.
 * @throws RangeError naming the field, where an order is malformed, an id stands twice, a member is not in the roster,
 *   or the volume leaves 2^53-1 Wh
 */
export function clearUniformPrice(auction: Auction): Clearing {
  checkAuction(auction);
  const { volumeWh, low, high, price, filledWh } = matchUniformPrice(auction);
  const fills = auction.orders.map(({ id, member, side }, index): Fill => ({ id, member, side, wh: filledWh[index]! }));
  const pairs = volumeWh === 0 ? [] : pairsOf(fills, rotationOf(auction), auction.places);
  return {
    rule: UNIFORM_PRICE,
    interval: auction.interval,
    volumeWh,
    price,
    priceLow: low,
    priceHigh: high,
    fills,
    pairs,
  };
}

/**
 * Volume, price and fills alone, fast enough for a million orders.
 * @param auction ids and members as `checkAuction` wants them; side, Wh and limit are checked here
 * @throws RangeError naming the field
 */
export function matchUniformPrice(auction: Auction): Match {
  const { orders } = auction;
  const limits = new Float64Array(orders.length);
  const energy = new Float64Array(orders.length);
  readOrders(orders, limits, energy);
  const filledWh = new Float64Array(orders.length);

  const crossing = findCrossing(limits, energy);
  const volumeWh = crossing
    ? Math.min(cut(crossing.sellBelow + crossing.sellAt), cut(crossing.buyAbove + crossing.buyAt))
    : 0;
  if (volumeWh >= TOO_MUCH) throw new RangeError('the traded volume does not fit 2^53-1 Wh; orders must be smaller');
  if (!crossing || volumeWh === 0) return { volumeWh: 0, low: null, high: null, price: null, filledWh };

  const { limit: margin, buyAt, sellAt } = crossing;
  const buyShare = volumeWh - crossing.buyAbove;
  const sellShare = volumeWh - crossing.sellBelow;
  // low: highest of accepted sells and unfilled buys; high: lowest of accepted buys and unfilled sells.
  let low = sellShare > 0 || buyShare < buyAt ? margin : Number.NEGATIVE_INFINITY;
  let high = buyShare > 0 || sellShare < sellAt ? margin : Number.POSITIVE_INFINITY;
  const buyAll = buyShare === buyAt;
  const sellAll = sellShare === sellAt;
  const claims: Claim[] = [];
  for (let i = 0; i < limits.length; i++) {
    const wh = energy[i]!;
    const limit = limits[i]!;
    const buy = wh > 0;
    if (limit === margin) {
      if (buy ? buyAll : sellAll) filledWh[i] = Math.abs(wh);
      else claims.push({ index: i, id: orders[i]!.id, member: orders[i]!.member, wh: Math.abs(wh) });
    } else if (limit > margin) {
      // An accepted buy, or a sell left over: both hold the price down.
      if (buy) filledWh[i] = wh;
      if (limit < high) high = limit;
    } else {
      // An accepted sell, or a buy left over: both hold it up.
      if (!buy) filledWh[i] = -wh;
      if (limit > low) low = limit;
    }
  }
  if (claims.length > 0) {
    shareAmongMembers(buyAll ? sellShare : buyShare, claims, filledWh, () => rotationOf(auction));
  }
  return { volumeWh, low, high, price: floorMidpoint(low, high), filledWh };
}

/** Limits, and energy with + for a buy and - for a sell. */
export function readOrders(orders: readonly Order[], limits: Float64Array, energy: Float64Array): void {
  for (let i = 0; i < orders.length; i++) {
    const { side, wh, limit } = orders[i]!;
    if (!Number.isSafeInteger(wh) || wh < 1) {
      throw new RangeError(`orders[${i}].wh must be a whole number from 1 to 2^53-1, but is ${describe(wh)}`);
    }
    if (!Number.isSafeInteger(limit)) {
      throw new RangeError(`orders[${i}].limit must be a whole number within 2^53-1, but is ${describe(limit)}`);
    }
    if (side === 'buy') energy[i] = wh;
    else if (side === 'sell') energy[i] = -wh;
    else throw new RangeError(`orders[${i}].side must be "buy" or "sell", but is ${describe(side)}`);
    limits[i] = limit;
  }
}

/** Toward minus infinity, also below 0; in BigInt, because the sum of two limits may leave 2^53. */
export function floorMidpoint(low: number, high: number): number {
  return Number((BigInt(low) + BigInt(high)) >> 1n);
}

export function rotationOf({ members, orders, interval }: Auction): string[] {
  return rotate(members ?? [...new Set(orders.map((order) => order.member))], interval);
}
