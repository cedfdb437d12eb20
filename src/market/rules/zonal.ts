// Market rule `zonal/1` (market.md, docs/market-zonal.md): one auction over a feeder tree whose edges have capacities and
// fees. Welfare is the largest that the edges allow, and among equals the energy. Net-demand curves are merged from the
// leaves up and clipped at each edge; then each area's net import is known from the root down. Integers only.
//
// Read from market.md and fixed here:
// - The fee is paid on what crosses an edge on balance, in either direction; what is matched below the edge does not.
// - A buyer pays its area's price, in which the fees are; a seller gets its area's price. So limits hold, fees included.
// - At the marginal step of an area those who share are the members on the area itself and the areas below it, each with
//   its Wh there; equal remainders in rotation, an area in the turn of its first member.
// - Pairs are made inside the deepest areas first. So each edge is crossed by pairs in one direction, and as much as flows.
// - Without a tree all members stand in one area: `uniform-price/1`.

import { quote } from '../../units.ts';
import { type FeederTree, feederTree, ONE_AREA, PRICE_BOUND } from '../feeders.ts';
import { type NetCurve, netCurve, type Position, positionOf, throughEdge } from '../net-curve.ts';
import { type Auction, type Clearing, checkAuction, type Fill, type Order, type Pair } from '../order.ts';
import { pairsByRounds } from '../pairs.ts';
import { type Claim, fillInOrderOfId, shareProRata, sumWh } from '../share.ts';
import { floorMidpoint, readOrders, rotationOf } from './uniform-price.ts';

export const ZONAL = 'zonal/1';

export interface AreaClearing {
  readonly id: string;
  /** The area above; null at the root. */
  readonly parent: string | null;
  /** What buyers here pay and sellers get; null where nothing supports a price. Micro-currency per kWh, as are the next. */
  readonly price: number | null;
  /** Interval of the prices that support what happens here; null where it has no end. */
  readonly priceLow: number | null;
  readonly priceHigh: number | null;
  /** Wh over the edge from above: above 0 into the area, below 0 out of it; 0 at the root. */
  readonly flowWh: number;
  /** For each kWh that crosses the edge: to `network`, and, where the edge is full, to `fund`. */
  readonly fee: number;
  readonly rent: number;
}

/** The buyer pays price + fee + rent, micro-currency per kWh: the price to the seller, the rest to `network` and `fund`. */
export interface ZonalPair extends Pair {
  readonly price: number;
  readonly fee: number;
  readonly rent: number;
}

export interface ZonalClearing extends Clearing {
  /** Sorted from the root down, each level in order of its parents, then of id; empty without a tree. */
  readonly areas: readonly AreaClearing[];
  readonly pairs: readonly ZonalPair[];
}

export interface ZonalMatch {
  readonly volumeWh: number;
  /** By index of the tree's areas. */
  readonly areas: readonly AreaClearing[];
  /** Wh filled, by index of the order. */
  readonly filledWh: Float64Array;
  /** Index of the area of each order's member. */
  readonly areaOfOrder: Int32Array;
}

/**
 * Clears an auction over its feeder tree.
 * @throws RangeError naming the field, where the tree or an order is malformed, a member has no place in the tree, or sums
 *   and prices would leave what is exact
 */
export function clearZonal(auction: Auction): ZonalClearing {
  checkAuction(auction);
  const tree = treeOf(auction);
  const { volumeWh, areas, filledWh } = matchZonal(auction, tree);
  const fills = auction.orders.map(({ id, member, side }, index): Fill => ({ id, member, side, wh: filledWh[index]! }));
  const { price, priceLow, priceHigh } = areas[0]!;
  return {
    rule: ZONAL,
    interval: auction.interval,
    volumeWh,
    price,
    priceLow: price === null ? null : priceLow,
    priceHigh: price === null ? null : priceHigh,
    fills,
    pairs: volumeWh === 0 ? [] : pricedPairs(fills, rotationOf(auction), tree, areas),
    areas: tree === ONE_AREA ? [] : areas,
  };
}

