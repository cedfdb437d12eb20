// What stands in the page for Node's own modules gives the same, byte for byte.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { Buffer as PageBuffer } from '../../page/standin/buffer.ts';
import * as pageCrypto from '../../page/standin/crypto.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ unit: 'binary', maxLength: 100 });

describe('page: Buffer', () => {
  it('writes and reads hexadecimal, base64 and UTF-8 as Node does', () => {
    fc.assert(
      fc.property(bytes, text, (data, words) => {
        const [ours, theirs] = [new PageBuffer(data), Buffer.from(data)];
        for (const encoding of ['hex', 'base64'] as const) {
          const written = theirs.toString(encoding);
          assert.equal(ours.toString(encoding), written);
          assert.deepEqual([...PageBuffer.from(written, encoding)], [...data]);
        }
        assert.deepEqual([...PageBuffer.from(words)], [...Buffer.from(words)]);
        assert.equal(PageBuffer.byteLength(words), Buffer.byteLength(words));
        assert.equal(PageBuffer.from(words).toString(), Buffer.from(words).toString());
      }),
    );
  });

  it('joins, compares and finds as Node does', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const whole = PageBuffer.concat([a, b]);
        assert.deepEqual([...whole], [...Buffer.concat([a, b])]);
        assert.equal(PageBuffer.compare(a, b), Buffer.compare(a, b));
        assert.equal(new PageBuffer(a).equals(b), Buffer.from(a).equals(b));
        assert.equal(whole.indexOf(10), Buffer.concat([a, b]).indexOf(10));
      }),
    );
  });

  it('looks at the same bytes where Node does, and copies where Node does', () => {
    const source = Uint8Array.of(1, 2, 3, 4);
    const view = PageBuffer.from(source.buffer, 1, 2);
    source[1] = 9;
    assert.deepEqual([...view], [9, 3]);
    assert.deepEqual([view.readUInt16BE(0), Buffer.from(source.buffer, 1, 2).readUInt16BE(0)], [0x0903, 0x0903]);
    const copy = PageBuffer.from(source);
    source[0] = 7;
    assert.equal(copy[0], 1);
    const part = copy.subarray(1);
    assert.ok(PageBuffer.isBuffer(part));
    part[0] = 5;
    assert.equal(copy[1], 5);
    const written = PageBuffer.alloc(4, 1);
    assert.equal(written.write('beef', 'hex'), 2);
    assert.equal(written.toString('hex'), 'beef0101');
    assert.equal(PageBuffer.allocUnsafe(3).writeUInt16BE(515), 2);
  });
});

describe('page: node:crypto', () => {
  it('hashes as Node does', () => {
    fc.assert(
      fc.property(bytes, text, (data, words) => {
        assert.equal(pageCrypto.hash('sha256', data, 'hex'), hash('sha256', data, 'hex'));
        const digest = pageCrypto.hash('sha256', words, 'buffer') as Uint8Array;
        assert.deepEqual([...digest], [...hash('sha256', words, 'buffer')]);
      }),
    );
  });

  it('takes a key as Node does, and verifies with it', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const data = Buffer.from('an order');
    const signature = sign(null, data, privateKey);
    assert.ok(verify(null, data, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature));
    const key = pageCrypto.createPublicKey({ key: spki });
    assert.ok(pageCrypto.verify(null, data, key, signature));
    assert.equal(pageCrypto.verify(null, Buffer.from('another'), key, signature), false);
  });

  it('signs nothing', () => {
    assert.throws(() => pageCrypto.sign(), /nothing is signed in this page/);
  });
});
