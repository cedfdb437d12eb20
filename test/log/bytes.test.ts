import { strict as assert } from 'node:assert';
import { equalBytes, fromBase64, fromHex, fromUtf8, sha256, sha256Hex, toBase64, toHex } from '../../src/log/bytes.ts';

describe('log/bytes', () => {
  it('hashes strings as UTF-8 and bytes as they are', () => {
    assert.equal(sha256Hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.ok(equalBytes(sha256('\u00e9'), sha256(Uint8Array.of(0xc3, 0xa9))));
  });

  it('reads back what it writes, also from the middle of a buffer', () => {
    const bytes = Uint8Array.of(9, 0, 1, 254, 255, 9).subarray(1, 5);
    assert.equal(toHex(bytes), '0001feff');
    assert.equal(toBase64(bytes), 'AAH+/w==');
    assert.ok(equalBytes(fromHex('0001feff'), bytes));
    assert.ok(equalBytes(fromBase64('AAH+/w=='), bytes));
    assert.equal(fromBase64('').length, 0);
  });

  for (const bad of ['A', 'AA', 'AAA', 'AA==\n', ' AA==', 'AA=', 'AB==', 'AAB=', 'AA==AA==', 'AA-_', '====', 'AAAA=']) {
    it(`refuses ${JSON.stringify(bad)} as base64`, () => assert.throws(() => fromBase64(bad), { code: 'base64' }));
  }

  for (const bad of ['0', '0G', 'AB', '00 ']) {
    it(`refuses ${JSON.stringify(bad)} as hexadecimal`, () => assert.throws(() => fromHex(bad), { code: 'hex' }));
  }

  it('refuses bytes that are not UTF-8 and keeps a byte order mark visible', () => {
    assert.throws(() => fromUtf8(Uint8Array.of(0xff)), { code: 'utf-8' });
    assert.throws(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), { code: 'utf-8' });
    assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA');
  });
});