/** The auction's feeder tree, checked. */
export function treeOf({ areas }: Pick<Auction, 'areas'>): FeederTree {
  return areas && areas.length > 0 ? feederTree(areas) : ONE_AREA;
}

/** Fills, flows and prices alone. */
export function matchZonal(auction: Auction, tree: FeederTree = treeOf(auction)): ZonalMatch {
  const { orders } = auction;
  const limits = new Float64Array(orders.length);
  const energy = new Float64Array(orders.length);
  readOrders(orders, limits, energy);
  const areaOfOrder = placeOrders(orders, tree);
  checkSums(energy);
  const book: Book = { auction, tree, limits, energy, areaOfOrder, ordersOf: groupByArea(areaOfOrder, tree) };

  const { curves, seen } = curvesUp(book);
  const { flows, positions, filledWh } = fillDown(book, curves, seen);
  let volumeWh = 0;
  for (let i = 0; i < energy.length; i++) if (energy[i]! > 0) volumeWh += filledWh[i]!;
  const areas = pricesDown(tree, flows, positions, volumeWh > 0);
  return { volumeWh, areas, filledWh, areaOfOrder };
}

interface Book {
  readonly auction: Auction;
  readonly tree: FeederTree;
  readonly limits: Float64Array;
  /** Above 0 for a buy, below 0 for a sell. */
  readonly energy: Float64Array;
  readonly areaOfOrder: Int32Array;
  /** Indices of the orders of members on each area itself. */
  readonly ordersOf: readonly Int32Array[];
}

/** From the leaves up: each area's own curve, and what the area above sees of it through the edge. */
function curvesUp({ tree, limits, energy, ordersOf }: Book): { curves: NetCurve[]; seen: NetCurve[][] } {
  const curves: NetCurve[] = new Array(tree.areas.length);
  const seen: NetCurve[][] = tree.areas.map(() => []);
  for (let a = tree.areas.length - 1; a >= 0; a--) {
    const below = seen[a]!.reverse();
    const own = ordersOf[a]!;
    const count = below.reduce((sum, curve) => sum + curve.wh.length, own.length);
    const parts = { limits: new Float64Array(count), sells: new Uint8Array(count), wh: new Float64Array(count) };
    let start = 0;
    let at = 0;
    for (const index of own) {
      const wh = energy[index]!;
      if (wh < 0) start += wh;
      parts.limits[at] = limits[index]!;
      parts.sells[at] = wh < 0 ? 1 : 0;
      parts.wh[at++] = Math.abs(wh);
    }
    for (const curve of below) {
      start += curve.start;
      parts.limits.set(curve.limits, at);
      parts.sells.set(curve.sells, at);
      parts.wh.set(curve.wh, at);
      at += curve.wh.length;
    }
    const curve = netCurve(start, parts.limits, parts.sells, parts.wh);
    curves[a] = curve;
    const { parent } = tree.areas[a]!;
    if (parent >= 0) seen[parent]!.push(throughEdge(curve, tree.areas[a]!));
  }
  return { curves, seen };
}

/** A share of an area's marginal step: that of a member on it, or that of an area below. */
interface Sharer {
  readonly wh: number | bigint;
  readonly rank: () => number;
  readonly take: (share: number) => void;
}

