// What each kind of record says: one strict schema per kind and body version. Unknown fields are refused, types are
// derived. Written down for outsiders in docs/ledger-format.md; a change of a field is a new version, never an edit.
// Versions 2 are those of a community whose rules are version 2: another market than `uniform-price/1`, a feeder tree,
// preferences on orders.
import * as v from 'valibot';
import { areasFault } from './areas.ts';
import {
  account,
  code,
  energy,
  hash,
  integer,
  leafIndex,
  MAX_PRICE,
  MAX_WH,
  memberId,
  money,
  nonce,
  origin,
  price,
  quality,
  ruleName,
  text,
  time,
  vkey,
} from './fields.ts';

const body = <const Version extends string, Fields extends v.ObjectEntries>(version: Version, fields: Fields) =>
  v.strictObject({ version: v.literal(version), nonce, ...fields });

export const ROLES = ['auditor', 'member', 'operator', 'standby'] as const;
export const MEMBER_KINDS = ['home', 'business', 'storage', 'operator'] as const;
export const ROSTER_ACTIONS = ['join', 'leave', 'key', 'recover', 'role', 'feeder'] as const;

const tariffs = v.strictObject({ import: price, feedIn: price });

const ruleFields = {
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'must be three capital letters such as EUR')),
  intervalMinutes: v.literal(15),
  market: ruleName,
  settlement: ruleName,
  tariffs,
  limits: v.strictObject({ min: price, max: price }),
  maxOrderWh: integer(1, MAX_WH),
  maxOrdersPerMember: integer(1, 1000),
  gateLeadSeconds: integer(0, 86_400),
  simulated: v.boolean(),
};
const ordered = ({ min, max }: { readonly min: number; readonly max: number }) => min <= max;
const UNORDERED = 'limits: min must not be above max';

const rules = v.pipe(
  body('rules/1', ruleFields),
  v.check((fields) => ordered(fields.limits), UNORDERED),
);

const area = v.strictObject({
  id: code,
  parent: v.nullable(code),
  importWh: v.nullable(integer(0)),
  exportWh: v.nullable(integer(0)),
  fee: integer(0, MAX_PRICE),
});

const rules2 = v.pipe(
  body('rules/2', {
    ...ruleFields,
    maxMemberWh: v.nullable(integer(1, MAX_WH)),
    areas: v.array(area),
    tariff: v.nullable(text(60_000)),
    estimateAfterHours: v.nullable(integer(0, 8760)),
  }),
  v.check((fields) => ordered(fields.limits), UNORDERED),
  v.check(
    ({ areas }) => areasFault(areas) === null,
    ({ input }) => areasFault(input.areas) ?? '',
  ),
);

const roster = v.pipe(
  body('roster/1', {
    action: v.picklist(ROSTER_ACTIONS),
    member: memberId,
    kind: v.picklist(MEMBER_KINDS),
    roles: v.pipe(
      v.array(v.picklist(ROLES)),
      v.minLength(1),
      v.check((list) => list.every((role, i) => i === 0 || list[i - 1]! < role), 'must be sorted, each role once'),
    ),
    key: vkey,
    witness: v.nullable(vkey),
    feeder: v.nullable(code),
  }),
);

const metered = {
  importWh: v.nullable(energy),
  exportWh: v.nullable(energy),
  importCounterWh: v.nullable(integer(0)),
  exportCounterWh: v.nullable(integer(0)),
  quality,
  reason: v.nullable(code),
};
const known = ({
  quality,
  importWh,
  exportWh,
}: {
  quality: string;
  importWh: number | null;
  exportWh: number | null;
}) => (quality === 'missing') === (importWh === null || exportWh === null);
const UNKNOWN = 'quality must be missing exactly when importWh or exportWh is null';

const meter = v.pipe(
  body('meter/1', metered),
  v.check((fields) => known(fields), UNKNOWN),
);
/** What a member says of an interval later, in the place of what it said before. */
const correction = v.pipe(
  body('correction/1', metered),
  v.check((fields) => known(fields), UNKNOWN),
);

