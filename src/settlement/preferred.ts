// Trades by preference (docs/market.md) in a settlement. What two members trade at one price is one pair, so that splitting an
// order moves no line; both pay and get this price, under every rule. Under `zonal/1` such a pair crosses no line, and so has
// no network fee.
import type { Pair } from '../market/order.ts';
import { ALLOCATION } from '../market/rules/allocation.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { ZONAL } from '../market/rules/zonal.ts';
import { describe, quote, requireInteger } from '../units.ts';
import type { TradedEnergy } from './settlement.ts';

type Trade = NonNullable<TradedEnergy['preferred']>[number];

/** @throws RangeError naming the field, such as `intervals[0].clearing.preferred[2].wh` */
export function checkPreferred({ rule = UNIFORM_PRICE, preferred = [], fills }: TradedEnergy, at: string): void {
  if (preferred.length === 0) return;
  if (rule === ALLOCATION) throw new RangeError(`${at}.preferred is given, but an allocation has no orders`);
  const seen = new Map<number, Set<number>>();
  let sum = 0;
  for (const [index, trade] of preferred.entries()) {
    const { buy, sell, buyer, seller, wh, price } = trade;
    const where = `${at}.preferred[${index}]`;
    sum = requireInteger(sum + requireInteger(wh, `${where}.wh`, 1), `the energy of ${at}.preferred`);
    requireInteger(price, `${where}.price`);
    for (const [name, value] of Object.entries({ buyer, seller })) {
      if (typeof value === 'string' && value !== '' && value.isWellFormed()) continue;
      throw new RangeError(`${where}.${name} must be well-formed text, but is ${describe(value)}`);
    }
    if (buyer === seller) {
      throw new RangeError(`${where} joins two orders of ${quote(buyer)}, but nobody trades with itself`);
    }
    if (fills) checkOrders(trade, fills, where);
    if (buy === undefined || sell === undefined) continue;
    const sells = seen.get(buy) ?? new Set<number>();
    if (sells.has(sell)) throw new RangeError(`${where} joins the orders ${buy} and ${sell} a second time`);
    seen.set(buy, sells.add(sell));
  }
}

/** Where fills are given, one for each order, the orders that met must be those of buyer and seller. */
function checkOrders(trade: Trade, fills: NonNullable<TradedEnergy['fills']>, where: string): void {
  const { buyer, seller } = trade;
  for (const [side, member] of [
    ['buy', buyer],
    ['sell', seller],
  ] as const) {
    const place = trade[side];
    if (place === undefined) continue;
    const fill = fills[requireInteger(place, `${where}.${side}`, 0)];
    if (!fill) throw new RangeError(`${where}.${side} is ${place}, but there are ${fills.length} fills`);
    if (fill.side === side && fill.member === member) continue;
    const is = `to ${fill.side}, of ${quote(fill.member)}`;
    throw new RangeError(
      `${where}.${side} is ${place}, but that order is ${is}, and not to ${side}, of ${quote(member)}`,
    );
  }
}

/** All that was traded in an interval: by preference first, then by the rule. */
export function tradedPairs({ rule, preferred = [], pairs }: TradedEnergy): readonly Pair[] {
  if (preferred.length === 0) return pairs;
  const joined = new Map<string, Map<string, Map<number, { wh: number }>>>();
  const first: Pair[] = [];
  for (const { buyer, seller, wh, price } of preferred) {
    const sellers = joined.get(buyer) ?? new Map<string, Map<number, { wh: number }>>();
    joined.set(buyer, sellers);
    const prices = sellers.get(seller) ?? new Map<number, { wh: number }>();
    sellers.set(seller, prices);
    const known = prices.get(price);
    if (known) {
      known.wh += wh;
      continue;
    }
    const pair = { buyer, seller, wh, price, ...(rule === ZONAL ? { networkFee: 0 } : {}) };
    prices.set(price, pair);
    first.push(pair);
  }
  return [...first, ...pairs];
}
