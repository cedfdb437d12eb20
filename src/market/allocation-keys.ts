// What `allocation/1` takes and gives (market.md): the surplus and the consumption of members in one interval, and the keys by
// which the surplus is shared. No orders. Energy in Wh, keys in millionths, prices in micro-currency per kWh.
import { describe, quote, requireInteger } from '../units.ts';
import type { Pair, Place } from './order.ts';

/** Energy of one member in one interval; where it has both, they are netted first, as settle/1 nets them. */
export interface MemberEnergy {
  readonly member: string;
  readonly surplusWh: number;
  readonly consumptionWh: number;
}

/** A consumer's part of the surplus, or of one producer's, in millionths. */
export interface Key {
  readonly member: string;
  readonly millionths: number;
}

/** The five ways to share. Where keys come from differs between `static` and `dynamic-simple`, not what is computed. */
export type Keys =
  /** Fixed by contract. What a member cannot use stays surplus. */
  | { readonly kind: 'static'; readonly keys: readonly Key[] }
  /** Fixed by contract. What a member cannot use goes to the others by their keys. */
  | { readonly kind: 'static-redistributed'; readonly keys: readonly Key[] }
  /** No keys: in proportion to consumption. */
  | { readonly kind: 'dynamic' }
  /** Handed in for this interval, for the surplus of all producers together. */
  | { readonly kind: 'dynamic-simple'; readonly keys: readonly Key[] }
  /** Handed in for this interval, for each producer. */
  | { readonly kind: 'dynamic-full'; readonly keys: readonly (Key & { readonly producer: string })[] };

export const KEY_KINDS = ['static', 'static-redistributed', 'dynamic', 'dynamic-simple', 'dynamic-full'] as const;

export interface Community {
  readonly interval: string;
  /** What members pay each other for the shared energy. */
  readonly price: number;
  /** Roster for the rotation, in any order; default: the members with energy. */
  readonly members?: readonly string[];
  readonly energy: readonly MemberEnergy[];
  readonly keys: Keys;
  /** Feeder tree, where known. It decides only who is paired with whom. */
  readonly places?: ReadonlyMap<string, Place>;
}

/** What a consumer got, and what its keys alone would have given. */
export interface Share {
  readonly member: string;
  /** Its consumption, net. */
  readonly consumptionWh: number;
  /** By its keys of the whole surplus, before anything is capped or goes to others. */
  readonly keyWh: number;
  /** Wh allocated, at most its consumption. */
  readonly wh: number;
}

export interface Allocation {
  readonly rule: string;
  readonly interval: string;
  readonly volumeWh: number;
  /** Null where nothing is allocated. */
  readonly price: number | null;
  /** One per member that consumes, in the order of `energy`. */
  readonly shares: readonly Share[];
  /** Surplus that nobody took, of every producer, in the order of `energy`: it goes to the supplier. */
  readonly left: readonly { readonly member: string; readonly wh: number }[];
  readonly pairs: readonly Pair[];
}

export const WHOLE = 1_000_000;

/** @throws RangeError naming the field */
export function checkCommunity({ price, members, energy, keys }: Community): void {
  requireInteger(price, 'price');
  const roster = members && new Set(members);
  if (roster && roster.size !== members.length) throw new RangeError('members: a member stands twice in the roster');
  const known = new Set<string>();
  let total = 0;
  for (const [index, { member, surplusWh, consumptionWh }] of energy.entries()) {
    const at = `energy[${index}]`;
    if (typeof member !== 'string' || member === '' || !member.isWellFormed()) {
      throw new RangeError(`${at}.member must be well-formed text, but is ${describe(member)}`);
    }
    if (known.has(member)) throw new RangeError(`${at}.member ${quote(member)} stands twice`);
    known.add(member);
    if (roster && !roster.has(member))
      throw new RangeError(`${at}.member is ${quote(member)}, who is not among the members`);
    total += requireInteger(surplusWh, `${at}.surplusWh`, 0);
    requireInteger(total, 'the surplus of all members', 0);
    requireInteger(consumptionWh, `${at}.consumptionWh`, 0);
  }
  if (keys.kind !== 'dynamic') checkKeys(keys.kind === 'dynamic-full', keys.keys, roster ?? known);
}

/** Each member once (per producer), and no more than the whole is given away. */
function checkKeys(full: boolean, keys: readonly (Key & { producer?: string })[], known: ReadonlySet<string>): void {
  const sums = new Map<string | undefined, number>();
  const seen = new Map<string | undefined, Set<string>>();
  for (const [index, { member, millionths, producer }] of keys.entries()) {
    const at = `keys.keys[${index}]`;
    if (!known.has(member)) throw new RangeError(`${at}.member is ${describe(member)}, who is not among the members`);
    if (full && !known.has(producer!)) {
      throw new RangeError(`${at}.producer is ${describe(producer)}, who is not among the members`);
    }
    const members = seen.get(producer) ?? new Set();
    if (members.has(member)) throw new RangeError(`${at}.member ${quote(member)} stands twice; a member has one key`);
    seen.set(producer, members.add(member));
    const sum = (sums.get(producer) ?? 0) + requireInteger(millionths, `${at}.millionths`, 0);
    if (sum > WHOLE) {
      throw new RangeError(
        `the keys${full ? ` of producer ${quote(producer!)}` : ''} sum to more than ${WHOLE} millionths`,
      );
    }
    sums.set(producer, sum);
  }
}
