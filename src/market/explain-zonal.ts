// Why an order was filled, shared or left under `zonal/1`: a function of book and clearing alone, made when it is read. What
// decides is the price of the order's area, and what decides that price, where energy crosses the area's edge, is the price
// above with the fee, or a full edge. Every number in a sentence is exact.
import type { Reason } from '../units.ts';
import { quote } from '../units.ts';
import type { Auction, Order } from './order.ts';
import { type AreaClearing, treeOf, type ZonalClearing } from './rules/zonal.ts';
import { energyText, priceText } from './words.ts';

/**
 * The reasons of an auction, each made when it is asked for by the order's index.
 * @param clearing of this auction by `zonal/1`
 * @param currency shown with prices
 */
export function zonalExplainer(
  auction: Auction,
  clearing: Pick<ZonalClearing, 'fills' | 'areas' | 'price' | 'priceLow' | 'priceHigh'>,
  currency = 'EUR',
): (index: number) => Reason {
  const tree = treeOf(auction);
  const priceOf = new Map(clearing.areas.map((area) => [area.id, area]));
  const { price, priceLow, priceHigh } = clearing;
  const oneArea: Pick<AreaClearing, 'price' | 'priceLow' | 'priceHigh'> = { price, priceLow, priceHigh };
  const sides = new Set(auction.orders.map(({ side }) => side));
  return (index) => {
    const order = auction.orders[index];
    const fill = clearing.fills[index];
    if (!order || fill?.id !== order.id)
      throw new RangeError(`the clearing has no fill for order ${index} of the book`);
    const area = priceOf.get(tree.areas[tree.areaOf(order.member)!]!.id);
    const above = area?.parent ? priceOf.get(area.parent) : undefined;
    const { wh, limit } = order;
    const numbers = {
      wh,
      filledWh: fill.wh,
      limit,
      ...(area ? numbersOf(area, above) : price === null ? {} : { price }),
    };
    if (!sides.has(order.side === 'buy' ? 'sell' : 'buy')) {
      const text = `not filled: nobody ${order.side === 'buy' ? 'offered to sell' : 'wanted to buy'}`;
      return { code: 'no-counterpart', text, numbers };
    }
    const { code, text } = verdict(order, fill.wh, area ?? oneArea, area ? ` of area ${quote(area.id)}` : '', currency);
    return { code, text: [text, ...(area && above ? priceReason(area, above) : [])].join('; '), numbers };
  };
}

function numbersOf({ id, price, flowWh, fee, rent }: AreaClearing, above: AreaClearing | undefined) {
  return {
    area: id,
    ...(price === null ? {} : { price }),
    ...(above ? { flowWh, fee, rent } : {}),
    ...(above && above.price !== null ? { parentPrice: above.price } : {}),
  };
}

function verdict(
  { side, wh, limit }: Order,
  filledWh: number,
  { price, priceLow, priceHigh }: Pick<AreaClearing, 'price' | 'priceLow' | 'priceHigh'>,
  where: string,
  currency: string,
): { code: string; text: string } {
  const buys = side === 'buy';
  const shown = `${priceText(limit)} ${currency}/kWh`;
  if (price === null) {
    const reach = where === '' ? '' : ` within reach${where}, fees included,`;
    const text = `not filled: no limit to ${buys ? 'sell' : 'buy'}${reach} meets your limit ${shown}`;
    return { code: 'no-trade', text };
  }
  const thePrice = `the price ${priceText(price)}${where}`;
  if (filledWh === wh) {
    const text = `filled: ${energyText(wh)} ${buys ? 'bought' : 'sold'} at ${priceText(price)} ${currency}/kWh, the price${where}`;
    return { code: 'filled', text };
  }
  if (limit !== price) {
    const text = `not filled: your limit ${shown} is ${buys ? 'under' : 'over'} ${thePrice}`;
    return { code: buys ? 'limit-under-price' : 'limit-over-price', text };
  }
  // At the price itself: left because the price only came to lie on it, or shared because it is the margin.
  if (priceLow !== priceHigh) {
    const text = `not filled: your limit ${shown} is ${thePrice}, but ${buys ? 'higher' : 'lower'} limits were enough`;
    return { code: 'outbid', text };
  }
  const share = filledWh === 0 ? 'not filled' : `${energyText(filledWh)} of ${energyText(wh)} filled`;
  const text = `${share}: your limit ${shown} is ${thePrice}, where members shared what was left in proportion`;
  return { code: 'shared', text };
}

/** Why the area has another price than the one above. */
function priceReason({ flowWh, fee, rent }: AreaClearing, above: AreaClearing): string[] {
  if (flowWh === 0 || above.price === null || fee + rent === 0) return [];
  const [into, sign] = flowWh > 0 ? ['in from', 'plus'] : ['out to', 'less'];
  const parts = [
    `the price ${priceText(above.price)} there`,
    ...(fee > 0 ? [`${sign} the fee ${priceText(fee)}`] : []),
    ...(rent > 0 ? [`${sign} ${priceText(rent)} because the line is full`] : []),
  ];
  return [`${energyText(Math.abs(flowWh))} go ${into} ${quote(above.id)}: ${parts.join(', ')}`];
}
