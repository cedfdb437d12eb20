// The net-demand curve of an area: how much it takes in on balance, from all its members selling to all of them buying, as
// steps from the step worth most down. A buy adds a step when it is served; a sell stands in the curve as energy already
// given away, and its step is the sale that does not happen. Curves of areas are merged by adding steps of equal worth, and
// clipped at the edge that joins an area to the one above (market.md, `zonal/1`).
//
// At equal limits the buy's step comes first. That picks, among the optima, the one with most energy: it is what the optimum
// would be if every buy paid, and every sell asked, a trace better than its limit. The trace never outweighs a limit,
// because exchanging one step for another changes welfare by a whole number, and the trace by at most one trade.
//
// Sums are doubles used as integers; zonal.ts refuses books in which they would leave 2^53.

export interface NetCurve {
  /** Net import where no step is taken: 0 or less. It ends at 0 or more. */
  readonly start: number;
  /** What each step is worth, micro-currency per kWh, from the highest down; at most two steps alike, the buys' first. */
  readonly limits: readonly number[];
  /** Wh of each step: above 0 for energy bought, below 0 for energy kept from being sold. */
  readonly energy: readonly number[];
}

/** The edge between an area and the one above. */
export interface Edge {
  readonly importWh: number;
  readonly exportWh: number;
  readonly fee: number;
}

/** Where a net import lies on a curve. */
export interface Position {
  /** Steps before this one are taken whole, steps after it not at all. */
  readonly index: number;
  /** Wh taken of the step itself; 0 on the border between two. */
  readonly taken: number;
  /** The prices that support this net import; infinite where the curve ends. */
  readonly low: number;
  readonly high: number;
}

/** A curve from steps in any order; steps that are alike become one. */
export function netCurve(start: number, limits: readonly number[], energy: readonly number[]): NetCurve {
  if (limits.length < 2) return { start, limits, energy };
  const levels = distinct(limits);
  // Two places a level, the buys' before the sells', from the highest limit down.
  const sums = new Float64Array(2 * levels.length);
  for (let i = 0; i < limits.length; i++) {
    const wh = energy[i]!;
    sums[2 * levelOf(levels, limits[i]!) + (wh < 0 ? 1 : 0)]! += wh;
  }
  const curve: NetCurve & Steps = { start, limits: [], energy: [] };
  for (let place = 0; place < sums.length; place++) {
    if (sums[place] === 0) continue;
    curve.limits.push(levels[place >> 1]!);
    curve.energy.push(sums[place]!);
  }
  return curve;
}

/**
 * A curve as the area above sees it: cut to the capacity, each step worth the fee less where it brings energy in, and the
 * fee more where it keeps energy from going out.
 */
export function throughEdge(curve: NetCurve, { importWh, exportWh, fee }: Edge): NetCurve {
  const start = Math.max(curve.start, 0 - exportWh);
  const seen: NetCurve & Steps = { start, limits: [], energy: [] };
  const add = (limit: number, wh: number, sell: boolean) => {
    if (wh <= 0) return;
    seen.limits.push(limit);
    seen.energy.push(sell ? -wh : wh);
  };
  let at = curve.start;
  for (let i = 0; i < curve.energy.length && at < importWh; i++) {
    const sell = curve.energy[i]! < 0;
    const limit = curve.limits[i]!;
    const from = Math.max(at, start);
    at += Math.abs(curve.energy[i]!);
    const to = Math.min(at, importWh);
    if (fee === 0) add(limit, to - from, sell);
    else {
      // A step that crosses 0 becomes two.
      add(limit + fee, Math.min(to, 0) - from, sell);
      add(limit - fee, to - Math.max(from, 0), sell);
    }
  }
  return seen;
}

/** Where a net import lies. @param net between the curve's two ends */
export function positionOf({ start, limits, energy }: NetCurve, net: number): Position {
  let index = 0;
  let at = start;
  while (index < energy.length && at + Math.abs(energy[index]!) <= net) at += Math.abs(energy[index++]!);
  const taken = net - at;
  if (taken > 0) return { index, taken, low: limits[index]!, high: limits[index]! };
  return {
    index,
    taken,
    low: limits[index] ?? Number.NEGATIVE_INFINITY,
    high: limits[index - 1] ?? Number.POSITIVE_INFINITY,
  };
}

/** Steps of a curve while it is being made. */
interface Steps {
  readonly limits: number[];
  readonly energy: number[];
}

/** From the highest down, each once. */
function distinct(limits: readonly number[]): Float64Array {
  const sorted = Float64Array.from(limits).sort().reverse();
  let used = 0;
  for (const limit of sorted) if (used === 0 || sorted[used - 1] !== limit) sorted[used++] = limit;
  return sorted.subarray(0, used);
}

/** Index of a limit that is among the levels. */
function levelOf(levels: Float64Array, limit: number): number {
  let [low, high] = [0, levels.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (levels[middle]! > limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
