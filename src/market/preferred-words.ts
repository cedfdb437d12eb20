// What came of a preference, in words: with whom an order traded and at which price, or why it met nobody.
import { WORDS } from './explain-order.ts';
import type { Order, Preferred } from './order.ts';
import { energyText, priceText } from './words.ts';

/** Partners named in one sentence. */
const NAMED = 3;

/** Trades by preference with one member at one price, as the order's own side sees them. */
export interface Told {
  readonly member: string;
  readonly wh: number;
  readonly price: number;
}

/** Several orders of one member at one limit are one to whom it is told. */
export function toldTo({ side }: Order, trades: readonly Preferred[]): Told[] {
  const told = new Map<string, Map<number, { member: string; wh: number; price: number }>>();
  for (const { buyer, seller, wh, price } of trades) {
    const member = side === 'buy' ? seller : buyer;
    const prices = told.get(member) ?? new Map<number, { member: string; wh: number; price: number }>();
    told.set(member, prices);
    const known = prices.get(price);
    if (known) known.wh += wh;
    else prices.set(price, { member, wh, price });
  }
  return [...told.values()].flatMap((prices) => [...prices.values()]);
}

export function sumWh(trades: readonly Told[]): number {
  return trades.reduce((sum, { wh }) => sum + wh, 0);
}

/** "2 kWh of 5 kWh bought by preference: 2 kWh from anna at 0.21 EUR/kWh" */
export function metText(order: Order, trades: readonly Told[], unit: string): string {
  const part = `${energyText(sumWh(trades))} of ${energyText(order.wh)}`;
  return `${part} ${WORDS[order.side].traded} by preference: ${partnersText(order, trades, unit)}`;
}

/** "2 kWh from anna at 0.21 EUR/kWh, 500 Wh from ben at 0.20 EUR/kWh" */
export function partnersText({ side }: Order, trades: readonly Told[], unit: string): string {
  const way = side === 'buy' ? 'from' : 'to';
  const others = trades.slice(NAMED);
  return [
    ...trades
      .slice(0, NAMED)
      .map(({ member, wh, price }) => `${energyText(wh)} ${way} ${member} at ${priceText(price)} ${unit}`),
    ...(others.length === 0
      ? []
      : [`${energyText(sumWh(others))} in ${others.length} more ${others.length === 1 ? 'trade' : 'trades'}`]),
  ].join(', ');
}

/** Whether an order's limit meets another. */
export function crosses({ side, limit }: Order, other: number): boolean {
  return side === 'buy' ? limit >= other : limit <= other;
}

/**
 * Why an order with a preference met nobody.
 * @param best the best limit of those it could have met, or null where there is nobody
 * @param inArea whether only its own area counts
 */
export function whyNot(order: Order, best: number | null, unit: string, inArea: boolean): string {
  const { side, limit, preference } = order;
  const offered = side === 'buy' ? 'offered to sell to you' : 'wanted to buy from you';
  const here = inArea ? ' in your area' : '';
  if (best === null) {
    if (preference?.from === 'partners') return `none of your partners${here} ${offered}`;
    if (preference?.from === 'feeder') return `nobody on your feeder ${offered}`;
    return `nobody${here} offered you renewable surplus`;
  }
  const shown = `your limit ${priceText(limit)} ${unit}`;
  const whom = preference?.mode === 'only' ? 'you accept' : 'you could meet';
  if (crosses(order, best)) return `what met ${shown} among those ${whom} went to others`;
  const which = side === 'buy' ? 'lowest' : 'highest';
  return `${shown} is ${WORDS[side].under} ${priceText(best)}, the ${which} limit to ${WORDS[side].other} among those ${whom}`;
}
