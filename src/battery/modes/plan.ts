// Price schedule: someone made a plan from prices and forecasts, and hands it in. It holds for the quarter hours that it
// names and as long as neither it nor its prices are too old; otherwise own use decides, and the reason says why.
import { intervalAt } from '../../time/interval.ts';
import { atLeast, atMost, type Bound, type Wish } from '../solve.ts';
import type { PlanInterval } from '../state.ts';
import type { Context } from '../trust.ts';
import { selfConsumption } from './self-consumption.ts';

/** What the plan wants now, within its own limits. `fixed`: it does not depend on what the grid meter shows. */
export function planned(context: Context): { readonly wish: Wish; readonly bounds: Bound[]; readonly fixed: boolean } {
  const now = intervalAt(context.now);
  const trouble = troubleWith(context, now);
  const entry = context.seen.plan?.intervals.find(({ interval }) => interval === now);
  if (trouble || !entry) return { wish: withoutPlan(context, trouble), bounds: [], fixed: false };
  return { wish: wishOf(context, entry), bounds: limitsOf(entry), fixed: entry.mode !== 'self-consumption' };
}

interface Trouble {
  readonly code: string;
  readonly text: string;
  readonly numbers: Readonly<Record<string, number>>;
}

function troubleWith({ settings, seen, now }: Context, interval: string): Trouble | null {
  const { planMaxAgeMs = Number.POSITIVE_INFINITY, priceMaxAgeMs = Number.POSITIVE_INFINITY } = settings;
  const { plan } = seen;
  if (!plan) return { code: 'plan-missing', text: 'There is no plan', numbers: {} };
  const ageMs = now - plan.madeAt;
  if (ageMs > planMaxAgeMs || ageMs < -planMaxAgeMs) {
    return { code: 'plan-stale', text: `The plan is ${age(ageMs)}`, numbers: { ageMs, planMaxAgeMs } };
  }
  const priceAgeMs = now - (plan.pricesAt ?? now);
  if (priceAgeMs > priceMaxAgeMs || priceAgeMs < -priceMaxAgeMs) {
    const text = `The prices of the plan are ${age(priceAgeMs)}`;
    return { code: 'price-stale', text, numbers: { ageMs: priceAgeMs, priceMaxAgeMs } };
  }
  if (plan.intervals.some((each) => each.interval === interval)) return null;
  return { code: 'plan-missing', text: `The plan says nothing about ${interval}`, numbers: {} };
}

const age = (ms: number) => (ms < 0 ? 'dated in the future' : `${Math.round(ms / 3_600_000)} h old`);

/** Own use, under the name of what is wrong with the plan. */
function withoutPlan(context: Context, trouble: Trouble | null): Wish {
  const own = selfConsumption(context);
  if (!trouble) return own;
  const text = `${trouble.text}, so own use decides: ${own.reason.text}`;
  return {
    watts: own.watts,
    reason: { code: trouble.code, text, numbers: { ...own.reason.numbers, ...trouble.numbers } },
  };
}

function wishOf(context: Context, { interval, setpointW, mode }: PlanInterval): Wish {
  const of = (watts: number, what: string): Wish => ({
    watts,
    reason: { code: 'plan', text: `The plan for ${interval} says: ${what}.`, numbers: { interval } },
  });
  if (setpointW !== undefined)
    return of(setpointW, setpointW < 0 ? `charge ${-setpointW} W` : `discharge ${setpointW} W`);
  if (mode === 'charge') return of(Number.NEGATIVE_INFINITY, 'charge');
  if (mode === 'discharge') return of(Number.POSITIVE_INFINITY, 'discharge');
  if (mode === 'hold') return of(0, 'rest');
  const own = selfConsumption(context);
  return {
    watts: own.watts,
    reason: { ...own.reason, text: `The plan for ${interval} says own use: ${own.reason.text}` },
  };
}

function limitsOf({ interval, maxChargeW, maxDischargeW }: PlanInterval): Bound[] {
  const bounds: Bound[] = [];
  if (maxDischargeW !== undefined) {
    const text = `The plan for ${interval} says: discharge at most ${maxDischargeW} W.`;
    bounds.push(atMost(maxDischargeW, 'plan-limit', text, { planMaxDischargeW: maxDischargeW }));
  }
  if (maxChargeW !== undefined) {
    const text = `The plan for ${interval} says: charge at most ${maxChargeW} W.`;
    bounds.push(atLeast(-maxChargeW, 'plan-limit', text, { planMaxChargeW: maxChargeW }));
  }
  return bounds;
}
