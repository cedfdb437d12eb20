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

import { type FeederTree, feederTree, ONE_AREA } from '../feeders.ts';
import type { Position } from '../net-curve.ts';
import { type Auction, type Clearing, checkAuction, type Fill, type Pair } from '../order.ts';
import { pairsByRounds } from '../pairs.ts';
import { findFlows } from '../zonal-flows.ts';
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

/**
 * The buyer pays the price of its area, the seller receives that of its own, micro-currency per kWh. Of the difference the
 * fees of the edges between them go to `network`, and what is left, the rent of full edges, to `fund`.
 */
export interface ZonalPair extends Pair {
  readonly price: number;
  readonly sellerPrice: number;
  readonly networkFee: number;
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

export function isZonal(clearing: Clearing): clearing is ZonalClearing {
  return clearing.rule === ZONAL;
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
  const { flows, positions, filledWh } = findFlows(auction, tree, limits, energy);
  let volumeWh = 0;
  for (let i = 0; i < energy.length; i++) if (energy[i]! > 0) volumeWh += filledWh[i]!;
  return { volumeWh, areas: pricesDown(tree, flows, positions, volumeWh > 0), filledWh };
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
  const homes = Int32Array.from(turn, (member) => tree.areaOf(member) ?? -1);
  const rounds = Array.from({ length: deepest }, (_, round) => (index: number) => {
    let area = homes[index]!;
    if (area < 0 || areas[area]!.depth < deepest - round) return undefined;
    while (areas[area]!.depth > deepest - round) area = areas[area]!.parent;
    return area;
  });
  return pairsByRounds(fills, turn, rounds).map(({ buyer, seller, wh }) => {
    const to = tree.areaOf(buyer)!;
    const from = tree.areaOf(seller)!;
    const [price, sellerPrice] = [cleared[to]!.price!, cleared[from]!.price!];
    return { buyer, seller, wh, price, sellerPrice, networkFee: feeBetween(tree, from, to) };
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
