// Why an order was filled, shared or left: a function of order and clearing alone, made when it is read and never stored
// (market.md, uniform-price/1, step 5). Every number in a sentence is exact, and the limit it names is the one that decided:
// an order left over for its limit trades once the limit passes the price.
import type { Reason } from '../units.ts';
import type { Clearing, Order } from './order.ts';
import { energyText, priceText } from './words.ts';

export interface ExplainOptions {
  /** Shown with prices. Default EUR. */
  readonly currency?: string;
  /** Wh filled, where the caller has it at hand; else it is looked up in the clearing by the order's id. */
  readonly filledWh?: number;
}

/**
 * The reason for one order's fill.
 * @throws RangeError when the clearing does not list the order
 */
export function explainFill(
  order: Order,
  clearing: Pick<Clearing, 'price' | 'priceLow' | 'priceHigh' | 'fills'>,
  options: ExplainOptions = {},
): Reason {
  const filledWh = options.filledWh ?? clearing.fills.find((fill) => fill.id === order.id)?.wh;
  if (filledWh === undefined) throw new RangeError(`the clearing does not list order "${order.id}"`);
  const { side, wh, limit } = order;
  const { price, priceLow, priceHigh } = clearing;
  const buy = side === 'buy';
  if (price === null) {
    return reason('no-trade', 'not filled: no limit to buy reached a limit to sell, so nothing was traded', {
      wh,
      filledWh,
      limit,
    });
  }
  const numbers = { wh, filledWh, limit, price };
  const unit = `${options.currency ?? 'EUR'}/kWh`;
  const shown = `${priceText(limit)} ${unit}`;
  if (filledWh === wh) {
    const verb = buy ? 'bought' : 'sold';
    return reason('filled', `filled: ${energyText(wh)} ${verb} at ${priceText(price)} ${unit}`, numbers);
  }
  if (limit !== price) {
    const place = buy ? 'under' : 'over';
    const text = `not filled: your limit ${shown} is ${place} the clearing price ${priceText(price)}`;
    return reason(buy ? 'limit-under-price' : 'limit-over-price', text, numbers);
  }
  // At the price itself: left over because the floor of the midpoint fell on it, or shared because it is the margin.
  if (priceLow !== priceHigh) {
    const text = `not filled: your limit ${shown} is the clearing price, but higher limits bought all there was`;
    return reason('outbid', text, numbers);
  }
  const share = filledWh === 0 ? 'not filled' : `${energyText(filledWh)} of ${energyText(wh)} filled`;
  const text = `${share}: your limit ${shown} is the clearing price, where members shared what was left in proportion`;
  return reason('shared', text, numbers);
}

/** The reasons for all orders of an auction, by index. */
export function explainAll(orders: readonly Order[], clearing: Clearing, currency?: string): Reason[] {
  return orders.map((order, index) =>
    explainFill(order, clearing, {
      filledWh: clearing.fills[index]!.wh,
      ...(currency === undefined ? {} : { currency }),
    }),
  );
}

function reason(code: string, text: string, numbers: Record<string, number>): Reason {
  return { code, text, numbers };
}
