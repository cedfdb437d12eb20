// A member's demand and supply as steps of energy at a limit, and fewer steps out of many: a community admits so many orders.

/** Steps stand from the position 0 outward: demand with falling limits, supply with rising ones. */
export interface LimitStep {
  readonly wh: number;
  readonly limit: number;
}

/**
 * At most `most` steps in both lists together. Two neighbours become one at the limit of the outer, so that no Wh is
 * bought above or sold below what it is worth; first where that costs least, in Wh x limit.
 */
export function fewerSteps(
  demand: readonly LimitStep[],
  supply: readonly LimitStep[],
  most: number,
): { demand: LimitStep[]; supply: LimitStep[] } {
  const sides = { demand: [...demand], supply: [...supply] };
  while (sides.demand.length + sides.supply.length > most) {
    const merges = [sides.demand, sides.supply].flatMap((steps) =>
      steps.slice(1).map((outer, i) => {
        const inner = steps[i]!;
        return { steps, i, cost: inner.wh * Math.abs(outer.limit - inner.limit) };
      }),
    );
    const [first, ...others] = merges;
    if (!first) {
      // One step on each side, and one too many: the smaller goes.
      const { demand: buys, supply: sells } = sides;
      (buys.length === 0 || (sells.length > 0 && sells[0]!.wh <= buys[0]!.wh) ? sells : buys).pop();
      continue;
    }
    const { steps, i } = others.reduce((best, each) => (each.cost < best.cost ? each : best), first);
    steps.splice(i, 2, { wh: steps[i]!.wh + steps[i + 1]!.wh, limit: steps[i + 1]!.limit });
  }
  return sides;
}
