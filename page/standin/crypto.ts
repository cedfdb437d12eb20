// As much of node:crypto as the audit uses, for browsers: SHA-256 and the verification of Ed25519 signatures. Nothing is signed in the page.
import { sha256 } from '@noble/hashes/sha2.js';
import { Buffer } from './buffer.ts';
import { ExactKey } from './exact-ed25519.ts';

/** What an SPKI document of Ed25519 has before the key (RFC 8410). */
const SPKI_BYTES = 12;
const encoder = new TextEncoder();

export type KeyObject = ExactKey;

export function hash(algorithm: 'sha256', data: string | Uint8Array, output: 'buffer' | 'hex'): Uint8Array | string {
  if (algorithm !== 'sha256') throw new Error(`the page has no ${algorithm}`);
  const digest = new Buffer(sha256(typeof data === 'string' ? encoder.encode(data) : data));
  return output === 'hex' ? digest.toString('hex') : digest;
}

export function createPublicKey({ key }: { readonly key: Uint8Array }): KeyObject {
  return new ExactKey(Uint8Array.from(key.subarray(SPKI_BYTES)));
}

export function verify(_algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  return key.verify(data, signature);
}

function notHere(): never {
  throw new Error('nothing is signed in this page');
}

export { notHere as createPrivateKey, notHere as hkdfSync, notHere as sign };
