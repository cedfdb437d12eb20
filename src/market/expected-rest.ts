// What a member expects to need, or to have left over, at its connection in one interval: the mean of its last days, after its
// own battery has served it. The strategies that only choose a price trade this much.
import type { BidSide, Proposal, Situation } from './bidding.ts';
import { NO_HISTORY, silent } from './bidding.ts';

export interface Rest {
  readonly side: BidSide;
  readonly wh: number;
  /** Begins a sentence about it. */
  readonly text: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** The rest, or why there is nothing to trade. */
export function expectedRest({ forecast, battery }: Situation): Rest | Proposal {
  if (!forecast) return NO_HISTORY;
  const { meanWh, daysWh } = forecast;
  const side = meanWh > 0 ? 'buy' : 'sell';
  const served = battery ? Math.min(Math.abs(meanWh), meanWh > 0 ? given(battery) : taken(battery)) : 0;
  const wh = Math.abs(meanWh) - served;
  const numbers = { expectedWh: meanWh, batteryWh: served, days: daysWh.length };
  const what = meanWh > 0 ? 'needed' : 'left over';
  const own = meanWh > 0 ? 'comes from the battery' : 'goes into the battery';
  const text = `At this hour ${Math.abs(meanWh)} Wh are ${what} on average${served > 0 ? `, and ${served} Wh of that ${own}` : ''}`;
  if (wh === 0) return silent('nothing-left', `${text}, so there is nothing to trade.`, numbers);
  return { side, wh, text, numbers };
}

type Battery = NonNullable<Situation['battery']>;

function given({ dischargeWh, storedWh }: Battery): number {
  return Math.min(dischargeWh, storedWh);
}

function taken({ chargeWh, usableWh, storedWh, roundTripPerMille }: Battery): number {
  const room = Math.max(0, usableWh - storedWh);
  return Math.min(chargeWh, Math.floor((room * 1000) / roundTripPerMille));
}
