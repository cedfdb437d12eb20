// Who supplied whom (market.md, uniform-price/1, step 4). First each member's own purchase and sale are set against each
// other; then buyers and sellers are laid end to end in rotation, and the overlaps are the pairs. With a feeder tree this
// is done inside each feeder first, then inside each substation, then for the rest.
//
// Read from market.md and fixed here:
// - What a member bought from itself is set off and makes no pair: nobody supplied anybody. So the pairs of a member sum
//   to what it bought minus what it sold, and no pair names one member twice.
// - Pairs come in the order in which they arise; feeders and substations in the rotation of their first member. A member
//   without a known place is paired in the last round only.
import type { Fill, Pair, Place } from './order.ts';

type AreaOf = (index: number) => string | number | undefined;

interface Open {
  readonly member: string;
  /** In the rotation. */
  readonly index: number;
  wh: number;
}

/**
 * Pairs of a clearing in which bought and sold energy are equal.
 * @param turn all members with fills, in rotation
 */
export function pairsOf(
  fills: Iterable<Fill>,
  turn: readonly string[],
  places: ReadonlyMap<string, Place> = new Map(),
): Pair[] {
  if (places.size === 0) return pairsByRounds(fills, turn, []);
  const placeOf = (index: number) => places.get(turn[index]!);
  const feederOf = (index: number) => {
    const place = placeOf(index);
    return place && JSON.stringify([place.substation, place.feeder]);
  };
  return pairsByRounds(fills, turn, [feederOf, (index) => placeOf(index)?.substation]);
}

/**
 * Pairs made in rounds: inside each area of the first round, then of the second, and so on, then among all.
 * @param rounds each names the area of a member, given by its index in `turn`; undefined where it has none in this round
 */
export function pairsByRounds(fills: Iterable<Fill>, turn: readonly string[], rounds: readonly AreaOf[]): Pair[] {
  // A member's net fits a double: no member buys or sells more than the volume, which is below 2^53.
  const net = new Map<string, number>();
  for (const { member, side, wh } of fills) {
    if (wh > 0) net.set(member, (net.get(member) ?? 0) + (side === 'buy' ? wh : -wh));
  }
  const buyers: Open[] = [];
  const sellers: Open[] = [];
  for (const [index, member] of turn.entries()) {
    const wh = net.get(member) ?? 0;
    if (wh > 0) buyers.push({ member, index, wh });
    if (wh < 0) sellers.push({ member, index, wh: -wh });
  }
  const pairs: Pair[] = [];
  for (const areaOf of rounds) layWithin(buyers, sellers, areaOf, pairs);
  layEndToEnd(buyers, sellers, pairs);
  return pairs;
}

function layWithin(buyers: readonly Open[], sellers: readonly Open[], areaOf: AreaOf, pairs: Pair[]): void {
  const sellersOf = Map.groupBy(sellers, ({ index }) => areaOf(index));
  for (const [area, group] of Map.groupBy(buyers, ({ index }) => areaOf(index))) {
    if (area !== undefined) layEndToEnd(group, sellersOf.get(area) ?? [], pairs);
  }
}

/** Takes from both sides what overlaps. */
function layEndToEnd(buyers: readonly Open[], sellers: readonly Open[], pairs: Pair[]): void {
  let [b, s] = [0, 0];
  while (b < buyers.length && s < sellers.length) {
    const buyer = buyers[b]!;
    const seller = sellers[s]!;
    const wh = Math.min(buyer.wh, seller.wh);
    if (wh > 0) pairs.push({ buyer: buyer.member, seller: seller.member, wh });
    buyer.wh -= wh;
    seller.wh -= wh;
    if (buyer.wh === 0) b++;
    if (seller.wh === 0) s++;
  }
}
