// The stage `preferred` once more, written from docs/market.md as plainly as it can be said: in each round every buy looks at
// every sell. Shares no code with src/. Slow; only to compare with.
import type { Auction, Order, Preferred } from '../../src/market/order.ts';
import { naiveRotation } from './naive-auction.ts';

const ROUNDS = ['partners', 'feeder', 'renewable'] as const;

/** Feeder of a member, or null: under `zonal/1` its area. */
export function feederOf({ areas, places }: Auction, zonal: boolean, member: string): string | null {
  if (zonal && areas && areas.length > 0) return areas.find(({ members }) => members?.includes(member))?.id ?? null;
  const place = places?.get(member);
  return place ? `${place.feeder}\n${place.substation}` : null;
}

/** Whether an order wishes for another. */
function wishes(auction: Auction, zonal: boolean, order: Order, other: Order): boolean {
  switch (order.preference?.from) {
    case 'partners':
      return order.preference.partners!.includes(other.member);
    case 'feeder': {
      const feeder = feederOf(auction, zonal, order.member);
      return feeder !== null && feeder === feederOf(auction, zonal, other.member);
    }
    case 'renewable':
      return other.renewable === true;
    default:
      return false;
  }
}

/** Whether an order may trade with another at all. */
export function accepts(auction: Auction, zonal: boolean, order: Order, other: Order): boolean {
  return order.preference?.mode !== 'only' || wishes(auction, zonal, order, other);
}

/** Whether two orders may meet in this stage, in the round that is for `from`, or in any. */
export function mayMeet(auction: Auction, zonal: boolean, buy: Order, sell: Order, from?: string): boolean {
  if (buy.member === sell.member || buy.limit < sell.limit) return false;
  if (zonal && auction.areas?.length) {
    if (feederOf(auction, true, buy.member) !== feederOf(auction, true, sell.member)) return false;
  }
  const inRound = (order: Order) => from === undefined || order.preference?.from === from;
  const wished =
    (inRound(buy) && wishes(auction, zonal, buy, sell)) || (inRound(sell) && wishes(auction, zonal, sell, buy));
  return wished && accepts(auction, zonal, buy, sell) && accepts(auction, zonal, sell, buy);
}

/** What comes first of orders of one member at one limit. */
function wishText({ preference, renewable }: Order): string[] {
  const mode = preference ? ['only', 'first'].indexOf(preference.mode) : 2;
  const from = preference ? ROUNDS.indexOf(preference.from) : 0;
  // The list's end comes before any name.
  const names = (preference?.partners ?? []).map((name) => `1${Buffer.from(name).toString('hex')}`);
  return [String(mode), String(from), ...names, '0', renewable ? '1' : '0'];
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  }
  return a.length - b.length;
}

export function naivePreferred(auction: Auction, zonal = false): Preferred[] {
  const { orders, interval, cancels = [] } = auction;
  const turn = naiveRotation(auction.members ?? [...new Set(orders.map(({ member }) => member))], interval);
  const left = orders.map(({ id, wh }) => (cancels.some(({ order }) => order === id) ? 0 : wh));
  const bytes = (text: string) => Buffer.from(text).toString('hex');
  const queue = (side: Order['side']) =>
    orders
      .map((order, index) => ({ order, index }))
      .filter(({ order }) => order.side === side)
      .sort(
        ({ order: a }, { order: b }) =>
          (side === 'buy' ? b.limit - a.limit : a.limit - b.limit) ||
          turn.indexOf(a.member) - turn.indexOf(b.member) ||
          compareTexts(wishText(a), wishText(b)) ||
          (bytes(a.id) < bytes(b.id) ? -1 : 1),
      );
  const trades: Preferred[] = [];
  for (const round of ROUNDS) {
    for (const buy of queue('buy')) {
      for (const sell of queue('sell')) {
        const wh = Math.min(left[buy.index]!, left[sell.index]!);
        if (wh === 0 || !mayMeet(auction, zonal, buy.order, sell.order, round)) continue;
        left[buy.index]! -= wh;
        left[sell.index]! -= wh;
        const price = Number((BigInt(buy.order.limit) + BigInt(sell.order.limit)) >> 1n);
        const names = { buyer: buy.order.member, seller: sell.order.member };
        trades.push({ buy: buy.index, sell: sell.index, ...names, wh, price });
      }
    }
  }
  return trades;
}
