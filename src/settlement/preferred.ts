// Trades by preference (docs/market.md) in a settlement. They name orders by their places, so the clearing must list its fills, one
// for each order. What two members trade at one price is one pair, so that splitting an order moves no line; both pay and get
// this price, under every rule. Under `zonal/1` such a pair crosses no line, and so has no network fee.
import type { Pair } from '../market/order.ts';
import { ALLOCATION } from '../market/rules/allocation.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { ZONAL } from '../market/rules/zonal.ts';
import { quote, requireInteger } from '../units.ts';
import type { TradedEnergy } from './settlement.ts';

/** @throws RangeError naming the field, such as `intervals[0].clearing.preferred[2].wh` */
export function checkPreferred({ rule = UNIFORM_PRICE, preferred = [], fills }: TradedEnergy, at: string): void {
  if (preferred.length === 0) return;
  if (rule === ALLOCATION) throw new RangeError(`${at}.preferred is given, but an allocation has no orders`);
  if (!fills) throw new RangeError(`${at}.preferred names orders by their places, so ${at}.fills must be given too`);
  const seen = new Map<number, Set<number>>();
  let sum = 0;
  for (const [index, { buy, sell, wh, price }] of preferred.entries()) {
    const where = `${at}.preferred[${index}]`;
    sum = requireInteger(sum + requireInteger(wh, `${where}.wh`, 1), `the energy of ${at}.preferred`);
    requireInteger(price, `${where}.price`);
    for (const [side, place] of Object.entries({ buy, sell })) {
      requireInteger(place, `${where}.${side}`, 0);
      const fill = fills[place];
      if (!fill) throw new RangeError(`${where}.${side} is ${place}, but there are ${fills.length} fills`);
      if (fill.side !== side) throw new RangeError(`${where}.${side} is ${place}, but that order is to ${fill.side}`);
    }
    const { member } = fills[buy]!;
    if (member === fills[sell]!.member) {
      throw new RangeError(`${where} joins two orders of ${quote(member)}, but nobody trades with itself`);
    }
    const sells = seen.get(buy) ?? new Set<number>();
    if (sells.has(sell)) throw new RangeError(`${where} joins the orders ${buy} and ${sell} a second time`);
    seen.set(buy, sells.add(sell));
  }
}

/** All that was traded in an interval: by preference first, then by the rule. */
export function tradedPairs({ rule, preferred = [], fills = [], pairs }: TradedEnergy): readonly Pair[] {
  if (preferred.length === 0) return pairs;
  const joined = new Map<string, Map<string, Map<number, Pair & { wh: number }>>>();
  const first: Pair[] = [];
  for (const { buy, sell, wh, price } of preferred) {
    const [buyer, seller] = [fills[buy]!.member, fills[sell]!.member];
    const sellers = joined.get(buyer) ?? new Map<string, Map<number, Pair & { wh: number }>>();
    joined.set(buyer, sellers);
    const prices = sellers.get(seller) ?? new Map<number, Pair & { wh: number }>();
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
