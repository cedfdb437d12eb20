// Part of the independent verifier: sections 2, 3 and 5 of docs/ledger-format.md. Keys, notes, tree; only Node's own modules.
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

export const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
export const hexOf = (data: string | Uint8Array): string => sha256(data).toString('hex');

export function fail(text: string): never {
  throw new Error(text);
}

export function need(condition: boolean, text: string): asserts condition {
  if (!condition) fail(text);
}

/** Canonical base64 only. */
export function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  need(bytes.toString('base64') === text, 'base64 is not canonical');
  return bytes;
}

// The curve -x^2 + y^2 = 1 + d x^2 y^2 over p = 2^255 - 19, in BigInt and affine coordinates: slow, but a key is checked once.
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a: bigint): bigint => ((a % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}
const inverse = (a: bigint): bigint => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
type Point = readonly [bigint, bigint];

function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const k = mod(D * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + x2 * y1) * inverse(1n + k)), mod((y1 * y2 + x1 * x2) * inverse(1n - k))];
}

function times(scalar: bigint, point: Point): Point {
  let result: Point = [0n, 1n];
  for (let p = point, e = scalar; e > 0n; e >>= 1n, p = add(p, p)) if (e & 1n) result = add(result, p);
  return result;
}
const isIdentity = ([x, y]: Point): boolean => x === 0n && y === 1n;

function decode(bytes: Uint8Array): Point {
  need(bytes.length === 32, 'a public key has 32 bytes');
  const number = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const sign = number >> 255n;
  const y = number & (2n ** 255n - 1n);
  need(y < P, 'the public key is not canonical');
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const square = mod(u * inverse(v));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  need(mod(x * x) === square, 'the public key is not on the curve');
  need(x !== 0n || sign === 0n, 'the public key is not canonical');
  return [(x & 1n) === sign ? x : P - x, y];
}

export interface Key {
  readonly vkey: string;
  readonly name: string;
  readonly id: string;
  readonly type: number;
  readonly publicKey: Buffer;
  readonly object: KeyObject;
}

const keys = new Map<string, Key>();

export function parseVkey(vkey: string): Key {
  const known = keys.get(vkey);
  if (known) return known;
  const match = /^([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey);
  if (!match) fail('not a vkey');
  const [, name = '', id = '', text = ''] = match;
  const bytes = base64(text);
  need(sha256(`${name}\n`, bytes).subarray(0, 4).toString('hex') === id, 'the key id does not fit');
  const publicKey = bytes.subarray(1);
  const point = decode(publicKey);
  need(!isIdentity(times(8n, point)), 'the public key is of small order');
  need(isIdentity(times(L, point)), 'the public key is not in the prime-order subgroup');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  const object = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const key = { vkey, name, id, type: bytes[0]!, publicKey, object };
  keys.set(vkey, key);
  return key;
}

export interface Note {
  readonly text: string;
  readonly lines: readonly { readonly name: string; readonly id: string; readonly signature: Buffer }[];
}

export function parseNote(bytes: Buffer, most = 16): Note {
  const note = bytes.toString('utf8');
  need(Buffer.from(note).equals(bytes), 'the note is not UTF-8');
  need(!/[\u0000-\u0009\u000b-\u001f]/.test(note), 'the note holds control characters');
  const split = note.lastIndexOf('\n\n');
  need(split >= 0 && note.endsWith('\n'), 'not a signed note');
  const lines = note
    .slice(split + 2, -1)
    .split('\n')
    .map((line) => {
      const match = /^\u2014 ([^\s\u0085+]+) (\S+)$/u.exec(line);
      if (!match) fail('not a signature line');
      const signed = base64(match[2]!);
      need(signed.length >= 5, 'a signature line is too short');
      return { name: match[1]!, id: signed.subarray(0, 4).toString('hex'), signature: signed.subarray(4) };
    });
  need(lines.length <= most, `more than ${most} signatures`);
  return { text: note.slice(0, split + 1), lines };
}

/** Exactly one valid line of each key; with `others` also lines of keys that are not asked about. */
export function requireSigned({ text, lines }: Note, vkeys: readonly string[], others = false): void {
  need(others || lines.length === vkeys.length, 'a signature is missing or too many');
  for (const key of vkeys.map(parseVkey)) {
    need(key.type === 1, 'only keys of type 1 sign here');
    const own = lines.filter((line) => line.name === key.name && line.id === key.id);
    need(own.length >= 1, `the signature of ${key.name} is missing`);
    for (const { signature } of own) {
      need(
        signature.length === 64 && verify(null, Buffer.from(text), key.object, signature),
        `the signature of ${key.name} is wrong`,
      );
    }
  }
}

/** The public keys of these witnesses (vkeys of type 4) that have cosigned a checkpoint; a line that one did not give is a fault. */
export function cosignersOf({ text, lines }: Note, vkeys: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const key of vkeys.map(parseVkey)) {
    need(key.type === 4, 'only keys of type 4 cosign');
    for (const { signature } of lines.filter(({ name, id }) => name === key.name && id === key.id)) {
      need(signature.length === 72, `a cosignature of ${key.name} is too short or too long`);
      const signed = Buffer.from(`cosignature/v1\ntime ${signature.readBigUInt64BE()}\n${text}`);
      need(verify(null, signed, key.object, signature.subarray(8)), `a cosignature of ${key.name} is wrong`);
      found.add(key.publicKey.toString('hex'));
    }
  }
  return found;
}

export const leafHashOf = (note: Buffer): Buffer => sha256(Uint8Array.of(0), note);
export const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Uint8Array.of(1), left, right);

/** RFC 6962, as it is written there: split at the largest power of two below the length. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return sha256('');
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(rootOf(hashes.slice(0, k)), rootOf(hashes.slice(k)));
}
