// Strategy "fixed limit": buys what is needed up to a price and sells what is left over from a price, both set by the member.
import { formatPrice } from '../../units.ts';
import { admitted, cutToLargest, type Proposal, type Situation, silent } from '../bidding.ts';
import { expectedRest } from '../expected-rest.ts';

export interface FixedLimit {
  /** Micro-currency per kWh; left out: never buys. */
  readonly buy?: number;
  /** Left out: never sells. */
  readonly sell?: number;
}

export function fixedLimit(limits: FixedLimit, situation: Situation): Proposal {
  const rest = expectedRest(situation);
  if (!('side' in rest)) return rest;
  const { side, wh, text } = rest;
  const set = limits[side];
  if (set === undefined) {
    return silent('no-limit', `${text}, but no limit is set to ${side} at, so nothing is ordered.`, rest.numbers);
  }
  const { bounds, maxOrderWh } = situation;
  const numbers = { ...rest.numbers, setLimit: set };
  const limit = admitted(side, set, bounds);
  if (limit === null) {
    const beyond = side === 'buy' ? `under ${formatPrice(bounds.min)}` : `over ${formatPrice(bounds.max)}`;
    const sentence = `${text}, but the limit of ${formatPrice(set)} is ${beyond}, where nobody in this market trades.`;
    return silent('limit-beyond-tariffs', sentence, { ...numbers, ...bounds });
  }
  const moved = limit === set ? '' : ` (the market admits none beyond it; set was ${formatPrice(set)})`;
  const offer = side === 'buy' ? `${wh} Wh are wanted up to` : `${wh} Wh are offered from`;
  const reason = { code: 'fixed-limit', text: `${text}; ${offer} ${formatPrice(limit)} per kWh${moved}.`, numbers };
  return { bids: cutToLargest([{ side, wh, limit, reason, brief: 'fixed limit' }], maxOrderWh) };
}
