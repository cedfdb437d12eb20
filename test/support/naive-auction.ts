// `uniform-price/1` once more, written from market.md as plainly as it can be said: sorted lists, exact integers (BigInt),
// one Wh after the other where the text hands out single Wh. Slow; only to compare with. Shares no code with src/.
import type { Auction, Order, Pair } from '../../src/market/order.ts';

export interface NaiveClearing {
  readonly volumeWh: bigint;
  readonly price: bigint | null;
  readonly priceLow: bigint | null;
  readonly priceHigh: bigint | null;
  readonly fillById: ReadonlyMap<string, bigint>;
  readonly pairs: readonly Pair[];
}

export function naiveClear(auction: Auction): NaiveClearing {
  const { orders } = auction;
  const buys = orders.filter((order) => order.side === 'buy');
  const sells = orders.filter((order) => order.side === 'sell');
  const at = (list: readonly Order[], test: (order: Order) => boolean) => total(list.filter(test));
  let volume = 0n;
  for (const { limit } of orders) {
    const demand = at(buys, (order) => order.limit >= limit);
    const supply = at(sells, (order) => order.limit <= limit);
    const both = smaller(demand, supply);
    if (both > volume) volume = both;
  }
  const turn = naiveRotation(auction.members ?? [...new Set(orders.map((order) => order.member))], auction.interval);
  const fillById = new Map(orders.map((order) => [order.id, 0n]));
  accept(buys, (a, b) => b - a, volume, turn, fillById);
  accept(sells, (a, b) => a - b, volume, turn, fillById);
  if (volume === 0n) return { volumeWh: 0n, price: null, priceLow: null, priceHigh: null, fillById, pairs: [] };

  const filled = (order: Order) => fillById.get(order.id)!;
  const accepted = (list: readonly Order[]) => list.filter((order) => filled(order) > 0n).map(({ limit }) => limit);
  const unfilled = (list: readonly Order[]) => list.filter((o) => filled(o) < BigInt(o.wh)).map(({ limit }) => limit);
  const low = BigInt(Math.max(...accepted(sells), ...unfilled(buys)));
  const high = BigInt(Math.min(...accepted(buys), ...unfilled(sells)));
  const sum = low + high;
  const price = sum % 2n === 0n ? sum / 2n : (sum - 1n) / 2n;
  return {
    volumeWh: volume,
    price,
    priceLow: low,
    priceHigh: high,
    fillById,
    pairs: naivePairs(orders, fillById, turn),
  };
}

/** Members by UTF-8 bytes, beginning with the one whose turn it is. */
export function naiveRotation(members: readonly string[], interval: string): string[] {
  const sorted = [...members].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const seconds = BigInt(Date.parse(interval)) / 1000n;
  const turn = seconds / 900n + seconds / 86_400n;
  const start = sorted.length === 0 ? 0 : Number(turn % BigInt(sorted.length));
  return sorted.map((_, index) => sorted[(start + index) % sorted.length]!);
}

function accept(
  side: readonly Order[],
  best: (a: number, b: number) => number,
  volume: bigint,
  turn: readonly string[],
  fillById: Map<string, bigint>,
): void {
  let left = volume;
  for (const limit of [...new Set(side.map((order) => order.limit))].sort(best)) {
    const level = side.filter((order) => order.limit === limit);
    const all = total(level);
    const amount = smaller(left, all);
    left -= amount;
    const shares = turn
      .map((member) => ({ own: level.filter((order) => order.member === member) }))
      .filter(({ own }) => own.length > 0)
      .map(({ own }) => ({ own, part: (amount * total(own)) / all, remainder: (amount * total(own)) % all }));
    let odd = amount - shares.reduce((sum, { part }) => sum + part, 0n);
    // A stable sort keeps equal remainders in rotation.
    for (const share of shares.toSorted((a, b) =>
      a.remainder > b.remainder ? -1 : a.remainder < b.remainder ? 1 : 0,
    )) {
      if (odd > 0n) {
        share.part += 1n;
        odd -= 1n;
      }
    }
    for (const { own, part } of shares) {
      let rest = part;
      for (const { id, wh } of own.toSorted((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)))) {
        const fill = smaller(rest, BigInt(wh));
        fillById.set(id, fill);
        rest -= fill;
      }
    }
  }
}

/** Buyers and sellers as stretches on one line of Wh each; a pair is where two stretches overlap. */
function naivePairs(orders: readonly Order[], fillById: ReadonlyMap<string, bigint>, turn: readonly string[]): Pair[] {
  const stretches = (sign: bigint) => {
    let from = 0n;
    return turn.map((member) => {
      const own = orders.filter((order) => order.member === member);
      const net = own.reduce((sum, { id, side }) => sum + fillById.get(id)! * (side === 'buy' ? sign : -sign), 0n);
      const start = from;
      from += net > 0n ? net : 0n;
      return { member, start, end: from };
    });
  };
  const pairs: Pair[] = [];
  const sellers = stretches(-1n);
  for (const buyer of stretches(1n)) {
    for (const seller of sellers) {
      const start = 0n - smaller(0n - buyer.start, 0n - seller.start);
      const end = smaller(buyer.end, seller.end);
      if (end > start) pairs.push({ buyer: buyer.member, seller: seller.member, wh: Number(end - start) });
    }
  }
  return pairs;
}

function smaller(a: bigint, b: bigint): bigint {
  return [a, b].toSorted((x, y) => (x < y ? -1 : 1))[0]!;
}

function total(orders: readonly Order[]): bigint {
  return orders.reduce((sum, { wh }) => sum + BigInt(wh), 0n);
}
