// Strategy "by the last days", the default: how a member turns what it expects into orders, in two ways, both explained below:
// without a battery a member bids what its last days would have needed, with a battery it bids at the worth of a stored Wh.
// Prices and limits in micro-currency per kWh, energy in Wh per interval; need + = consumption beyond PV.
import { formatPrice } from '../../units.ts';
import { type Bid, cutToLargest } from '../bidding.ts';
import type { Forecast } from '../need-history.ts';
import type { Tariffs } from '../price-history.ts';
import type { BatteryState } from '../stored-worth.ts';

/** A battery, and the reserve: own need from the end of this interval until the next sun (`NeedHistory.needUntilSunWh`). */
export interface StoredEnergy extends BatteryState {
  readonly needUntilSunWh: number;
}

export interface Situation {
  readonly forecast: Forecast;
  readonly tariffs: Tariffs;
  readonly battery?: StoredEnergy;
  /** Largest order the community admits; larger bids are cut to it. */
  readonly maxOrderWh?: number;
  /** Most orders at once, 1 to 7; default 3. */
  readonly maxOrders?: number;
}

/** A curve of three steps is nearly as good as one of seven, and the book stays readable. */
const DEFAULT_ORDERS = 3;

/** What an empty battery's next Wh is worth, and a full one's last, in per mille of the way from feed-in to import tariff. */
export const WORTH_EMPTY_PER_MILLE = 950;
export const WORTH_FULL_PER_MILLE = 100;

/**
 * The orders of one member for one interval: at most `maxOrders`, none of 0 Wh, every limit strictly between feed-in and
 * import tariff, no own buy at or above an own sell. None where the tariffs leave no price between them.
 */
export function lastDays(situation: Situation): Bid[] {
  const { tariffs, battery, maxOrderWh = Number.MAX_SAFE_INTEGER, maxOrders = DEFAULT_ORDERS } = situation;
  if (tariffs.import - tariffs.feedIn < 2) return [];
  const wanted = battery ? withBattery(situation, battery) : withoutBattery(situation);
  const admitted = wanted.filter((bid) => bid.wh > 0 && bid.limit > tariffs.feedIn).slice(0, maxOrders);
  return cutToLargest(admitted, maxOrderWh);
}

/**
 * Worth of a stored Wh: falls linearly from 95 % (empty) to 10 % (full) of the way from feed-in to import tariff.
 * The fuller the battery, the less likely the member will need the next Wh itself before the sun fills it again.
 */
export function worthOfStored(tariffs: Situation['tariffs'], battery: StoredEnergy): number {
  const share = Math.min(battery.storedWh, battery.usableWh);
  const drop = Math.floor(((WORTH_EMPTY_PER_MILLE - WORTH_FULL_PER_MILLE) * share) / Math.max(1, battery.usableWh));
  return between(tariffs, WORTH_EMPTY_PER_MILLE - drop);
}

/**
 * A surplus is offered at what storing it would be worth (worth x round trip), a need is bought up to the worth of the
 * stored energy it would spare, but never more than the battery will lack until the next sun. What is stored beyond the
 * own need until then is offered at its worth. A battery with nobody to serve quotes both sides.
 */
function withBattery({ forecast, tariffs }: Situation, battery: StoredEnergy): Bid[] {
  const { storedWh, needUntilSunWh } = battery;
  const need = forecast.meanWh;
  const worth = worthOfStored(tariffs, battery);
  const lossy = within(tariffs, Math.floor((worth * battery.roundTripPerMille) / 1000));
  const numbers = { expectedWh: need, storedWh, needUntilSunWh };
  if (need < 0) {
    const text = `The roof should give ${-need} Wh more than needed; stored, they would be worth ${formatPrice(lossy)} per kWh.`;
    return [{ side: 'sell', wh: -need, limit: lossy, reason: { code: 'surplus-or-store', text, numbers } }];
  }
  const spare = Math.min(battery.dischargeWh - need, storedWh - need - needUntilSunWh);
  const offer = (): Bid => ({
    side: 'sell',
    wh: spare,
    limit: worth,
    reason: {
      code: 'stored-beyond-need',
      text: `Of ${storedWh} Wh stored, ${need + needUntilSunWh} Wh are for the own need until the next sun; ${spare} Wh are offered at ${formatPrice(worth)} per kWh.`,
      numbers,
    },
  });
  if (need + needUntilSunWh === 0) return [...arbitrage(battery, Math.min(lossy, worth - 1), numbers), offer()];
  if (spare > 0) return [offer()];
  const lack = Math.min(need, need + needUntilSunWh - storedWh);
  const text = `Until the next sun ${need + needUntilSunWh} Wh are needed and ${storedWh} Wh stored; buying ${lack} Wh now spares stored energy worth ${formatPrice(worth)} per kWh.`;
  return [{ side: 'buy', wh: lack, limit: worth, reason: { code: 'spare-the-battery', text, numbers } }];
}

