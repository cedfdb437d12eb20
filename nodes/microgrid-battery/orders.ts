// What a battery was asked for by messages (a plan, a power by hand, a raised reserve), what its member traded, and how often
// its memory was written today: kept in a file, because a restart must neither forget the owner's wish nor give a new budget of writes.
import * as v from 'valibot';
import type { Charge } from '../../src/battery/charge.ts';
import type { ManualWish, Plan, ReserveWish } from '../../src/battery/state.ts';
import { integer, interval, type Payload } from '../shared/messages.ts';

export interface Orders {
  readonly plan: Plan | null;
  readonly manual: ManualWish | null;
  readonly reserve: ReserveWish | null;
}

export interface BatteryMemory extends Orders {
  readonly epoch: number;
  readonly at: number;
  readonly writes: { readonly day: number; readonly used: number };
  /** What flowed since the battery's charge last changed: a restart must not believe one that hangs. */
  readonly charge?: Charge;
  /** Net energy bought (+) or sold (-) by interval, Wh. */
  readonly positions: readonly (readonly [interval: string, positionWh: number])[];
}

export const noOrders: Orders = { plan: null, manual: null, reserve: null };

const watts = v.exactOptional(v.number());
const planInterval = v.object({
  interval: v.string(),
  setpointW: watts,
  mode: v.exactOptional(v.picklist(['charge', 'discharge', 'hold', 'self-consumption'])),
  maxChargeW: watts,
  maxDischargeW: watts,
});

export const batteryMemory: v.GenericSchema<unknown, BatteryMemory> = v.object({
  epoch: v.number(),
  at: v.number(),
  writes: v.object({ day: v.number(), used: v.number() }),
  charge: v.exactOptional(
    v.object({
      socPerMille: v.nullable(v.number()),
      at: v.nullable(v.number()),
      watts: v.number(),
      givenWh: v.number(),
      ms: v.number(),
      frozen: v.boolean(),
    }),
  ),
  positions: v.array(v.tuple([interval, integer('position')])),
  plan: v.nullable(
    v.object({ madeAt: v.number(), pricesAt: v.exactOptional(v.number()), intervals: v.array(planInterval) }),
  ),
  manual: v.nullable(v.object({ setpointW: v.number(), until: v.number() })),
  reserve: v.nullable(v.object({ socPerMille: v.number(), until: v.number(), chargeW: v.exactOptional(v.number()) })),
});

/** The orders after another one came. @param now Unix ms */
export function ordered(orders: Orders, payload: Payload<'plan' | 'manual' | 'reserve'>, now: number): Orders {
  const until = now + ('forSeconds' in payload ? (payload.forSeconds ?? 0) * 1000 : 0);
  switch (payload.type) {
    case 'plan': {
      const { madeAt, pricesAt, intervals } = payload;
      const plan = { madeAt, ...(pricesAt === undefined ? {} : { pricesAt }), intervals: intervals.map(compact) };
      return { ...orders, plan };
    }
    case 'manual': {
      const { setpointW } = payload;
      return { ...orders, manual: setpointW === null ? null : { setpointW, until } };
    }
    case 'reserve': {
      const { socPerMille, chargeW } = payload;
      if (socPerMille === null) return { ...orders, reserve: null };
      return { ...orders, reserve: { socPerMille, until, ...(chargeW === undefined ? {} : { chargeW }) } };
    }
  }
}

type PlanInterval = Plan['intervals'][number];

/** Without the fields that are not there. */
function compact(entry: Payload<'plan'>['intervals'][number]): PlanInterval {
  const fields = Object.entries(entry).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as unknown as PlanInterval;
}
