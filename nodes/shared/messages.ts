// The one place for message schemas. Every payload is checked here, at the edge of a node; its type is derived from the
// schema, so text and types cannot drift apart. Described for people in docs/messages.md.
import * as v from 'valibot';
import { FAULTS, type Fault } from '../../src/simulation/faults.ts';
import { isInterval } from '../../src/time/interval.ts';
import { describe } from '../../src/units.ts';

const text = (name: string, longest = 200) =>
  v.pipe(v.string(`${name} must be text`), v.maxLength(longest, `${name} must have at most ${longest} characters`));

export const integer = (name: string, minimum = -Number.MAX_SAFE_INTEGER) =>
  v.custom<number>(
    (value) => typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0) && value >= minimum,
    (issue) =>
      `${name} must be a whole number${minimum > -Number.MAX_SAFE_INTEGER ? ` of at least ${minimum}` : ''}, but is ${describe(issue.input)}`,
  );

const finite = (name: string) =>
  v.custom<number>(
    (value) => typeof value === 'number' && Number.isFinite(value),
    (issue) => `${name} must be a number, but is ${describe(issue.input)}`,
  );

export const interval = v.custom<string>(
  isInterval,
  (issue) => `interval must be a UTC quarter hour such as 2026-11-22T08:15Z, but is ${describe(issue.input)}`,
);

export const memberId = v.pipe(
  v.string('member must be text'),
  v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'member must be a member id: small letters, digits and hyphens, at most 63'),
);

const socPerMille = v.pipe(integer('socPerMille', 0), v.maxValue(1000, 'socPerMille must be at most 1000'));

const quality = v.picklist(['measured', 'estimated', 'missing'], 'quality must be measured, estimated or missing');
const side = v.picklist(['buy', 'sell'], 'side must be "buy" or "sell"');
const reason = v.object({
  code: text('code'),
  text: text('text', 1000),
  numbers: v.optional(v.record(v.string(), v.union([v.number(), v.string()]))),
});

const fill = v.object({
  id: text('id'),
  member: memberId,
  side,
  wh: integer('wh', 0),
  reason: v.optional(reason),
});

const faultNames = Object.keys(FAULTS) as Fault[];

const power = (name: string, minimum: number) =>
  v.pipe(integer(name, minimum), v.maxValue(10_000_000, `${name} must be at most 10000000`));
/** At most a month. */
const seconds = v.pipe(integer('forSeconds', 1), v.maxValue(2_678_400, 'forSeconds must be at most 2678400, a month'));

const planInterval = v.pipe(
  v.object({
    interval,
    setpointW: v.optional(power('setpointW', -10_000_000)),
    mode: v.optional(
      v.picklist(
        ['charge', 'discharge', 'hold', 'self-consumption'],
        'mode must be charge, discharge, hold or self-consumption',
      ),
    ),
    maxChargeW: v.optional(power('maxChargeW', 0)),
    maxDischargeW: v.optional(power('maxDischargeW', 0)),
  }),
  v.check(
    ({ setpointW, mode }) => (setpointW === undefined) !== (mode === undefined),
    'an interval of a plan has either setpointW or mode',
  ),
);

/** Exact bytes of a signed record and of its body, as they lie in the ledger. */
const signedRecord = v.strictObject({ note: text('note', 65_536), body: text('body', 4 * 1024 * 1024) });
const receipt = v.object({ id: text('id'), index: integer('index', 0), duplicate: v.boolean() });

/** Fields that a message gains on its way: the signed bytes, then the ledger's receipt. */
const recorded = { record: v.optional(signedRecord), receipt: v.optional(receipt) };

