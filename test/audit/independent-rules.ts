// Part of the independent verifier: sections 9 and 10 of docs/ledger-format.md, as literally as possible.
import type { Json } from './independent-schema.ts';

export interface Order {
  readonly index: number;
  readonly id: string;
  readonly member: string;
  readonly side: 'buy' | 'sell';
  readonly wh: number;
  readonly limit: number;
}

export interface Meter {
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly quality: string;
}

export type Pair = readonly [buyer: string, seller: string, wh: number];

function rotation(members: readonly string[], interval: string): string[] {
  const sorted = [...members].sort();
  const seconds = Date.parse(interval) / 1000;
  const start = (seconds / 900 + Math.floor(seconds / 86400)) % sorted.length;
  return sorted.map((_, i) => sorted[(start + i) % sorted.length]!);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function recomputeClearing(
  interval: string,
  trading: readonly string[],
  book: readonly Order[],
): Record<string, Json> {
  const turn = rotation([...new Set([...trading, ...book.map(({ member }) => member)])], interval);
  const buys = book.filter(({ side }) => side === 'buy');
  const sells = book.filter(({ side }) => side === 'sell');
  const volume = Math.max(
    0,
    ...book.map(({ limit: p }) =>
      Math.min(
        sum(buys.filter(({ limit }) => limit >= p).map(({ wh }) => wh)),
        sum(sells.filter(({ limit }) => limit <= p).map(({ wh }) => wh)),
      ),
    ),
  );
  if (volume === 0) {
    return {
      rule: 'uniform-price/1',
      orders: book.length,
      volumeWh: 0,
      price: null,
      priceLow: null,
      priceHigh: null,
      fills: [],
      pairs: [],
    };
  }
  const filled = new Map<Order, number>();
  for (const [side, direction] of [
    [buys, -1],
    [sells, 1],
  ] as const) {
    let left = volume;
    const limits = [...new Set(side.map(({ limit }) => limit))].sort((a, b) => direction * (a - b));
    for (const limit of limits) {
      const step = side.filter((order) => order.limit === limit);
      const wanted = sum(step.map(({ wh }) => wh));
      if (wanted <= left) for (const order of step) filled.set(order, order.wh);
      else share(step, wanted, left, turn, filled);
      left -= Math.min(left, wanted);
    }
  }
  const fill = (order: Order) => filled.get(order) ?? 0;
  const low = Math.max(
    ...sells.filter((order) => fill(order) > 0).map(({ limit }) => limit),
    ...buys.filter((order) => fill(order) < order.wh).map(({ limit }) => limit),
  );
  const high = Math.min(
    ...buys.filter((order) => fill(order) > 0).map(({ limit }) => limit),
    ...sells.filter((order) => fill(order) < order.wh).map(({ limit }) => limit),
  );
  return {
    rule: 'uniform-price/1',
    orders: book.length,
    volumeWh: volume,
    price: Math.floor((low + high) / 2),
    priceLow: low,
    priceHigh: high,
    fills: book.filter((order) => fill(order) > 0).map((order) => [order.index, fill(order)]),
    pairs: pairsOf(book, fill, turn).map((pair) => [...pair]),
  };
}

function share(
  step: readonly Order[],
  wanted: number,
  left: number,
  turn: readonly string[],
  filled: Map<Order, number>,
): void {
  const members = turn.filter((member) => step.some((order) => order.member === member));
  const asks = members.map((member) => sum(step.filter((order) => order.member === member).map(({ wh }) => wh)));
  const parts = asks.map((ask) => Number((BigInt(left) * BigInt(ask)) / BigInt(wanted)));
  const remainders = asks.map((ask) => (BigInt(left) * BigInt(ask)) % BigInt(wanted));
  const byRemainder = members
    .map((_, i) => i)
    .sort((a, b) => (remainders[a]! === remainders[b]! ? a - b : remainders[a]! > remainders[b]! ? -1 : 1));
  for (const i of byRemainder.slice(0, left - sum(parts))) parts[i]! += 1;
  members.forEach((member, i) => {
    let part = parts[i]!;
    const own = step.filter((order) => order.member === member).sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const order of own) {
      filled.set(order, Math.min(part, order.wh));
      part -= Math.min(part, order.wh);
    }
  });
}

function pairsOf(book: readonly Order[], fill: (order: Order) => number, turn: readonly string[]): Pair[] {
  const net = (member: string) =>
    sum(book.filter((order) => order.member === member).map((order) => (order.side === 'buy' ? 1 : -1) * fill(order)));
  const buyers = turn.map((member) => ({ member, wh: net(member) })).filter(({ wh }) => wh > 0);
  const sellers = turn.map((member) => ({ member, wh: -net(member) })).filter(({ wh }) => wh > 0);
  const pairs: Pair[] = [];
  while (buyers[0] && sellers[0]) {
    const wh = Math.min(buyers[0].wh, sellers[0].wh);
    pairs.push([buyers[0].member, sellers[0].member, wh]);
    buyers[0].wh -= wh;
    sellers[0].wh -= wh;
    if (buyers[0].wh === 0) buyers.shift();
    if (sellers[0].wh === 0) sellers.shift();
  }
  return pairs;
}

export function recomputeSettlement(
  tariffs: { readonly import: number; readonly feedIn: number },
  price: number | null,
  pairs: readonly Pair[],
  meters: ReadonlyMap<string, Meter>,
): Record<string, Json> {
  const lines: { account: string; counterAccount: string; wh: number; price: number; amount: number; code: string }[] =
    [];
  const line = (account: string, counterAccount: string, wh: number, at: number, code: string) =>
    lines.push({ account, counterAccount, wh, price: at, amount: wh * at || 0, code });
  for (const [buyer, seller, wh] of pairs) line(`member/${buyer}`, `member/${seller}`, wh, price!, 'trade');
  const members = [
    ...new Set([...meters.keys(), ...pairs.map(([buyer]) => buyer), ...pairs.map(([, seller]) => seller)]),
  ].sort();
  const statements = members.map((member) => {
    const boughtWh = sum(pairs.filter(([buyer]) => buyer === member).map(([, , wh]) => wh));
    const soldWh = sum(pairs.filter(([, seller]) => seller === member).map(([, , wh]) => wh));
    const meter = meters.get(member);
    const known = meter !== undefined && meter.quality !== 'missing';
    const d = known ? meter.importWh! - meter.exportWh! - (boughtWh - soldWh) : 0;
    if (d > 0) line(`member/${member}`, 'supplier', d, tariffs.import, 'import');
    if (d < 0) line('supplier', `member/${member}`, -d, tariffs.feedIn, 'feed-in');
    return {
      member,
      importWh: known ? meter.importWh : null,
      exportWh: known ? meter.exportWh : null,
      quality: known ? meter.quality : 'missing',
      boughtWh,
      soldWh,
      supplierWh: Math.max(d, 0),
      feedInWh: Math.max(-d, 0),
      amount: 0,
    };
  });
  for (const statement of statements) {
    const account = `member/${statement.member}`;
    statement.amount =
      sum(lines.filter((one) => one.account === account).map(({ amount }) => amount)) -
      sum(lines.filter((one) => one.counterAccount === account).map(({ amount }) => amount));
  }
  return { tariffs: { ...tariffs }, lines, statements };
}
