// Why an order was filled, shared or left: a function of book and clearing alone, made when it is read and never stored
// (market.md, uniform-price/1, step 5). The decision explained is whether the order gets any energy. Each reason names, in
// its sentence and as `decidingLimit`, the limit on which that turns: moving the order's own limit across it changes the
// decision, moving it on the same side does not. Every number in a sentence is exact. Where orders have preferences, what came
// of these is told first (explain-preferred.ts).
import { quote, type Reason } from '../units.ts';
import { hasPreferences } from './clear-preferred.ts';
import { explainContinuous } from './explain/continuous.ts';
import { explainPayAsBid } from './explain/pay-as-bid.ts';
import { explainTradeReduction } from './explain/trade-reduction.ts';
import { explainUniformPrice } from './explain/uniform-price.ts';
import { type Account, type Deciding, type Explained, reasonsBy } from './explain-order.ts';
import { preferredExplainer } from './explain-preferred.ts';
import { zonalExplainer } from './explain-zonal.ts';
import type { Auction, Clearing } from './order.ts';
import { CONTINUOUS } from './rules/continuous.ts';
import { PAY_AS_BID } from './rules/pay-as-bid.ts';
import { TRADE_REDUCTION } from './rules/trade-reduction.ts';
import { UNIFORM_PRICE } from './rules/uniform-price.ts';
import { isZonal } from './rules/zonal.ts';

/** How each rule explains itself. @param unit of prices, such as EUR/kWh */
const ACCOUNTS: ReadonlyMap<string, (auction: Auction, clearing: Explained, unit: string) => Account> = new Map([
  [UNIFORM_PRICE, explainUniformPrice],
  [PAY_AS_BID, explainPayAsBid],
  [CONTINUOUS, explainContinuous],
  [TRADE_REDUCTION, explainTradeReduction],
]);

/**
 * The reasons of an auction, each made when it is asked for by the order's index.
 * @param clearing of this auction
 * @param currency shown with prices
 */
export function explainer(auction: Auction, clearing: Clearing, currency = 'EUR'): (index: number) => Reason {
  if (!hasPreferences(auction)) return ruleExplainer(auction, clearing, currency);
  return preferredExplainer(auction, clearing, currency, (rest, cleared, deciding) =>
    ruleExplainer(rest, cleared, currency, deciding),
  );
}

function ruleExplainer(
  auction: Auction,
  clearing: Clearing,
  currency: string,
  deciding?: Deciding,
): (index: number) => Reason {
  // Prices are the areas', and what decides them is an edge: another frame than the one limit of the other rules.
  if (isZonal(clearing)) return zonalExplainer(auction, clearing, currency);
  const account = ACCOUNTS.get(clearing.rule);
  if (!account)
    throw new RangeError(
      `the market rule ${quote(clearing.rule)} has no reasons; known are ${[...ACCOUNTS.keys()].join(', ')}`,
    );
  return reasonsBy(auction, clearing, account(auction, clearing, `${currency}/kWh`), deciding);
}

/** The reasons for all orders of an auction, by index. */
export function explainAll(auction: Auction, clearing: Clearing, currency?: string): Reason[] {
  const reasonOf = explainer(auction, clearing, currency);
  return auction.orders.map((_order, index) => reasonOf(index));
}
