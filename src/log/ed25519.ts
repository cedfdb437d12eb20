// Ed25519 (RFC 8032) with one verdict everywhere: a public key is checked once (canonical encoding, not of small order, no
// torsion part), and R must not be the identity; all else about a signature is judged by node:crypto alone. Without the first check,
// small-order keys accept forgeries; about the second, OpenSSL 3.0 (Node 22) and 3.5 (Node 24) disagree.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { concatBytes } from './bytes.ts';
import { FormatError } from './errors.ts';

// DER headers of a 32-byte Ed25519 key (RFC 8410): what follows is the raw key.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** @throws FormatError `key` unless the 32 bytes are a canonical point of the prime-order group */
export function requireStrongPublicKey(publicKey: Uint8Array): void {
  if (publicKey.length !== 32) throw new FormatError('key', 'an Ed25519 public key has 32 bytes');
  let point: InstanceType<typeof ed25519.Point>;
  try {
    point = ed25519.Point.fromBytes(publicKey, false);
  } catch {
    throw new FormatError('key', 'the public key is not a canonical point of Ed25519');
  }
  if (point.isSmallOrder() || !point.isTorsionFree()) {
    throw new FormatError(
      'key',
      'the public key is weak (not in the prime-order group): anyone could sign in its name',
    );
  }
}

/** A checked public key. @throws FormatError `key` when the key is malformed or weak */
export function importPublicKey(publicKey: Uint8Array): KeyObject {
  requireStrongPublicKey(publicKey);
  return createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
}

/** @throws FormatError `key` unless the seed has 32 bytes */
export function importSeed(seed: Uint8Array): { privateKey: KeyObject; publicKey: Uint8Array } {
  if (seed.length !== 32) throw new FormatError('key', 'an Ed25519 seed has 32 bytes');
  const der = concatBytes(PKCS8, seed);
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKey: spki.subarray(SPKI.length) };
}

/** 64 bytes over the UTF-8 form of the text, or over bytes. */
export function signEd25519(key: KeyObject, data: string | Uint8Array): Uint8Array {
  return sign(null, typeof data === 'string' ? Buffer.from(data) : data, key);
}

export function verifyEd25519(key: KeyObject, data: string | Uint8Array, signature: Uint8Array): boolean {
  if (!mayVerify(signature)) return false;
  return verify(null, typeof data === 'string' ? Buffer.from(data) : data, key, signature);
}

/** The same on a thread of libuv's pool. `done` is called later with the same verdict, false also when the thread failed. */
export function verifyEd25519Elsewhere(
  key: KeyObject,
  data: string | Uint8Array,
  signature: Uint8Array,
  done: (valid: boolean) => void,
): void {
  if (!mayVerify(signature)) {
    queueMicrotask(() => done(false));
    return;
  }
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  verify(null, bytes, key, signature, (error, valid) => done(error === null && valid));
}

/**
 * Whether node:crypto has to be asked. Under a strong key [S]B - [k]A lies in the prime-order group, so of the eight points of small order
 * R could only be the identity; OpenSSL 3.0 takes it, which a keyholder can sign with, and OpenSSL 3.5 does not.
 */
function mayVerify(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  if (signature[0] !== 1) return true;
  for (let i = 1; i < 32; i++) if (signature[i] !== 0) return true;
  return false;
}
