// The limit that decides whether an order trades under `trade-reduction/1`, everything else in the book unchanged.
//
// Why it is exact: take the order (w Wh) out and place it before all others of its side. Let the break-even stake H be the
// last one that is still reached: the other side has more at or inside H's limit than w and what stands before H. The order
// trades exactly when it stands before H, since then H is reached after it and drops out; behind or in H's place it is
// itself the last that is reached, or not reached at all. So the deciding limit is H's, where the rotation puts the order's
// member before H's, else one micro-currency better. While the order stands before H, its limit changes nothing more. Where
// the rule then leaves it no whole Wh, because there is nobody to trade with or its share is too small, no limit trades.
// For sells the same holds with the limits mirrored. BigInt, because a book may sum to more than 2^53.
import type { Auction, Order, Side } from './order.ts';
import { turnsOf } from './rotation.ts';
import { clearTradeReduction } from './rules/trade-reduction.ts';
import { stakesOf } from './stakes.ts';

/** A stake with what stands before it. Limits of sells are mirrored (times -1), so that more is always better. */
interface Rung {
  readonly member: string;
  readonly limit: number;
  readonly wh: bigint;
  readonly before: bigint;
}

interface Ladder {
  readonly rungs: readonly Rung[];
  /** The rung of an order, by place in the book. */
  readonly rungOf: ReadonlyMap<number, number>;
  readonly byMember: ReadonlyMap<string, readonly number[]>;
}

/** Prepared once for a book, in the time of a sort; an answer takes binary searches, and seldom a run of the rule. */
export class ReductionLimits {
  readonly #auction: Auction;
  readonly #turns: ReadonlyMap<string, number>;
  readonly #ladders: Readonly<Record<Side, Ladder>>;

  constructor(auction: Auction) {
    this.#auction = auction;
    this.#turns = turnsOf(auction);
    this.#ladders = {
      buy: ladderOf('buy', auction.orders, this.#turns),
      sell: ladderOf('sell', auction.orders, this.#turns),
    };
  }

  /** @param filledWh what the order got, as the rule gave it */
  of(order: Order, filledWh: number, index: number): number | null {
    const { side, wh, member } = order;
    const [own, others] =
      side === 'buy' ? [this.#ladders.buy, this.#ladders.sell] : [this.#ladders.sell, this.#ladders.buy];
    const place = own.rungOf.get(index)!;
    const w = BigInt(wh);
    const without = own.rungs[place]!.wh - w;
    // What stands before a rung once the order stands before all.
    const before = (rung: number) => own.rungs[rung]!.before + (rung <= place ? w : 0n);
    const reached = (rung: number) => offered(others, own.rungs[rung]!.limit) > before(rung);
    let breakEven = countWhile(own.rungs.length, reached) - 1;
    // The order's own stake is not there without it.
    if (breakEven === place && without === 0n) breakEven--;
    const rung = own.rungs[breakEven];
    if (!rung) return null;

    const turn = this.#turns;
    const better = rung.limit + (turn.get(member)! < turn.get(rung.member)! ? 0 : 1);
    const limit = (side === 'buy' ? 1 : -1) * better + 0;
    if (!Number.isSafeInteger(limit)) return null;
    const trades =
      place < breakEven
        ? filledWh > 0
        : this.#trades(order, index, limit, { own, others, breakEven, before, without, place });
    return trades ? limit : null;
  }

  /** Whether the order gets a whole Wh once it stands before the break-even stake. */
  #trades(
    { member, wh }: Order,
    index: number,
    limit: number,
    state: {
      readonly own: Ladder;
      readonly others: Ladder;
      readonly breakEven: number;
      readonly before: (rung: number) => bigint;
      readonly without: bigint;
      readonly place: number;
    },
  ): boolean {
    const { own, others, breakEven, before, without, place } = state;
    const rung = own.rungs[breakEven]!;
    const wanted = before(breakEven);
    const there = breakEven === place ? without : rung.wh;
    const volume = smaller(offered(others, rung.limit), wanted + there);
    const last = countWhile(others.rungs.length, (i) => others.rungs[i]!.before < volume) - 1;
    const given = others.rungs[last]!.before;
    if (given >= wanted) return true;
    if (given === 0n) return false;
    // Its member shares in proportion to all its orders before the break-even; the others take no more than they are.
    const rest = (own.byMember.get(member) ?? [])
      .filter((other) => other !== index && own.rungOf.get(other)! < breakEven)
      .reduce((sum, other) => sum + BigInt(this.#auction.orders[other]!.wh), 0n);
    if ((given * (rest + BigInt(wh))) / wanted > rest) return true;
    const orders = this.#auction.orders.map((order, i) => (i === index ? { ...order, limit } : order));
    return clearTradeReduction({ ...this.#auction, orders }).fills[index]!.wh > 0;
  }
}

/** Wh of the other side whose limits meet one of this side. Mirrored limits meet where their sum is not below 0. */
function offered({ rungs }: Ladder, limit: number): bigint {
  const count = countWhile(rungs.length, (i) => rungs[i]!.limit >= 0 - limit);
  const last = rungs[count - 1];
  return last ? last.before + last.wh : 0n;
}

function ladderOf(side: Side, orders: readonly Order[], turns: ReadonlyMap<string, number>): Ladder {
  const rungOf = new Map<number, number>();
  const byMember = new Map<string, number[]>();
  let before = 0n;
  const rungs = stakesOf(side, orders, turns).map(({ member, limit, orders: own }, rung): Rung => {
    for (const index of own) rungOf.set(index, rung);
    byMember.set(member, [...(byMember.get(member) ?? []), ...own]);
    const wh = own.reduce((sum, index) => sum + BigInt(orders[index]!.wh), 0n);
    const here = { member, limit: side === 'buy' ? limit : 0 - limit, wh, before };
    before += wh;
    return here;
  });
  return { rungs, rungOf, byMember };
}

/** How many of 0, 1, ... hold, where those that hold come first. */
function countWhile(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
