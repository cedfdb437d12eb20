// Verifies Ed25519 signatures with exactly the verdict of node:crypto (docs/ledger-format.md, section 2): S < L, R not the identity, and its
// bytes those of [S]B - [k]A, without cofactor. The verifiers of @noble/curves multiply by the cofactor and so accept a few signatures that OpenSSL refuses;
// here are its points alone. Public keys were checked to be strong when they were imported.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

type Point = InstanceType<typeof ed25519.Point>;

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
/** Signatures of a key after which a table for it pays: making one takes as long as about thirty verifications save. */
const TABLE_AFTER = 40;
/** A table is about a megabyte. */
const MOST_TABLES = 100;
const WINDOW = 8;

let tables = 0;

export class ExactKey {
  readonly bytes: Uint8Array;
  readonly #negated: Point;
  #used = 0;

  /** @param bytes a strong key: 32 bytes, canonical, of the prime-order group */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#negated = Point.fromBytes(bytes, false).negate();
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== 64) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    if (s >= ORDER || isIdentity(r)) return false;
    this.#used++;
    if (this.#used === TABLE_AFTER && tables < MOST_TABLES) {
      tables++;
      this.#negated.precompute(WINDOW, false);
    }
    const digest = sha512.create().update(r).update(this.bytes).update(message).digest();
    const k = littleEndian(digest) % ORDER;
    const expected = Point.BASE.multiplyUnsafe(s).add(this.#negated.multiplyUnsafe(k)).toBytes();
    return expected.every((byte, i) => byte === r[i]);
  }
}

function isIdentity(r: Uint8Array): boolean {
  return r.every((byte, i) => byte === (i === 0 ? 1 : 0));
}

function littleEndian(bytes: Uint8Array): bigint {
  let hex = '';
  for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i]!.toString(16).padStart(2, '0');
  return BigInt(`0x${hex}`);
}