/** The buying side of a battery with nobody to serve: below its selling limit by the round-trip loss. */
function arbitrage(battery: StoredEnergy, limit: number, numbers: Readonly<Record<string, number>>): Bid[] {
  const room = Math.floor(((battery.usableWh - battery.storedWh) * 1000) / battery.roundTripPerMille);
  const wh = Math.min(battery.chargeWh, room);
  const text = `The battery can still take ${room} Wh; after losses they are worth ${formatPrice(limit)} per kWh.`;
  return [{ side: 'buy', wh, limit, reason: { code: 'charge-to-sell', text, numbers } }];
}

/**
 * Who cannot store pays for every error: a Wh too little costs import tariff - price, a Wh too much price - feed-in
 * tariff. The position that is cheapest on average is therefore the quantile of the need at (import - price) / (import -
 * feed-in): at a high price only what nearly every day needed, at a low price also what few days did (the newsvendor's
 * rule). The last days, sorted, are that curve; it is cut into `maxOrders` equal steps.
 */
function withoutBattery({ forecast, tariffs, maxOrders = DEFAULT_ORDERS }: Situation): Bid[] {
  const days = forecast.daysWh;
  // With fewer prices between the tariffs than steps, one step must do.
  const steps = tariffs.import - tariffs.feedIn < 20 ? 1 : Math.max(1, Math.min(7, maxOrders));
  const positions = Array.from(
    { length: steps },
    (_, k) => days[Math.floor(((2 * k + 1) * days.length) / (2 * steps))]!,
  );
  const limits = positions.map((_, k) => between(tariffs, 1000 - Math.floor(((2 * k + 1) * 500) / steps)));
  const result: Bid[] = [];
  let before = 0;
  positions.forEach((wh, k) => {
    const more = Math.max(0, wh) - Math.max(0, before);
    if (more > 0) result.push(curveBid('buy', more, wh, limits[k]!, forecast));
    before = wh;
  });
  before = 0;
  for (let k = steps - 1; k >= 0; k--) {
    const wh = positions[k]!;
    const more = Math.max(0, -wh) - Math.max(0, -before);
    if (more > 0) result.push(curveBid('sell', more, wh, limits[k]!, forecast));
    before = wh;
  }
  return result;
}

function curveBid(side: Bid['side'], wh: number, position: number, limit: number, forecast: Forecast): Bid {
  const { daysWh, basis, meanWh } = forecast;
  const least = Math.abs(position);
  const reached = daysWh.filter((day) => (side === 'buy' ? day >= position : day <= position)).length;
  const what = side === 'buy' ? 'needed' : 'left over';
  const text =
    basis === 'last'
      ? `In the last interval ${least} Wh were ${what}; there is no earlier day at this hour yet.`
      : `At this hour ${least} Wh or more were ${what} on ${reached} of the last ${daysWh.length} days, so ${wh} Wh are ${side === 'buy' ? 'wanted up to' : 'offered from'} ${formatPrice(limit)} per kWh.`;
  const numbers = { expectedWh: meanWh, thresholdWh: least, days: daysWh.length, daysReached: reached };
  return { side, wh, limit, reason: { code: `${side === 'buy' ? 'need' : 'surplus'}-of-${basis}`, text, numbers } };
}

/** The price that lies so many per mille of the way from feed-in to import tariff, never on either. */
function between(tariffs: Situation['tariffs'], perMille: number): number {
  const span = tariffs.import - tariffs.feedIn;
  return within(tariffs, tariffs.feedIn + Math.floor((span * perMille) / 1000));
}

function within(tariffs: Situation['tariffs'], price: number): number {
  return Math.min(tariffs.import - 1, Math.max(tariffs.feedIn + 1, price));
}
