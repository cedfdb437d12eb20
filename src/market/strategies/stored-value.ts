// Strategy "marginal value of stored energy": a member buys what is cheaper, and sells what is dearer, than one Wh more in its
// battery is worth on the mean of its last days, played again hour by hour. The value falls with quantity, so there are several
// orders. Formula and example in docs/strategies.md. Without a battery, need and surplus alone decide.
import { formatPrice } from '../../units.ts';
import { type Bid, type BidSide, cutToLargest, type Proposal, type Situation, silent } from '../bidding.ts';
import { fewerSteps, type LimitStep } from '../limit-steps.ts';
import { type CurvePoint, positionCurve, sumOfCurves } from '../position-curve.ts';
import { type Store, worthOfStore } from '../stored-worth.ts';

export interface StoredValue {
  /** What a kWh out of the battery wears off it, micro-currency. */
  readonly wear: number;
}

/** Orders at once, where the community admits more: the book stays readable. */
const MOST_ORDERS = 6;

const NO_BATTERY = { storedWh: 0, usableWh: 0, chargeWh: 0, dischargeWh: 0, roundTripPerMille: 1000 };

export function storedValue({ wear }: StoredValue, situation: Situation): Proposal {
  const { tariffs, battery = NO_BATTERY, maxOrderWh } = situation;
  const days = situation.replays();
  if (days.length === 0) {
    return silent('no-day-yet', 'No whole day has been measured yet, so what stored energy is worth is not known.');
  }
  const store: Store = { ...battery, wear };
  const leftOver = Math.max(0, tariffs.feedIn - wear);
  const curves = days.map(({ storedWh, now, after }) =>
    positionCurve(store, storedWh, now, worthOfStore(store, after, leftOver)),
  );
  const curve = sumOfCurves(curves);
  const demand = demandOf(curve, days.length, situation);
  const supply = supplyOf(curve, days.length, situation);
  const steps = fewerSteps(demand, apart(demand, supply, tariffs.import), Math.min(MOST_ORDERS, situation.maxOrders));
  const mean = (of: (day: (typeof days)[number]) => number) =>
    Math.round(days.reduce((sum, day) => sum + of(day), 0) / days.length);
  const numbers = {
    days: days.length,
    expectedWh: mean(({ now }) => now.needWh),
    storedWh: mean(({ storedWh }) => storedWh),
    wear,
  };
  const bids = [
    ...steps.demand.map((step) => bidOf('buy', step, steps.demand.length, numbers)),
    ...steps.supply.map((step) => bidOf('sell', step, steps.supply.length, numbers)),
  ];
  if (bids.length > 0) return { bids: cutToLargest(bids, maxOrderWh) };
  return silent('nothing-to-trade', 'No price between the tariffs is better than the own battery.', numbers);
}

function bidOf(side: BidSide, { wh, limit }: LimitStep, steps: number, numbers: Readonly<Record<string, number>>): Bid {
  const price = formatPrice(limit);
  const days = numbers['days'] === 1 ? 'On the last day' : `On the mean of the last ${numbers['days']} days`;
  const text =
    side === 'buy'
      ? `${days} this energy would have been worth ${price} per kWh to own use and battery, so ${wh} Wh are wanted up to that.`
      : `${days} keeping this energy would have been worth ${price} per kWh, so ${wh} Wh are offered from that.`;
  const brief = steps === 1 ? 'by worth' : `${steps} steps`;
  return { side, wh, limit, brief, reason: { code: 'stored-worth', text, numbers: { ...numbers, worth: limit } } };
}

/** From the position 0 up, as long as energy is worth more than feeding it in brings. */
function demandOf(sum: readonly CurvePoint[], days: number, { tariffs, bounds }: Situation): LimitStep[] {
  const least = Math.max(tariffs.feedIn, bounds.min);
  const steps: LimitStep[] = [];
  sum.forEach(({ from, worth }, i) => {
    const end = sum[i + 1]?.from ?? from;
    const limit = Math.floor(worth / days);
    if (end > 0 && limit > least) add(steps, end - Math.max(0, from), Math.min(bounds.max, limit));
  });
  return steps;
}

/** From the position 0 down, as long as energy is worth less than the supplier asks. */
function supplyOf(sum: readonly CurvePoint[], days: number, { tariffs, bounds }: Situation): LimitStep[] {
  const most = Math.min(tariffs.import, bounds.max);
  const steps: LimitStep[] = [];
  for (let i = sum.length - 1; i >= 0; i--) {
    const { from, worth } = sum[i]!;
    const end = Math.min(0, sum[i + 1]?.from ?? 0);
    const limit = Math.ceil(worth / days);
    if (from < 0 && limit < most) add(steps, end - from, Math.max(bounds.min, limit));
  }
  return steps;
}

/** The supply a hair above the own demand where both are worth the same: nobody trades with itself. */
function apart([highest]: readonly LimitStep[], supply: readonly LimitStep[], most: number): LimitStep[] {
  if (!highest) return [...supply];
  const steps: LimitStep[] = [];
  for (const { wh, limit } of supply) {
    const above = Math.max(limit, highest.limit + 1);
    if (above < most) add(steps, wh, above);
  }
  return steps;
}

function add(steps: LimitStep[], wh: number, limit: number): void {
  const last = steps.at(-1);
  if (wh <= 0) return;
  if (last?.limit === limit) steps[steps.length - 1] = { wh: last.wh + wh, limit };
  else steps.push({ wh, limit });
}
