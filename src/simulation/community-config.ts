// The description of a community to simulate (COMMUNITY.json of the `simulate` subcommand), checked strictly at the edge.
// Tariffs in micro-currency per kWh, capacity in Wh, power in W, shares in per mille.
import * as v from 'valibot';
import { fields, InputError, id, integer, list, matching, oneOf, parseInput } from '../input/fields.ts';
import { parseOrigin } from '../ledger/names.ts';
import type { Strategy } from '../market/strategies/strategy.ts';
import { quote } from '../units.ts';
import { type BatterySpec, checkBattery } from './virtual-site.ts';

export interface CommunityConfig {
  /** Name of the ledger, such as `sunny-street.example/ledger/1`. */
  readonly origin: string;
  readonly currency: string;
  readonly tariffs: { readonly import: number; readonly feedIn: number };
  readonly members: readonly MemberConfig[];
}

export interface MemberConfig {
  readonly id: string;
  readonly kind: 'home' | 'business' | 'storage';
  readonly battery?: BatterySpec;
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

const schema = fields({
  origin: id,
  currency: matching(/^[A-Z]{3}$/, 'three capital letters such as EUR'),
  tariffs: fields({ import: price, feedIn: price }),
  members: list(
    fields({
      id: matching(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a member id of 1 to 63 small letters, digits and hyphens'),
      kind: oneOf(['home', 'business', 'storage']),
      battery: v.exactOptional(battery),
      strategy: v.exactOptional(strategy),
    }),
  ),
});

/**
 * Checks a parsed COMMUNITY.json.
 * @throws InputError with one sentence that begins with the field at fault
 */
export function readCommunity(value: unknown): CommunityConfig {
  const config = parseInput(schema, value, 'the community');
  told('origin', () => parseOrigin(config.origin));
  if (config.members.length === 0) throw new InputError('members must name at least one member');
  const seen = new Set<string>();
  for (const [index, { id, battery: spec }] of config.members.entries()) {
    const at = `members[${index}]`;
    if (id === OPERATOR) throw new InputError(`${at}.id must not be "${OPERATOR}", which is the ledger's operator`);
    if (seen.has(id)) throw new InputError(`${at}.id ${quote(id)} stands twice`);
    seen.add(id);
    if (spec) told(`${at}.battery`, () => checkBattery(spec));
  }
  return config;
}

/** Adds the field to what another module has to say about its value. */
function told(field: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw new InputError(`${field}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
