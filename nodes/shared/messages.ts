// The one place for message schemas. Every payload is checked here, at the edge of a node; its type is derived from the
// schema, so text and types cannot drift apart. Described for people in docs/messages.md.
import * as v from 'valibot';
import { KEY_FORMATS } from '../../src/market/keys-file.ts';
import type { Preference } from '../../src/market/order.ts';
import { preferenceFault } from '../../src/market/preference.ts';
import { MOST_LEAVES, MOST_PROOFS } from '../../src/replica/serve.ts';
import { BALANCING_RULES } from '../../src/settlement/tariffs.ts';
import { ROLES } from '../../src/settlement/utility/columns.ts';
import { CHEATS } from '../../src/simulation/cheating-end.ts';
import { FAULTS, type Fault } from '../../src/simulation/faults.ts';
import { isInterval } from '../../src/time/interval.ts';
import { isDate } from '../../src/time/local-time.ts';
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

const day = (name: string) =>
  v.custom<string>(
    (value) => typeof value === 'string' && isDate(value),
    (issue) => `${name} must be a day such as 2026-08-05, but is ${describe(issue.input)}`,
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

/** How statements are sent: as an object, as one kind of file, or as all kinds. */
export const STATEMENT_FORMATS = ['object', 'html', 'csv', 'totals', 'json', 'files'] as const;

const faultNames = Object.keys(FAULTS) as Fault[];

const power = (name: string, minimum: number) =>
  v.pipe(integer(name, minimum), v.maxValue(10_000_000, `${name} must be at most 10000000`));
/** At most a month. */
const seconds = v.pipe(integer('forSeconds', 1), v.maxValue(2_678_400, 'forSeconds must be at most 2678400, a month'));

/** A moment in UTC as ISO 8601, to the minute or finer. */
const moment = (name: string) =>
  v.pipe(
    text(name, 30),
    v.check(
      (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/.test(value) && !Number.isNaN(Date.parse(value)),
      `${name} must be a UTC time such as 2026-11-22T07:00Z`,
    ),
  );

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

/** Whom an order trades with, and what a seller says of its energy; their form is checked where the whole order is known. */
const preferring = {
  preference: v.exactOptional(v.custom<Preference>(() => true)),
  renewable: v.exactOptional(v.custom<true>(() => true)),
};

/** Exact bytes of a signed record and of its body, as they lie in the ledger. */
const signedRecord = v.strictObject({ note: text('note', 65_536), body: text('body', 4 * 1024 * 1024) });
const receipt = v.object({ id: text('id'), index: integer('index', 0), duplicate: v.boolean() });

/** Fields that a message gains on its way: the signed bytes, then the ledger's receipt. */
const recorded = { record: v.optional(signedRecord), receipt: v.optional(receipt) };

const metered = {
  member: memberId,
  interval,
  importWh: v.nullable(integer('importWh', 0)),
  exportWh: v.nullable(integer('exportWh', 0)),
  importCounterWh: v.nullable(integer('importCounterWh', 0)),
  exportCounterWh: v.nullable(integer('exportCounterWh', 0)),
  quality,
  reason: v.nullable(reason),
};

const preferredTrade = v.object({
  buy: integer('buy', 0),
  sell: integer('sell', 0),
  buyer: memberId,
  seller: memberId,
  wh: integer('wh', 1),
  price: integer('price'),
});

/** Longest checkpoint with its cosignatures: as many lines as it may have, with the longest names. */
const LONGEST_CHECKPOINT = 512 * 1024;

const base64 = (name: string) =>
  v.pipe(text(name, 44), v.regex(/^[A-Za-z0-9+/]{43}=$/, `${name} must be 32 bytes in base64`));

const hash = (name: string) =>
  v.pipe(text(name, 64), v.regex(/^[0-9a-f]{64}$/, `${name} must be 64 small hexadecimal digits`));

/** A path through a tree. */
const hashes = (name: string) =>
  v.pipe(v.array(base64(`a hash of the ${name}`)), v.maxLength(63, `${name} must have at most 63 hashes`));

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
  meter: v.object({ type: v.literal('meter'), ...metered, ...recorded }),
  /** What a member says of an interval later, in the place of what it said before. */
  correction: v.object({ type: v.literal('correction'), ...metered, ...recorded }),
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
  /** The price of one interval as the ledger records it. */
  price: v.object({ type: v.literal('price'), interval, price: integer('price'), ...recorded }),
  order: v.pipe(
    v.object({
      type: v.literal('order'),
      member: memberId,
      interval,
      side,
      wh: integer('wh', 1),
      limit: integer('limit'),
      id: v.optional(text('id')),
      reason: v.optional(reason),
      ...preferring,
      ...recorded,
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      const fault = dataset.typed ? preferenceFault(dataset.value) : null;
      if (fault) addIssue({ message: fault });
    }),
  ),
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
        ...preferring,
      }),
    ),
    fills: v.array(fill),
    pairs: v.array(
      v.object({
        buyer: memberId,
        seller: memberId,
        wh: integer('wh', 1),
        price: v.exactOptional(integer('price')),
        sellerPrice: v.exactOptional(integer('sellerPrice')),
        networkFee: v.exactOptional(integer('networkFee', 0)),
      }),
    ),
    /** Trades before the rule, by preference; `buy` and `sell` are places in `orders`. */
    preferred: v.exactOptional(v.array(preferredTrade)),
    areas: v.optional(
      v.array(
        v.object({
          id: text('id'),
          parent: v.nullable(text('parent')),
          price: v.nullable(integer('price')),
          priceLow: v.nullable(integer('priceLow')),
          priceHigh: v.nullable(integer('priceHigh')),
          flowWh: integer('flowWh'),
          fee: integer('fee', 0),
          rent: integer('rent'),
        }),
      ),
    ),
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
    preferred: v.exactOptional(v.array(preferredTrade)),
  }),
  settlement: v.object({
    type: v.literal('settlement'),
    interval,
    /** 0 for the first settlement of the interval, then one more for each correction; left out under rules of version 1. */
    number: v.exactOptional(integer('number', 0)),
    tariffs: v.looseObject({ import: integer('import'), feedIn: integer('feedIn') }),
    lines: v.array(
      v.object({
        account: text('account'),
        counterAccount: text('counterAccount'),
        wh: integer('wh'),
        price: integer('price'),
        amount: integer('amount'),
        code: text('code'),
        reverses: v.exactOptional(v.boolean()),
      }),
    ),
    statements: v.array(
      v.object({
        member: memberId,
        importWh: v.nullable(integer('importWh', 0)),
        exportWh: v.nullable(integer('exportWh', 0)),
        quality,
        boughtWh: integer('boughtWh', 0),
        soldWh: integer('soldWh', 0),
        supplierWh: integer('supplierWh', 0),
        feedInWh: integer('feedInWh', 0),
        amount: integer('amount'),
        poolBoughtWh: v.exactOptional(integer('poolBoughtWh', 0)),
        poolSoldWh: v.exactOptional(integer('poolSoldWh', 0)),
      }),
    ),
    /** Highest quarter hour of each member and month so far: month, member, Wh. */
    peaks: v.exactOptional(v.array(v.strictTuple([text('month'), memberId, integer('wh', 1)]))),
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
  /** What energy costs in one interval beside the market, from microgrid-tariff. */
  tariff: v.object({
    type: v.literal('tariff'),
    interval,
    tariffs: v.object({
      import: integer('import'),
      feedIn: integer('feedIn'),
      networkFee: v.exactOptional(
        v.object({
          feeder: v.exactOptional(integer('feeder')),
          substation: v.exactOptional(integer('substation')),
          beyond: v.exactOptional(integer('beyond')),
        }),
      ),
      levies: v.exactOptional(integer('levies')),
      vatBasisPoints: v.exactOptional(integer('vatBasisPoints', 0)),
      feedInVatBasisPoints: v.exactOptional(integer('feedInVatBasisPoints', 0)),
      balancing: v.exactOptional(
        v.object({ rule: v.picklist(BALANCING_RULES), penalty: v.exactOptional(integer('penalty', 0)) }),
      ),
      capacity: v.exactOptional(
        v.object({
          month: v.pipe(v.string(), v.regex(/^\d{4}-\d{2}$/, 'month must be one such as 2026-11')),
          price: integer('price', 0),
          freeW: v.exactOptional(integer('freeW', 0)),
          due: v.exactOptional(v.literal(true)),
        }),
      ),
    }),
    rates: v.object({ import: v.exactOptional(text('import', 40)), feedIn: v.exactOptional(text('feedIn', 40)) }),
  }),
  /** By what parts the surplus of one interval is shared (allocation/1), in millionths. */
  keys: v.pipe(
    v.object({
      type: v.literal('keys'),
      interval,
      kind: v.picklist(['dynamic-simple', 'dynamic-full'], 'kind must be "dynamic-simple" or "dynamic-full"'),
      keys: v.pipe(
        v.array(
          v.object({
            producer: v.optional(memberId),
            member: memberId,
            millionths: v.pipe(integer('millionths', 0), v.maxValue(1_000_000, 'millionths must be at most 1000000')),
          }),
        ),
        v.maxLength(1_000_000, 'an interval has at most 1000000 keys'),
      ),
    }),
    v.check(
      ({ kind, keys }) => keys.every(({ producer }) => (producer !== undefined) === (kind === 'dynamic-full')),
      'with "dynamic-full" every key names the producer whose surplus it shares, with "dynamic-simple" none does',
    ),
  ),
  /** Asks for the keys of a time as files. */
  'keys-export': v.object({
    type: v.literal('keys-export'),
    from: interval,
    until: interval,
    format: v.picklist(KEY_FORMATS, `format must be one of ${KEY_FORMATS.join(', ')}`),
    decimals: v.optional(v.pipe(integer('decimals', 0), v.maxValue(4, 'decimals must be at most 4'))),
  }),
  /** A table of the utility, as text. */
  'utility-figures': v.object({
    type: v.literal('utility-figures'),
    text: text('text', 64 * 1024 * 1024),
    columns: v.optional(
      v.record(
        v.string(),
        v.picklist(ROLES, `a column must be one of ${ROLES.join(', ')}`),
        'columns must be an object',
      ),
    ),
  }),
  /** Turns balances into payments; with `preview` only shows them. */
  'settle-up': v.object({
    type: v.literal('settle-up'),
    executionDate: v.optional(day('executionDate')),
    preview: v.optional(v.boolean('preview must be true or false')),
  }),
  /** The bank says that a payment was made. */
  'payment-confirmed': v.object({
    type: v.literal('payment-confirmed'),
    id: text('id', 35),
    on: v.optional(day('on')),
    reference: v.optional(text('reference', 140)),
  }),
  /** The operator's signed word about the whole ledger, with a proof that it continues an earlier one. */
  checkpoint: v.object({
    type: v.literal('checkpoint'),
    origin: text('origin'),
    size: integer('size', 1),
    root: base64('root'),
    note: text('note', LONGEST_CHECKPOINT),
    from: v.nullable(
      v.object({
        size: integer('size', 0),
        proof: v.pipe(v.array(base64('a hash of the proof')), v.maxLength(63, 'proof must have at most 63 hashes')),
      }),
    ),
    state: v.picklist(['sealed', 'witnessed'], 'state must be sealed or witnessed'),
    to: v.optional(memberId),
  }),
  /** Asks the operator for its newest checkpoint, with a proof from a size on. */
  'checkpoint-wanted': v.object({
    type: v.literal('checkpoint-wanted'),
    origin: text('origin'),
    from: integer('from', 0),
    member: memberId,
    to: v.optional(memberId),
  }),
  /** A member's machine saw that a checkpoint continues all that it cosigned before. */
  cosignature: v.object({
    type: v.literal('cosignature'),
    origin: text('origin'),
    size: integer('size', 1),
    member: memberId,
    line: text('line', 1000),
  }),
  /** Asks for leaves of the ledger; signed by who may read more than everybody. */
  'leaves-wanted': v.object({
    type: v.literal('leaves-wanted'),
    origin: text('origin'),
    from: integer('from', 0),
    limit: integer('limit', 1),
    member: memberId,
    signed: v.optional(text('signed', 2000)),
    to: v.optional(memberId),
  }),
  leaves: v.object({
    type: v.literal('leaves'),
    origin: text('origin'),
    from: integer('from', 0),
    leaves: v.pipe(
      v.array(
        v.object({
          note: text('note', 65_536),
          body: v.nullable(text('body', 4 * 1024 * 1024)),
          checkpoint: v.optional(text('checkpoint', LONGEST_CHECKPOINT)),
        }),
      ),
      v.maxLength(MOST_LEAVES, `leaves must be at most ${MOST_LEAVES}`),
    ),
    size: integer('size', 1),
    checkpoint: text('checkpoint', LONGEST_CHECKPOINT),
    to: v.optional(memberId),
  }),
  /** A signed record on its way to the operator. */
  record: v.object({ type: v.literal('record'), origin: text('origin'), ...signedRecord.entries }),
  /** The operator's answer to a record that it took. */
  receipt: v.object({
    type: v.literal('receipt'),
    origin: text('origin'),
    id: hash('id'),
    index: integer('index', 0),
    receipt: v.nullable(
      v.object({ note: text('note', 2000), index: integer('index', 0), leaf: hash('leaf'), path: hashes('path') }),
    ),
    to: memberId,
  }),
  /** The operator's signed answer to a record that it did not take. */
  refused: v.object({
    type: v.literal('refused'),
    origin: text('origin'),
    note: text('note', 8000),
    to: memberId,
  }),
  'proof-wanted': v.object({
    type: v.literal('proof-wanted'),
    origin: text('origin'),
    ids: v.pipe(v.array(hash('an id')), v.maxLength(MOST_PROOFS, `ids must be at most ${MOST_PROOFS}`)),
    to: v.optional(memberId),
  }),
  /** Shows that a record lies under a checkpoint. */
  proof: v.object({
    type: v.literal('proof'),
    origin: text('origin'),
    id: hash('id'),
    index: integer('index', 0),
    leaf: hash('leaf'),
    path: hashes('path'),
    checkpoint: text('checkpoint', LONGEST_CHECKPOINT),
  }),
  /** Asks who may witness a checkpoint. */
  'roster-wanted': v.object({
    type: v.literal('roster-wanted'),
    origin: text('origin'),
    size: integer('size', 1),
    member: memberId,
    to: v.optional(memberId),
  }),
  roster: v.object({
    type: v.literal('roster'),
    origin: text('origin'),
    size: integer('size', 1),
    header: text('header', 65_536),
    path: hashes('path'),
    before: v.nullable(text('before', 65_536)),
    roster: text('roster', 4 * 1024 * 1024),
    to: v.optional(memberId),
  }),
  /** What a member's machine can prove against the operator. */
  evidence: v.object({
    type: v.literal('evidence'),
    origin: text('origin'),
    code: text('code'),
    text: text('text', 1000),
    file: v.looseObject({ version: text('version'), kind: text('kind') }),
  }),
  /** For demonstrations: how the operator of a simulated ledger is to lie. */
  cheat: v.object({
    type: v.literal('cheat'),
    how: v.picklist(CHEATS, `how must be one of ${CHEATS.join(', ')}`),
  }),
  /** What a flexible load, such as a car, still needs, and by when; 0: nothing any more. */
  need: v.object({
    type: v.literal('need'),
    member: memberId,
    remainingWh: v.pipe(integer('remainingWh', 0), v.maxValue(1_000_000_000, 'remainingWh must be at most 1000000000')),
    deadline: v.optional(moment('deadline')),
    maxW: v.optional(power('maxW', 4)),
  }),
  /** Asks for the statements of a month. */
  'statement-request': v.object({
    type: v.literal('statement-request'),
    month: v.optional(
      v.pipe(v.string('month must be text'), v.regex(/^\d{4}-\d{2}$/, 'month must be written as 2026-05')),
    ),
    member: v.optional(memberId),
    account: v.optional(text('account')),
    format: v.optional(v.picklist(STATEMENT_FORMATS, `format must be one of ${STATEMENT_FORMATS.join(', ')}`)),
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
