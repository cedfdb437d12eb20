// What each kind of record says: one strict schema per kind and body version. Unknown fields are refused, types are
// derived. Written down for outsiders in docs/ledger-format.md; a change of a field is a new version, never an edit.
import * as v from 'valibot';
import {
  account,
  code,
  energy,
  hash,
  integer,
  leafIndex,
  memberId,
  money,
  nonce,
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
export const ROSTER_ACTIONS = ['join', 'leave', 'key', 'role', 'feeder'] as const;

const tariffs = v.strictObject({ import: price, feedIn: price });

const rules = v.pipe(
  body('rules/1', {
    currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'must be three capital letters such as EUR')),
    intervalMinutes: v.literal(15),
    market: ruleName,
    settlement: ruleName,
    tariffs,
    limits: v.strictObject({ min: price, max: price }),
    maxOrderWh: integer(1, 1_000_000_000),
    maxOrdersPerMember: integer(1, 1000),
    gateLeadSeconds: integer(0, 86_400),
    simulated: v.boolean(),
  }),
  v.check((fields) => fields.limits.min <= fields.limits.max, 'limits: min must not be above max'),
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

const meter = v.pipe(
  body('meter/1', {
    importWh: v.nullable(energy),
    exportWh: v.nullable(energy),
    importCounterWh: v.nullable(integer(0)),
    exportCounterWh: v.nullable(integer(0)),
    quality,
    reason: v.nullable(code),
  }),
  v.check(
    (fields) => (fields.quality === 'missing') === (fields.importWh === null || fields.exportWh === null),
    'quality must be missing exactly when importWh or exportWh is null',
  ),
);

const fill = v.strictTuple([leafIndex, integer(1, 1_000_000_000)]);
const pair = v.strictTuple([memberId, memberId, integer(1)]);

const clearing = body('clearing/1', {
  rule: ruleName,
  orders: integer(0),
  volumeWh: integer(0),
  price: v.nullable(price),
  priceLow: v.nullable(price),
  priceHigh: v.nullable(price),
  fills: v.array(fill),
  pairs: v.array(pair),
});

const settlement = body('settlement/1', {
  tariffs,
  lines: v.array(v.strictObject({ account, counterAccount: account, wh: integer(0), price, amount: money, code })),
  statements: v.array(
    v.strictObject({
      member: memberId,
      importWh: v.nullable(energy),
      exportWh: v.nullable(energy),
      quality,
      boughtWh: integer(0),
      soldWh: integer(0),
      supplierWh: integer(0),
      feedInWh: integer(0),
      amount: money,
    }),
  ),
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

/** Body schemas by kind, in the order in which the format document lists them. */
export const bodySchemas = {
  rules,
  roster,
  term: body('term/1', { term: integer(1), operator: memberId, key: vkey }),
  meter,
  order: body('order/1', { side: v.picklist(['buy', 'sell']), wh: integer(1, 1_000_000_000), limit: price }),
  cancel: body('cancel/1', { order: hash }),
  clearing,
  trade: body('trade/1', { buyer: memberId, seller: memberId, wh: integer(1, 1_000_000_000), price }),
  settlement,
  battery,
  note: body('note/1', { text: text(4000) }),
} as const;

export type RecordKind = keyof typeof bodySchemas;
export type Body<Kind extends RecordKind> = DeepReadonly<v.InferOutput<(typeof bodySchemas)[Kind]>>;
/** What a caller gives: the body without what `makeRecord` adds. */
export type BodyFields<Kind extends RecordKind> = Omit<Body<Kind>, 'version' | 'nonce'>;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

export const RECORD_KINDS = Object.keys(bodySchemas) as readonly RecordKind[];

/** Whether the head of a kind names a delivery interval: always, never, or as the author likes. */
export const HAS_INTERVAL: Readonly<Record<RecordKind, 'always' | 'never' | 'optional'>> = {
  rules: 'never',
  roster: 'never',
  term: 'never',
  meter: 'always',
  order: 'always',
  cancel: 'always',
  clearing: 'always',
  trade: 'always',
  settlement: 'always',
  battery: 'always',
  note: 'optional',
};

/**
 * Checks a parsed body against the schema of its kind.
 * @returns null when it fits, else one sentence that names the field at fault
 */
export function bodyFault(kind: RecordKind, value: unknown): string | null {
  const result = v.safeParse(bodySchemas[kind] as v.GenericSchema, value, { abortEarly: true });
  if (result.success) return null;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  return `the body of a ${kind} record does not fit${path ? `: ${path}` : ''} ${issue.message}`;
}
