// The page's verification of Ed25519 gives the verdict of node:crypto: on published vectors, on what the standard's verifiers disagree
// about (parts of small order in R, R not canonical, S beyond L), and on altered signatures.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { ExactKey } from '../../page/standin/exact-ed25519.ts';
import { fromHex, toHex } from '../../src/log/bytes.ts';
import { importPublicKey, importSeed, signEd25519, verifyEd25519 } from '../../src/log/ed25519.ts';
import { needSharedData } from '../support/shared-data.ts';

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
/** Of order 8: with B it reaches every coset of the prime-order group. */
const TORSION = Point.fromBytes(fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), true);

/** The verdict of node:crypto, after which of the page's was compared with it. */
function sameVerdict(key: Uint8Array, message: Uint8Array, signature: Uint8Array, why?: string): boolean {
  const verdict = verifyEd25519(importPublicKey(key), message, signature);
  assert.equal(new ExactKey(key).verify(message, signature), verdict, why ?? toHex(signature));
  return verdict;
}

const littleEndian = (value: bigint) => fromHex(value.toString(16).padStart(64, '0')).reverse();
const numberOf = (bytes: Uint8Array) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);

/** A signature with R = [r]B + T made by whoever has the secret scalar; right without cofactor only where T is the identity. */
function signed(
  secret: bigint,
  r: bigint,
  torsion: InstanceType<typeof Point>,
  message: Uint8Array,
  encodeR?: Uint8Array,
) {
  const key = Point.BASE.multiply(secret).toBytes();
  const point = r === 0n ? torsion : Point.BASE.multiply(r).add(torsion);
  const bytes = encodeR ?? point.toBytes();
  const digest = createHash('sha512').update(bytes).update(key).update(message).digest();
  const s = (r + (numberOf(digest) % ORDER) * secret) % ORDER;
  return { key, signature: Buffer.concat([bytes, littleEndian(s)]), s };
}

describe('page: Ed25519', () => {
  it('agrees on the RFC 8032 inputs', function () {
    const lines = readFileSync(needSharedData(this, 'ledger/ed25519_sign_input_128.txt'), 'utf8').trim().split('\n');
    for (const line of lines) {
      const [, publicHex, message, signature] = line.split(':') as [string, string, string, string];
      const verdict = sameVerdict(fromHex(publicHex), fromHex(message), fromHex(signature.slice(0, 128)));
      assert.equal(verdict, true);
    }
    assert.equal(lines.length, 128);
  });

  it('agrees on every Wycheproof vector', function () {
    const { testGroups } = JSON.parse(
      readFileSync(needSharedData(this, 'ledger/wycheproof_ed25519_test.json'), 'utf8'),
    ) as {
      testGroups: { publicKey: { pk: string }; tests: { tcId: number; msg: string; sig: string; result: string }[] }[];
    };
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const verdict = sameVerdict(fromHex(publicKey.pk), fromHex(msg), fromHex(sig), `tcId ${tcId}`);
        assert.equal(verdict, result === 'valid', `tcId ${tcId}`);
        count++;
      }
    }
    assert.equal(count, 151);
  });

  it('agrees where R has a part of small order, which verifiers with a cofactor accept', () => {
    const message = Buffer.from('an order');
    let torsion = Point.ZERO;
    for (let i = 0; i < 8; i++) {
      const { key, signature } = signed(12_345n, 6_789n, torsion, message);
      assert.equal(sameVerdict(key, message, signature, `R + ${i} T`), i === 0);
      // The test would prove nothing if every verifier refused these.
      assert.equal(ed25519.verify(signature, message, key, { zip215: true }), true);
      torsion = torsion.add(TORSION);
    }
  });

  it('agrees where R is of small order itself, and where it is written in another way', () => {
    const message = Buffer.from('an order');
    let torsion = Point.ZERO;
    for (let i = 0; i < 8; i++) {
      const { key, signature } = signed(54_321n, 0n, torsion, message);
      assert.equal(sameVerdict(key, message, signature, `R = ${i} T`), false);
      torsion = torsion.add(TORSION);
    }
    // The identity with y + p, and with the sign of x = 0 set.
    for (const other of [
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      `01${'00'.repeat(30)}80`,
    ]) {
      const { key, signature } = signed(54_321n, 0n, Point.ZERO, message, fromHex(other));
      assert.equal(sameVerdict(key, message, signature, other), false);
    }
  });

  it('agrees on S beyond L and at its bounds, and on other lengths', () => {
    const message = Buffer.from('an order');
    const { key, signature, s } = signed(777n, 888n, Point.ZERO, message);
    const r = signature.subarray(0, 32);
    for (const other of [s, s + ORDER, 0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, 2n ** 253n, 2n ** 256n - 1n]) {
      assert.equal(sameVerdict(key, message, Buffer.concat([r, littleEndian(other)])), other === s);
    }
    for (const length of [0, 32, 63]) sameVerdict(key, message, signature.subarray(0, length));
    sameVerdict(key, message, Buffer.concat([signature, Buffer.alloc(1)]));
  });

  it('agrees on good and altered signatures, before and after it has a table for the key', () => {
    const { privateKey, publicKey } = importSeed(new Uint8Array(32).fill(7));
    const key = new ExactKey(publicKey);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(511), fc.boolean(), (message, bit, alter) => {
        const signature = Uint8Array.from(signEd25519(privateKey, message));
        if (alter) signature[bit >> 3]! ^= 1 << (bit & 7);
        assert.equal(key.verify(message, signature), !alter);
        assert.equal(verifyEd25519(importPublicKey(publicKey), message, signature), !alter);
      }),
      { numRuns: 120 },
    );
  });
});
