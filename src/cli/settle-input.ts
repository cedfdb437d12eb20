// What `microgrid settle` reads: tariffs as numbers or as a document, intervals with their clearings and meters, and what an
// estimate, a capacity charge or a correction needs besides.
import * as v from 'valibot';
import {
  fields,
  id,
  integer,
  interval,
  list,
  matching,
  oneOf,
  parseInput,
  places,
  someFields,
} from '../input/fields.ts';
import { SETTLED_RULES } from '../settlement/check.ts';
import { ESTIMATE, type EstimateTerms } from '../settlement/estimate.ts';
import { capacityFields, chargeFields, readTariff } from '../settlement/read-tariff.ts';
import { type ResolveTariff, tariffResolver } from '../settlement/resolve.ts';
import type { IntervalInput, Line, LineCode, SettlementInput } from '../settlement/settlement.ts';
import { intervalStart } from '../time/interval.ts';
import { InputError, messageOf } from './io.ts';
import { placesByMember } from './places.ts';

const price = integer();
const bound = v.exactOptional(v.nullable(price));
const energy = v.optional(v.nullable(integer(0)), null);
const month = matching(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'a month such as 2026-11');
/** Asked for first: a clearing of another rule may lack what these have. */
const rule = oneOf(SETTLED_RULES);

const clearing = someFields({
  rule: v.exactOptional(rule),
  interval: v.exactOptional(interval),
  volumeWh: v.exactOptional(integer(0)),
  price: v.nullable(price),
  priceLow: bound,
  priceHigh: bound,
  fills: v.exactOptional(list(someFields({ id, member: id, side: oneOf(['buy', 'sell']), wh: integer(0) }))),
  pairs: list(
    someFields({
      buyer: id,
      seller: id,
      wh: integer(1),
      price: v.exactOptional(price),
      sellerPrice: v.exactOptional(price),
      networkFee: v.exactOptional(integer(0)),
    }),
  ),
  preferred: v.exactOptional(
    list(
      someFields({
        buy: v.exactOptional(integer(0)),
        sell: v.exactOptional(integer(0)),
        buyer: id,
        seller: id,
        wh: integer(1),
        price,
      }),
    ),
  ),
});

const meterFields = {
  member: id,
  importWh: energy,
  exportWh: energy,
  quality: oneOf(['measured', 'estimated', 'missing']),
};

const tariffs = fields({
  import: price,
  feedIn: price,
  ...chargeFields,
  capacity: v.exactOptional(fields({ month, ...capacityFields, due: v.exactOptional(v.literal(true)) })),
});

const inputSchema = fields({
  tariffs: v.exactOptional(tariffs),
  tariff: v.exactOptional(v.unknown()),
  prices: v.exactOptional(list(someFields({ interval, price }))),
  intervals: list(
    fields({
      interval,
      clearing,
      meters: list(someFields({ interval: v.exactOptional(interval), ...meterFields })),
      tariffs: v.exactOptional(tariffs),
    }),
  ),
  places: v.optional(places, []),
  peaks: v.exactOptional(list(fields({ member: id, month, wh: integer(0) }))),
  estimate: v.exactOptional(fields({ rule: oneOf([ESTIMATE]), afterHours: integer(0, 1_000_000), at: interval })),
  history: v.optional(list(someFields({ interval, ...meterFields })), []),
});

const settledSchema = someFields({
  lines: list(
    someFields({
      interval,
      account: id,
      counterAccount: id,
      wh: integer(),
      price,
      amount: integer(),
      code: id,
    }),
  ),
});

export interface SettleInput {
  readonly input: SettlementInput;
  /** Null where nothing is to be estimated. */
  readonly estimate: EstimateTerms | null;
}

/** @throws InputError naming the field */
export function readSettleInput(value: unknown): SettleInput {
  const given = parseInput(inputSchema, value);
  const { tariffs, intervals, peaks, estimate, history } = given;
  for (const [index, part] of intervals.entries()) checkRows(part, `intervals[${index}]`);
  const resolve = resolverOf(given);
  const input: SettlementInput = {
    ...(tariffs ? { tariffs } : {}),
    intervals: resolve ? intervals.map((part) => withTariffs(part, resolve)) : intervals,
    places: placesByMember(given.places),
    ...(peaks ? { peaks } : {}),
  };
  if (!estimate) return { input, estimate: null };
  return { input, estimate: { at: intervalStart(estimate.at), afterHours: estimate.afterHours, history } };
}

/** The lines of an earlier settlement, as `settle --json` printed them. @param whole what it is called */
export function readSettled(value: unknown, whole: string): { readonly lines: readonly Line[] } {
  try {
    const { lines } = parseInput(settledSchema, value);
    return { lines: lines.map((line) => ({ ...line, code: line.code as LineCode })) };
  } catch (error) {
    throw new InputError(`${whole}: ${messageOf(error)}`);
  }
}

type Given = v.InferOutput<typeof inputSchema>;

/** Null where the tariffs are given as numbers. */
function resolverOf({ tariffs, tariff, prices = [], intervals }: Given): ResolveTariff | null {
  if (tariff === undefined) {
    if (prices.length > 0) throw new InputError('prices are given, but there is no tariff that would use them');
    if (tariffs || (intervals.length > 0 && intervals.every((part) => part.tariffs))) return null;
    throw new InputError('tariffs is missing, and no tariff stands in its place');
  }
  if (tariffs) throw new InputError('tariffs and a tariff are given, but only one of the two may be');
  let resolve: ResolveTariff;
  try {
    resolve = tariffResolver(readTariff(tariff));
  } catch (error) {
    throw new InputError(`tariff: ${messageOf(error)}`);
  }
  const priceOf = new Map<string, number>();
  for (const [index, { interval, price }] of prices.entries()) {
    const before = priceOf.get(interval);
    if (before !== undefined && before !== price) {
      throw new InputError(`prices[${index}] is ${price} for ${interval}, but another price for it is ${before}`);
    }
    priceOf.set(interval, price);
  }
  return (interval) => resolve(interval, priceOf.get(interval));
}

function withTariffs(part: IntervalInput, resolve: ResolveTariff): IntervalInput {
  if (part.tariffs) return part;
  const resolved = resolve(part.interval);
  return { ...part, tariffs: 'open' in resolved ? resolved : resolved.tariffs };
}

/** Meters that say more than the settlement asks for must not say something else. */
function checkRows({ interval, meters }: Given['intervals'][number], at: string) {
  for (const [index, meter] of meters.entries()) {
    if (meter.interval !== undefined && meter.interval !== interval) {
      throw new InputError(`${at}.meters[${index}].interval is ${meter.interval}, but the interval is ${interval}`);
    }
  }
}
