// What the overview reads: the payloads of the project's nodes, checked at this edge, types derived from the check.
// Signs and units as in src/units.ts. Fields that the overview does not use are left out; unknown fields are ignored.
import * as v from 'valibot';
import { isInterval } from '../time/interval.ts';

const integer = v.pipe(v.number(), v.safeInteger());
const wh = v.pipe(integer, v.minValue(0));
const power = v.nullable(v.pipe(v.number(), v.finite()));
const perMille = v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1000)));
/** Sentences for people; a view stays small, so a longer one is cut. */
const text = v.pipe(
  v.string(),
  v.transform((sentence) => sentence.slice(0, 500)),
);
const hash = v.pipe(v.string(), v.maxLength(100));
const member = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a member id such as home-01'));
const interval = v.pipe(
  v.string(),
  v.check((name) => isInterval(name), 'must be a UTC quarter hour such as 2026-11-22T08:15Z'),
);
const quality = v.optional(v.picklist(['measured', 'estimated', 'missing']), 'measured');
const reason = v.object({ code: text, text });
const time = v.union([text, v.number()]);
const kind = v.picklist(['home', 'business', 'storage', 'operator']);
const tariffs = v.object({ import: integer, feedIn: integer });
/** Of a bill: charges too, in the form of a message or of a record; what is absent counts 0. */
const billed = v.object({
  import: integer,
  feedIn: integer,
  networkFee: v.exactOptional(v.object({ beyond: v.exactOptional(integer) })),
  levies: v.exactOptional(integer),
  vatBasisPoints: v.exactOptional(wh),
  feedInVatBasisPoints: v.exactOptional(wh),
});

const community = v.object({
  type: v.literal('community'),
  currency: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{3}$/)), 'EUR'),
  tariffs: v.optional(v.nullable(tariffs), null),
  members: v.array(v.object({ id: member, kind, pv: v.optional(v.boolean()), battery: v.optional(v.boolean()) })),
});

const reading = v.object({
  type: v.literal('reading'),
  member,
  role: v.picklist(['grid', 'pv', 'battery', 'load']),
  powerW: power,
  socPerMille: v.optional(perMille, null),
  quality,
  at: v.pipe(v.number(), v.finite()),
});

const meter = v.object({
  type: v.literal('meter'),
  member,
  interval,
  importWh: v.nullable(wh),
  exportWh: v.nullable(wh),
  quality,
});

const energy = v.object({
  type: v.literal('energy'),
  member,
  interval,
  role: v.literal('pv'),
  generationWh: v.nullable(wh),
});

const battery = v.object({
  type: v.literal('battery'),
  member,
  interval,
  chargeWh: v.nullable(wh),
  dischargeWh: v.nullable(wh),
  socPerMille: v.optional(perMille, null),
});

const decision = v.object({ type: v.literal('decision'), member, setpointW: power, state: text, reason });

const side = v.picklist(['buy', 'sell']);
const clearing = v.object({
  type: v.literal('clearing'),
  interval,
  rule: text,
  volumeWh: wh,
  price: v.nullable(integer),
  priceLow: v.nullable(integer),
  priceHigh: v.nullable(integer),
  orders: v.array(v.object({ id: text, member, side, wh, limit: integer })),
  fills: v.array(v.object({ id: text, wh, reason: v.optional(reason) })),
  pairs: v.optional(v.array(v.object({ wh, price: v.exactOptional(integer) })), []),
  preferred: v.optional(v.array(v.object({ buy: wh, sell: wh, wh, price: integer })), []),
});

const settlement = v.object({
  type: v.literal('settlement'),
  interval,
  number: v.exactOptional(wh),
  tariffs: billed,
  lines: v.array(v.object({ account: text, counterAccount: text, wh: integer, price: integer, amount: integer })),
  statements: v.array(
    v.object({
      member,
      importWh: v.nullable(wh),
      exportWh: v.nullable(wh),
      quality,
      boughtWh: wh,
      soldWh: wh,
      supplierWh: wh,
      feedInWh: wh,
      amount: integer,
    }),
  ),
});

const block = v.object({
  type: v.literal('block'),
  height: wh,
  first: wh,
  count: wh,
  interval: v.optional(v.nullable(text), null),
  time,
  size: wh,
  root: hash,
  previous: v.nullable(hash),
  kinds: v.optional(v.record(v.string(), wh), {}),
  state: text,
  witnessed: v.optional(wh, 0),
  witnesses: v.optional(wh, 0),
  /** One label per leaf of the block in order, such as `meter home-03`; may be absent. */
  records: v.optional(v.array(text), []),
});

const verification = v.object({
  type: v.literal('verification'),
  ok: v.optional(v.nullable(v.boolean()), null),
  running: v.optional(v.boolean(), false),
  progress: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), null),
  cancelled: v.optional(v.boolean(), false),
  errors: v.optional(v.array(v.object({ leaf: v.optional(v.nullable(v.number()), null), code: text, text })), []),
  size: v.optional(v.nullable(wh), null),
  root: v.optional(v.nullable(hash), null),
  blocks: v.optional(v.nullable(wh), null),
  records: v.optional(v.nullable(wh), null),
});

const clock = v.object({
  type: v.literal('clock'),
  now: v.pipe(v.number(), v.finite()),
  speed: v.pipe(v.number(), v.finite(), v.minValue(0)),
  paused: v.optional(v.boolean(), false),
  epoch: v.optional(v.union([v.string(), v.number()]), 1),
  simulated: v.optional(v.boolean(), false),
});

/** The signed note of a leaf and the hashes from the leaf up to the root (RFC 6962 audit path, base64). */
const proof = v.object({
  type: v.literal('proof'),
  leaf: wh,
  size: v.optional(v.pipe(wh, v.minValue(1))),
  root: v.optional(hash),
  record: v.object({ note: v.pipe(v.string(), v.maxLength(65_536)), body: v.optional(v.nullable(v.string()), null) }),
  path: v.array(hash),
});

const schemas = {
  community,
  reading,
  meter,
  energy,
  battery,
  decision,
  clearing,
  settlement,
  block,
  verification,
  clock,
  proof,
};

export type CommunityMessage = v.InferOutput<typeof community>;
export type ReadingMessage = v.InferOutput<typeof reading>;
export type MeterMessage = v.InferOutput<typeof meter>;
export type EnergyMessage = v.InferOutput<typeof energy>;
export type BatteryMessage = v.InferOutput<typeof battery>;
export type DecisionMessage = v.InferOutput<typeof decision>;
export type ClearingMessage = v.InferOutput<typeof clearing>;
export type SettlementMessage = v.InferOutput<typeof settlement>;
export type BlockMessage = v.InferOutput<typeof block>;
export type VerificationMessage = v.InferOutput<typeof verification>;
export type ClockMessage = v.InferOutput<typeof clock>;
export type ProofMessage = v.InferOutput<typeof proof>;
export type OverviewMessage = v.InferOutput<(typeof schemas)[keyof typeof schemas]>;

/**
 * The message if its `type` is one that the overview reads, else null.
 * @throws TypeError with a sentence naming the field when a known type has a wrong shape
 */
export function readMessage(payload: unknown): OverviewMessage | null {
  const type = typeof payload === 'object' && payload !== null ? (payload as { type?: unknown }).type : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) return null;
  const result = v.safeParse(schemas[type as keyof typeof schemas], payload);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? 'payload';
  throw new TypeError(`the overview cannot read this ${type} message: ${path}: ${issue.message}`);
}
