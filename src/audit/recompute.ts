// Runs auctions and settlements again from the records that they follow from, and compares with what the operator recorded.
// Where a body is withheld from this reader nothing is claimed: it counts as unchecked.

import type { Book } from '../ledger/book.ts';
import { clearingVersion } from '../ledger/judge.ts';
import type { Body, BodyFields } from '../ledger/kinds.ts';
import type { LedgerState } from '../ledger/state.ts';
import { canonicalJson } from '../log/canonical-json.ts';
import { clear, ONE_PRICE_RULES } from '../market/clear.ts';
import type { Clearing, Pair } from '../market/order.ts';
import { isZonal } from '../market/rules/zonal.ts';
import { RULE_CHECKS } from '../settlement/check-rules.ts';
import type { TradedEnergy } from '../settlement/settlement.ts';
import { auctionOf } from './auction.ts';

export type Verdict = 'right' | 'unchecked' | { readonly wrong: string };

/**
 * The body of a clearing record, from a book and its result.
 * @param book the auction's orders
 * @throws RangeError where pairs have prices of their own, for which `clearing/1` has no place
 */
export function clearingFields(
  rules: LedgerState['rules'],
  book: readonly { readonly index: number }[],
  clearing: Clearing,
): BodyFields<'clearing'> {
  const { rule, volumeWh, price, priceLow, priceHigh, pairs } = clearing;
  const fills = clearing.fills.flatMap(({ wh }, i): [number, number][] => (wh > 0 ? [[book[i]!.index, wh]] : []));
  const result = { rule, orders: book.length, volumeWh, price, priceLow, priceHigh, fills };
  if (clearingVersion(rules) === 'clearing/2') {
    return {
      version: 'clearing/2',
      ...result,
      pairs: pairs.map((pair) => pricedPair(pair, price)),
      areas: isZonal(clearing) ? clearing.areas.map((area) => [area.id, area.price, area.flowWh, area.rent]) : [],
      preferred: (clearing.preferred ?? []).map(({ buy, sell, buyer, seller, wh, price: at }) => [
        book[buy]!.index,
        book[sell]!.index,
        buyer,
        seller,
        wh,
        at,
      ]),
    };
  }
  if (!ONE_PRICE_RULES.includes(rule)) {
    throw new RangeError(
      `a record clearing/1 has no place for the prices of ${rule}; use ${ONE_PRICE_RULES.join(' or ')}`,
    );
  }
  return { ...result, pairs: pairs.map(({ buyer, seller, wh }): [string, string, number] => [buyer, seller, wh]) };
}

/** A pair as `clearing/2` writes it. */
export function pricedPair(
  { buyer, seller, wh, price: own, sellerPrice, networkFee }: Pair,
  common: number | null,
): [string, string, number, number, number, number | null] {
  const price = own ?? common!;
  return [buyer, seller, wh, price, sellerPrice ?? price, networkFee ?? null];
}

/** What of a recorded clearing a settlement needs. */
type Recorded = Pick<Body<'clearing'>, 'rule' | 'price' | 'pairs'> &
  Partial<Pick<Extract<Body<'clearing'>, { version: 'clearing/2' }>, 'preferred'>>;

/** What settlement needs of a recorded clearing. */
export function tradedEnergy(clearing: Recorded): TradedEnergy {
  const { rule, price } = clearing;
  const prices = RULE_CHECKS.get(rule)?.ownPrices ?? false;
  const pairs = clearing.pairs.map(([buyer, seller, wh, own, sellerPrice, networkFee]): Pair => {
    const pair = { buyer, seller, wh };
    if (prices === false || own === undefined) return pair;
    if (prices === 'one') return { ...pair, price: own };
    return { ...pair, price: own, sellerPrice: sellerPrice!, ...(networkFee == null ? {} : { networkFee }) };
  });
  const { preferred = [] } = clearing;
  if (preferred.length === 0) return { rule, price, pairs };
  const before = preferred.map(([, , buyer, seller, wh, at]) => ({ buyer, seller, wh, price: at }));
  return { rule, price, pairs, preferred: before };
}

/** Whether a clearing is what the rule makes of the book. @param state before the clearing is folded */
export function checkClearing(
  state: LedgerState,
  interval: string,
  book: Book,
  body: Body<'clearing'> | null,
): Verdict {
  if (!body || book.withheld) return 'unchecked';
  const auction = auctionOf(state, interval, book);
  return compare(body, () => clearingFields(state.rules, auction.orders, clear(state.rules.market, auction)));
}

/** Whether a body is what the records give, field by field. */
export function compare(body: Body<'clearing'> | Body<'settlement'>, recompute: () => object): Verdict {
  let expected: object;
  try {
    expected = recompute();
  } catch (error) {
    // What a body is compared with may be unknown: whoever throws a kind of its own catches it.
    if (!(error instanceof RangeError) || error.constructor !== RangeError) throw error;
    return { wrong: `it cannot be computed: ${error.message}` };
  }
  for (const [field, value] of Object.entries(expected)) {
    const found = canonicalJson((body as Record<string, unknown>)[field]);
    const right = canonicalJson(value);
    if (found !== right) return { wrong: `${field} is ${shorten(found)}, but the records give ${shorten(right)}` };
  }
  return 'right';
}

const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 120)}...` : text);