export const schemas = {
  /** A moment of the community's day, from microgrid-interval. */
  interval: v.object({
    type: v.literal('interval'),
    event: v.picklist(['start', 'gate', 'end']),
    interval,
    time: v.optional(text('time')),
    /** The first interval whose gate is still open: what an order can be placed for. */
    bidding: v.optional(interval),
  }),
  /** What a device shows now; counters as the device shows them. */
  reading: v.object({
    type: v.literal('reading'),
    member: memberId,
    role: v.picklist(['grid', 'pv', 'battery', 'load'], 'role must be grid, pv, battery or load'),
    device: text('device'),
    at: integer('at'),
    powerW: v.nullable(finite('powerW')),
    importWh: v.nullable(integer('importWh', 0)),
    exportWh: v.nullable(integer('exportWh', 0)),
    socPerMille: v.optional(v.nullable(socPerMille)),
    /** The device itself says that it rests. */
    asleep: v.optional(v.literal(true, 'asleep must be true, or be left out')),
    /** Where the device tells them; limits per phase need the powers of all three. */
    phases: v.optional(v.array(v.object({ powerW: v.optional(v.nullable(finite('powerW')), null) }))),
    quality,
    /** How far the counters can be trusted, where that is not `quality`. */
    counterQuality: v.optional(quality),
    reasons: v.array(reason),
  }),
  /** Energy of one interval at the grid connection, for the bill. */
  meter: v.object({
    type: v.literal('meter'),
    member: memberId,
    interval,
    importWh: v.nullable(integer('importWh', 0)),
    exportWh: v.nullable(integer('exportWh', 0)),
    importCounterWh: v.nullable(integer('importCounterWh', 0)),
    exportCounterWh: v.nullable(integer('exportCounterWh', 0)),
    quality,
    reason: v.nullable(reason),
    ...recorded,
  }),
  /** Energy of one interval of a roof, behind the meter: for the overview, not for the bill. */
  energy: v.object({
    type: v.literal('energy'),
    member: memberId,
    interval,
    role: v.literal('pv'),
    generationWh: v.nullable(integer('generationWh', 0)),
    quality,
  }),
  /** Prices of the supplier or an exchange, from microgrid-prices. */
  prices: v.object({
    type: v.literal('prices'),
    currency: v.pipe(
      v.string('currency must be text'),
      v.regex(/^[A-Z]{3}$/, 'currency must be three capital letters'),
    ),
    intervals: v.array(v.object({ interval, price: integer('price') })),
    gaps: v.array(interval),
  }),
  order: v.object({
    type: v.literal('order'),
    member: memberId,
    interval,
    side,
    wh: integer('wh', 1),
    limit: integer('limit'),
    id: v.optional(text('id')),
    reason: v.optional(reason),
    ...recorded,
  }),
  cancel: v.object({ type: v.literal('cancel'), member: memberId, interval, order: text('order'), ...recorded }),
  /** The result of an auction; `orders` are the book it was made from. */
  clearing: v.object({
    type: v.literal('clearing'),
    rule: text('rule'),
    interval,
    volumeWh: integer('volumeWh', 0),
    price: v.nullable(integer('price')),
    priceLow: v.nullable(integer('priceLow')),
    priceHigh: v.nullable(integer('priceHigh')),
    orders: v.array(
      v.object({
        id: text('id'),
        member: memberId,
        side,
        wh: integer('wh', 1),
        limit: integer('limit'),
        index: v.optional(integer('index', 0)),
      }),
    ),
    fills: v.array(fill),
    pairs: v.array(v.object({ buyer: memberId, seller: memberId, wh: integer('wh', 1) })),
    ...recorded,
    block: v.optional(v.looseObject({ height: integer('height', 0) })),
  }),
  /** What the auction decided for one member. */
  fills: v.object({
    type: v.literal('fills'),
    member: memberId,
    interval,
    price: v.nullable(integer('price')),
    fills: v.array(fill),
  }),
  settlement: v.object({
    type: v.literal('settlement'),
    interval,
    tariffs: v.object({ import: integer('import'), feedIn: integer('feedIn') }),
    lines: v.array(
      v.object({
        account: text('account'),
        counterAccount: text('counterAccount'),
        wh: integer('wh'),
        price: integer('price'),
        amount: integer('amount'),
        code: text('code'),
      }),
    ),
    statements: v.array(v.looseObject({ member: memberId })),
    ...recorded,
  }),
  battery: v.object({
    type: v.literal('battery'),
    member: memberId,
    interval,
    chargeWh: integer('chargeWh', 0),
    dischargeWh: integer('dischargeWh', 0),
    socPerMille: v.nullable(socPerMille),
    setpoints: v.array(v.object({ time: text('time'), setpointW: integer('setpointW'), code: text('code') })),
    reasons: v.array(v.object({ code: text('code'), cycles: integer('cycles', 1) })),
    ...recorded,
  }),
  /** What the batteries of a member should do in each quarter hour, made from prices and forecasts. */
  plan: v.object({
    type: v.literal('plan'),
    member: memberId,
    madeAt: integer('madeAt'),
    pricesAt: v.optional(integer('pricesAt')),
    intervals: v.pipe(v.array(planInterval), v.maxLength(2000, 'a plan has at most 2000 intervals')),
  }),
  /** A power that the owner asks of a battery for a while; null ends it. */
  manual: v.pipe(
    v.object({
      type: v.literal('manual'),
      member: memberId,
      setpointW: v.nullable(power('setpointW', -10_000_000)),
      forSeconds: v.optional(seconds),
    }),
    v.check(
      ({ setpointW, forSeconds }) => setpointW === null || forSeconds !== undefined,
      'forSeconds is missing: say how long, such as 1800',
    ),
  ),
  /** A state of charge to keep for an outage for a while; null ends it. */
  reserve: v.pipe(
    v.object({
      type: v.literal('reserve'),
      member: memberId,
      socPerMille: v.nullable(socPerMille),
      forSeconds: v.optional(seconds),
      chargeW: v.optional(power('chargeW', 0)),
    }),
    v.check(
      ({ socPerMille, forSeconds }) => socPerMille === null || forSeconds !== undefined,
      'forSeconds is missing: say how long, such as 86400',
    ),
  ),
  note: v.object({
    type: v.literal('note'),
    text: text('text', 10_000),
    interval: v.optional(v.nullable(interval)),
    member: v.optional(memberId),
    ...recorded,
  }),
  /** Makes a device of a virtual site misbehave, or behave again. */
  fault: v.object({
    type: v.literal('fault'),
    unit: v.pipe(integer('unit', 1), v.maxValue(247, 'unit must be at most 247')),
    fault: v.nullable(v.picklist(faultNames, `fault must be null or one of ${faultNames.join(', ')}`)),
  }),
  /** Earlier intervals of a member, without its battery, oldest first: what a forecast can start from. */
  history: v.object({
    type: v.literal('history'),
    member: memberId,
    intervals: v.array(v.object({ interval, loadWh: integer('loadWh', 0), pvWh: integer('pvWh', 0) })),
  }),
} as const;

