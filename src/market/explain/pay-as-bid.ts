// Reasons of `pay-as-bid/1`: who trades is decided as in `uniform-price/1`, so by the same limit; but there is no one price to
// stand over or under. An order is measured by the last limit of its own side that traded.
import { DecidingLimits } from '../deciding-limit.ts';
import { type Account, type Explained, metItself, partText, rangeText, WORDS } from '../explain-order.ts';
import type { Auction, Order } from '../order.ts';
import { energyText, priceText } from '../words.ts';

export function explainPayAsBid(auction: Auction, { fills, pairs }: Explained, unit: string): Account {
  const limits = new DecidingLimits(auction);
  const filled = auction.orders.filter((_, index) => fills[index]!.wh > 0);
  const last = {
    buy: filled.reduce(
      (least, { side, limit }) => (side === 'buy' ? Math.min(least, limit) : least),
      Number.POSITIVE_INFINITY,
    ),
    sell: filled.reduce(
      (most, { side, limit }) => (side === 'sell' ? Math.max(most, limit) : most),
      Number.NEGATIVE_INFINITY,
    ),
  };
  const earned = Map.groupBy(pairs, ({ seller }) => seller);
  const filledText = ({ side, wh, limit, member }: Order) => {
    const what = `filled: ${energyText(wh)} ${WORDS[side].traded}`;
    if (side === 'buy') return `${what} at your own limit ${priceText(limit)} ${unit}`;
    const paid = rangeText(
      (earned.get(member) ?? []).map(({ price }) => price!),
      unit,
    );
    return paid === null ? what : `${what}, and you are paid your buyers' limits, ${paid}`;
  };
  return {
    decidingLimit: (order, filledWh) => limits.of(order, filledWh),
    own: metItself({ fills, pairs }),
    verdict(order, filledWh) {
      const { side, wh, limit } = order;
      const { buys, other, traded, under } = WORDS[side];
      const shown = `${priceText(limit)} ${unit}`;
      if (filled.length === 0)
        return { code: 'no-trade', text: `not filled: your limit ${shown} is ${under} every limit to ${other}` };
      if (filledWh === wh) return { code: 'filled', text: filledText(order), ...(buys ? { price: limit } : {}) };
      const which = buys ? 'lowest' : 'highest';
      if (limit === last[side]) {
        const where = `is the ${which} that ${traded}, where members shared what was left in proportion`;
        return {
          code: 'shared',
          text: `${partText(filledWh, wh)}: your limit ${shown} ${where}`,
          ...(buys ? { price: limit } : {}),
        };
      }
      const text = `not filled: your limit ${shown} is ${under} ${priceText(last[side])}, the ${which} that ${traded}`;
      return { code: buys ? 'limit-under-last' : 'limit-over-last', text };
    },
  };
}
