// One side of a book as rules see it that go through it order by order: best limit first, equal limits in rotation. What a
// member has at one limit is one stake, so splitting an order changes nothing.
import type { Order, Side } from './order.ts';

export interface Stake {
  readonly member: string;
  readonly limit: number;
  /** Places of its orders in the book. */
  readonly orders: number[];
}

/**
 * @param turns place in the rotation by member
 * @param counts which orders count, by place
 */
export function stakesOf(
  side: Side,
  orders: readonly Order[],
  turns: ReadonlyMap<string, number>,
  counts: (index: number) => boolean = () => true,
): Stake[] {
  const levels = new Map<number, Map<string, Stake>>();
  for (const [index, order] of orders.entries()) {
    if (order.side !== side || !counts(index)) continue;
    const { member, limit } = order;
    const level = levels.get(limit) ?? new Map<string, Stake>();
    levels.set(limit, level);
    const known = level.get(member);
    if (known) known.orders.push(index);
    else level.set(member, { member, limit, orders: [index] });
  }
  const better = side === 'buy' ? (a: number, b: number) => b - a : (a: number, b: number) => a - b;
  const inTurn = (a: Stake, b: Stake) => turns.get(a.member)! - turns.get(b.member)!;
  return [...levels].sort(([a], [b]) => better(a, b)).flatMap(([, level]) => [...level.values()].sort(inTurn));
}
