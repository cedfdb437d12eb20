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
  const meeting = new Meeting(
    Float64Array.from(orders, ({ wh }) => wh),
    buys.length,
    sells.length,
  );
  const turnOf = Int32Array.from(sells, ({ home }) => home.turn);
  const shelving = new Shelving(() => new Shelf(turnOf, meeting.over.sell), buys);
  for (const sell of sells) for (const shelf of shelving.of(sell)) shelf.add(sell.place);
  for (const round of ROUNDS) {
    for (const buy of buys) {
      if (meeting.over.buy[buy.place]) continue;
      const shelves = shelving.for(buy, round);
      while (!meeting.over.buy[buy.place]) {
        const place = bestOn(shelves, buy.home.turn);
        if (place === NONE || sells[place]!.limit > buy.limit) break;
        meeting.trade(buy, sells[place]!, round);
      }
    }
  }
  return { preferred: meeting.trades, leftWh: meeting.leftWh, buys, sells, ends: meeting.ends, homes };
}

/** Past all places. */
const NONE = Number.POSITIVE_INFINITY;

/** Place of the best lot of another member, or NONE. */
function bestOn(shelves: readonly Shelf[], turn: number): number {
  let best = NONE;
  for (const shelf of shelves) best = Math.min(best, shelf.best(turn));
  return best;
}

/** What has been traded, and what is left. Sums of Wh are never made but for the volume: single orders meet. */
class Meeting {
  readonly trades: Preferred[] = [];
  readonly ends = new Map<Lot, End>();
  readonly leftWh: Float64Array;
  /** 1 where a lot has nothing left, by its place. */
  readonly over: Readonly<Record<Side, Uint8Array>>;
  /** The first order with energy left, by place of the lot. */
  readonly #next: Readonly<Record<Side, Int32Array>>;
  #volumeWh = 0;

  constructor(leftWh: Float64Array, buys: number, sells: number) {
    this.leftWh = leftWh;
    this.over = { buy: new Uint8Array(buys), sell: new Uint8Array(sells) };
    this.#next = { buy: new Int32Array(buys), sell: new Int32Array(sells) };
  }

  /** Lays the orders of two lots end to end, until one of them is over. */
  trade(buy: Lot, sell: Lot, round: Round): void {
    const price = floorMidpoint(buy.limit, sell.limit);
    let b = this.#next.buy[buy.place]!;
    let s = this.#next.sell[sell.place]!;
    while (b < buy.orders.length && s < sell.orders.length) {
      const trade = { buy: buy.orders[b]!, sell: sell.orders[s]!, buyer: buy.member, seller: sell.member };
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
    if (b === buy.orders.length) this.#end(buy, { round, met: sell.place });
    if (s === sell.orders.length) this.#end(sell, { round, met: buy.place });
  }

  #end(lot: Lot, end: End): void {
    this.over[lot.side][lot.place] = 1;
    this.ends.set(lot, end);
  }
}

/**
 * Lots from the best on, as places. Two indices are kept, and both move only forward: that of the first lot that is not over,
 * and that of the first of another member than that one's. So to pass over one's own lots costs nothing, however many there are.
 */
class Shelf {
  readonly #places: number[] = [];
  readonly #turnOf: Int32Array;
  readonly #over: Uint8Array;
  #first = 0;
  #other = 1;

  /** @param turnOf the member of each lot, by place @param over 1 where a lot has nothing left */
  constructor(turnOf: Int32Array, over: Uint8Array) {
    this.#turnOf = turnOf;
    this.#over = over;
  }

  add(place: number): void {
    this.#places.push(place);
  }

  /** Place of the best lot of another member that is not over, or NONE. */
  best(turn: number): number {
    const places = this.#places;
    while (this.#first < places.length && this.#over[places[this.#first]!]) this.#first++;
    const first = places[this.#first];
    if (first === undefined) return NONE;
    if (this.#turnOf[first] !== turn) return first;
    // What lies between the two is over, or of one member: that of the first.
    if (this.#other <= this.#first) this.#other = this.#first + 1;
    for (; this.#other < places.length; this.#other++) {
      const place = places[this.#other]!;
      if (this.#turnOf[place] !== turn && !this.#over[place]) return place;
    }
    return NONE;
  }
}
