// Who trades under `zonal/1`, and what flows over each edge of the feeder tree. Net-demand curves are merged from the leaves
// up and clipped at each edge (net-curve.ts); then, from the root down, each area's net import is known, which says what its
// members trade and what each area below takes in.
import { quote } from '../units.ts';
import { type FeederTree, PRICE_BOUND } from './feeders.ts';
import { type NetCurve, netCurve, type Position, positionOf, throughEdge } from './net-curve.ts';
import type { Auction, Order } from './order.ts';
import { rotationOf } from './rules/uniform-price.ts';
import { type Claim, fillInOrderOfId, shareProRata, sumWh } from './share.ts';

export interface Flows {
  /** Wh filled, by index of the order. */
  readonly filledWh: Float64Array;
  /** Wh into each area over its edge, below 0 out of it, by index of the tree's areas. */
  readonly flows: Float64Array;
  /** Where that lies on each area's own curve. */
  readonly positions: readonly Position[];
}

/**
 * The flows and fills of most welfare, and among them of most energy.
 * @param limits micro-currency per kWh, by index of the order
 * @param energy Wh, above 0 for a buy and below 0 for a sell
 * @throws RangeError where a member has no place in the tree, or sums would leave what is exact
 */
export function findFlows(auction: Auction, tree: FeederTree, limits: Float64Array, energy: Float64Array): Flows {
  checkSums(energy);
  const ordersOf = groupByArea(placeOrders(auction.orders, tree), tree);
  const book: Book = { auction, tree, limits, energy, ordersOf };
  const { curves, seen } = curvesUp(book);
  return fillDown(book, curves, seen);
}

interface Book {
  readonly auction: Auction;
  readonly tree: FeederTree;
  readonly limits: Float64Array;
  readonly energy: Float64Array;
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
    const parts = { limits: [] as number[], energy: [] as number[] };
    let start = 0;
    for (const index of own) {
      if (energy[index]! < 0) start += energy[index]!;
      parts.limits.push(limits[index]!);
      parts.energy.push(energy[index]!);
    }
    for (const curve of below) {
      start += curve.start;
      for (let i = 0; i < curve.limits.length; i++) {
        parts.limits.push(curve.limits[i]!);
        parts.energy.push(curve.energy[i]!);
      }
    }
    const curve = netCurve(start, parts.limits, parts.energy);
    curves[a] = curve;
    const { parent } = tree.areas[a]!;
    if (parent >= 0) seen[parent]!.push(throughEdge(curve, tree.areas[a]!));
  }
  return { curves, seen };
}

/** The step of an area's curve at which its net import lies: what is worth more is taken, what is worth less is not. */
interface Margin {
  readonly limit: number;
  /** Whether the step is sales that do not happen, rather than purchases. */
  readonly sell: boolean;
  /** Wh bought or sold in this step, to be shared among those who stand in it. */
  readonly sharedWh: number;
}

/** One who has Wh in the marginal step: a member on the area itself, or an area below. */
interface Sharer {
  readonly wh: number | bigint;
  /** Turn in the rotation; asked for only where remainders are equal. */
  readonly turn: () => number;
  readonly take: (share: number) => void;
}

interface Turns {
  readonly ofMember: ReadonlyMap<string, number>;
  readonly ofArea: Float64Array;
}

/** From the root down: how much each area takes in, and with it who of its members trades. */
function fillDown(book: Book, curves: readonly NetCurve[], seen: readonly (readonly NetCurve[])[]): Flows {
  const { areas } = book.tree;
  const flows = new Float64Array(areas.length);
  const filledWh = new Float64Array(book.energy.length);
  const positions: Position[] = [];
  const turns = lazily(() => turnsOf(book));
  const childrenOf = Map.groupBy(areas.keys(), (index) => areas[index]!.parent);
  for (const [a, curve] of curves.entries()) {
    const position = positionOf(curve, flows[a]!);
    positions.push(position);
    const margin = marginOf(curve, position);
    const sharers = fillMembers(book, book.ordersOf[a]!, margin, filledWh, turns);
    for (const [place, child] of (childrenOf.get(a) ?? []).entries()) {
      const sharer = sendDown(seen[a]![place]!, margin, flows, child, turns);
      if (sharer) sharers.push(sharer);
    }
    share(margin.sharedWh, sharers);
  }
  return { flows, positions, filledWh };
}

