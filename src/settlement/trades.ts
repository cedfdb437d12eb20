// What members bought from each other in an interval, as the settlement books it: trades made before the rule, then the pairs.
import { RULE_CHECKS } from './check-rules.ts';
import type { Purchase } from './interval-book.ts';
import type { TradedEnergy } from './settlement.ts';

export interface Trade extends Purchase {
  readonly buyer: string;
  readonly seller: string;
}

export function tradesOf(clearing: TradedEnergy): Trade[] {
  const { price: common, pairs, preferred = [] } = clearing;
  const trades = pairs.map(
    ({ buyer, seller, wh, price = common!, sellerPrice = price, networkFee }): Trade => ({
      buyer,
      seller,
      wh,
      price: sellerPrice,
      surplus: price - sellerPrice - (networkFee ?? 0),
      networkFee,
    }),
  );
  return preferred.length === 0 ? trades : [...preferredTrades(clearing), ...trades];
}

/** Made before the rule, each at its own price. What a member bought from itself is no trade. */
function preferredTrades({ rule, fills = [], preferred = [] }: TradedEnergy): Trade[] {
  // Where the rule knows the lines, these trades cross none.
  const networkFee = rule !== undefined && RULE_CHECKS.get(rule)?.ownFees ? 0 : undefined;
  return preferred
    .map(({ buy, sell, wh, price }) => ({
      buyer: fills[buy]!.member,
      seller: fills[sell]!.member,
      wh,
      price,
      networkFee,
    }))
    .filter(({ buyer, seller }) => buyer !== seller);
}

/** What each member that traded bought less what it sold, in Wh. */
export function positionsOf(clearing: TradedEnergy): Map<string, number> {
  const positions = new Map<string, number>();
  const add = (member: string, wh: number) => positions.set(member, (positions.get(member) ?? 0) + wh);
  for (const { buyer, seller, wh } of tradesOf(clearing)) {
    add(buyer, wh);
    add(seller, -wh);
  }
  return positions;
}
