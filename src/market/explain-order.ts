// The frame of a reason, the same for every rule: what happened to the order and why (the rule's own verdict), the limit on
// which that turns, and what of it the member traded with itself. A rule adds its verdict and its deciding limit.
import type { Reason } from '../units.ts';
import type { Auction, Clearing, Order, Side } from './order.ts';
import { energyText, priceText } from './words.ts';

export type Explained = Pick<Clearing, 'price' | 'priceLow' | 'priceHigh' | 'fills' | 'pairs'>;

/** What a rule says of one order. */
export interface Verdict {
  readonly code: string;
  readonly text: string;
  /** What the member paid or got per kWh, where that is one price. */
  readonly price?: number;
}

/** How a rule explains its orders. */
export interface Account {
  /** What happened. @param decidingLimit null where no limit would have traded */
  verdict(order: Order, filledWh: number, index: number, decidingLimit: number | null): Verdict;
  /** The limit on which it turns whether the order trades, or null where no limit would. */
  decidingLimit(order: Order, filledWh: number, index: number): number | null;
  /** Wh that the member bought from itself, and how to say so. */
  own(order: Order): { readonly wh: number; readonly text: string };
}

export const WORDS = {
  buy: { buys: true, other: 'sell', someone: 'offered to sell', traded: 'bought', under: 'under' },
  sell: { buys: false, other: 'buy', someone: 'wanted to buy', traded: 'sold', under: 'over' },
} as const;

/**
 * What decides in the end, where a rule is not alone: the limit on which it turns whether an order trades, or null.
 * @param own the limit on which it turns under the rule
 */
export type Deciding = (index: number, own: number | null) => number | null;

/** The reasons of an auction, each made when it is asked for by the order's index. */
export function reasonsBy(
  { orders }: Auction,
  { fills }: Pick<Clearing, 'fills'>,
  account: Account,
  deciding: Deciding = (_index, own) => own,
): (index: number) => Reason {
  const sides = new Set(orders.map((order) => order.side));
  return (index) => {
    const order = orders[index];
    const fill = fills[index];
    if (!order || fill?.id !== order.id)
      throw new RangeError(`the clearing has no fill for order ${index} of the book`);
    const { side, wh, limit } = order;
    const numbers = { wh, filledWh: fill.wh, limit };
    const { other, someone } = WORDS[side];
    const alone = !sides.has(other);
    const ruleLimit = alone ? null : account.decidingLimit(order, fill.wh, index);
    const { code, text, price }: Verdict = alone
      ? { code: 'no-counterpart', text: `not filled: nobody ${someone}` }
      : account.verdict(order, fill.wh, index, ruleLimit);
    const decidingLimit = deciding(index, ruleLimit);
    const own = fill.wh === 0 ? { wh: 0, text: '' } : account.own(order);
    const parts = [
      text,
      ...(decidingLimit === null ? [] : [turn(side, priceText(decidingLimit), fill.wh > 0)]),
      ...(own.wh === 0 ? [] : [own.text]),
    ];
    return {
      code,
      text: parts.join('; '),
      numbers: {
        ...numbers,
        ...(price === undefined ? {} : { price }),
        ...(decidingLimit === null ? {} : { decidingLimit }),
        ...(own.wh === 0 ? {} : { ownWh: own.wh }),
      },
    };
  };
}

/** A sentence's end: on which limit the decision turns, as seen from the side on which the order's own limit lies. */
export function turn(side: Side, limit: string, filled: boolean): string {
  const { buys, traded } = WORDS[side];
  if (filled) return `a limit ${buys ? 'under' : 'over'} ${limit} would have ${traded} nothing`;
  return `a limit of ${limit} or ${buys ? 'more' : 'less'} would have ${traded}`;
}

/** "3 Wh of 5 Wh filled", or "not filled". */
export function partText(filledWh: number, wh: number): string {
  return filledWh === 0 ? 'not filled' : `${energyText(filledWh)} of ${energyText(wh)} filled`;
}

/** How much of its energy a member bought from itself where all of it is set off first, and how to say so. */
export function setOff(fills: Clearing['fills']): Account['own'] {
  const traded = new Map<string, Record<Side, number>>();
  for (const { member, side, wh } of fills) {
    if (wh === 0) continue;
    const sums = traded.get(member) ?? { buy: 0, sell: 0 };
    sums[side] += wh;
    traded.set(member, sums);
  }
  return ({ member, side }) => {
    const { buys, other } = WORDS[side];
    const wh = traded.get(member)?.[other] ?? 0;
    return { wh, text: `your own ${buys ? 'sale' : 'purchase'} of ${energyText(wh)} is set against it` };
  };
}

/** The same where orders meet one by one: what was bought and stands in no pair, the member bought from itself. */
export function metItself({ fills, pairs }: Pick<Clearing, 'fills' | 'pairs'>): Account['own'] {
  const own = new Map<string, number>();
  for (const { member, side, wh } of fills) if (side === 'buy') own.set(member, (own.get(member) ?? 0) + wh);
  for (const { buyer, wh } of pairs) own.set(buyer, (own.get(buyer) ?? 0) - wh);
  return ({ member }) => {
    const wh = own.get(member) ?? 0;
    return { wh, text: `${energyText(wh)} of your orders met each other, for no money` };
  };
}

/** Lowest and highest of some prices, "0.20 EUR/kWh" or "0.20 to 0.25 EUR/kWh"; null without any. */
export function rangeText(prices: Iterable<number>, unit: string): string | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const price of prices) {
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  if (low > high) return null;
  return low === high ? `${priceText(low)} ${unit}` : `${priceText(low)} to ${priceText(high)} ${unit}`;
}
