// The description of a community to simulate (COMMUNITY.json of the `simulate` subcommand), checked strictly at the edge.
// Tariffs in micro-currency per kWh, capacity in Wh, power in W, shares in per mille.
import * as v from 'valibot';
import { fields, InputError, id, integer, list, matching, oneOf, parseInput } from '../input/fields.ts';
import { areasFault, type DeclaredArea } from '../ledger/areas.ts';
import { parseOrigin } from '../ledger/names.ts';
import { type Community, checkCommunity } from '../market/allocation-keys.ts';
import { ALLOCATION } from '../market/rules/allocation.ts';
import { ZONAL } from '../market/rules/zonal.ts';
import type { Strategy } from '../market/strategies/strategy.ts';
import { quote } from '../units.ts';
import { type BatterySpec, checkBattery } from './virtual-site.ts';

export interface CommunityConfig {
  /** Name of the ledger, such as `sunny-street.example/ledger/1`. */
  readonly origin: string;
  readonly currency: string;
  readonly tariffs: { readonly import: number; readonly feedIn: number };
  /** Market rule; left out: `uniform-price/1`. */
  readonly rule?: string;
  /** Feeder tree, sorted by id: `zonal/1` trades by it, other rules only pair by it. */
  readonly areas?: readonly DeclaredArea[];
  /** Keys of `allocation/1`, and what members pay each other. */
  readonly allocation?: Pick<Community, 'price' | 'keys'>;
  readonly members: readonly MemberConfig[];
}

export interface MemberConfig {
  readonly id: string;
  readonly kind: 'home' | 'business' | 'storage';
  readonly battery?: BatterySpec;
  /** Area of the feeder tree; left out: the root. */
  readonly feeder?: string;
  /** How it bids; left out: by its last days. */
  readonly strategy?: Strategy;
}

/** The member who operates the ledger of a simulated community; it trades nothing. */
export const OPERATOR = 'operator';

/** Far beyond any tariff, and small enough that every amount of an interval is exact. */
const HIGHEST_PRICE = 1_000_000_000;

const price = integer(-HIGHEST_PRICE, HIGHEST_PRICE);

const battery = fields({
  capacityWh: integer(),
  maxChargeW: integer(),
  maxDischargeW: integer(),
  roundTripPerMille: integer(),
  minSocPerMille: v.optional(integer(), 0),
});

/** Strategies that a simulation can play: its members take what they need, whatever they have ordered. */
const PLAYED = ['last-days', 'fixed-limit', 'price-taker', 'stored-value'] as const;

const strategy = v.pipe(
  fields({
    name: oneOf(PLAYED),
    buy: v.exactOptional(price),
    sell: v.exactOptional(price),
    wear: v.exactOptional(integer(0, HIGHEST_PRICE)),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }): Strategy => {
    const { name, buy, sell, wear } = dataset.value;
    const refuse = (message: string) => {
      addIssue({ message });
      return NEVER;
    };
    if (wear !== undefined && name !== 'stored-value') return refuse('may have wear only with the name "stored-value"');
    if ((buy ?? sell) !== undefined && name !== 'fixed-limit')
      return refuse('may have buy and sell only with the name "fixed-limit"');
    if (name === 'stored-value') return { name, wear: wear ?? 0 };
    if (name !== 'fixed-limit') return { name };
    if (buy === undefined && sell === undefined) return refuse('must have buy or sell, as its name is "fixed-limit"');
    return { name, ...(buy === undefined ? {} : { buy }), ...(sell === undefined ? {} : { sell }) };
  }),
);

const areaName = matching(/^[a-z][a-z0-9-]{0,63}$/, 'a name of small letters, digits and hyphens');

const area = fields({
  id: areaName,
  parent: v.optional(v.nullable(areaName), null),
  importWh: v.optional(v.nullable(integer(0)), null),
  exportWh: v.optional(v.nullable(integer(0)), null),
  fee: v.optional(integer(0, HIGHEST_PRICE), 0),
});

