import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { fromHex, toHex } from '../../src/log/bytes.ts';
import {
  importPublicKey,
  importSeed,
  requireStrongPublicKey,
  signEd25519,
  verifyEd25519,
  verifyEd25519Elsewhere,
} from '../../src/log/ed25519.ts';
import { SMALL_ORDER } from '../support/ed25519-cases.ts';
import { needSharedData } from '../support/shared-data.ts';

describe('log/ed25519', () => {
  it('signs and verifies the RFC 8032 inputs, byte for byte', function () {
    const lines = readFileSync(needSharedData(this, 'ledger/ed25519_sign_input_128.txt'), 'utf8').trim().split('\n');
    assert.equal(lines.length, 128);
    for (const line of lines) {
      const [secret, publicHex, message, signed] = line.split(':') as [string, string, string, string];
      const { privateKey, publicKey } = importSeed(fromHex(secret.slice(0, 64)));
      assert.equal(toHex(publicKey), publicHex);
      const signature = signEd25519(privateKey, fromHex(message));
      assert.equal(toHex(signature), signed.slice(0, 128));
      assert.ok(verifyEd25519(importPublicKey(publicKey), fromHex(message), signature));
    }
  });

  it('agrees with every Wycheproof verdict', function () {
    const { testGroups } = JSON.parse(
      readFileSync(needSharedData(this, 'ledger/wycheproof_ed25519_test.json'), 'utf8'),
    ) as {
      testGroups: { publicKey: { pk: string }; tests: { tcId: number; msg: string; sig: string; result: string }[] }[];
    };
    let count = 0;
    for (const { publicKey, tests } of testGroups) {
      const key = importPublicKey(fromHex(publicKey.pk));
      for (const { tcId, msg, sig, result } of tests) {
        assert.equal(verifyEd25519(key, fromHex(msg), fromHex(sig)), result === 'valid', `tcId ${tcId}`);
        count++;
      }
    }
    assert.equal(count, 151);
  });

  for (const key of SMALL_ORDER) {
    it(`refuses the small-order key ${key.slice(0, 8)}...${key.slice(-4)}`, () => {
      assert.throws(() => requireStrongPublicKey(fromHex(key)), { name: 'FormatError', code: 'key' });
    });
  }

  it('takes no forgery under a small-order key, whatever OpenSSL this Node.js has', () => {
    // R = B, S = 1 fulfils S*B = R + k*A for every message when A is the identity. OpenSSL 3.0 (Node.js 20) takes it, 3.5 does not.
    const identity = fromHex(SMALL_ORDER[2]!);
    const forged = Buffer.concat([ed25519.Point.BASE.toBytes(), Buffer.from([1]), Buffer.alloc(31)]);
    assert.equal(ed25519.verify(forged, Buffer.from('any message'), identity, { zip215: true }), true);
    assert.throws(() => verifyEd25519(importPublicKey(identity), 'any message', forged), { code: 'key' });
  });

  it('takes no signature whose R is the identity, whatever OpenSSL this Node.js has', (done) => {
    // Whoever has the secret scalar a signs with r = 0: S = k*a. OpenSSL 3.0 (Node.js 22) takes it, 3.5 (Node.js 24) does not.
    const { ORDER } = ed25519.Point.Fn;
    const number = (bytes: Uint8Array) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
    const publicKey = ed25519.Point.BASE.multiply(54_321n).toBytes();
    const identity = fromHex(SMALL_ORDER[2]!);
    const digest = createHash('sha512').update(identity).update(publicKey).update('any message').digest();
    const s = ((number(digest) % ORDER) * 54_321n) % ORDER;
    const signature = Buffer.concat([identity, fromHex(s.toString(16).padStart(64, '0')).reverse()]);
    const zip215 = { zip215: true };
    assert.equal(ed25519.verify(signature, Buffer.from('any message'), publicKey, zip215), true);
    const key = importPublicKey(publicKey);
    assert.equal(verifyEd25519(key, 'any message', signature), false);
    verifyEd25519Elsewhere(key, 'any message', signature, (valid) => done(valid ? new Error('taken') : undefined));
  });

  it('refuses a key with a torsion part', () => {
    const strong = ed25519.Point.BASE.multiply(12345n);
    const torsion = ed25519.Point.fromBytes(fromHex(SMALL_ORDER[4]!), true);
    requireStrongPublicKey(strong.toBytes());
    assert.throws(() => requireStrongPublicKey(strong.add(torsion).toBytes()), { code: 'key' });
  });

  it('refuses encodings that are not canonical or not on the curve', () => {
    for (const key of [
      'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
      '0200000000000000000000000000000000000000000000000000000000000000',
      '',
      '00',
      '00'.repeat(33),
    ]) {
      assert.throws(() => requireStrongPublicKey(fromHex(key)), { code: 'key' }, key);
    }
  });

  it('refuses S + L, and signatures of another length', () => {
    const { privateKey, publicKey } = importSeed(new Uint8Array(32).fill(7));
    const key = importPublicKey(publicKey);
    const signature = signEd25519(privateKey, 'order');
    assert.ok(verifyEd25519(key, 'order', signature));
    const order = ed25519.Point.Fn.ORDER;
    const s = BigInt(`0x${toHex(Buffer.from(signature.subarray(32)).reverse())}`) + order;
    const malleated = Buffer.from(signature);
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse().copy(malleated, 32);
    assert.equal(verifyEd25519(key, 'order', malleated), false);
    assert.equal(verifyEd25519(key, 'order', signature.subarray(0, 63)), false);
    assert.equal(verifyEd25519(key, 'order', new Uint8Array(0)), false);
    assert.throws(() => importSeed(new Uint8Array(31)), { code: 'key' });
  });
});
