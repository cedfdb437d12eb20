// Market rule `allocation/1` (market.md): the regulated energy community. There are no orders; the surplus of an interval is
// shared by keys, and nobody gets more than it consumes. Not a Wh is lost: shares and what is left sum to the surplus.
//
// The kinds are those of collective self-consumption in France (Enedis: static, default dynamic, simple dynamic, full
// dynamic); `static-redistributed` is the static key whose unused part goes round again.
//
// Read from market.md and fixed here:
// - Wh are whole: the floor of each exact share, then single Wh to the largest remainders, equal ones in rotation (share.ts).
//   What the keys leave open counts as one more claimant, last in rotation, whose part stays surplus.
// - `static-redistributed` fills like water: keys decide the level to which everyone rises, and who consumes less stops
//   there. Only what was shared out goes round, not what the keys leave open.
// - Of several producers each gives in proportion to its surplus, but with `dynamic-full`, where keys say whose energy it
//   is: there a member whose shares come to more than it consumes takes from each in proportion.
// - Pairs are laid as in `uniform-price/1`, with `dynamic-full` as the keys say, consumers and producers in rotation.
import { type Allocation, type Community, checkCommunity, type Key, type Share, WHOLE } from '../allocation-keys.ts';
import type { Fill, Pair, Side } from '../order.ts';
import { pairsOf } from '../pairs.ts';
import { rotate } from '../rotation.ts';
import { shareProRata } from '../share.ts';

export const ALLOCATION = 'allocation/1';

/** Wh by member. */
type Energy = ReadonlyMap<string, number>;

/**
 * Shares the surplus of an interval.
 * @throws RangeError naming the field
 */
export function allocate(community: Community): Allocation {
  checkCommunity(community);
  const { interval, energy, keys, places } = community;
  const turn = rotate(community.members ?? energy.map(({ member }) => member), interval);
  const surplus = netOf(energy, turn, (row) => row.surplusWh - row.consumptionWh);
  const consumption = netOf(energy, turn, (row) => row.consumptionWh - row.surplusWh);
  const { byKey, pairs } =
    keys.kind === 'dynamic-full'
      ? allocateByProducer(surplus, consumption, keys.keys, turn)
      : allocateTogether(surplus, consumption, keys, turn, places);

  const taken = sumBy(pairs, ({ buyer }) => buyer);
  const given = sumBy(pairs, ({ seller }) => seller);
  const volumeWh = sum(taken.values());
  return {
    rule: ALLOCATION,
    interval,
    volumeWh,
    price: volumeWh === 0 ? null : community.price,
    shares: energy.flatMap(({ member }): Share[] => {
      const consumptionWh = consumption.get(member);
      if (consumptionWh === undefined) return [];
      return [{ member, consumptionWh, keyWh: byKey.get(member) ?? 0, wh: taken.get(member) ?? 0 }];
    }),
    left: energy.flatMap(({ member }) => {
      const wh = surplus.get(member);
      return wh === undefined ? [] : [{ member, wh: wh - (given.get(member) ?? 0) }];
    }),
    pairs,
  };
}

/** All surplus is one: who gets how much, then who gives how much, then who supplied whom. */
function allocateTogether(
  surplus: Energy,
  consumption: Energy,
  keys: Exclude<Community['keys'], { kind: 'dynamic-full' }>,
  turn: readonly string[],
  places: Community['places'],
): { byKey: Energy; pairs: Pair[] } {
  const total = sum(surplus.values());
  const byKey = keys.kind === 'dynamic' ? byConsumption(total, consumption) : byKeys(total, inTurn(keys.keys, turn));
  const shares =
    keys.kind === 'static-redistributed' ? rise(byKey, keys.keys, consumption) : capped(byKey, consumption);
  const volume = sum(shares.values());
  const giving = [...surplus.keys()];
  const parts = proRata(volume, [...surplus.values()]);
  const fill = (member: string, side: Side, wh: number): Fill => ({ id: member, member, side, wh });
  const fills = [
    ...[...shares].map(([member, wh]) => fill(member, 'buy', wh)),
    ...giving.map((member, index) => fill(member, 'sell', parts[index]!)),
  ];
  return { byKey, pairs: pairsOf(fills, turn, places) };
}

