// Strategy "price-taker": buys what is needed up to what the supplier asks, sells what is left over from what the supplier pays.
// It trades whenever anyone does, and at an auction's price never worse than with the supplier alone.
import { formatPrice } from '../../units.ts';
import { admitted, cutToLargest, type Proposal, type Situation, silent } from '../bidding.ts';
import { expectedRest } from '../expected-rest.ts';

export function priceTaker(situation: Situation): Proposal {
  const rest = expectedRest(situation);
  if (!('side' in rest)) return rest;
  const { side, wh, text, numbers } = rest;
  const { tariffs, bounds, maxOrderWh } = situation;
  const limit = admitted(side, side === 'buy' ? tariffs.import : tariffs.feedIn, bounds);
  if (limit === null) {
    const sentence = `${text}, but in this interval the supplier is better than any price that this market admits.`;
    return silent('supplier-is-better', sentence, { ...numbers, ...tariffs });
  }
  const offer =
    side === 'buy'
      ? `${wh} Wh are wanted at any price up to the supplier's`
      : `${wh} Wh are offered at any price from the supplier's`;
  const reason = { code: 'price-taker', text: `${text}; ${offer}, ${formatPrice(limit)} per kWh.`, numbers };
  return { bids: cutToLargest([{ side, wh, limit, reason, brief: 'price-taker' }], maxOrderWh) };
}
