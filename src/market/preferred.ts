// The stage `preferred` (docs/market.md): orders with a preference meet those that they wish for, before the rule. In three
// rounds, partners, feeder, renewable, each buy takes from the sells that it may meet (preferred-shelves.ts) the best, as
// long as limits cross, at the floor midpoint of the two. So nothing is left over that both would have taken.
//
// Fixed here:
// - Buys come from the highest limit down, and each takes the sells from the lowest up; equal limits in rotation; a member's
//   lots at one limit by their preferences (preferred-lots.ts). Within a lot orders are filled in order of id.
// - Both sides trade at floor((buy limit + sell limit) / 2). Nobody meets itself.
// - An order without a preference takes part where another's falls on it. Who does not want that says `only`.
import type { Auction, Preferred, Side } from './order.ts';
import { type Home, homesOf, type Lot, lotsOf, reachable } from './preferred-lots.ts';
import { ROUNDS, type Round, Shelving } from './preferred-shelves.ts';
import { rotationOf } from './rotation.ts';
import { floorMidpoint } from './rules/uniform-price.ts';

/** How a lot came to an end: in which round, and with which lot of the other side, by place. */
export interface End {
  readonly round: Round;
  readonly met: number;
}

export interface Stage {
  readonly preferred: readonly Preferred[];
  /** What is left of each order. */
  readonly leftWh: Float64Array;
  readonly buys: readonly Lot[];
  readonly sells: readonly Lot[];
  readonly ends: ReadonlyMap<Lot, End>;
  readonly homes: ReadonlyMap<string, Home>;
}

/**
 * Matches by preference.
 * @param auction whose orders are in order (checkOrders, checkFields)
 * @param areaOf the area of a member, where no trade may leave its area
 * @throws RangeError where the volume leaves 2^53-1 Wh
 */
export function matchPreferred(auction: Auction, areaOf: ((member: string) => number | undefined) | null): Stage {
  const { orders, cancels = [] } = auction;
  const turns = new Map(rotationOf(auction).map((member, index) => [member, index]));
  const homes = homesOf(auction, turns, areaOf);
  const takenBack = new Set(cancels.map(({ order }) => order));
  const isReachable = reachable(orders, homes);
  const counts = (index: number) => isReachable(index) && !takenBack.has(orders[index]!.id);
  const buys = lotsOf('buy', orders, homes, counts);
  const sells = lotsOf('sell', orders, homes, counts);
  const shelving = new Shelving(() => new Shelf(), buys);
  for (const sell of sells) for (const shelf of shelving.of(sell)) shelf.add(sell);
  const meeting = new Meeting(
    Float64Array.from(orders, ({ wh }) => wh),
    buys.length,
    sells.length,
  );
  for (const round of ROUNDS) {
    for (const buy of buys) {
      if (meeting.isOver(buy)) continue;
      const shelves = shelving.for(buy, round);
      while (!meeting.isOver(buy)) {
        const sell = bestOn(shelves, buy, meeting);
        if (!sell || sell.limit > buy.limit) break;
        meeting.trade(buy, sell, round);
      }
    }
  }
  return { preferred: meeting.trades, leftWh: meeting.leftWh, buys, sells, ends: meeting.ends, homes };
}

function bestOn(shelves: readonly Shelf[], buy: Lot, meeting: Meeting): Lot | undefined {
  let best: Lot | undefined;
  for (const shelf of shelves) {
    const lot = shelf.best(buy.member, meeting);
    if (lot && (!best || lot.place < best.place)) best = lot;
  }
  return best;
}

/** What has been traded, and what is left. Sums of Wh are never made but for the volume: single orders meet. */
class Meeting {
  readonly trades: Preferred[] = [];
  readonly ends = new Map<Lot, End>();
  readonly leftWh: Float64Array;
  /** The first order with energy left, by place of the lot. */
  readonly #next: Readonly<Record<Side, Int32Array>>;
  #volumeWh = 0;

  constructor(leftWh: Float64Array, buys: number, sells: number) {
    this.leftWh = leftWh;
    this.#next = { buy: new Int32Array(buys), sell: new Int32Array(sells) };
  }

  isOver({ side, place, orders }: Lot): boolean {
    return this.#next[side][place] === orders.length;
  }

  /** Lays the orders of two lots end to end, until one of them is over. */
  trade(buy: Lot, sell: Lot, round: Round): void {
    const price = floorMidpoint(buy.limit, sell.limit);
    let b = this.#next.buy[buy.place]!;
    let s = this.#next.sell[sell.place]!;
    while (b < buy.orders.length && s < sell.orders.length) {
      const trade = { buy: buy.orders[b]!, sell: sell.orders[s]! };
      const wh = Math.min(this.leftWh[trade.buy]!, this.leftWh[trade.sell]!);
      this.trades.push({ ...trade, wh, price });
      this.#volumeWh += wh;
      if (!Number.isSafeInteger(this.#volumeWh)) {
        throw new RangeError('the volume traded by preference does not fit 2^53-1 Wh; orders must be smaller');
      }
      this.leftWh[trade.buy]! -= wh;
      this.leftWh[trade.sell]! -= wh;
      if (this.leftWh[trade.buy] === 0) b++;
      if (this.leftWh[trade.sell] === 0) s++;
    }
    this.#next.buy[buy.place] = b;
    this.#next.sell[sell.place] = s;
    if (b === buy.orders.length) this.ends.set(buy, { round, met: sell.place });
    if (s === sell.orders.length) this.ends.set(sell, { round, met: buy.place });
  }
}

/**
 * Lots from the best on. Two places are kept, and both move only forward: that of the first lot that is not over, and that of
 * the first of another member than that one's. So to pass over one's own lots costs nothing, however many there are.
 */
class Shelf {
  readonly #lots: Lot[] = [];
  #first = 0;
  #other = 1;

  add(lot: Lot): void {
    this.#lots.push(lot);
  }

  /** The best lot of another member that is not over. */
  best(member: string, meeting: Meeting): Lot | undefined {
    const lots = this.#lots;
    while (this.#first < lots.length && meeting.isOver(lots[this.#first]!)) this.#first++;
    const first = lots[this.#first];
    if (first?.member !== member) return first;
    // What lies between the two places is over, or of one member: that of the first.
    if (this.#other <= this.#first) this.#other = this.#first + 1;
    for (; this.#other < lots.length; this.#other++) {
      const lot = lots[this.#other]!;
      if (lot.member !== member && !meeting.isOver(lot)) return lot;
    }
    return undefined;
  }
}
