// The table of market rules. Each is a pure function in a file of its own, named with its version: what a rule does under
// a name never changes, because members recompute old clearings by it.

import { quote } from '../units.ts';
import { checkPreferences, clearPreferred, hasPreferences } from './clear-preferred.ts';
import type { Auction, Clearing } from './order.ts';
import { CONTINUOUS, clearContinuous } from './rules/continuous.ts';
import { clearPayAsBid, PAY_AS_BID } from './rules/pay-as-bid.ts';
import { clearTradeReduction, TRADE_REDUCTION } from './rules/trade-reduction.ts';
import { clearUniformPrice, UNIFORM_PRICE } from './rules/uniform-price.ts';
import { clearZonal, ZONAL } from './rules/zonal.ts';

const RULES: ReadonlyMap<string, (auction: Auction) => Clearing> = new Map<string, (auction: Auction) => Clearing>([
  [UNIFORM_PRICE, clearUniformPrice],
  [PAY_AS_BID, clearPayAsBid],
  [CONTINUOUS, clearContinuous],
  [TRADE_REDUCTION, clearTradeReduction],
  [ZONAL, clearZonal],
]);

/** Names of the rules, such as `uniform-price/1`. */
export const RULE_NAMES: readonly string[] = [...RULES.keys()];

/** Those under which all pairs trade at the clearing's one price. Records of the ledger (`clearing/1`) can hold no other. */
export const ONE_PRICE_RULES: readonly string[] = [UNIFORM_PRICE];

/**
 * Clears an auction by a named rule, preferences first where there are any.
 * @throws RangeError for an unknown rule, or for an auction that the rule refuses (naming the field)
 */
export function clear(rule: string, auction: Auction): Clearing {
  const run = RULES.get(rule);
  if (!run) throw new RangeError(`there is no market rule ${quote(rule)}; known are ${RULE_NAMES.join(', ')}`);
  checkPreferences(auction);
  return hasPreferences(auction) ? clearPreferred(rule, run, auction) : run(auction);
}
