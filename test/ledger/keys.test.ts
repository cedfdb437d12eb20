import { strict as assert } from 'node:assert';
import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { deriveKeys, memberKeys } from '../../src/ledger/keys.ts';
import { parseVkey } from '../../src/log/note.ts';
import { seedOf } from './street.ts';

/** HKDF-SHA256 without salt for one block of output, as RFC 5869 spells it. */
function hkdf(seed: Uint8Array, info: string): Buffer {
  const pseudoRandomKey = createHmac('sha256', Buffer.alloc(32)).update(seed).digest();
  return createHmac('sha256', pseudoRandomKey).update(info).update(Uint8Array.of(1)).digest();
}

function publicKeyOf(seed: Uint8Array): Buffer {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return key.export({ format: 'der', type: 'spki' }).subarray(12);
}

describe('keys of a member', () => {
  const seed = seedOf('a seed');
  const origin = 'sunny-street.example/ledger/3';
  const keys = memberKeys('sunny-street.example', 'home-1', seed);

  it('follow from one seed by HKDF-SHA256 with the labels of the format', () => {
    const derived = deriveKeys(seed);
    assert.deepEqual(Buffer.from(derived.record), hkdf(seed, 'microgrid/1 record'));
    assert.deepEqual(Buffer.from(derived.witness), hkdf(seed, 'microgrid/1 witness'));
    assert.deepEqual(Buffer.from(derived.log(origin)), hkdf(seed, `microgrid/1 log ${origin}`));
  });

  it('are named by community and member, the log key by the ledger', () => {
    const record = parseVkey(keys.record.vkey);
    assert.deepEqual([record.name, record.type], ['sunny-street.example/member/home-1', 1]);
    assert.deepEqual(Buffer.from(record.publicKey), publicKeyOf(hkdf(seed, 'microgrid/1 record')));
    const witness = parseVkey(keys.witness);
    assert.deepEqual([witness.name, witness.type], ['sunny-street.example/witness/home-1', 4]);
    assert.deepEqual(Buffer.from(witness.publicKey), publicKeyOf(hkdf(seed, 'microgrid/1 witness')));
    assert.equal(keys.log(origin).name, origin);
  });

  it('of the log differ in each epoch', () => {
    const other = keys.log('sunny-street.example/ledger/4').vkey.split('+')[2];
    assert.notEqual(keys.log(origin).vkey.split('+')[2], other);
  });

  it('are refused for bad names, bad seeds, other communities', () => {
    assert.throws(() => memberKeys('sunny-street.example', 'Home-1', seed), /not a member id/);
    assert.throws(() => memberKeys('sunny-street.example', 'home\u20111', seed), /not a member id/);
    assert.throws(() => memberKeys('../etc', 'home-1', seed), /not a community/);
    assert.throws(() => memberKeys('Sunny.example', 'home-1', seed), /not a community/);
    assert.throws(() => memberKeys('sunny-street.example', 'home-1', seed.slice(1)), /32 bytes/);
    assert.throws(() => keys.log('other.example/ledger/1'), /belongs to/);
    for (const bad of [
      'sunny-street.example',
      'sunny-street.example/ledger/0',
      'sunny-street.example/ledger/01',
      'a b/ledger/1',
      '',
    ]) {
      assert.throws(() => keys.log(bad), /not the name of a ledger/);
    }
  });
});
