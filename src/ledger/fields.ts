// The building blocks of body schemas. Every text in a body is either of a fixed small alphabet or checked to be
// well-formed, NFC and free of control characters, so that what passes here is also canonical once serialised.
import * as v from 'valibot';
import { isInterval } from '../time/interval.ts';
import { describe } from '../units.ts';
import { isMemberId, isOrigin } from './names.ts';

/** Largest energy of one member and interval, metered, stored or ordered: 10^9 Wh. More would be no bill that an integer holds. */
export const MAX_WH = 1_000_000_000;
/** Largest price or limit: 10^12 micro-currency per kWh, either sign. */
export const MAX_PRICE = 1_000_000_000_000;

/** A whole number within bounds; -0, 12.5 and "12" are refused. */
export const integer = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) =>
  v.custom<number>(
    (value) =>
      Number.isSafeInteger(value) &&
      !Object.is(value, -0) &&
      (value as number) >= minimum &&
      (value as number) <= maximum,
    (issue) => `must be a whole number from ${minimum} to ${maximum}, but is ${describe(issue.input)}`,
  );

const matching = (pattern: RegExp, what: string) =>
  v.custom<string>(
    (value) => typeof value === 'string' && pattern.test(value),
    (issue) => `must be ${what}, but is ${describe(issue.input)}`,
  );

export const energy = integer(0, MAX_WH);
export const price = integer(-MAX_PRICE, MAX_PRICE);
/** Nano-currency, either sign. */
export const money = integer(-Number.MAX_SAFE_INTEGER);
export const leafIndex = integer(0);
export const hash = matching(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 small hexadecimal digits');
export const nonce = matching(/^[0-9a-f]{32}$/, '32 small hexadecimal digits');
/** A stable code such as `stale-meter`. */
export const code = matching(/^[a-z][a-z0-9-]{0,63}$/, 'a code of small letters, digits and hyphens');
export const ruleName = matching(
  /^[a-z][a-z0-9-]{0,31}\/[1-9][0-9]{0,3}$/,
  'the name of a rule such as uniform-price/1',
);
export const account = matching(
  /^(?:member\/[a-z0-9][a-z0-9-]{0,62}|supplier|network|tax|fund)$/,
  'an account: member/<id>, supplier, network, tax or fund',
);
export const vkey = matching(
  /^[!-*,-~]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{4,120}={0,2}$/,
  'a public key as a C2SP vkey',
);
export const time = v.custom<string>(
  isTime,
  (issue) => `must be a UTC time such as 2026-11-22T08:15:00.000Z, but is ${describe(issue.input)}`,
);
export const interval = v.custom<string>(
  isInterval,
  (issue) => `must be a UTC quarter hour such as 2026-11-22T08:15Z, but is ${describe(issue.input)}`,
);
export const memberId = v.custom<string>(isMemberId, (issue) => `must be a member id, but is ${describe(issue.input)}`);
export const origin = v.custom<string>(
  isOrigin,
  (issue) => `must be the name of a ledger, but is ${describe(issue.input)}`,
);
export const quality = v.picklist(['measured', 'estimated', 'missing'], 'must be measured, estimated or missing');

/** Free text: well-formed, NFC, no control characters. */
export const text = (longest: number) =>
  v.custom<string>(
    (value) =>
      typeof value === 'string' &&
      value.length >= 1 &&
      value.length <= longest &&
      value.isWellFormed() &&
      !/[\u0000-\u001f\u007f-\u009f]/.test(value) &&
      value.normalize('NFC') === value,
    (issue) =>
      `must be text of 1 to ${longest} characters in NFC without control characters, but is ${describe(issue.input)}`,
  );

/** Records come in runs of the same time, and reading a date costs as much as the rest of a head. */
let lastTime = '';

/** Whether a value is an instant with milliseconds that exists, as `Date.prototype.toISOString` writes it. */
export function isTime(value: unknown): value is string {
  if (value === lastTime && value !== '') return true;
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value)) return false;
  const ms = Date.parse(value);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== value) return false;
  lastTime = value;
  return true;
}
