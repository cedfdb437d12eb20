// The last auction as a person looks at it: supply and demand as steps, and what became of each order.
import type { ClearingMessage } from './messages.ts';
import { plus } from './money.ts';
import { type Member, type MemberKind, own } from './state.ts';

/** Orders sent to browsers at most, the largest first; a street has fewer. */
export const ORDERS_SHOWN = 120;

/** A step of a curve: at this limit the energy up to `toWh` is wanted or offered. */
export interface Step {
  readonly limit: number;
  readonly fromWh: number;
  readonly toWh: number;
  /** Members with an order in this step. */
  readonly members: readonly string[];
}

export interface OrderView {
  readonly member: string;
  readonly kind: MemberKind;
  readonly side: 'buy' | 'sell';
  readonly wh: number;
  readonly limit: number;
  readonly filledWh: number;
  /** One sentence: why this much was filled. */
  readonly text: string;
}

export interface AuctionView {
  readonly currency: string;
  readonly interval: string;
  readonly rule: string;
  readonly volumeWh: number;
  readonly price: number | null;
  /** Where pairs have prices of their own: the lowest and the highest of them. */
  readonly prices: { readonly low: number; readonly high: number } | null;
  readonly priceLow: number | null;
  readonly priceHigh: number | null;
  readonly demand: readonly Step[];
  readonly supply: readonly Step[];
  readonly demandWh: number;
  readonly supplyWh: number;
  readonly orders: readonly OrderView[];
  readonly ordersInAll: number;
}

export function auctionView(
  clearing: ClearingMessage,
  currency: string,
  members: Readonly<Record<string, Member>>,
): AuctionView {
  const { interval, rule, price, priceLow, priceHigh, orders, preferred } = clearing;
  const before = new Map<number, number>();
  for (const { buy, sell, wh } of preferred) for (const at of [buy, sell]) before.set(at, (before.get(at) ?? 0) + wh);
  const fills = new Map(clearing.fills.map((fill) => [fill.id, fill]));
  const demand = steps(orders, 'buy');
  const supply = steps(orders, 'sell');
  const views = orders.map(({ id, member, side, wh, limit }, at) => {
    const fill = fills.get(id);
    return {
      member,
      kind: own(members, member)?.kind ?? 'home',
      side,
      wh,
      limit,
      filledWh: (fill?.wh ?? 0) + (before.get(at) ?? 0),
      text: fill?.reason?.text ?? '',
    };
  });
  const shown = views.length > ORDERS_SHOWN ? views.toSorted((a, b) => b.wh - a.wh).slice(0, ORDERS_SHOWN) : views;
  return {
    currency,
    interval,
    rule,
    volumeWh: tradedAt(clearing).volumeWh,
    price,
    prices: pricesOf(clearing),
    priceLow,
    priceHigh,
    demand,
    supply,
    demandWh: demand.at(-1)?.toWh ?? 0,
    supplyWh: supply.at(-1)?.toWh ?? 0,
    orders: shown.toSorted(byCurve),
    ordersInAll: orders.length,
  };
}

function pricesOf({ price, pairs, preferred }: ClearingMessage): { low: number; high: number } | null {
  const all = [...preferred, ...pairs].flatMap(({ price: own }) => (own === undefined ? [] : [own]));
  if (all.length === 0) return null;
  if (price !== null && pairs.length > 0) all.push(price);
  return { low: Math.min(...all), high: Math.max(...all) };
}

/** Buys from the highest limit down, sells from the lowest up, orders of one limit as one step. */
function steps(orders: ClearingMessage['orders'], side: 'buy' | 'sell'): Step[] {
  const sorted = orders.filter((order) => order.side === side).sort(byCurve);
  const result: Step[] = [];
  for (const order of sorted) {
    const last = result.at(-1);
    const fromWh = last?.toWh ?? 0;
    if (last?.limit === order.limit) {
      const members = last.members.includes(order.member) ? last.members : [...last.members, order.member];
      result[result.length - 1] = { ...last, toWh: fromWh + order.wh, members };
    } else {
      result.push({ limit: order.limit, fromWh, toWh: fromWh + order.wh, members: [order.member] });
    }
  }
  return result;
}

/** Buys before sells, each side in the order in which the auction serves it. */
function byCurve(
  a: { side: string; limit: number; member: string },
  b: { side: string; limit: number; member: string },
): number {
  if (a.side !== b.side) return a.side === 'buy' ? -1 : 1;
  const limits = a.side === 'buy' ? b.limit - a.limit : a.limit - b.limit;
  return limits || (a.member < b.member ? -1 : 1);
}

/** Energy of all trades, and their price: one, or where pairs have prices of their own what a kWh cost on average. */
export function tradedAt({ price, volumeWh, pairs, preferred }: ClearingMessage): {
  price: number | null;
  volumeWh: number;
} {
  const before = preferred.reduce((sum, { wh }) => plus(sum, wh), 0);
  const priced = [
    ...preferred,
    ...pairs.flatMap(({ wh, price: own = price }) => (own === null ? [] : [{ wh, price: own }])),
  ];
  const energy = priced.reduce((sum, { wh }) => sum + BigInt(wh), 0n);
  const money = priced.reduce((sum, { wh, price: each }) => sum + BigInt(wh) * BigInt(each), 0n);
  const average = before === 0 && price !== null ? price : energy === 0n ? null : Number(money / energy);
  return { price: average, volumeWh: plus(volumeWh, before) };
}