const preference = v.pipe(
  v.strictObject({
    mode: v.picklist(['only', 'first']),
    from: v.picklist(['feeder', 'partners', 'renewable']),
    partners: v.pipe(
      v.array(memberId),
      v.maxLength(100),
      v.check((list) => list.every((id, i) => i === 0 || list[i - 1]! < id), 'must be sorted, each partner once'),
    ),
  }),
  v.check(
    ({ from, partners }) => (from === 'partners') === partners.length > 0,
    'partners are named exactly where the preference is for partners',
  ),
);

const orderFields = { side: v.picklist(['buy', 'sell']), wh: integer(1, MAX_WH), limit: price };
const order2 = v.pipe(
  body('order/2', { ...orderFields, renewable: v.boolean(), preference: v.nullable(preference) }),
  v.check(({ side, renewable }) => side === 'sell' || !renewable, 'renewable is what a seller says of its energy'),
  v.check(
    ({ side, preference }) => side === 'buy' || preference?.from !== 'renewable',
    'preference: only a buyer can prefer renewable energy',
  ),
);

const fill = v.strictTuple([leafIndex, integer(1, MAX_WH)]);
const clearingFields = {
  rule: ruleName,
  orders: integer(0),
  volumeWh: integer(0),
  price: v.nullable(price),
  priceLow: v.nullable(price),
  priceHigh: v.nullable(price),
  fills: v.array(fill),
};
const clearing = body('clearing/1', {
  ...clearingFields,
  pairs: v.array(v.strictTuple([memberId, memberId, integer(1)])),
});
/** Pairs: buyer, seller, Wh, what the buyer pays, what the seller gets, and of the difference what the network gets. */
const pricedPair = v.strictTuple([memberId, memberId, integer(1), price, price, v.nullable(price)]);
/** Area, its price, Wh over the edge from above (+ into it), rent per kWh of a full edge. */
const clearedArea = v.strictTuple([code, v.nullable(price), integer(Number.MIN_SAFE_INTEGER), price]);
/** By preference: leaves of purchase and sale, buyer, seller, Wh, price. */
const preferredPair = v.strictTuple([leafIndex, leafIndex, memberId, memberId, integer(1, MAX_WH), price]);
const clearing2 = body('clearing/2', {
  ...clearingFields,
  pairs: v.array(pricedPair),
  areas: v.array(clearedArea),
  preferred: v.array(preferredPair),
});

const statement = {
  member: memberId,
  importWh: v.nullable(energy),
  exportWh: v.nullable(energy),
  quality,
  boughtWh: integer(0),
  soldWh: integer(0),
  supplierWh: integer(0),
  feedInWh: integer(0),
  amount: money,
};
const settlement = body('settlement/1', {
  tariffs,
  lines: v.array(v.strictObject({ account, counterAccount: account, wh: integer(0), price, amount: money, code })),
  statements: v.array(v.strictObject(statement)),
});

