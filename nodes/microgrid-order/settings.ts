// From what the dialog of the order node stores, in a person's units, to a bidding strategy, a daily need and a preference.
// Only the fields of the chosen strategy are read: what stands in the others is not shown and does not matter.
import * as v from 'valibot';
import type { DailyNeed } from '../../src/market/flexible-need.ts';
import type { LimitStep } from '../../src/market/limit-steps.ts';
import { preferenceFault } from '../../src/market/preference.ts';
import { STRATEGIES, type Strategy } from '../../src/market/strategies/strategy.ts';
import { minuteOfDay } from '../../src/time/time-of-day.ts';
import { isTimeZone } from '../../src/time/zone.ts';
import { describe, parseDecimal } from '../../src/units.ts';
import { choice, decimal, nodeId, optional, optionalText, whole } from '../shared/config-fields.ts';
import type { Payload } from '../shared/messages.ts';

const CT = 10_000;
const MOST_CT = 1000 * CT;
const MEMBER = /^[a-z0-9][a-z0-9-]{0,62}$/;
const MOST_STEPS = 20;

/** Read once it is known that the strategy needs it. */
const later = () => v.optional(v.unknown(), null);

export const configSchema = v.object({
  member: nodeId(),
  strategy: choice('the strategy', STRATEGIES),
  buyLimit: later(),
  sellLimit: later(),
  rampBuy: later(),
  rampSell: later(),
  rampSteps: later(),
  wear: later(),
  needKWh: later(),
  needKW: later(),
  needFrom: later(),
  needBy: later(),
  zone: later(),
  curve: later(),
  batteryKWh: decimal('the battery (kWh)', 3, 0, 1e9),
  batteryKW: decimal('the battery power (kW)', 3, 0, 1e9),
  efficiency: decimal('the round trip efficiency (%)', 1, 10, 1000),
  minSoc: whole('the lowest charge (%)', 0, 100),
  maxSoc: whole('the highest charge (%)', 0, 100),
  outside: choice('the bounds of limits', ['no', 'yes']),
  renewable: choice('where the surplus is from', ['no', 'yes']),
  preferMode: choice('the preference', ['none', 'first', 'only']),
  preferFrom: choice('who is preferred', ['partners', 'feeder', 'renewable']),
  partners: later(),
});

export type OrderConfig = v.InferOutput<typeof configSchema>;

/** migrations[0]: before version 2 there was one strategy, and no preference. */
export const migrations = [
  (config: Record<string, unknown>): Record<string, unknown> => ({
    strategy: 'last-days',
    outside: 'no',
    renewable: 'no',
    preferMode: 'none',
    preferFrom: 'partners',
    ...config,
  }),
];

/** Whether it orders for a load of its own, beside the home and beside other loads. */
export function isOfItsOwn({ strategy }: OrderConfig): boolean {
  return strategy === 'deadline' || strategy === 'demand-curve';
}

const limit = (name: string) => optional(decimal(name, 4, -MOST_CT, MOST_CT));

/** @throws Error with a sentence about the field at fault */
export function strategyOf(config: OrderConfig): Strategy {
  switch (config.strategy) {
    case 'fixed-limit': {
      const buy = read(limit('the limit to buy at (ct/kWh)'), config.buyLimit);
      const sell = read(limit('the limit to sell at (ct/kWh)'), config.sellLimit);
      if (buy === undefined && sell === undefined) wrong('a fixed limit needs a price to buy at or a price to sell at');
      return { name: 'fixed-limit', ...known('buy', buy), ...known('sell', sell) };
    }
    case 'ramp': {
      const buyFrom = read(limit('the first limit to buy at (ct/kWh)'), config.rampBuy);
      const sellFrom = read(limit('the first limit to sell at (ct/kWh)'), config.rampSell);
      const steps = read(whole('the steps', 2, MOST_STEPS), config.rampSteps);
      return { name: 'ramp', steps, ...known('buyFrom', buyFrom), ...known('sellFrom', sellFrom) };
    }
    case 'stored-value':
      return { name: 'stored-value', wear: read(decimal('the wear (ct/kWh)', 4, 0, MOST_CT), config.wear) };
    case 'demand-curve':
      return { name: 'demand-curve', steps: curveOf(config.curve) };
    default:
      return { name: config.strategy };
  }
}