export type PayloadType = keyof typeof schemas;
export type Payload<Type extends PayloadType> = v.InferOutput<(typeof schemas)[Type]>;

/**
 * The payload of a message as one of the named types.
 * @throws Error with a sentence that names the field at fault
 */
export function readPayload<Type extends PayloadType>(payload: unknown, ...types: readonly Type[]): Payload<Type> {
  const given = typeof payload === 'object' && payload !== null && 'type' in payload ? payload.type : undefined;
  const type = types.find((candidate) => candidate === given);
  if (!type) {
    throw new Error(
      `this node expects msg.payload.type to be ${types.map((name) => `"${name}"`).join(' or ')}, but it is ${describe(given)}`,
    );
  }
  const result = v.safeParse(schemas[type] as v.GenericSchema<unknown, Payload<Type>>, payload);
  if (!result.success) throw new Error(`the ${type} is malformed: ${sentenceOf(result.issues)}`);
  return result.output;
}

/** Longest sentence about a payload: some quote what they were given, and that may be of any length. */
const LONGEST_SENTENCE = 300;

/** The first thing that a schema found wrong, with the path of the field. */
export function sentenceOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const issue = issues[0];
  if (!issue) return 'it does not fit';
  const path = v.getDotPath(issue);
  if (path && issue.input === undefined && issue.expected?.startsWith('"')) return `${path} is missing`;
  const sentence = path && !issue.message.startsWith(path) ? `${path}: ${issue.message}` : issue.message;
  return sentence.length <= LONGEST_SENTENCE ? sentence : `${sentence.slice(0, LONGEST_SENTENCE - 1)}…`;
}
