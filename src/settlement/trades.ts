// What members bought from each other in an interval, as the settlement books it: by preference first, then by the rule.
import type { Purchase } from './interval-book.ts';
import { tradedPairs } from './preferred.ts';
import type { TradedEnergy } from './settlement.ts';

export interface Trade extends Purchase {
  readonly buyer: string;
  readonly seller: string;
}

export function tradesOf(clearing: TradedEnergy): Trade[] {
  const { price: common } = clearing;
  return tradedPairs(clearing).map(({ buyer, seller, wh, price = common!, sellerPrice = price, networkFee }) => ({
    buyer,
    seller,
    wh,
    price: sellerPrice,
    surplus: price - sellerPrice - (networkFee ?? 0),
    networkFee,
  }));
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
