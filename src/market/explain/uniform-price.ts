// Reasons of `uniform-price/1`: an order stands over, under or at the one clearing price.
import { DecidingLimits } from '../deciding-limit.ts';
import { type Account, type Explained, partText, setOff, WORDS } from '../explain-order.ts';
import type { Auction } from '../order.ts';
import { energyText, priceText } from '../words.ts';

export function explainUniformPrice(auction: Auction, clearing: Explained, unit: string): Account {
  const { price, priceLow, priceHigh, fills } = clearing;
  const limits = new DecidingLimits(auction);
  return {
    decidingLimit: (order, filledWh) => limits.of(order, filledWh),
    own: setOff(fills),
    verdict({ side, wh, limit }, filledWh) {
      const { buys, other, traded, under } = WORDS[side];
      const shown = `${priceText(limit)} ${unit}`;
      if (price === null)
        return { code: 'no-trade', text: `not filled: your limit ${shown} is ${under} every limit to ${other}` };
      const said = (code: string, text: string) => ({ code, text, price });
      if (filledWh === wh) return said('filled', `filled: ${energyText(wh)} ${traded} at ${priceText(price)} ${unit}`);
      if (limit !== price) {
        const text = `not filled: your limit ${shown} is ${under} the clearing price ${priceText(price)}`;
        return said(buys ? 'limit-under-price' : 'limit-over-price', text);
      }
      // At the price itself: left over because the floor of the midpoint fell on it, or shared because it is the margin.
      if (priceLow !== priceHigh) {
        return said(
          'outbid',
          `not filled: your limit ${shown} is the clearing price, but higher limits bought all there was`,
        );
      }
      const where = 'is the clearing price, where members shared what was left in proportion';
      return said('shared', `${partText(filledWh, wh)}: your limit ${shown} ${where}`);
    },
  };
}
