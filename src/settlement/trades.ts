// What members bought from each other in an interval, as the settlement books it: by preference first, then by the rule.
import type { Pair } from '../market/order.ts';
import type { Purchase } from './interval-book.ts';
import { tradedPairs } from './preferred.ts';
import type { TradedEnergy } from './settlement.ts';

/** @param common what pairs trade at that have no price of their own */
export function purchaseOf({ wh, price: own, sellerPrice, networkFee }: Pair, common: number | null): Purchase {
  const price = own ?? common!;
  const gets = sellerPrice ?? price;
  return { wh, price: gets, surplus: price - gets - (networkFee ?? 0), networkFee };
}

/** What each member that traded bought less what it sold, in Wh. */
export function positionsOf(clearing: TradedEnergy): Map<string, number> {
  const positions = new Map<string, number>();
  const add = (member: string, wh: number) => positions.set(member, (positions.get(member) ?? 0) + wh);
  for (const { buyer, seller, wh } of tradedPairs(clearing)) {
    add(buyer, wh);
    add(seller, -wh);
  }
  return positions;
}