/** Each producer's surplus by its own keys; who would get more than it consumes takes less from each. */
function allocateByProducer(
  surplus: Energy,
  consumption: Energy,
  keys: readonly (Key & { readonly producer: string })[],
  turn: readonly string[],
): { byKey: Energy; pairs: Pair[] } {
  const keysOf = Map.groupBy(keys, ({ producer }) => producer);
  const offers: Pair[] = [];
  for (const [seller, total] of surplus) {
    const given = byKeys(total, inTurn(keysOf.get(seller) ?? [], turn));
    for (const [buyer, wh] of given) if (wh > 0) offers.push({ buyer, seller, wh });
  }
  const byKey = sumBy(offers, ({ buyer }) => buyer);
  const offersTo = Map.groupBy(offers, ({ buyer }) => buyer);
  const pairs = turn.flatMap((buyer): Pair[] => {
    const own = offersTo.get(buyer) ?? [];
    const limit = Math.min(consumption.get(buyer) ?? 0, byKey.get(buyer) ?? 0);
    const parts = proRata(
      limit,
      own.map(({ wh }) => wh),
    );
    return own.map(({ seller }, index) => ({ buyer, seller, wh: parts[index]! })).filter(({ wh }) => wh > 0);
  });
  return { byKey, pairs };
}

/** In proportion to consumption, and all that is consumed where there is enough. */
function byConsumption(total: number, consumption: Energy): Energy {
  const members = [...consumption.keys()];
  const weights = [...consumption.values()];
  const consumed = weights.reduce((all, wh) => all + BigInt(wh), 0n);
  const amount = consumed < BigInt(total) ? Number(consumed) : total;
  const parts = proRata(amount, weights);
  return new Map(members.map((member, index) => [member, parts[index]!]));
}

/** The surplus by keys, with what they leave open as one more claimant; uncapped. */
function byKeys(total: number, keys: readonly Key[]): Energy {
  const open = WHOLE - keys.reduce((all, { millionths }) => all + millionths, 0);
  const parts = proRata(total, [...keys.map(({ millionths }) => millionths), open]);
  return new Map(keys.map(({ member }, index) => [member, parts[index]!]));
}

/** Nobody gets more than it consumes; who produces in this interval consumes nothing. */
function capped(byKey: Energy, consumption: Energy): Energy {
  return new Map([...byKey].map(([member, wh]) => [member, Math.min(wh, consumption.get(member) ?? 0)]));
}

/**
 * Shares what was given out again until nobody is above its consumption: whose exact share reaches it stops there, and
 * the others share the rest by their keys. In whole Wh nobody rises above it, because only a fraction is rounded up.
 */
function rise(byKey: Energy, keys: readonly Key[], consumption: Energy): Energy {
  const keyOf = new Map(keys.map(({ member, millionths }) => [member, millionths]));
  const consumed = (member: string) => consumption.get(member) ?? 0;
  const shares = new Map<string, number>();
  let rest = sum(byKey.values());
  let rising = [...byKey.keys()].filter((member) => keyOf.get(member)! > 0);
  for (;;) {
    const whole = rising.reduce((all, member) => all + keyOf.get(member)!, 0);
    const full = rising.filter(
      (member) => BigInt(rest) * BigInt(keyOf.get(member)!) >= BigInt(consumed(member)) * BigInt(whole),
    );
    if (full.length === 0) break;
    for (const member of full) {
      shares.set(member, consumed(member));
      rest -= consumed(member);
    }
    rising = rising.filter((member) => !shares.has(member));
  }
  const parts = proRata(
    rest,
    rising.map((member) => keyOf.get(member)!),
  );
  for (const [index, member] of rising.entries()) shares.set(member, parts[index]!);
  return shares;
}

/** Weights stand in rotation, so equal remainders are served from the first. */
function proRata(amount: number, weights: readonly number[]): number[] {
  if (amount === 0 || weights.length === 0) return weights.map(() => 0);
  return shareProRata(amount, weights, (candidates) => candidates);
}

/** Who has any, in rotation. */
function netOf(
  energy: Community['energy'],
  turn: readonly string[],
  net: (row: Community['energy'][number]) => number,
): Energy {
  const found = new Map(energy.map((row) => [row.member, net(row)]));
  return new Map(
    turn.flatMap((member): [string, number][] => ((found.get(member) ?? 0) > 0 ? [[member, found.get(member)!]] : [])),
  );
}

function inTurn<K extends Key>(keys: readonly K[], turn: readonly string[]): K[] {
  const byMember = new Map(keys.map((key) => [key.member, key]));
  return turn.flatMap((member) => byMember.get(member) ?? []);
}

function sumBy(pairs: readonly Pair[], of: (pair: Pair) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const pair of pairs) sums.set(of(pair), (sums.get(of(pair)) ?? 0) + pair.wh);
  return sums;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
