// Strategy "need before a deadline": so many kWh by a time, at no more than a power. The limit rises from the feed-in to the
// import tariff as the slack shrinks; what can no longer wait is bought at any price up to the supplier's.
import { INTERVAL_MS } from '../../time/interval.ts';
import { timeOfDay } from '../../time/time-of-day.ts';
import { formatPrice } from '../../units.ts';
import { admitted, type Bid, cutToLargest, type Proposal, type Situation, silent } from '../bidding.ts';
import type { FlexibleNeed } from '../flexible-need.ts';

/** How a need meets the time that is left. */
export interface Slack {
  /** Whole intervals until the deadline, this one included. */
  readonly intervals: number;
  /** The most that one interval can take. */
  readonly capacityWh: number;
  /** What cannot wait for a later interval. */
  readonly mustWh: number;
  /** What may be taken now, but can also wait. */
  readonly mayWh: number;
}

export function slackOf({ remainingWh, deadline, maxW }: FlexibleNeed, start: number): Slack {
  const intervals = Math.max(0, Math.floor((deadline - start) / INTERVAL_MS));
  const capacityWh = Math.floor(maxW / 4);
  const nowWh = intervals === 0 ? 0 : Math.min(capacityWh, remainingWh);
  const mustWh = Math.min(nowWh, Math.max(0, remainingWh - (intervals - 1) * capacityWh));
  return { intervals, capacityWh, mustWh, mayWh: nowWh - mustWh };
}

export function deadline({ start, flexible, tariffs, bounds, maxOrderWh, maxOrders }: Situation): Proposal {
  if (!flexible) return silent('no-need', 'No need is told for this time, so nothing is ordered.');
  const { remainingWh, zone } = flexible;
  const { intervals, capacityWh, mustWh, mayWh } = slackOf(flexible, start);
  const by = timeOfDay(flexible.deadline, zone);
  if (mustWh + mayWh === 0) {
    const why =
      remainingWh === 0
        ? `Nothing is needed by ${by} any more`
        : `Of ${remainingWh} Wh nothing can come by ${by} any more`;
    return silent('no-need', `${why}, so nothing is ordered.`, { remainingWh, intervals });
  }
  const possibleWh = intervals * capacityWh;
  const numbers = { remainingWh, intervals, capacityWh, mustWh };
  const short =
    remainingWh > possibleWh
      ? `Of ${remainingWh} Wh only ${possibleWh} Wh can still come by ${by}`
      : `By ${by} ${remainingWh} Wh are needed, and no more than ${possibleWh} Wh can come`;
  const bids: Bid[] = [];
  const mustLimit = admitted('buy', tariffs.import, bounds);
  if (mustWh > 0 && mustLimit !== null) {
    const text = `${short}; ${mustWh} Wh cannot wait and are wanted at any price up to the supplier's, ${formatPrice(mustLimit)} per kWh.`;
    const reason = { code: 'no-slack', text, numbers };
    bids.push({ side: 'buy', wh: mustWh, limit: mustLimit, reason, brief: 'no slack' });
  }
  const mayLimit = admitted('buy', limitAt(tariffs, remainingWh, possibleWh), bounds);
  if (mayWh > 0 && mayLimit !== null) {
    const filled = Math.floor((100 * remainingWh) / possibleWh);
    const text = `By ${by} ${remainingWh} Wh are needed, ${filled} % of what can come until then; so ${mayWh} Wh are wanted now up to ${formatPrice(mayLimit)} per kWh.`;
    const reason = { code: 'slack', text, numbers };
    bids.push({ side: 'buy', wh: mayWh, limit: mayLimit, reason, brief: `slack ${100 - filled} %` });
  }
  if (bids.length === 0) {
    const sentence = `${short}, but no limit that this market admits is as low as what is worth it now.`;
    return silent('limit-beyond-tariffs', sentence, numbers);
  }
  return { bids: cutToLargest(bids.slice(0, maxOrders), maxOrderWh) };
}

/** So far on the way from the feed-in to the import tariff as the need fills the time that is left. */
function limitAt(tariffs: Situation['tariffs'], remainingWh: number, possibleWh: number): number {
  const share = Math.floor((1000 * remainingWh) / possibleWh);
  return tariffs.feedIn + Math.floor(((tariffs.import - tariffs.feedIn) * share) / 1000);
}
