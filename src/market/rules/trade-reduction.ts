// Market rule `trade-reduction/1` (market.md), after P. Huang, A. Scheller-Wolf and K. Sycara, "Design of a Multi-Unit Double
// Auction E-Market", Computational Intelligence 18(4), 2002: the buy and the sell at the break-even point drop out and set the
// two prices, so no one who trades has set its own. Buyers pay the limit of the buy that dropped out, sellers receive that of
// the sell; the difference goes to `fund`. With one order a member gains nothing from a limit other than its true one.
//
// Read from market.md and fixed here:
// - An order is what a member has at one limit, so splitting changes nothing. Equal limits stand in rotation.
// - Break-even are the last buy and the last sell that the most energy that can trade (`uniform-price/1`) reaches.
// - Of the orders before them the short side is filled. The long side's members share pro rata over all their orders,
//   remainders as in `uniform-price/1`. (The paper takes the same Wh from each instead, however small its order.)
// - `priceHigh` is what buyers pay, `priceLow` what sellers receive; `price` is null, for there are two. Where nobody stands
//   before a break-even order, nothing trades.
// - Pairs as in `uniform-price/1`. What a member sells to itself is set off: nothing of it goes to the fund.
import { type Auction, type Clearing, checkAuction, type Fill, type Order } from '../order.ts';
import { pairsOf } from '../pairs.ts';
import { rotationOf } from '../rotation.ts';
import { type Claim, shareAmongMembers } from '../share.ts';
import { type Stake, stakesOf } from '../stakes.ts';
import { matchUniformPrice } from './uniform-price.ts';

export const TRADE_REDUCTION = 'trade-reduction/1';

/**
 * Clears an auction.
 * @throws RangeError as `uniform-price/1` does
 */
export function clearTradeReduction(auction: Auction): Clearing {
  checkAuction(auction);
  const { interval, orders } = auction;
  const most = matchUniformPrice(auction).volumeWh;
  const turn = rotationOf(auction);
  const turns = new Map(turn.map((member, index) => [member, index]));
  const buys = most === 0 ? null : beforeBreakEven(stakesOf('buy', orders, turns), orders, most);
  const sells = most === 0 ? null : beforeBreakEven(stakesOf('sell', orders, turns), orders, most);
  const volumeWh = buys && sells ? Math.min(buys.wh, sells.wh) : 0;
  const filledWh = new Float64Array(orders.length);
  const result = (low: number | null, high: number | null): Omit<Clearing, 'pairs'> => ({
    rule: TRADE_REDUCTION,
    interval,
    volumeWh,
    price: null,
    priceLow: low,
    priceHigh: high,
    fills: orders.map(({ id, member, side }, index): Fill => ({ id, member, side, wh: filledWh[index]! })),
  });
  if (!buys || !sells || volumeWh === 0) return { ...result(null, null), pairs: [] };

  for (const { claims } of [buys, sells]) shareAmongMembers(volumeWh, claims, filledWh, () => turn);
  const cleared = result(sells.price, buys.price);
  const pairs = pairsOf(cleared.fills, turn, auction.places);
  return { ...cleared, pairs: pairs.map((pair) => ({ ...pair, price: buys.price, sellerPrice: sells.price })) };
}

/** What stands before the stake that the volume ends in, and that stake's limit. */
function beforeBreakEven(
  stakes: readonly Stake[],
  orders: readonly Order[],
  volumeWh: number,
): { wh: number; price: number; claims: Claim[] } {
  let wh = 0;
  const claims: Claim[] = [];
  for (const stake of stakes) {
    const own = stake.orders.map((index): Claim => {
      const { id, member, wh } = orders[index]!;
      return { index, id, member, wh };
    });
    // Below the volume sums are exact; one that leaves 2^53 is above it, and that is all that counts.
    const after = own.reduce((sum, claim) => sum + claim.wh, wh);
    if (after >= volumeWh) return { wh, price: stake.limit, claims };
    wh = after;
    claims.push(...own);
  }
  throw new RangeError('the book holds less than its volume');
}
