// Where supply meets demand: the limit at which the most energy trades, found without sorting the orders. Limits fall
// into buckets, each bucket sums the Wh of its buys and sells, and only the bucket in which supply overtakes demand is
// looked at again. A few passes over flat arrays of numbers replace a sort of objects.
//
// Sums are doubles used as integers. Adding positive integers in doubles is exact as long as the sum is below 2^53, and a
// sum that leaves this range never falls back into it; so "below 2^53" means "exact", and every comparison first cuts
// both sides to 2^53. More energy than that cannot be traded at all (the rule refuses it), so nothing is lost.

export const TOO_MUCH = 2 ** 53;

export interface Crossing {
  /** Every sell below this limit is filled, every buy above it too; orders at it share what is left. */
  readonly limit: number;
  /** Wh of sells strictly below, and of buys strictly above the limit. */
  readonly sellBelow: number;
  readonly buyAbove: number;
  /** Wh of sells and of buys exactly at the limit. */
  readonly sellAt: number;
  readonly buyAt: number;
}

/**
 * The crossing of a book, or null without a buy. The most energy that can trade is
 * min(sellBelow + sellAt, buyAbove + buyAt).
 *
 * Why: with S(p) = sells at or below p and D(p) = buys at or above p, S grows and D falls with p. At a place t between
 * two limits, S - D is negative for small t and not for large t, and it changes sign over exactly one limit m. Below m
 * min(S, D) = S <= S at m's left edge, above m it is D <= D at m's right edge, and at m itself it is at least both.
 *
 * @param limits micro-currency per kWh
 * @param energy Wh, above 0 for a buy and below 0 for a sell; same length
 */
export function findCrossing(limits: Float64Array, energy: Float64Array): Crossing | null {
  if (!energy.some((wh) => wh > 0)) return null;
  let sellBelow = 0;
  let buyAbove = 0;
  let [p, e] = [limits, energy];
  for (;;) {
    const [low, high] = bounds(p);
    if (low === high) return { limit: low, sellBelow, buyAbove, ...sums(e) };
    const count = bucketCount(p.length);
    // Rounding in here is harmless: it keeps the order of limits, and sends `low` and `high` to different buckets.
    const scale = (count - 1) / (high - low);
    const buys = new Float64Array(count);
    const sells = new Float64Array(count);
    for (let i = 0; i < p.length; i++) {
      const bucket = ((p[i]! - low) * scale) | 0;
      const wh = e[i]!;
      if (wh > 0) buys[bucket]! += wh;
      else sells[bucket]! -= wh;
    }
    let supply = sellBelow;
    for (let b = 0; b < count; b++) {
      const here = sells[b]!;
      sells[b] = supply; // from now on: all sells below bucket b
      supply += here;
    }
    let found = count - 1;
    let demand = buyAbove;
    for (; found > 0; found--) {
      const withThis = demand + buys[found]!;
      if (cut(sells[found]!) < cut(withThis)) break;
      demand = withThis;
    }
    sellBelow = sells[found]!;
    buyAbove = demand;
    [p, e] = select(p, e, (limit) => (((limit - low) * scale) | 0) === found);
  }
}

/** A sum as it may be compared: exact below 2^53, else just "too much". */
export function cut(sum: number): number {
  return Math.min(sum, TOO_MUCH);
}

function bucketCount(orders: number): number {
  return Math.min(8192, Math.max(16, 2 ** Math.ceil(Math.log2(orders))));
}

function bounds(values: Float64Array): [number, number] {
  let low = values[0]!;
  let high = low;
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  return [low, high];
}

function sums(energy: Float64Array): { sellAt: number; buyAt: number } {
  let [sellAt, buyAt] = [0, 0];
  for (const wh of energy) {
    if (wh > 0) buyAt += wh;
    else sellAt -= wh;
  }
  return { sellAt, buyAt };
}

function select(p: Float64Array, e: Float64Array, wanted: (limit: number) => boolean): [Float64Array, Float64Array] {
  const places: number[] = [];
  for (let i = 0; i < p.length; i++) if (wanted(p[i]!)) places.push(i);
  return [Float64Array.from(places, (i) => p[i]!), Float64Array.from(places, (i) => e[i]!)];
}
