// The description of a community to simulate (COMMUNITY.json of the `simulate` subcommand), checked strictly at the edge.
// Tariffs in micro-currency per kWh, capacity in Wh, power in W, shares in per mille.
import * as v from 'valibot';
import { parseOrigin } from '../ledger/names.ts';
import { describe } from '../units.ts';
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
}

/** The member who operates the ledger of a simulated community; it trades nothing. */
export const OPERATOR = 'operator';

/** Far beyond any tariff, and small enough that every amount of an interval is exact. */
const HIGHEST_PRICE = 1_000_000_000;

const whole = v.custom<number>(
  (value) => Number.isSafeInteger(value) && !Object.is(value, -0),
  (issue) => `must be a whole number, but is ${describe(issue.input)}`,
);
const price = v.pipe(
  whole,
  v.minValue(-HIGHEST_PRICE, `must be at least -${HIGHEST_PRICE}`),
  v.maxValue(HIGHEST_PRICE, `must be at most ${HIGHEST_PRICE}`),
);

const battery = v.strictObject({
  capacityWh: whole,
  maxChargeW: whole,
  maxDischargeW: whole,
  roundTripPerMille: whole,
  minSocPerMille: v.optional(whole, 0),
});

const member = v.strictObject({
  id: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 small letters, digits and hyphens'),
    v.check((id) => id !== OPERATOR, `must not be "${OPERATOR}", which is the ledger's operator`),
  ),
  kind: v.picklist(['home', 'business', 'storage'], 'must be home, business or storage'),
  battery: v.optional(battery),
});

const schema = v.strictObject({
  origin: v.string(),
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'must be three capital letters such as EUR')),
  tariffs: v.strictObject({ import: price, feedIn: price }),
  members: v.pipe(v.array(member), v.minLength(1, 'must name at least one member')),
});

/**
 * Checks a parsed COMMUNITY.json.
 * @throws RangeError with one sentence that names the field at fault
 */
export function readCommunity(value: unknown): CommunityConfig {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    const path = v.getDotPath(result.issues[0]);
    throw new RangeError(`the community${path ? `'s ${path}` : ''}: ${result.issues[0].message}`);
  }
  const { origin, currency, tariffs, members } = result.output;
  parseOrigin(origin);
  const seen = new Set<string>();
  for (const [index, { id, battery: spec }] of members.entries()) {
    if (seen.has(id)) throw new RangeError(`the community's members.${index}.id: "${id}" stands there twice`);
    seen.add(id);
    try {
      if (spec) checkBattery(spec);
    } catch (error) {
      throw new RangeError(
        `the community's members.${index}.battery: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return {
    origin,
    currency,
    tariffs,
    members: members.map(({ id, kind, battery: spec }) => (spec ? { id, kind, battery: spec } : { id, kind })),
  };
}
