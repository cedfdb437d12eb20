// `pay-as-bid/1`, `continuous/1` and `trade-reduction/1` once more, written from market.md as plainly as it can be said, Wh by
// Wh where that is plainest. Slow; only to compare with. Shares no code with src/, but the naive uniform-price/1.
import type { Auction, Order } from '../../src/market/order.ts';
import { naiveClear, naiveRotation } from './naive-auction.ts';

export interface NaiveResult {
  readonly fillById: ReadonlyMap<string, number>;
  /** "buyer seller price" or "buyer seller price sellerPrice" -> Wh */
  readonly pairs: ReadonlyMap<string, number>;
}

const turnOf = (auction: Auction) =>
  naiveRotation(auction.members ?? [...new Set(auction.orders.map((order) => order.member))], auction.interval);

/** Orders of one side, best first, equal limits in rotation. */
function queue({ orders }: Auction, side: Order['side'], turn: readonly string[]): Order[] {
  const sign = side === 'buy' ? -1 : 1;
  return orders
    .filter((order) => order.side === side)
    .toSorted((a, b) => sign * (a.limit - b.limit) || turn.indexOf(a.member) - turn.indexOf(b.member));
}

/** Each filled Wh as a piece of its own; the first buy meets the first sell. For small quantities. */
export function naivePayAsBid(auction: Auction): NaiveResult {
  const { fillById } = naiveClear(auction);
  const turn = turnOf(auction);
  const pieces = (side: Order['side']) =>
    queue(auction, side, turn).flatMap((order) => Array.from({ length: Number(fillById.get(order.id)) }, () => order));
  const sells = pieces('sell');
  const pairs = new Map<string, number>();
  for (const [index, buy] of pieces('buy').entries()) book(pairs, buy, sells[index]!, 1, buy.limit);
  return { fillById: new Map([...fillById].map(([id, wh]) => [id, Number(wh)])), pairs };
}

/** A list per side that is looked through from end to end for every order. */
export function naiveContinuous({ orders, cancels = [] }: Auction): NaiveResult {
  const open = new Map<Order, number>();
  const fillById = new Map(orders.map(({ id }) => [id, 0]));
  const pairs = new Map<string, number>();
  const withdraw = (place: number) => {
    for (const { order, after } of cancels) {
      if (after === place) for (const resting of open.keys()) if (resting.id === order) open.delete(resting);
    }
  };
  for (const [place, order] of orders.entries()) {
    withdraw(place);
    let left = order.wh;
    for (;;) {
      const sign = order.side === 'buy' ? 1 : -1;
      const met = [...open.keys()]
        .filter((other) => other.side !== order.side && sign * (order.limit - other.limit) >= 0)
        .toSorted((a, b) => sign * (a.limit - b.limit) || orders.indexOf(a) - orders.indexOf(b))[0];
      if (!met || left === 0) break;
      const wh = Math.min(left, open.get(met)!);
      left -= wh;
      open.set(met, open.get(met)! - wh);
      if (open.get(met) === 0) open.delete(met);
      for (const { id } of [order, met]) fillById.set(id, fillById.get(id)! + wh);
      const [buy, sell] = order.side === 'buy' ? [order, met] : [met, order];
      book(pairs, buy, sell, wh, met.limit);
    }
    if (left > 0) open.set(order, left);
  }
  return { fillById, pairs };
}

/** The stakes of a side; those before the one in which the last Wh of the volume falls; the long side shares. */
export function naiveReduction(
  auction: Auction,
): Omit<NaiveResult, 'pairs'> & { readonly pays: number | null; readonly gets: number | null } {
  const volume = naiveClear(auction).volumeWh;
  const turn = turnOf(auction);
  const fillById = new Map(auction.orders.map(({ id }) => [id, 0]));
  const nothing = { fillById, pays: null, gets: null };
  if (volume === 0n) return nothing;
  const side = (name: Order['side']) => {
    const orders = queue(auction, name, turn);
    let before = 0n;
    const inside: Order[] = [];
    for (const order of orders) {
      const stake = orders.filter(({ member, limit }) => member === order.member && limit === order.limit);
      if (stake[0] !== order) continue;
      const wh = total(stake);
      if (before + wh >= volume) return { inside, wh: before, price: order.limit };
      before += wh;
      inside.push(...stake);
    }
    throw new Error('a side has less than the volume');
  };
  const [buys, sells] = [side('buy'), side('sell')];
  const traded = buys.wh < sells.wh ? buys.wh : sells.wh;
  if (traded === 0n) return nothing;
  for (const { inside, wh } of [buys, sells]) {
    const members = turn.filter((member) => inside.some((order) => order.member === member));
    const shares = members.map((member) => {
      const own = inside.filter((order) => order.member === member);
      return { own, part: (traded * total(own)) / wh, remainder: (traded * total(own)) % wh };
    });
    let odd = traded - shares.reduce((sum, { part }) => sum + part, 0n);
    for (const share of shares.toSorted((a, b) =>
      a.remainder > b.remainder ? -1 : a.remainder < b.remainder ? 1 : 0,
    )) {
      if (odd > 0n) share.part += 1n;
      if (odd > 0n) odd -= 1n;
    }
    for (const { own, part } of shares) {
      let rest = part;
      for (const { id, wh } of own.toSorted((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)))) {
        const fill = rest < BigInt(wh) ? rest : BigInt(wh);
        fillById.set(id, Number(fill));
        rest -= fill;
      }
    }
  }
  return { fillById, pays: buys.price, gets: sells.price };
}

function book(pairs: Map<string, number>, buy: Order, sell: Order, wh: number, price: number): void {
  if (buy.member === sell.member) return;
  const key = `${buy.member} ${sell.member} ${price}`;
  pairs.set(key, (pairs.get(key) ?? 0) + wh);
}

function total(orders: readonly Order[]): bigint {
  return orders.reduce((sum, { wh }) => sum + BigInt(wh), 0n);
}
