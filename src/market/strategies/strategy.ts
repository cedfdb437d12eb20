// The bidding strategies by name, as dialogs and descriptions of communities choose them.
import { NO_HISTORY, type Proposal, type Situation, silent } from '../bidding.ts';
import { deadline } from './deadline.ts';
import { type DemandCurve, demandCurve } from './demand-curve.ts';
import { type FixedLimit, fixedLimit } from './fixed-limit.ts';
import { lastDays } from './last-days.ts';
import { priceTaker } from './price-taker.ts';
import { type Ramp, ramp } from './ramp.ts';
import { type StoredValue, storedValue } from './stored-value.ts';

/** In the order in which a dialog offers them; the first is the default. */
export const STRATEGIES = [
  'last-days',
  'fixed-limit',
  'ramp',
  'price-taker',
  'stored-value',
  'deadline',
  'demand-curve',
] as const;

export type Strategy =
  | { readonly name: 'last-days' }
  | ({ readonly name: 'fixed-limit' } & FixedLimit)
  | ({ readonly name: 'ramp' } & Ramp)
  | { readonly name: 'price-taker' }
  | ({ readonly name: 'stored-value' } & StoredValue)
  | { readonly name: 'deadline' }
  | ({ readonly name: 'demand-curve' } & DemandCurve);

export const LAST_DAYS: Strategy = { name: 'last-days' };

/** Orders of the default strategy at once, where the community admits more. */
const LAST_DAYS_ORDERS = 3;

/** The orders that a strategy makes of a situation, or why it makes none. */
export function propose(strategy: Strategy, situation: Situation): Proposal {
  switch (strategy.name) {
    case 'last-days':
      return proposeLastDays(situation);
    case 'fixed-limit':
      return fixedLimit(strategy, situation);
    case 'ramp':
      return ramp(strategy, situation);
    case 'price-taker':
      return priceTaker(situation);
    case 'stored-value':
      return storedValue(strategy, situation);
    case 'deadline':
      return deadline(situation);
    case 'demand-curve':
      return demandCurve(strategy, situation);
  }
}

function proposeLastDays(situation: Situation): Proposal {
  const { forecast, battery, needUntilSunWh, tariffs, bounds, maxOrderWh, maxOrders } = situation;
  if (!forecast) return NO_HISTORY;
  const bids = lastDays({
    forecast,
    // Its limits lie between these two, so they must be such as the market admits.
    tariffs: { import: Math.min(tariffs.import, bounds.max), feedIn: Math.max(tariffs.feedIn, bounds.min) },
    maxOrderWh,
    maxOrders: Math.min(LAST_DAYS_ORDERS, maxOrders),
    ...(battery ? { battery: { ...battery, needUntilSunWh } } : {}),
  });
  if (bids.length > 0) return { bids };
  return silent('nothing-to-trade', 'What is expected leaves nothing to trade.', { expectedWh: forecast.meanWh });
}
