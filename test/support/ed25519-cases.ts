// Signatures and keys on which Ed25519 libraries are known to differ (K. Chalkias et al., "Taming the Many EdDSAs", 2020), made from
// points: R with a torsion part, of small order or not canonical, S + L; keys of small and mixed order, not canonical, off the curve.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, toHex } from '../../src/log/bytes.ts';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const { ORDER } = Point.Fn;
const P = 2n ** 255n - 19n;

export interface SignatureCase {
  readonly name: string;
  /** of full strength */
  readonly key: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

/** The eight points of small order in every encoding, also those that are not canonical. */
export const SMALL_ORDER: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];

/** What each curve point of order 2, 4 and 8 adds to a point. */
const TORSION: readonly Point[] = [4, 5, 6, 7, 8, 0, 1].map((i) => Point.fromBytes(fromHex(SMALL_ORDER[i]!), true));

const littleEndian = (number: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));
const number = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const scalar = (name: string): bigint => number(sha512(Buffer.from(name))) % ORDER;

const SECRET = scalar('a secret scalar of a test');
const KEY = Point.BASE.multiply(SECRET).toBytes();
const MESSAGE = Buffer.from('buy 700 Wh at 25 cents');
const R = scalar('a nonce of a test');

/** A signature whose R is these bytes, made by whoever has the key; `nonce` is what S is computed with. */
function signature(r: Uint8Array, nonce: bigint): Uint8Array {
  const challenge = number(sha512(concatBytes(concatBytes(r, KEY), MESSAGE))) % ORDER;
  return concatBytes(r, littleEndian((nonce + challenge * SECRET) % ORDER));
}

const honest = signature(Point.BASE.multiply(R).toBytes(), R);
const s = number(honest.subarray(32));
const changed = (at: number, mask: number) => honest.map((byte, i) => (i === at ? byte ^ mask : byte));

const made: [name: string, signature: Uint8Array, valid: boolean][] = [
  ['a signature', honest, true],
  ['S + L', concatBytes(honest.subarray(0, 32), littleEndian(s + ORDER)), false],
  ['S + 2L', concatBytes(honest.subarray(0, 32), littleEndian(s + 2n * ORDER)), false],
  ['S with its highest bit', changed(63, 0x80), false],
  ['another bit of R', changed(3, 1), false],
  ['zeros', new Uint8Array(64), false],
  ['cut', honest.subarray(0, 63), false],
  ['a byte too long', concatBytes(honest, Uint8Array.of(0)), false],
  // Only the owner of the key can make it. R = [S]B - [k]A holds, and OpenSSL 3.0 takes it; OpenSSL 3.5 does not, nor do we.
  ['R of order 1', signature(littleEndian(1n), 0n), false],
  ['R of order 1, not canonical', signature(littleEndian(P + 1n), 0n), false],
  ['R of order 1 with a sign', signature(fromHex(SMALL_ORDER[3]!), 0n), false],
  // Valid only for those who multiply by the cofactor, as noble does.
  ...TORSION.map((torsion, i): [string, Uint8Array, boolean] => [
    `R with torsion part ${i}`,
    signature(Point.BASE.multiply(R).add(torsion).toBytes(), R),
    false,
  ]),
  ...TORSION.map((torsion, i): [string, Uint8Array, boolean] => [
    `R of small order ${i}`,
    signature(torsion.toBytes(), 0n),
    false,
  ]),
];

export const SIGNATURES: readonly SignatureCase[] = [
  ...made.map(([name, bytes, valid]) => ({
    name,
    key: toHex(KEY),
    message: MESSAGE.toString('hex'),
    signature: toHex(bytes),
    valid,
  })),
  { name: 'another message', key: toHex(KEY), message: '00', signature: toHex(honest), valid: false },
];

/** 32 bytes and others that must never become anybody's key. */
export const BAD_KEYS: ReadonlyMap<string, string> = new Map([
  ...SMALL_ORDER.map((key): [string, string] => [`small order ${key.slice(0, 8)}...${key.slice(-4)}`, key]),
  ...TORSION.map((torsion, i): [string, string] => [
    `mixed order ${i}`,
    toHex(Point.BASE.multiply(SECRET).add(torsion).toBytes()),
  ]),
  // y from p to 2^255 - 1, either sign.
  ...Array.from({ length: 38 }, (_, i): [string, string] => {
    const sign = i % 2 === 0 ? 0n : 2n ** 255n;
    return [`not canonical ${i}`, toHex(littleEndian(P + BigInt(i >> 1) + sign))];
  }),
  ['not on the curve', '02'.padEnd(64, '0')],
  ['empty', ''],
  ['31 bytes', toHex(KEY.subarray(1))],
  ['33 bytes', `${toHex(KEY)}00`],
]);
