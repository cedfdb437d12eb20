// What the status of an order node says: the first order with its reason in a word or two, or why there is none.
import type { Bid } from '../../src/market/bidding.ts';
import { formatEnergy, formatPrice, type Reason } from '../../src/units.ts';
import { idle, working } from '../shared/status.ts';

const SILENCES: Readonly<Record<string, string>> = {
  'no-history': 'no history yet',
  'no-day-yet': 'no whole day yet',
  'no-need': 'nothing needed',
  'no-limit': 'no limit set',
  'limit-beyond-tariffs': 'limit beyond tariffs',
  'supplier-is-better': 'supplier is better',
};

export function bidsStatus([first]: readonly Bid[]) {
  if (!first) return idle('nothing to trade');
  const why = first.brief ? `, ${first.brief}` : '';
  return working(`${first.side} ${formatEnergy(first.wh)} ${formatPrice(first.limit)}${why}`);
}

export function silenceStatus(silence: Reason | undefined) {
  return idle((silence && SILENCES[silence.code]) ?? 'nothing to trade');
}
