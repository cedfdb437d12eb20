// Reasons of `trade-reduction/1`: an order trades when it stands before the one that drops out and sets the price.
import { type Account, type Explained, partText, setOff, WORDS } from '../explain-order.ts';
import type { Auction } from '../order.ts';
import { ReductionLimits } from '../reduction-limit.ts';
import { energyText, priceText } from '../words.ts';

export function explainTradeReduction(auction: Auction, clearing: Explained, unit: string): Account {
  const { priceLow, priceHigh, fills } = clearing;
  const limits = new ReductionLimits(auction);
  const best = { buy: Number.NEGATIVE_INFINITY, sell: Number.POSITIVE_INFINITY };
  for (const { side, limit } of auction.orders) {
    best[side] = side === 'buy' ? Math.max(best.buy, limit) : Math.min(best.sell, limit);
  }
  return {
    decidingLimit: (order, filledWh, index) => limits.of(order, filledWh, index),
    own: setOff(fills),
    verdict({ side, wh, limit }, filledWh, _index, decidingLimit) {
      const { buys, other, traded, under } = WORDS[side];
      const shown = `${priceText(limit)} ${unit}`;
      const price = buys ? priceHigh : priceLow;
      if (price === null) {
        const meets = buys ? limit >= best.sell : limit <= best.buy;
        if (!meets)
          return { code: 'no-trade', text: `not filled: your limit ${shown} is ${under} every limit to ${other}` };
        return {
          code: 'too-few',
          text: 'not filled: the only orders that meet drop out to set the prices, and nobody is left to trade',
        };
      }
      const said = (code: string, text: string) => ({ code, text, price });
      if (filledWh === wh) return said('filled', `filled: ${energyText(wh)} ${traded} at ${priceText(price)} ${unit}`);
      const who = buys ? 'buyers pay' : 'sellers get';
      if (filledWh > 0 || (buys ? limit > price : limit < price)) {
        const more = buys ? 'was wanted than offered' : 'was offered than wanted';
        return said(
          'shared',
          `${partText(filledWh, wh)} at the ${priceText(price)} ${unit} that ${who}: more ${more}, and all who ${buys ? 'buy' : 'sell'} shared in proportion`,
        );
      }
      if (limit === price) {
        const text = `not filled: your limit ${shown} is that of the order that drops out and sets what ${who}`;
        return said(
          'break-even',
          decidingLimit === null ? `${text}, and with a better one your share would be no whole Wh` : text,
        );
      }
      return said(
        buys ? 'limit-under-price' : 'limit-over-price',
        `not filled: your limit ${shown} is ${under} the ${priceText(price)} that ${who}`,
      );
    },
  };
}