/** What a flexible load needs every day; null for the other strategies. @throws Error as `strategyOf` */
export function dailyNeedOf(config: OrderConfig): DailyNeed | null {
  if (config.strategy !== 'deadline') return null;
  const by = minuteOf(config.needBy);
  if (by === null) wrong(`the deadline must be a time of day such as 07:00, but is ${describe(config.needBy)}`);
  const given = read(optionalText('the time from which it is there'), config.needFrom);
  const from = minuteOf(given);
  if (given !== '' && from === null) wrong(`"from" must be a time of day such as 18:00, but is ${describe(given)}`);
  return {
    dailyWh: read(decimal('the daily need (kWh)', 3, 0, 1e9), config.needKWh),
    maxW: read(decimal('the power of the load (kW)', 3, 4, 1e9), config.needKW),
    from,
    by,
    zone: zoneOf(config),
  };
}

/** The time zone of the dialog's times; the machine's own where none is named. @throws Error as `strategyOf` */
export function zoneOf(config: OrderConfig): string {
  const zone = read(optionalText('the time zone'), config.zone);
  if (zone === '') return new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(zone)) wrong(`the time zone must be a name such as Europe/Berlin, but is ${describe(zone)}`);
  return zone;
}

/** What of an order says from or to whom. */
export type Preferences = Pick<Payload<'order'>, 'preference' | 'renewable'>;

/** The preferences of each side's orders. @throws Error as `strategyOf` */
export function preferencesOf(config: OrderConfig, member: string): { buy: Preferences; sell: Preferences } {
  const sell: Preferences = config.renewable === 'yes' ? { renewable: true } : {};
  const { preferMode: mode, preferFrom: from } = config;
  if (mode === 'none') return { buy: {}, sell };
  if (from === 'renewable') return { buy: { preference: { mode, from } }, sell };
  const partners = from === 'partners' ? { partners: partnersOf(config.partners) } : {};
  const preference = { mode, from, ...partners };
  const fault = preferenceFault({ member, side: 'buy', preference });
  if (fault) wrong(fault);
  return { buy: { preference }, sell: { ...sell, preference } };
}

/** @throws Error with a sentence where the battery's window leaves nothing to use */
export function checkWindow({ batteryKWh, minSoc, maxSoc }: OrderConfig): void {
  if (batteryKWh > 0 && minSoc >= maxSoc) {
    throw new Error('the lowest charge is not below the highest; then the battery could never be used');
  }
}

/** "0.5 at 28; 1 at 18": kWh in a quarter hour, each up to a price. */
function curveOf(text: unknown): LimitStep[] {
  const parts = read(optionalText('the demand'), text).split(';');
  if (parts.length > MOST_STEPS) wrong(`the demand may have at most ${MOST_STEPS} steps`);
  return parts.map((part) => {
    const [, kWh, ct] = /^\s*([\d.,]+)\s+at\s+(-?[\d.,]+)\s*$/.exec(part) ?? [];
    if (kWh === undefined || ct === undefined) {
      wrong(`the demand must look like "0.5 at 28; 1 at 18" (kWh at ct/kWh), but has the step ${describe(part)}`);
    }
    const wh = readDecimal(kWh, 3, 'the energy of a step (kWh)');
    const price = readDecimal(ct, 4, 'the price of a step (ct/kWh)');
    if (wh < 1 || wh > 1e9 || Math.abs(price) > MOST_CT)
      wrong(`a step of ${describe(part)} is beyond what can be traded`);
    return { wh, limit: price };
  });
}

function partnersOf(text: unknown): string[] {
  const names = read(optionalText('the partners'), text)
    .split(/[\s,;]+/)
    .filter(Boolean);
  const odd = names.find((name) => !MEMBER.test(name));
  if (odd !== undefined) wrong(`a partner is named by its member id, but ${describe(odd)} is none`);
  // Ids are plain ASCII: by bytes and by characters are the same.
  return [...new Set(names)].sort();
}

function minuteOf(value: unknown): number | null {
  return typeof value === 'string' ? minuteOfDay(value) : null;
}

function read<Out>(schema: v.GenericSchema<unknown, Out>, value: unknown): Out {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : wrong(result.issues[0].message);
}

function readDecimal(text: string, digits: number, name: string): number {
  try {
    return parseDecimal(text, digits, name);
  } catch (problem) {
    return wrong(problem instanceof Error ? problem.message : String(problem));
  }
}

function wrong(what: string): never {
  throw new Error(`${what}; open this node and correct it`);
}

function known<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, number>);
}
