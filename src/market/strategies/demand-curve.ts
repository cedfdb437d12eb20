// Strategy "demand that follows the price": a load that can be turned up and down, such as cold rooms, ovens, pumps. Its owner
// says how much it takes at which price, in steps; each step is an order.
import { formatPrice } from '../../units.ts';
import { admitted, cutToLargest, type Proposal, type Situation, silent } from '../bidding.ts';
import { fewerSteps, type LimitStep } from '../limit-steps.ts';

export interface DemandCurve {
  /** Wh of one interval that are wanted up to each limit, on top of those wanted at higher ones. In any order. */
  readonly steps: readonly LimitStep[];
}

export function demandCurve({ steps }: DemandCurve, { bounds, maxOrderWh, maxOrders }: Situation): Proposal {
  const falling = steps
    .map(({ wh, limit }) => ({ wh, limit: admitted('buy', limit, bounds) }))
    .filter((step): step is LimitStep => step.limit !== null && step.wh > 0)
    .sort((a, b) => b.limit - a.limit);
  if (falling.length === 0) {
    const sentence = `No step of the demand is at ${formatPrice(bounds.min)} or more per kWh, which is the least that anyone sells for.`;
    return silent('limit-beyond-tariffs', sentence, { ...bounds, steps: steps.length });
  }
  const { demand } = fewerSteps(falling, [], maxOrders);
  let reached = 0;
  const bids = demand.map(({ wh, limit }, i) => {
    reached += wh;
    const before = reached - wh;
    const text =
      before === 0
        ? `Up to ${formatPrice(limit)} per kWh ${wh} Wh are wanted in this quarter hour.`
        : `Up to ${formatPrice(limit)} per kWh ${reached} Wh are wanted in this quarter hour, ${wh} Wh more than at a higher price.`;
    const numbers = { step: i + 1, steps: demand.length, reachedWh: reached };
    const reason = { code: 'demand-step', text, numbers };
    return { side: 'buy', wh, limit, reason, brief: `step ${i + 1}/${demand.length}` } as const;
  });
  return { bids: cutToLargest(bids, maxOrderWh) };
}