/** Keys that can be told once for all intervals. */
const allocation = fields({
  price,
  keys: fields({
    kind: oneOf(['static', 'static-redistributed', 'dynamic']),
    keys: v.exactOptional(list(fields({ member: id, millionths: integer(0, 1_000_000) }))),
  }),
});

const schema = fields({
  origin: id,
  currency: matching(/^[A-Z]{3}$/, 'three capital letters such as EUR'),
  tariffs: fields({ import: price, feedIn: price }),
  areas: v.exactOptional(list(area)),
  allocation: v.exactOptional(allocation),
  members: list(
    fields({
      id: matching(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a member id of 1 to 63 small letters, digits and hyphens'),
      kind: oneOf(['home', 'business', 'storage']),
      battery: v.exactOptional(battery),
      feeder: v.exactOptional(areaName),
      strategy: v.exactOptional(strategy),
    }),
  ),
});

/**
 * Checks a parsed COMMUNITY.json.
 * @param rule what the community trades by, one of `SIMULATED_RULES`
 * @throws InputError with one sentence that begins with the field at fault
 */
export function readCommunity(value: unknown, rule?: string): CommunityConfig {
  const { areas: declared, allocation: shares, ...plain } = parseInput(schema, value, 'the community');
  within('origin', () => parseOrigin(plain.origin));
  checkMembers(plain.members);
  const areas = declared && readAreas(declared);
  checkFeeders(plain.members, areas ?? []);
  const allocation =
    shares &&
    readAllocation(
      shares,
      plain.members.map(({ id }) => id),
    );
  if (rule === ZONAL && !areas) throw new InputError(`areas are missing, which are the lines that ${ZONAL} trades by`);
  if (rule === ALLOCATION && !allocation) {
    throw new InputError(`allocation is missing, which are the keys that ${ALLOCATION} shares by`);
  }
  return {
    ...plain,
    ...(rule === undefined ? {} : { rule }),
    ...(areas ? { areas } : {}),
    ...(allocation ? { allocation } : {}),
  };
}

function checkMembers(members: readonly MemberConfig[]): void {
  if (members.length === 0) throw new InputError('members must name at least one member');
  const seen = new Set<string>();
  for (const [index, { id, battery: spec }] of members.entries()) {
    const at = `members[${index}]`;
    if (id === OPERATOR) throw new InputError(`${at}.id must not be "${OPERATOR}", which is the ledger's operator`);
    if (seen.has(id)) throw new InputError(`${at}.id ${quote(id)} stands twice`);
    seen.add(id);
    if (spec) within(`${at}.battery`, () => checkBattery(spec));
  }
}

/** @returns sorted by id */
function readAreas(areas: readonly DeclaredArea[]): DeclaredArea[] {
  const twice = areas.findIndex(({ id }, index) => areas.findIndex((area) => area.id === id) < index);
  if (twice >= 0) throw new InputError(`areas[${twice}].id ${quote(areas[twice]!.id)} stands twice`);
  const sorted = areas.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const fault = areasFault(sorted);
  if (fault) throw new InputError(fault);
  return sorted;
}

function checkFeeders(members: readonly MemberConfig[], areas: readonly DeclaredArea[]): void {
  for (const [index, { feeder }] of members.entries()) {
    if (feeder === undefined || areas.some(({ id }) => id === feeder)) continue;
    throw new InputError(`members[${index}].feeder is ${quote(feeder)}, which is not among the areas`);
  }
}

function readAllocation(
  { price, keys: { kind, keys } }: v.InferOutput<typeof allocation>,
  members: readonly string[],
): CommunityConfig['allocation'] {
  if (kind === 'dynamic') {
    if (keys) throw new InputError('allocation.keys.keys must be left out, because dynamic keys follow consumption');
    return { price, keys: { kind } };
  }
  if (!keys) throw new InputError(`allocation.keys.keys is missing, which ${kind} keys are told by`);
  const told = { price, keys: { kind, keys } };
  within('allocation', () => checkCommunity({ ...told, interval: '', members, energy: [] }));
  return told;
}

/** Adds the field to what another module has to say about its value. */
function within(field: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw new InputError(`${field}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
