// `uniform-price/1` as one would write it first: objects in arrays, sorted with a comparator, steps by limit, shares by maps.
// The bench `market` runs it beside ours, so that one sees what flat arrays give; a test holds both to the same fills.
import type { Auction, Order } from '../../src/market/order.ts';
import { rotationOf } from '../../src/market/rules/uniform-price.ts';

interface Open extends Order {
  filledWh: number;
}

/** Wh filled by index of the order. */
export function clearPlainly(auction: Auction): number[] {
  const open = auction.orders.map(
    ({ id, member, side, wh, limit }): Open => ({ id, member, side, wh, limit, filledWh: 0 }),
  );
  const buys = open.filter(({ side }) => side === 'buy').sort((a, b) => b.limit - a.limit);
  const sells = open.filter(({ side }) => side === 'sell').sort((a, b) => a.limit - b.limit);
  const volumeWh = volumeOf(buys, sells);
  let turn: Map<string, number> | null = null;
  // Only the one step that does not fit asks who is first.
  const turnOf = (member: string) => {
    turn ??= new Map(rotationOf(auction).map((id, index) => [id, index]));
    return turn.get(member)!;
  };
  accept(buys, volumeWh, turnOf);
  accept(sells, volumeWh, turnOf);
  return open.map(({ filledWh }) => filledWh);
}

/** The best of either side meet until their limits no longer do. */
function volumeOf(buys: readonly Open[], sells: readonly Open[]): number {
  let [b, s, volume] = [0, 0, 0];
  let [buyLeft, sellLeft] = [buys[0]?.wh ?? 0, sells[0]?.wh ?? 0];
  while (b < buys.length && s < sells.length && buys[b]!.limit >= sells[s]!.limit) {
    const wh = Math.min(buyLeft, sellLeft);
    volume += wh;
    buyLeft -= wh;
    sellLeft -= wh;
    if (buyLeft === 0) buyLeft = buys[++b]?.wh ?? 0;
    if (sellLeft === 0) sellLeft = sells[++s]?.wh ?? 0;
  }
  return volume;
}

function accept(side: readonly Open[], volumeWh: number, turnOf: (member: string) => number): void {
  let left = volumeWh;
  for (let from = 0; from < side.length && left > 0; ) {
    let [to, stepWh] = [from, 0];
    const { limit } = side[from]!;
    for (; to < side.length && side[to]!.limit === limit; to++) stepWh += side[to]!.wh;
    const step = side.slice(from, to);
    if (stepWh <= left) for (const open of step) open.filledWh = open.wh;
    else share(step, left, stepWh, turnOf);
    left -= Math.min(left, stepWh);
    from = to;
  }
}

function share(step: readonly Open[], amount: number, stepWh: number, turnOf: (member: string) => number): void {
  const members = [...Map.groupBy(step, ({ member }) => member)].map(([member, own]) => {
    const product = BigInt(amount) * BigInt(own.reduce((sum, { wh }) => sum + wh, 0));
    return { member, own, part: Number(product / BigInt(stepWh)), remainder: product % BigInt(stepWh) };
  });
  let odd = amount - members.reduce((sum, { part }) => sum + part, 0);
  members.sort((a, b) => Number(b.remainder - a.remainder) || turnOf(a.member) - turnOf(b.member));
  for (const { own, part } of members) {
    let left = part + (odd-- > 0 ? 1 : 0);
    for (const open of own.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      open.filledWh = Math.min(left, open.wh);
      left -= open.filledWh;
    }
  }
}
