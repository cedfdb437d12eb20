// How a simulated street trades under each market rule: auctions at the gate, and `allocation/1`, which has no orders and shares
// what the meters show after delivery.
import { createHash } from 'node:crypto';
import { feedersFor } from '../audit/auction.ts';
import type { Allocation } from '../market/allocation-keys.ts';
import { clear, RULE_NAMES } from '../market/clear.ts';
import type { Clearing, Order } from '../market/order.ts';
import { ALLOCATION, allocate } from '../market/rules/allocation.ts';
import { CONTINUOUS } from '../market/rules/continuous.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import type { CommunityConfig } from './community-config.ts';

/** Rules that a street can be simulated under. */
export const SIMULATED_RULES: readonly string[] = [...RULE_NAMES, ALLOCATION];

/** What was traded in an interval, and at what price: by orders, or by keys. */
export type StreetClearing = Clearing | Allocation;

/** The clearing of an interval in which nobody trades; spares the variants without trading a call. Any rule says the same. */
export function nothingTraded(interval: string): Clearing {
  const nothing = { volumeWh: 0, price: null, priceLow: null, priceHigh: null, fills: [], pairs: [] };
  return { rule: UNIFORM_PRICE, interval, ...nothing };
}

export function ruleOf({ rule = UNIFORM_PRICE }: CommunityConfig): string {
  return rule;
}

export function clearStreet(config: CommunityConfig, interval: string, orders: readonly Order[]): Clearing {
  const { areas = [] } = config;
  const rule = ruleOf(config);
  const members = config.members.map(({ id }) => id);
  const feeders = new Map(config.members.map(({ id, feeder }) => [id, feeder]));
  const tree = feedersFor(rule, areas, members, (member) => feeders.get(member));
  return clear(rule, { interval, members, orders, ...tree });
}

/**
 * Members in the order in which their orders for an interval come. It matters under `continuous/1` alone. There nobody is
 * faster than the others: the order is drawn anew for every interval, from a hash, so that it is the same on every run.
 * @returns positions in `config.members`
 */
export function arrivals({ rule, members }: CommunityConfig, interval: string): number[] {
  const positions = [...members.keys()];
  if (rule !== CONTINUOUS) return positions;
  const drawn = members.map(({ id }) => createHash('sha256').update(`${interval} ${id}`).digest('hex'));
  return positions.sort((a, b) => (drawn[a]! < drawn[b]! ? -1 : 1));
}

export function sharesByKeys({ rule }: CommunityConfig): boolean {
  return rule === ALLOCATION;
}

/**
 * Shares the surplus of an interval by the community's keys.
 * @param metered what the meters of all members show, by position
 */
export function shareSurplus(
  { members, areas = [], allocation }: CommunityConfig,
  interval: string,
  metered: readonly { readonly importWh: number; readonly exportWh: number }[],
): Allocation {
  if (!allocation) throw new Error('a community that shares by keys must say by which');
  const ids = members.map(({ id }) => id);
  const energy = members.map(({ id: member }, index) => {
    const { importWh, exportWh } = metered[index]!;
    return { member, surplusWh: exportWh, consumptionWh: importWh };
  });
  const feeders = new Map(members.map(({ id, feeder }) => [id, feeder]));
  const { places } = feedersFor(ALLOCATION, areas, ids, (member) => feeders.get(member));
  return allocate({ interval, members: ids, energy, ...allocation, ...(places ? { places } : {}) });
}
