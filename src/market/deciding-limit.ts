// The limit that decides whether an order trades under `uniform-price/1`, everything else in the book unchanged: a buy gets
// energy with this limit or more and none with less, a sell with this limit or less and none with more.
//
// Why it is exact: take the order out. Let S(p) be the Wh of sells at or below p and D(p) those of the other buys above p.
// A buy at p gets a part of what the buys above it leave, so there is something for its limit when S(p) > D(p); call the
// lowest such limit c. Above c more is left than the others at the same limit can take, so the order surely gets some. At c
// itself it shares with the others there: where its share, by remainders and rotation, comes to nothing, the deciding limit
// is one micro-currency above c. For sells the same holds with the limits mirrored. BigInt, because a book may sum to more
// than 2^53: only who asks for a reason pays for it, the rule itself does not come through here.
import type { Auction, Order, Side } from './order.ts';
import { compareBytes, turnsOf } from './rotation.ts';

/** Orders of one side at one limit. */
interface Level {
  /** Side's own limits; mirrored (times -1) for sells, so that more is always better. */
  readonly limit: number;
  readonly orders: Order[];
  ownWh: bigint;
  /** Wh of the other side at or below this limit. */
  offered: bigint;
  /** Wh of this side above it. */
  ahead: bigint;
  /** Wh by member, made when the first order asks who shares here. */
  members?: Map<string, bigint>;
}

/** Prepared once for a book, in the time of a sort; each answer then takes a binary search. */
export class DecidingLimits {
  readonly #auction: Auction;
  readonly #ladders: Partial<Record<Side, Level[]>> = {};
  #turns: Map<string, number> | null = null;

  constructor(auction: Auction) {
    this.#auction = auction;
  }

  /**
   * The deciding limit of an order, or null when no limit would have traded: the other side is empty.
   * @param filledWh what the order got, as the rule gave it
   */
  of(order: Order, filledWh: number): number | null {
    const sign = order.side === 'buy' ? 1 : -1;
    const found = this.#firstWithRest(order, sign * order.limit);
    if (!found) return null;
    const { level, rest } = found;
    const here = level.limit === sign * order.limit ? filledWh > 0 : this.#getsShare(order, level, rest);
    const limit = sign * (here ? level.limit : level.limit + 1);
    return Number.isSafeInteger(limit) ? limit + 0 : null;
  }

  /** The lowest limit for which something is left, and how much, with the order itself taken out. */
  #firstWithRest({ side, wh }: Order, limit: number): { level: Level; rest: bigint } | null {
    const ladder = this.#ladder(side);
    const restAt = (level: Level) => level.offered - level.ahead + (level.limit < limit ? BigInt(wh) : 0n);
    let [low, high] = [0, ladder.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (restAt(ladder[middle]!) > 0n) high = middle;
      else low = middle + 1;
    }
    const level = ladder[low];
    return level ? { level, rest: restAt(level) } : null;
  }

  /** Whether an order that joins a level, where `rest` Wh are shared pro rata (share.ts), gets at least 1 Wh of it. */
  #getsShare({ id, member, wh }: Order, level: Level, rest: bigint): boolean {
    const total = level.ownWh + BigInt(wh);
    if (rest >= total) return true;
    level.members ??= sumByMember(level.orders);
    const own = (level.members.get(member) ?? 0n) + BigInt(wh);
    // The member's share fills its own orders in order of id: this one gets what those before it leave.
    const before = level.orders
      .filter((order) => order.member === member && compareBytes(order.id, id) < 0)
      .reduce((sum, order) => sum + BigInt(order.wh), 0n);
    const floor = (rest * own) / total;
    if (floor > before) return true;
    if (floor + 1n <= before) return false;
    return this.#getsUnit(member, level.members, { rest, own, total });
  }

  /** Whether a member is among those who get one Wh more: the largest remainders, equal ones in rotation. */
  #getsUnit(
    member: string,
    members: ReadonlyMap<string, bigint>,
    { rest, own, total }: { readonly rest: bigint; readonly own: bigint; readonly total: bigint },
  ): boolean {
    const turns = this.#rotation();
    const turn = turns.get(member)!;
    const remainder = (rest * own) % total;
    let left = rest - (rest * own) / total;
    let first = 0n;
    for (const [other, weight] of members) {
      if (other === member) continue;
      left -= (rest * weight) / total;
      const theirs = (rest * weight) % total;
      if (theirs > remainder || (theirs === remainder && turns.get(other)! < turn)) first++;
    }
    return first < left;
  }

  #rotation(): Map<string, number> {
    this.#turns ??= turnsOf(this.#auction);
    return this.#turns;
  }

  #ladder(side: Side): Level[] {
    this.#ladders[side] ??= ladderOf(this.#auction.orders, side);
    return this.#ladders[side];
  }
}

/** The levels of one side, lowest first; also where only the other side has an order. */
function ladderOf(orders: readonly Order[], side: Side): Level[] {
  const levels = new Map<number, Level>();
  for (const order of orders) {
    // Zero has one sign only.
    const limit = side === 'buy' ? order.limit : 0 - order.limit;
    let level = levels.get(limit);
    if (!level) {
      level = { limit, orders: [], ownWh: 0n, offered: 0n, ahead: 0n };
      levels.set(limit, level);
    }
    if (order.side === side) {
      level.orders.push(order);
      level.ownWh += BigInt(order.wh);
    } else level.offered += BigInt(order.wh);
  }
  const ladder = [...levels.values()].sort((a, b) => a.limit - b.limit);
  let offered = 0n;
  for (const level of ladder) {
    offered += level.offered;
    level.offered = offered;
  }
  let ahead = 0n;
  for (const level of ladder.toReversed()) {
    level.ahead = ahead;
    ahead += level.ownWh;
  }
  return ladder;
}

function sumByMember(orders: readonly Order[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { member, wh } of orders) sums.set(member, (sums.get(member) ?? 0n) + BigInt(wh));
  return sums;
}
