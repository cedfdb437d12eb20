// Reasons of `continuous/1`: whom an order met, and when, decides. The deciding limit is found by running the book once more
// without the order: with it, nothing changes for the others until it first trades. So a buy trades with a limit
// - of the best sell that rests when it comes, or
// - of a sell that comes later and of which something is left when the buys are served, or
// - good enough to stand before the last buy that a later sell reaches (at the same limit, if it came before that one),
// whichever is lowest. A run per order: for one reason that is quick, for all reasons of a book it grows with its square.
import { ContinuousBook } from '../continuous-book.ts';
import { type Account, type Explained, metItself, partText, rangeText, WORDS } from '../explain-order.ts';
import type { Auction } from '../order.ts';
import { runBook } from '../rules/continuous.ts';
import { energyText, priceText } from '../words.ts';

export function explainContinuous(auction: Auction, { fills, pairs }: Explained, unit: string): Account {
  const prices: number[][] = auction.orders.map(() => []);
  const takenBack = new Map<number, number>();
  for (const { place, trades, takenBackWh } of runBook(auction)) {
    for (const { buy, sell, price } of trades) {
      prices[buy]!.push(price);
      prices[sell]!.push(price);
    }
    if (takenBackWh > 0) takenBack.set(place, takenBackWh);
  }
  return {
    decidingLimit: (_order, _filledWh, index) => continuousLimit(auction, index),
    own: metItself({ fills, pairs }),
    verdict({ side, wh, limit }, filledWh, index) {
      const { traded, other } = WORDS[side];
      const at = rangeText(prices[index]!, unit);
      if (filledWh === wh) return { code: 'filled', text: `filled: ${energyText(wh)} ${traded} at ${at}` };
      const part = filledWh === 0 ? 'not filled' : `${partText(filledWh, wh)} at ${at}`;
      const back = takenBack.get(index);
      if (back !== undefined)
        return { code: 'taken-back', text: `${part}: the open ${energyText(back)} were taken back` };
      const shown = `${priceText(limit)} ${unit}`;
      const what = `until the gate no order to ${other} met yours ${filledWh === 0 ? '' : 'again '}at its limit ${shown}`;
      return { code: filledWh === 0 ? 'not-met' : 'partly-met', text: `${part}: ${what}` };
    },
  };
}

/** The limit on which it turns whether an order trades, all else the same, its place in the log too; null where none would. */
export function continuousLimit({ orders, cancels = [] }: Auction, index: number): number | null {
  const { id, side } = orders[index]!;
  // Mirrored for sells, so that more is always better.
  const sign = side === 'buy' ? 1 : -1;
  let least = Number.POSITIVE_INFINITY;
  const cancelsAt = Map.groupBy(cancels, ({ after }) => after);
  const book = new ContinuousBook();
  for (let place = 0; place <= orders.length; place++) {
    const cancelled = cancelsAt.get(place) ?? [];
    for (const { order } of cancelled) {
      if (order === id) return answer(sign, least);
      book.cancel(order);
    }
    const order = orders[place];
    if (!order) break;
    if (place === index) {
      const best = book.best(WORDS[side].other);
      if (best) least = Math.min(least, sign * best.limit);
      continue;
    }
    const trades = book.place(order);
    if (place < index || order.side === side) continue;
    const last = trades.at(-1);
    if (!last || trades.reduce((sum, { wh }) => sum + wh, 0) < order.wh) least = Math.min(least, sign * order.limit);
    else least = Math.min(least, sign * last.price + (last[side] < index ? 1 : 0));
  }
  return answer(sign, least);
}

function answer(sign: 1 | -1, least: number): number | null {
  const limit = sign * least;
  return Number.isSafeInteger(limit) ? limit + 0 : null;
}