/** From the root down: how much each area takes in, and with it who of its members trades. */
function fillDown(book: Book, curves: readonly NetCurve[], seen: readonly (readonly NetCurve[])[]) {
  const { tree, limits, energy, ordersOf, auction } = book;
  const flows = new Float64Array(tree.areas.length);
  const filledWh = new Float64Array(energy.length);
  const positions: Position[] = [];
  const ranks = lazily(() => ranksOf(book));
  const childrenOf = Map.groupBy(tree.areas.keys(), (index) => tree.areas[index]!.parent);
  for (const [a, curve] of curves.entries()) {
    const position = positionOf(curve, flows[a]!);
    positions.push(position);
    const limit = curve.limits[position.index] ?? Number.NEGATIVE_INFINITY;
    const sell = curve.sells[position.index] ?? 0;
    const isBefore = (step: number, kind: number) => step > limit || (step === limit && kind < sell);
    const sharers: Sharer[] = [];
    // A sell's step is the sale that does not happen, but what is shared is the sale.
    const shared = sell ? curve.wh[position.index]! - position.taken : position.taken;

    const claims: Claim[] = [];
    for (const index of ordersOf[a]!) {
      const wh = energy[index]!;
      const kind = wh < 0 ? 1 : 0;
      if (limits[index] === limit && kind === sell) {
        const { id, member } = auction.orders[index]!;
        claims.push({ index, id, member, wh: Math.abs(wh) });
      } else if (isBefore(limits[index]!, kind) !== (kind === 1)) filledWh[index] = Math.abs(wh);
    }
    for (const [member, own] of Map.groupBy(claims, (claim) => claim.member)) {
      const take = (share: number) => fillInOrderOfId(share, own, filledWh);
      sharers.push({ wh: sumWh(own), rank: () => ranks().member.get(member)!, take });
    }

    for (const [place, child] of (childrenOf.get(a) ?? []).entries()) {
      const { start, limits, sells, wh } = seen[a]![place]!;
      let flow = start;
      for (let i = 0; i < wh.length; i++) {
        if (isBefore(limits[i]!, sells[i]!)) flow += wh[i]!;
        else {
          if (limits[i] === limit && sells[i] === sell) {
            const width = wh[i]!;
            const taken = (share: number) => {
              flows[child]! += sell ? width - share : share;
            };
            sharers.push({ wh: width, rank: () => ranks().area[child]!, take: taken });
          }
          break;
        }
      }
      flows[child] = flow;
    }
    share(shared, sharers);
  }
  return { flows, positions, filledWh };
}

function share(amount: number, sharers: readonly Sharer[]): void {
  if (sharers.length === 0) return;
  const weights = sharers.map(({ wh }) => wh);
  const inTurn = (tied: readonly number[]) => tied.toSorted((a, b) => sharers[a]!.rank() - sharers[b]!.rank());
  for (const [index, part] of shareProRata(amount, weights, inTurn).entries()) sharers[index]!.take(part);
}

/** From the root down: the root's midpoint, then in each area the supporting price nearest to its parent's and the fee. */
function pricesDown(
  { areas }: FeederTree,
  flows: Float64Array,
  positions: readonly Position[],
  traded: boolean,
): AreaClearing[] {
  const priced: AreaClearing[] = [];
  for (const [a, { id, parent, fee }] of areas.entries()) {
    const { low, high } = positions[a]!;
    const flowWh = flows[a]!;
    const above = parent < 0 ? null : priced[parent]!.price;
    const price = traded ? supportingPrice(low, high, above === null ? null : above + Math.sign(flowWh) * fee) : null;
    const rent = flowWh === 0 ? 0 : Math.abs(price! - above!) - fee;
    priced.push({
      id,
      parent: parent < 0 ? null : areas[parent]!.id,
      price,
      priceLow: traded && Number.isFinite(low) ? low + 0 : null,
      priceHigh: traded && Number.isFinite(high) ? high + 0 : null,
      flowWh,
      fee,
      rent,
    });
  }
  return priced;
}

/** Nearest to a price, or midway where there is none to be near; null where one end is open then. */
function supportingPrice(low: number, high: number, near: number | null): number | null {
  // + 0: a price of zero has one sign.
  if (near !== null) return Math.min(Math.max(near, low), high) + 0;
  return Number.isFinite(low) && Number.isFinite(high) ? floorMidpoint(low, high) : null;
}

