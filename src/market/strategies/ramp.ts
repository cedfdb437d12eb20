// Strategy "ramp to the gate": begins with a careful limit and moves to the supplier's price in equal steps as the gate nears.
// Each step replaces the order of the step before. Made for continuous/1, where an order may trade at any moment; in a sealed
// auction only the last step counts.
import { formatPrice } from '../../units.ts';
import { admitted, cutToLargest, type Proposal, type Situation, silent } from '../bidding.ts';
import { expectedRest } from '../expected-rest.ts';

export interface Ramp {
  /** The careful limits to begin with, micro-currency per kWh; left out: the middle between the tariffs. */
  readonly buyFrom?: number;
  readonly sellFrom?: number;
  readonly steps: number;
}

/** The last step is placed when so much of the time to the gate is over, per mille: it must be there before the gate. */
const LAST_STEP_PER_MILLE = 900;

/** How many steps there are: every one is an order, and cancelled ones count toward the quota as well. */
export function rampSteps({ steps }: Ramp, maxOrders: number): number {
  return Math.max(1, Math.min(steps, maxOrders));
}

/** When a step of several is due, Unix ms. */
export function rampTime(step: number, of: number, opened: number, gate: number): number {
  if (of === 1) return opened;
  const last = Math.floor((Math.max(0, gate - opened) * LAST_STEP_PER_MILLE) / 1000);
  return opened + Math.floor((last * step) / (of - 1));
}

/** The step that is due at a time: a clock that jumped ahead leaves steps out. */
export function rampStepAt(now: number, of: number, opened: number, gate: number): number {
  let step = 0;
  while (step + 1 < of && rampTime(step + 1, of, opened, gate) <= now) step += 1;
  return step;
}

export function ramp(settings: Ramp, situation: Situation): Proposal {
  const rest = expectedRest(situation);
  if (!('side' in rest)) return rest;
  const { side, wh, text } = rest;
  const { tariffs, bounds, maxOrderWh, maxOrders } = situation;
  const of = rampSteps(settings, maxOrders);
  const step = Math.min(situation.step ?? of - 1, of - 1);
  const middle = Math.floor((tariffs.import + tariffs.feedIn) / 2);
  // More careful than any trade can be is as careful as the market admits.
  const from = clamp((side === 'buy' ? settings.buyFrom : settings.sellFrom) ?? middle, bounds);
  const to = side === 'buy' ? tariffs.import : tariffs.feedIn;
  // One step alone is the last.
  const wanted = of === 1 ? to : from + Math.trunc(((to - from) * step) / (of - 1));
  const numbers = { ...rest.numbers, step: step + 1, steps: of, from, to };
  const limit = admitted(side, wanted, bounds);
  if (limit === null) {
    const sentence = `${text}, but in this interval the supplier is better than any price that this market admits.`;
    return silent('supplier-is-better', sentence, numbers);
  }
  const offer = side === 'buy' ? `${wh} Wh are wanted up to` : `${wh} Wh are offered from`;
  const way =
    step + 1 === of
      ? "the supplier's price, which is the last"
      : `on the way from ${formatPrice(from)} to ${formatPrice(to)} at the gate`;
  const sentence = `${text}; at step ${step + 1} of ${of}, ${offer} ${formatPrice(limit)} per kWh, ${way}.`;
  const reason = { code: 'ramp', text: sentence, numbers };
  return { bids: cutToLargest([{ side, wh, limit, reason, brief: `step ${step + 1}/${of}` }], maxOrderWh) };
}

function clamp(limit: number, { min, max }: Situation['bounds']): number {
  return Math.min(max, Math.max(min, limit));
}
