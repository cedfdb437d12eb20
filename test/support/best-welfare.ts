// The best that a small book could give, found by trying everything: what a rule that claims welfare is held to.
import type { Order } from '../../src/market/order.ts';

function worth({ side, limit }: Order): number {
  return side === 'buy' ? limit : -limit;
}

/** What buyers value less what sellers ask, summed over what is filled. */
export function welfareOf(orders: readonly Order[], filledWh: ArrayLike<number>): number {
  return orders.reduce((sum, order, i) => sum + worth(order) * filledWh[i]!, 0);
}

/** Tries every way to fill every order with whole Wh. */
export function bestOf(orders: readonly Order[]): [welfare: number, volume: number] {
  let best: [number, number] = [0, 0];
  const tryFrom = (index: number, bought: number, sold: number, welfare: number): void => {
    const order = orders[index];
    if (!order) {
      if (bought !== sold) return;
      if (welfare > best[0] || (welfare === best[0] && bought > best[1])) best = [welfare, bought];
      return;
    }
    for (let wh = 0; wh <= order.wh; wh++) {
      const buy = order.side === 'buy';
      tryFrom(index + 1, bought + (buy ? wh : 0), sold + (buy ? 0 : wh), welfare + worth(order) * wh);
    }
  };
  tryFrom(0, 0, 0, 0);
  return best;
}
