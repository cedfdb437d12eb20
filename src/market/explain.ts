// Why an order was filled, shared or left: a function of book and clearing alone, made when it is read and never stored
// (market.md, uniform-price/1, step 5). The decision explained is whether the order gets any energy. Each reason names, in
// its sentence and as `decidingLimit`, the limit on which that turns: moving the order's own limit across it changes the
// decision, moving it on the same side does not. Every number in a sentence is exact.
import type { Reason } from '../units.ts';
import { DecidingLimits } from './deciding-limit.ts';
import { explainAllZonal } from './explain-zonal.ts';
import type { Auction, Clearing, Order, Side } from './order.ts';
import { isZonal } from './rules/zonal.ts';
import { energyText, priceText } from './words.ts';

/**
 * The reasons of an auction, each made when it is asked for by the order's index.
 * @param clearing of this auction by `uniform-price/1`
 * @param currency shown with prices
 */
export function explainer(
  auction: Auction,
  clearing: Pick<Clearing, 'price' | 'priceLow' | 'priceHigh' | 'fills'>,
  currency = 'EUR',
): (index: number) => Reason {
  const { orders } = auction;
  const limits = new DecidingLimits(auction);
  const sides = new Set(orders.map((order) => order.side));
  const traded = tradedByMember(clearing.fills);
  return (index) => {
    const order = orders[index];
    const fill = clearing.fills[index];
    if (!order || fill?.id !== order.id)
      throw new RangeError(`the clearing has no fill for order ${index} of the book`);
    const { side, member, wh, limit } = order;
    const numbers = { wh, filledWh: fill.wh, limit };
    const { buys, other, someone } = WORDS[side];
    if (!sides.has(other)) return { code: 'no-counterpart', text: `not filled: nobody ${someone}`, numbers };
    const decidingLimit = limits.of(order, fill.wh);
    const { code, text } = verdict(order, fill.wh, clearing, `${currency}/kWh`);
    const ownWh = fill.wh === 0 ? 0 : (traded.get(member)?.[other] ?? 0);
    const parts = [
      text,
      ...(decidingLimit === null ? [] : [turn(side, priceText(decidingLimit), fill.wh > 0)]),
      ...(ownWh === 0 ? [] : [`your own ${buys ? 'sale' : 'purchase'} of ${energyText(ownWh)} is set against it`]),
    ];
    return {
      code,
      text: parts.join('; '),
      numbers: {
        ...numbers,
        ...(clearing.price === null ? {} : { price: clearing.price }),
        ...(decidingLimit === null ? {} : { decidingLimit }),
        ...(ownWh === 0 ? {} : { ownWh }),
      },
    };
  };
}

/** The reasons for all orders of an auction, by index. */
export function explainAll(auction: Auction, clearing: Clearing, currency?: string): Reason[] {
  if (isZonal(clearing)) return explainAllZonal(auction, clearing, currency);
  const reasonOf = explainer(auction, clearing, currency);
  return auction.orders.map((_order, index) => reasonOf(index));
}

const WORDS = {
  buy: { buys: true, other: 'sell', someone: 'offered to sell', traded: 'bought' },
  sell: { buys: false, other: 'buy', someone: 'wanted to buy', traded: 'sold' },
} as const;

/** What happened, and by which limit or share. */
function verdict(
  { side, wh, limit }: Order,
  filledWh: number,
  { price, priceLow, priceHigh }: Pick<Clearing, 'price' | 'priceLow' | 'priceHigh'>,
  unit: string,
): { code: string; text: string } {
  const { buys, traded } = WORDS[side];
  const shown = `${priceText(limit)} ${unit}`;
  if (price === null) {
    const text = `not filled: your limit ${shown} is ${buys ? 'under' : 'over'} every limit to ${WORDS[side].other}`;
    return { code: 'no-trade', text };
  }
  if (filledWh === wh) {
    return { code: 'filled', text: `filled: ${energyText(wh)} ${traded} at ${priceText(price)} ${unit}` };
  }
  if (limit !== price) {
    const text = `not filled: your limit ${shown} is ${buys ? 'under' : 'over'} the clearing price ${priceText(price)}`;
    return { code: buys ? 'limit-under-price' : 'limit-over-price', text };
  }
  // At the price itself: left over because the floor of the midpoint fell on it, or shared because it is the margin.
  if (priceLow !== priceHigh) {
    const text = `not filled: your limit ${shown} is the clearing price, but higher limits bought all there was`;
    return { code: 'outbid', text };
  }
  const share = filledWh === 0 ? 'not filled' : `${energyText(filledWh)} of ${energyText(wh)} filled`;
  const text = `${share}: your limit ${shown} is the clearing price, where members shared what was left in proportion`;
  return { code: 'shared', text };
}

/** On which limit the decision turns, as seen from the side on which the order's own limit lies. */
function turn(side: Side, limit: string, filled: boolean): string {
  const { buys, traded } = WORDS[side];
  if (filled) return `a limit ${buys ? 'under' : 'over'} ${limit} would have ${traded} nothing`;
  return `a limit of ${limit} or ${buys ? 'more' : 'less'} would have ${traded}`;
}

function tradedByMember(fills: Clearing['fills']): Map<string, Record<Side, number>> {
  const traded = new Map<string, Record<Side, number>>();
  for (const { member, side, wh } of fills) {
    if (wh === 0) continue;
    const sums = traded.get(member) ?? { buy: 0, sell: 0 };
    sums[side] += wh;
    traded.set(member, sums);
  }
  return traded;
}
