// Canonical JSON (RFC 8785, JSON Canonicalization Scheme), and the narrower profile that the log accepts: whole numbers only,
// normalised text without control characters, bounded depth and size, and exactly the canonical bytes.
import { FormatError } from './errors.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What `parseStrictJson` returns: freshly parsed, so the caller owns it. */
export type JsonObject = { readonly [key: string]: JsonValue };

export interface StrictJsonLimits {
  /** nested lists and objects; a bare number has depth 0 */
  readonly maxDepth?: number;
  /** length of the text in UTF-8 bytes */
  readonly maxBytes?: number;
}

/** Depth at which the serialiser gives up, far below the end of the stack. */
const SERIALISER_DEPTH = 500;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Stands in JSON as it is: printable ASCII without quotation mark and backslash. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const CONTROL = /\p{Cc}/u;

/**
 * RFC 8785 text of a value: members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them.
 * @throws FormatError for what JSON cannot hold: NaN, Infinity, undefined, functions, lone surrogates, class instances, cycles
 */
export function canonicalJson(value: unknown): string {
  return serialise(value, 0);
}

function serialise(value: unknown, depth: number): string {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new FormatError('number', `JSON has no number ${value}`);
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (typeof value === 'string') return serialiseString(value);
  if (typeof value !== 'object') throw new FormatError('type', `JSON cannot hold a ${typeof value}`);
  if (depth >= SERIALISER_DEPTH)
    throw new FormatError('depth', `the value is nested more than ${SERIALISER_DEPTH} levels`);
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (let i = 0; i < value.length; i++) items.push(serialise(value[i], depth + 1));
    return `[${items.join(',')}]`;
  }
  return serialiseObject(value, depth);
}

function serialiseObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new FormatError('type', 'JSON holds plain objects and lists only, no instances of a class');
  }
  const members = value as Readonly<Record<string, unknown>>;
  // Without a comparison function, names are sorted by UTF-16 code units.
  const keys = Object.keys(members).sort();
  let text = '{';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    text += `${i === 0 ? '' : ','}${serialiseString(key)}:${serialise(members[key], depth + 1)}`;
  }
  return `${text}}`;
}

function serialiseString(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new FormatError('surrogate', 'a string holds half of a surrogate pair');
  return JSON.stringify(value);
}

/**
 * Parses JSON in the profile of the log.
 * The exact text must be the canonical form of its own value: that refuses duplicate keys, `-0`, `1e3`, rounded integers,
 * white space and any other second spelling.
 * @throws FormatError with the code `size`, `surrogate`, `depth`, `syntax`, `number`, `string` or `not-canonical`
 */
export function parseStrictJson(text: string, limits: StrictJsonLimits = {}): JsonValue {
  const { maxDepth = 6, maxBytes = 4 * 1024 * 1024 } = limits;
  if (typeof text !== 'string') throw new FormatError('syntax', 'expected a text');
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    throw new FormatError('size', `the JSON text is longer than ${maxBytes} bytes`);
  }
  if (!text.isWellFormed()) throw new FormatError('surrogate', 'the JSON text holds half of a surrogate pair');
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw new FormatError('syntax', 'the text is not JSON');
  }
  // Where the names are sorted already, the canonical form is what JSON.stringify writes.
  const sorted = requireProfile(value, maxDepth, maxDepth);
  if ((sorted ? JSON.stringify(value) : canonicalJson(value)) !== text) {
    throw new FormatError('not-canonical', 'the JSON text is not in canonical form (RFC 8785)');
  }
  return value;
}

/** @returns whether the names in all objects are in the order of RFC 8785 */
function requireProfile(value: JsonValue, depthLeft: number, maxDepth: number): boolean {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new FormatError('number', 'numbers must be whole and between -(2^53-1) and 2^53-1');
    }
    return true;
  }
  if (typeof value === 'string') {
    requireText(value);
    return true;
  }
  if (value === null || typeof value === 'boolean') return true;
  // Before anything recursive runs, so that deep nesting cannot exhaust the stack.
  if (depthLeft === 0) throw new FormatError('depth', `the JSON is nested more than ${maxDepth} levels`);
  let sorted = true;
  if (Array.isArray(value)) {
    for (const item of value) sorted = requireProfile(item, depthLeft - 1, maxDepth) && sorted;
    return sorted;
  }
  const members = value as JsonObject;
  let before: string | null = null;
  for (const key of Object.keys(members)) {
    requireText(key);
    if (before !== null && key < before) sorted = false;
    before = key;
    sorted = requireProfile(members[key]!, depthLeft - 1, maxDepth) && sorted;
  }
  return sorted;
}

function requireText(value: string): void {
  if (PRINTABLE_ASCII.test(value)) return;
  // JSON escapes can spell half of a surrogate pair in a text that is itself well-formed.
  if (!value.isWellFormed()) throw new FormatError('surrogate', 'a string holds half of a surrogate pair');
  if (CONTROL.test(value)) throw new FormatError('string', 'strings must not hold control characters');
  if (value.normalize('NFC') !== value) {
    throw new FormatError('string', 'strings must be in Unicode normalisation form C');
  }
}