const month = v.pipe(v.string(), v.regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11'));
const fullTariffs = v.strictObject({
  import: price,
  feedIn: price,
  networkFee: v.strictObject({ feeder: price, substation: price, beyond: price }),
  levies: price,
  vatBasisPoints: integer(0, 1_000_000),
  feedInVatBasisPoints: integer(0, 1_000_000),
  balancing: ruleName,
  penalty: integer(0, MAX_PRICE),
  capacity: v.nullable(v.strictObject({ month, price, freeW: integer(0), due: v.boolean() })),
});
const settlement2 = body('settlement/2', {
  number: integer(0),
  tariffs: fullTariffs,
  lines: v.array(
    v.strictObject({
      account,
      counterAccount: account,
      wh: integer(-MAX_WH),
      price,
      amount: money,
      code,
      reverses: v.boolean(),
    }),
  ),
  statements: v.array(v.strictObject({ ...statement, poolBoughtWh: integer(0), poolSoldWh: integer(0) })),
  /** Highest quarter hour of a month so far: month, member, Wh. */
  peaks: v.array(v.strictTuple([month, memberId, integer(1, MAX_WH)])),
});

const battery = body('battery/1', {
  chargeWh: energy,
  dischargeWh: energy,
  socPerMille: v.nullable(integer(0, 1000)),
  setpoints: v.pipe(
    v.array(v.strictObject({ time, setpointW: integer(-1_000_000_000, 1_000_000_000), code })),
    v.maxLength(1000),
  ),
  reasons: v.pipe(v.array(v.strictObject({ code, cycles: integer(1) })), v.maxLength(100)),
});

const termFields = { term: integer(1), operator: memberId, key: vkey };
/** The first term of a ledger that goes on where another, of the same community, can no longer be trusted. */
const term2 = body('term/2', {
  ...termFields,
  previous: v.strictObject({ ledger: origin, size: integer(1), root: hash }),
  evidence: v.nullable(hash),
});

/** Body schemas by kind and version, in the order in which the format document lists them. */
export const bodySchemas = {
  rules: { 'rules/1': rules, 'rules/2': rules2 },
  roster: { 'roster/1': roster },
  term: { 'term/1': body('term/1', termFields), 'term/2': term2 },
  approval: { 'approval/1': body('approval/1', { record: hash }) },
  erasure: { 'erasure/1': body('erasure/1', { leaf: leafIndex, reason: code }) },
  meter: { 'meter/1': meter },
  correction: { 'correction/1': correction },
  order: { 'order/1': body('order/1', orderFields), 'order/2': order2 },
  cancel: { 'cancel/1': body('cancel/1', { order: hash }) },
  clearing: { 'clearing/1': clearing, 'clearing/2': clearing2 },
  trade: { 'trade/1': body('trade/1', { buyer: memberId, seller: memberId, wh: integer(1, MAX_WH), price }) },
  settlement: { 'settlement/1': settlement, 'settlement/2': settlement2 },
  price: { 'price/1': body('price/1', { price }) },
  battery: { 'battery/1': battery },
  note: { 'note/1': body('note/1', { text: text(4000) }) },
} as const;

type Schemas = typeof bodySchemas;
export type RecordKind = keyof Schemas;
/** A body of any version of its kind. */
export type Body<Kind extends RecordKind> = { [Each in RecordKind]: AnyVersion<Schemas[Each]> }[Kind];
type AnyVersion<Versions> = {
  [Version in keyof Versions]: Versions[Version] extends v.GenericSchema
    ? DeepReadonly<v.InferOutput<Versions[Version]>>
    : never;
}[keyof Versions];
/** What a caller gives: the body without what `makeRecord` adds. The version is 1 unless it says otherwise. */
export type BodyFields<Kind extends RecordKind> = FieldsOf<Body<Kind>>;
type FieldsOf<Any> = Any extends { readonly version: infer Version; readonly nonce: string }
  ? Omit<Any, 'version' | 'nonce'> &
      (Version extends `${string}/1` ? { readonly version?: Version } : { readonly version: Version })
  : never;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

export const RECORD_KINDS = Object.keys(bodySchemas) as readonly RecordKind[];

export const isRecordKind = (kind: string): kind is RecordKind => Object.hasOwn(bodySchemas, kind);

/** Kinds whose body must be there: without it nobody can tell by whom a record, this one or a later one, has to be signed. */
export const BODY_DECIDES: ReadonlySet<RecordKind> = new Set([
  'rules',
  'roster',
  'term',
  'approval',
  'erasure',
  'trade',
]);

/** Whether the head of a kind names a delivery interval: always, never, or as the author likes. */
export const HAS_INTERVAL: Readonly<Record<RecordKind, 'always' | 'never' | 'optional'>> = {
  rules: 'never',
  roster: 'never',
  term: 'never',
  approval: 'never',
  erasure: 'never',
  meter: 'always',
  correction: 'always',
  order: 'always',
  cancel: 'always',
  clearing: 'always',
  trade: 'always',
  settlement: 'always',
  price: 'always',
  battery: 'always',
  note: 'optional',
};

/**
 * Checks a parsed body against the schema of its kind.
 * @returns null when it fits, else one sentence that names the field at fault
 */
export function bodyFault(kind: RecordKind, value: unknown): string | null {
  const versions: Readonly<Record<string, v.GenericSchema>> = bodySchemas[kind];
  const given = typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : '';
  const schema = (Object.hasOwn(versions, given) ? versions[given] : undefined) ?? versions[`${kind}/1`]!;
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return null;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  return `the body of a ${kind} record does not fit${path ? `: ${path}` : ''} ${issue.message}`;
}