/** Deepest areas first: what is left in an area then flows over its edge, all one way. */
function pricedPairs(
  fills: readonly Fill[],
  turn: readonly string[],
  tree: FeederTree,
  cleared: readonly AreaClearing[],
): ZonalPair[] {
  const { areas } = tree;
  const deepest = areas.at(-1)!.depth;
  const rounds = Array.from({ length: deepest }, (_, round) => (member: string) => {
    let area = tree.areaOf(member);
    if (area === undefined || areas[area]!.depth < deepest - round) return undefined;
    while (areas[area]!.depth > deepest - round) area = areas[area]!.parent;
    return area;
  });
  return pairsByRounds(fills, turn, rounds).map(({ buyer, seller, wh }) => {
    const from = tree.areaOf(seller)!;
    const to = tree.areaOf(buyer)!;
    const price = cleared[from]!.price!;
    const fee = feeBetween(tree, from, to);
    return { buyer, seller, wh, price, fee, rent: cleared[to]!.price! - price - fee };
  });
}

function feeBetween({ areas }: FeederTree, from: number, to: number): number {
  let [a, b] = [from, to];
  // The greater index is never the other's ancestor.
  while (a !== b) {
    if (a > b) a = areas[a]!.parent;
    else b = areas[b]!.parent;
  }
  return areas[from]!.feeToRoot + areas[to]!.feeToRoot - 2 * areas[a]!.feeToRoot;
}

function placeOrders(orders: readonly Order[], tree: FeederTree): Int32Array {
  const placed = new Int32Array(orders.length);
  const oneArea = tree.areas.length === 1;
  for (let i = 0; i < orders.length; i++) {
    const { member, limit } = orders[i]!;
    const area = tree.areaOf(member);
    if (area === undefined) {
      throw new RangeError(`orders[${i}].member ${quote(member)} stands in no area of the feeder tree`);
    }
    if (!oneArea && Math.abs(limit) + tree.areas[area]!.feeToRoot >= PRICE_BOUND) {
      throw new RangeError(`orders[${i}].limit and the fees on its way to the root must sum to less than 2^52`);
    }
    placed[i] = area;
  }
  return placed;
}

function checkSums(energy: Float64Array): void {
  const sums = { buy: 0, sell: 0 };
  for (const wh of energy) {
    if (wh > 0) sums.buy += wh;
    else sums.sell -= wh;
  }
  for (const [side, sum] of Object.entries(sums)) {
    if (!Number.isSafeInteger(sum)) throw new RangeError(`the orders to ${side} sum to more than 2^53-1 Wh`);
  }
}

function groupByArea(areaOfOrder: Int32Array, tree: FeederTree): Int32Array[] {
  const ends = new Int32Array(tree.areas.length + 1);
  for (const area of areaOfOrder) ends[area + 1]! += 1;
  for (let a = 0; a < tree.areas.length; a++) ends[a + 1]! += ends[a]!;
  const sorted = new Int32Array(areaOfOrder.length);
  const next = ends.slice();
  for (let i = 0; i < areaOfOrder.length; i++) sorted[next[areaOfOrder[i]!]!++] = i;
  return tree.areas.map((_, a) => sorted.subarray(ends[a], ends[a + 1]));
}

/** Turn of each member in the rotation, and of each area: that of the first member in it or below. */
function ranksOf({ auction, tree }: Book): { member: ReadonlyMap<string, number>; area: Float64Array } {
  const member = new Map<string, number>();
  const area = new Float64Array(tree.areas.length).fill(Number.POSITIVE_INFINITY);
  for (const [rank, id] of rotationOf(auction).entries()) {
    member.set(id, rank);
    for (let at = tree.areaOf(id) ?? -1; at >= 0 && rank < area[at]!; at = tree.areas[at]!.parent) area[at] = rank;
  }
  return { member, area };
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
