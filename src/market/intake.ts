// Whether an order may enter the book of an interval: its form, the bounds that the community sets, what the member has in
// the book already, and what the community knows of the member. A refusal is a code and one sentence.
import { describe, quote, requireInteger } from '../units.ts';
import type { Order, Side } from './order.ts';
import { type Known, type PreferringOrder, preferenceFault, unknownIn } from './preference.ts';
import { ALLOCATION } from './rules/allocation.ts';
import { ZONAL } from './rules/zonal.ts';
import { energyText, priceText } from './words.ts';

/** Bounds that a community sets for orders (record kind `rules`). */
export interface OrderBounds {
  readonly limits: { readonly min: number; readonly max: number };
  readonly maxOrderWh: number;
  readonly maxOrdersPerMember: number;
  /** The most that a member's orders for an interval may sum to, on each side; left out: no such quota. */
  readonly maxMemberWh?: number;
}

/** What a member has in the book of the interval. */
export interface Standing {
  readonly orders: number;
  readonly buyWh: number;
  readonly sellWh: number;
}

export const NOTHING: Standing = { orders: 0, buyWh: 0, sellWh: 0 };

/** What an order is judged by beside its bounds. */
export interface Market extends Known {
  readonly rule?: string;
  /** Members who stand in an area, where `zonal/1` has a tree; without a tree all stand in one. */
  readonly areas?: { has(member: string): boolean };
}

export interface Refusal {
  readonly code: string;
  readonly text: string;
}

/** An order as it came from outside; the member is known, for it signed or is wired. */
export type Offered = { readonly member: string } & {
  readonly [Field in Exclude<keyof Order, 'id' | 'member'>]?: unknown;
};

/** @throws RangeError naming the bound, where bounds that came from outside are no bounds */
export function checkBounds({ limits, maxOrderWh, maxOrdersPerMember, maxMemberWh }: OrderBounds): void {
  requireInteger(limits.min, 'limits.min');
  requireInteger(limits.max, 'limits.max');
  if (limits.min > limits.max) {
    throw new RangeError(
      `limits.min is ${limits.min}, which is above limits.max, ${limits.max}; no order could come in`,
    );
  }
  requireInteger(maxOrderWh, 'maxOrderWh', 1);
  requireInteger(maxOrdersPerMember, 'maxOrdersPerMember', 1);
  if (maxMemberWh !== undefined) requireInteger(maxMemberWh, 'maxMemberWh', 1);
}

/** Whether an order may enter the book: null, or why not. @param standing what the member has in the book of this interval */
export function checkOrder(
  order: Offered,
  bounds: OrderBounds,
  standing: Standing = NOTHING,
  market: Market = {},
): Refusal | null {
  return formFault(order) ?? memberFault(order as Order, market) ?? boundsFault(order as Order, bounds, standing);
}

function formFault({ member, side, wh, limit, renewable, preference }: Offered): Refusal | null {
  if (!isSide(side)) return malformed(`side must be "buy" or "sell", but is ${describe(side)}`);
  if (!isInteger(wh)) return malformed(`wh must be a whole number of Wh, but is ${describe(wh)}`);
  if (!isInteger(limit)) return malformed(`limit must be whole micro-currency per kWh, but is ${describe(limit)}`);
  const order: PreferringOrder = { member, side, renewable, preference };
  const fault = preferenceFault(order);
  return fault === null ? null : malformed(fault);
}

function memberFault(order: Order, market: Market): Refusal | null {
  const { member } = order;
  if (market.rule === ALLOCATION) {
    return { code: 'wrong-rule', text: `${ALLOCATION} has no orders; it shares surplus by keys` };
  }
  if (market.members && !market.members.has(member)) {
    return { code: 'unknown-member', text: `${quote(member)} is not a member of this community` };
  }
  if (market.rule === ZONAL && market.areas && !market.areas.has(member)) {
    return {
      code: 'wrong-area',
      text: `${quote(member)} stands in no area of the feeder tree, and ${ZONAL} needs one`,
    };
  }
  return unknownIn(order, market);
}

function boundsFault({ side, wh, limit }: Order, bounds: OrderBounds, standing: Standing): Refusal | null {
  const { maxOrderWh, maxOrdersPerMember, maxMemberWh } = bounds;
  if (wh < 1 || wh > maxOrderWh) {
    const text = `an order is for 1 Wh to ${energyText(maxOrderWh)}, but this one is for ${wh} Wh`;
    return { code: 'out-of-bounds', text };
  }
  const { min, max } = bounds.limits;
  if (limit < min || limit > max) {
    const text = `a limit lies between ${priceText(min)} and ${priceText(max)} per kWh, but this one is ${priceText(limit)}`;
    return { code: 'out-of-bounds', text };
  }
  if (standing.orders >= maxOrdersPerMember) {
    const text = `a member may have ${maxOrdersPerMember} orders for an interval, and this one has ${standing.orders} already`;
    return { code: 'over-quota', text };
  }
  const standingWh = side === 'buy' ? standing.buyWh : standing.sellWh;
  if (maxMemberWh !== undefined && wh > maxMemberWh - standingWh) {
    const has = standingWh === 0 ? '' : ` beside ${energyText(standingWh)} already in the book`;
    const text = `a member may ${side} ${energyText(maxMemberWh)} in an interval, but this order is for ${energyText(wh)}${has}`;
    return { code: 'over-quota', text };
  }
  return null;
}

/** The standing after an order has come (+1) or was taken back (-1). */
export function standingWith(standing: Standing, { side, wh }: Pick<Order, 'side' | 'wh'>, sign: 1 | -1): Standing {
  const orders = standing.orders + sign;
  return side === 'buy'
    ? { ...standing, orders, buyWh: standing.buyWh + sign * wh }
    : { ...standing, orders, sellWh: standing.sellWh + sign * wh };
}

function malformed(text: string): Refusal {
  return { code: 'malformed', text };
}

function isSide(value: unknown): value is Side {
  return value === 'buy' || value === 'sell';
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
