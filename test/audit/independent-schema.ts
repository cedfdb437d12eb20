// Part of the independent verifier: sections 1 and 4 of docs/ledger-format.md. Canonical JSON and the fields of each kind.
import { fail, need, parseVkey } from './independent-crypto.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
type Check = (value: Json) => boolean;

/** RFC 8785 for what the format allows: whole numbers, strings, lists, objects. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`;
}

export function parseJson(text: string): JsonObject {
  need(Buffer.byteLength(text) <= 4 * 1024 * 1024, 'JSON of more than 4 MiB');
  const value = JSON.parse(text) as Json;
  const walk = (part: Json, depth: number): void => {
    if (typeof part === 'number') need(Number.isSafeInteger(part) && !Object.is(part, -0), 'a number is not whole');
    if (typeof part === 'string') {
      need(part.isWellFormed() && part.normalize('NFC') === part && !/\p{Cc}/u.test(part), 'a string is not clean');
    }
    if (part === null || typeof part !== 'object') return;
    need(depth < 6, 'nested too deep');
    for (const [key, inner] of Object.entries(part)) {
      if (!Array.isArray(part)) walk(key, depth + 1);
      walk(inner, depth + 1);
    }
  };
  walk(value, 0);
  need(canonical(value) === text, 'the JSON is not canonical');
  if (value === null || typeof value !== 'object' || Array.isArray(value)) fail('the JSON is not an object');
  return value;
}

const text =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const oneOf =
  (...values: Json[]): Check =>
  (value) =>
    values.includes(value);
const int =
  (low: number, high = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    typeof value === 'number' && value >= low && value <= high;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const list =
  (check: Check, most = Number.POSITIVE_INFINITY): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(check);
const tuple =
  (...checks: Check[]): Check =>
  (value) =>
    Array.isArray(value) && value.length === checks.length && checks.every((check, i) => check(value[i]!));
const object =
  (fields: Record<string, Check>): Check =>
  (value) =>
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.keys(value).sort().join() === Object.keys(fields).sort().join() &&
    Object.entries(fields).every(([key, check]) => check(value[key]!));

export const isMember = text(/^[a-z0-9][a-z0-9-]{0,62}$/);
const code = text(/^[a-z][a-z0-9-]{0,63}$/);
const rule = text(/^[a-z][a-z0-9-]{0,31}\/[1-9][0-9]{0,3}$/);
const account = text(/^(member\/[a-z0-9][a-z0-9-]{0,62}|supplier|network|tax|fund)$/);
const wh = int(0, 1e9);
const price = int(-1e12, 1e12);
const money = int(-Number.MAX_SAFE_INTEGER);
export const isHash = text(/^[0-9a-f]{64}$/);
export const isTime: Check = (value) =>
  typeof value === 'string' &&
  /^\d{4}-.{18}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString() === value;
export const isInterval: Check = (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:(00|15|30|45)Z$/.test(value) &&
  isTime(value.replace('Z', ':00.000Z'));
export const isOrigin = text(/^[a-z0-9][a-z0-9.-]{0,62}(\/[a-z0-9][a-z0-9.-]{0,62}){0,3}\/ledger\/[1-9][0-9]{0,8}$/);
const isVkey: Check = (value) => typeof value === 'string' && parseVkey(value) !== null;
const quality = oneOf('measured', 'estimated', 'missing');
const tariffs = object({ import: price, feedIn: price });

const FIELDS: Record<string, Record<string, Check>> = {
  rules: {
    currency: text(/^[A-Z]{3}$/),
    intervalMinutes: oneOf(15),
    market: rule,
    settlement: rule,
    tariffs,
    limits: object({ min: price, max: price }),
    maxOrderWh: int(1, 1e9),
    maxOrdersPerMember: int(1, 1000),
    gateLeadSeconds: int(0, 86400),
    simulated: oneOf(true, false),
  },
  roster: {
    action: oneOf('join', 'leave', 'key', 'recover', 'role', 'feeder'),
    member: isMember,
    kind: oneOf('home', 'business', 'storage', 'operator'),
    roles: list(oneOf('auditor', 'member', 'operator', 'standby')),
    key: isVkey,
    witness: orNull(isVkey),
    feeder: orNull(code),
  },
  term: { term: int(1), operator: isMember, key: isVkey },
  approval: { record: isHash },
  erasure: { leaf: int(0), reason: code },
  meter: {
    importWh: orNull(wh),
    exportWh: orNull(wh),
    importCounterWh: orNull(int(0)),
    exportCounterWh: orNull(int(0)),
    quality,
    reason: orNull(code),
  },
  order: { side: oneOf('buy', 'sell'), wh: int(1, 1e9), limit: price },
  cancel: { order: isHash },
  clearing: {
    rule,
    orders: int(0),
    volumeWh: int(0),
    price: orNull(price),
    priceLow: orNull(price),
    priceHigh: orNull(price),
    fills: list(tuple(int(0), int(1, 1e9))),
    pairs: list(tuple(isMember, isMember, int(1))),
  },
  trade: { buyer: isMember, seller: isMember, wh: int(1, 1e9), price },
  settlement: {
    tariffs,
    lines: list(object({ account, counterAccount: account, wh: int(0), price, amount: money, code })),
    statements: list(
      object({
        member: isMember,
        importWh: orNull(wh),
        exportWh: orNull(wh),
        quality,
        boughtWh: int(0),
        soldWh: int(0),
        supplierWh: int(0),
        feedInWh: int(0),
        amount: money,
      }),
    ),
  },
  battery: {
    chargeWh: wh,
    dischargeWh: wh,
    socPerMille: orNull(int(0, 1000)),
    setpoints: list(object({ time: isTime, setpointW: int(-1e9, 1e9), code }), 1000),
    reasons: list(object({ code, cycles: int(1) }), 100),
  },
  note: { text: (value) => typeof value === 'string' && value.length >= 1 && value.length <= 4000 },
};

const SUCCESSION: Record<string, Check> = {
  ...FIELDS['term'],
  previous: object({ ledger: isOrigin, size: int(1), root: isHash }),
  evidence: orNull(isHash),
};

const NO_INTERVAL = ['rules', 'roster', 'term', 'approval', 'erasure'];

export function checkHead(head: JsonObject): void {
  const check = object({
    bodyHash: isHash,
    interval: orNull(isInterval),
    kind: oneOf(...Object.keys(FIELDS)),
    ledger: isOrigin,
    member: isMember,
    time: isTime,
  });
  need(check(head), 'the head does not fit');
  const { kind, interval } = head;
  need(
    kind === 'note' || NO_INTERVAL.includes(String(kind)) === (interval === null),
    'the kind needs an interval, or must have none',
  );
}

export function parseBody(kind: string, body: string): JsonObject {
  const value = parseJson(body);
  const second = value['version'] === 'term/2' && kind === 'term';
  const fields = second ? SUCCESSION : (FIELDS[kind] ?? fail('unknown kind'));
  need(
    object({ version: oneOf(second ? 'term/2' : `${kind}/1`), nonce: text(/^[0-9a-f]{32}$/), ...fields })(value),
    `the body of a ${kind} does not fit`,
  );
  if (kind === 'meter')
    need(
      (value['quality'] === 'missing') === (value['importWh'] === null || value['exportWh'] === null),
      'quality does not fit',
    );
  if (kind === 'roster') {
    const roles = value['roles'] as string[];
    need(roles.length > 0 && roles.every((role, i) => i === 0 || roles[i - 1]! < role), 'roles are not sorted');
  }
  if (kind === 'rules') {
    const { min, max } = value['limits'] as { min: number; max: number };
    need(min <= max, 'limits are the wrong way round');
  }
  return value;
}

export function parseHeader(line: string): JsonObject {
  const header = parseJson(line);
  const check = object({
    count: int(0),
    first: int(0),
    height: int(0),
    interval: orNull(isInterval),
    ledger: isOrigin,
    operator: isMember,
    previous: orNull(isHash),
    root: isHash,
    roster: isHash,
    rules: isHash,
    state: isHash,
    term: int(1),
    time: isTime,
  });
  need(check(header), 'the header does not fit');
  return header;
}
