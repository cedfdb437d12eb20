// Market rule `pay-as-bid/1` (market.md): who trades, and how much, is decided as in `uniform-price/1`; but there is no one
// price. The best buy meets the best sell, and each pair trades at the buyer's limit.
//
// Read from market.md and fixed here:
// - Filled buys are laid from the highest limit down, filled sells from the lowest up, equal limits in rotation; the
//   overlaps are the pairs. What a member has at one limit lies together, so splitting an order changes no pair.
// - Where a member meets itself nobody supplied anybody: the energy is set off, there is no pair and no money moves.
// - A pair stands once per price. The feeder tree decides nothing, for the limits alone say who meets whom.
import { type Auction, type Clearing, checkAuction, type Fill, type Order, type Pair, type Side } from '../order.ts';
import { turnsOf } from '../rotation.ts';
import { stakesOf } from '../stakes.ts';
import { matchUniformPrice } from './uniform-price.ts';

export const PAY_AS_BID = 'pay-as-bid/1';

/** What a member gets at one limit. */
interface Stretch {
  readonly member: string;
  readonly limit: number;
  wh: number;
}

/**
 * Clears an auction.
 * @throws RangeError as `uniform-price/1` does
 */
export function clearPayAsBid(auction: Auction): Clearing {
  checkAuction(auction);
  const { volumeWh, filledWh } = matchUniformPrice(auction);
  const { interval, orders } = auction;
  const fills = orders.map(({ id, member, side }, index): Fill => ({ id, member, side, wh: filledWh[index]! }));
  const turns = turnsOf(auction);
  const pairs = meet(stretchesOf('buy', orders, filledWh, turns), stretchesOf('sell', orders, filledWh, turns));
  return { rule: PAY_AS_BID, interval, volumeWh, price: null, priceLow: null, priceHigh: null, fills, pairs };
}

/** The filled energy of one side, laid end to end. No member gets more than the volume, so sums stay below 2^53. */
function stretchesOf(
  side: Side,
  orders: readonly Order[],
  filledWh: Float64Array,
  turns: ReadonlyMap<string, number>,
): Stretch[] {
  return stakesOf(side, orders, turns, (index) => filledWh[index]! > 0).map(({ member, limit, orders: own }) => ({
    member,
    limit,
    wh: own.reduce((sum, index) => sum + filledWh[index]!, 0),
  }));
}

function meet(buys: readonly Stretch[], sells: readonly Stretch[]): Pair[] {
  const pairs: Pair[] = [];
  let next = 0;
  for (const buy of buys) {
    const bySeller = new Map<string, number>();
    while (buy.wh > 0) {
      const sell = sells[next]!;
      const wh = Math.min(buy.wh, sell.wh);
      buy.wh -= wh;
      sell.wh -= wh;
      if (buy.member !== sell.member) bySeller.set(sell.member, (bySeller.get(sell.member) ?? 0) + wh);
      if (sell.wh === 0) next++;
    }
    for (const [seller, wh] of bySeller) pairs.push({ buyer: buy.member, seller, wh, price: buy.limit });
  }
  return pairs;
}