function marginOf(curve: NetCurve, { index, taken }: Position): Margin {
  const energy = curve.energy[index] ?? 0;
  const sell = energy < 0;
  // Behind the last step everything is worth more.
  return { limit: curve.limits[index] ?? Number.NEGATIVE_INFINITY, sell, sharedWh: sell ? -energy - taken : taken };
}

/** Above 0 where a step is worth more than the margin, 0 at the margin, below 0 where it is worth less. */
function compareToMargin(margin: Margin, limit: number, sell: boolean): number {
  return limit - margin.limit || Number(margin.sell) - Number(sell);
}

/** Fills the orders of members on the area itself, but for those at the margin, who share. */
function fillMembers(
  { auction, limits, energy }: Book,
  own: Int32Array,
  margin: Margin,
  filledWh: Float64Array,
  turns: () => Turns,
): Sharer[] {
  const claims: Claim[] = [];
  for (const index of own) {
    const wh = Math.abs(energy[index]!);
    const sell = energy[index]! < 0;
    const order = compareToMargin(margin, limits[index]!, sell);
    if (order === 0) claims.push({ index, id: auction.orders[index]!.id, member: auction.orders[index]!.member, wh });
    else if (sell ? order < 0 : order > 0) filledWh[index] = wh;
  }
  return [...Map.groupBy(claims, (claim) => claim.member)].map(([member, claims]) => ({
    wh: sumWh(claims),
    turn: () => turns().ofMember.get(member)!,
    take: (share) => fillInOrderOfId(share, claims, filledWh),
  }));
}

/** Sets what flows into an area below, but for its share of the margin, where it has one. */
function sendDown(
  { start, limits, energy }: NetCurve,
  margin: Margin,
  flows: Float64Array,
  child: number,
  turns: () => Turns,
): Sharer | null {
  let flow = start;
  for (let step = 0; step < limits.length; step++) {
    const width = Math.abs(energy[step]!);
    const order = compareToMargin(margin, limits[step]!, energy[step]! < 0);
    if (order > 0) {
      flow += width;
      continue;
    }
    flows[child] = flow;
    if (order < 0) return null;
    const take = (share: number) => {
      flows[child] = flow + (margin.sell ? width - share : share);
    };
    return { wh: width, turn: () => turns().ofArea[child]!, take };
  }
  flows[child] = flow;
  return null;
}

function share(amount: number, sharers: readonly Sharer[]): void {
  if (sharers.length === 0) return;
  const weights = sharers.map(({ wh }) => wh);
  const inTurn = (tied: readonly number[]) => tied.toSorted((a, b) => sharers[a]!.turn() - sharers[b]!.turn());
  for (const [index, part] of shareProRata(amount, weights, inTurn).entries()) sharers[index]!.take(part);
}

/** The area of each order. @throws RangeError naming the order that has none, or whose limit is out of what is exact */
export function placeOrders(orders: readonly Order[], tree: FeederTree): Int32Array {
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
function turnsOf({ auction, tree }: Book): Turns {
  const ofMember = new Map<string, number>();
  const ofArea = new Float64Array(tree.areas.length).fill(Number.POSITIVE_INFINITY);
  for (const [turn, id] of rotationOf(auction).entries()) {
    ofMember.set(id, turn);
    // Members come in rotation: where an area has its turn already, so have those above.
    for (let a = tree.areaOf(id) ?? -1; a >= 0 && turn < ofArea[a]!; a = tree.areas[a]!.parent) ofArea[a] = turn;
  }
  return { ofMember, ofArea };
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
