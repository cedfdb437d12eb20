import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { fromBase64, toBase64, toHex } from '../../src/log/bytes.ts';
import {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpoint,
  signCheckpoint,
} from '../../src/log/checkpoint.ts';
import { ed25519Signer, signNote, verifierOf } from '../../src/log/note.ts';
import { leafHash } from '../../src/log/tree.ts';
import { needSharedData } from '../support/shared-data.ts';

const root = new Uint8Array(32).fill(5);
const root64 = toBase64(root);
const logKey = ed25519Signer('street/ledger/1', new Uint8Array(32).fill(3));
const otherKey = ed25519Signer('street/ledger/2', new Uint8Array(32).fill(4));

describe('log/checkpoint', () => {
  it('writes three lines and reads them back', () => {
    const text = formatCheckpoint({ origin: 'street/ledger/1', size: 12, root });
    assert.equal(text, `street/ledger/1\n12\n${root64}\n`);
    const read = parseCheckpoint(text);
    assert.deepEqual([read.origin, read.size, toHex(read.root)], ['street/ledger/1', 12, toHex(root)]);
  });

  it('reads the tree note of the Go checksum database', function () {
    const { tree_note: vector } = JSON.parse(readFileSync(needSharedData(this, 'ledger/signed_note.json'), 'utf8')) as {
      tree_note: { text: string; size: number; hash_is_leaf_hash_of: string };
    };
    const read = parseCheckpoint(vector.text);
    assert.equal(read.size, vector.size);
    assert.equal(toHex(read.root), toHex(leafHash(vector.hash_is_leaf_hash_of)));
  });

  const malformed: [string, string][] = [
    ['nothing', ''],
    ['two lines', `o\n1\n`],
    ['no last newline', `o\n1\n${root64}`],
    ['an extension line', `o\n1\n${root64}\nextension\n`],
    ['an empty fourth line', `o\n1\n${root64}\n\n`],
    ['an empty origin', `\n1\n${root64}\n`],
    ['carriage returns', `o\r\n1\r\n${root64}\r\n`],
    ['a control character in the origin', `o\u0001\n1\n${root64}\n`],
    ['a leading zero', `o\n01\n${root64}\n`],
    ['a sign', `o\n+1\n${root64}\n`],
    ['a negative size', `o\n-1\n${root64}\n`],
    ['an empty size', `o\n\n${root64}\n`],
    ['a hexadecimal size', `o\n0x1\n${root64}\n`],
    ['an exponent', `o\n1e3\n${root64}\n`],
    ['a space after the size', `o\n1 \n${root64}\n`],
    ['2^53', `o\n9007199254740992\n${root64}\n`],
    ['digits of another script', `o\n\u0661\n${root64}\n`],
    ['a root of 31 bytes', `o\n1\n${toBase64(root.subarray(1))}\n`],
    ['a root of 33 bytes', `o\n1\n${toBase64(Buffer.concat([root, root.subarray(31)]))}\n`],
    ['a root without padding', `o\n1\n${root64.slice(0, -1)}\n`],
    ['a root with unused bits set', `o\n1\n${root64.slice(0, -2)}V=\n`],
    ['a root in hexadecimal', `o\n1\n${toHex(root)}\n`],
  ];
  for (const [name, text] of malformed) {
    it(`refuses ${name}`, () => assert.throws(() => parseCheckpoint(text), { name: 'FormatError' }));
  }

  it('writes nothing that it would not read', () => {
    for (const bad of [
      { origin: '', size: 1, root },
      { origin: 'a\nb', size: 1, root },
      { origin: 'a', size: -1, root },
      { origin: 'a', size: 1.5, root },
      { origin: 'a', size: Number.NaN, root },
      { origin: 'a', size: 2 ** 53, root },
      { origin: 'a', size: 1, root: root.subarray(1) },
    ]) {
      assert.throws(() => formatCheckpoint(bad), { name: 'FormatError' });
    }
  });

  it('accepts the signature of the origin only', () => {
    const note = signCheckpoint({ origin: 'street/ledger/1', size: 3, root }, logKey);
    assert.equal(openCheckpoint(note, [verifierOf(logKey.vkey)]).size, 3);
    assert.equal(readCheckpoint(note).size, 3);
    assert.throws(() => openCheckpoint(note, [verifierOf(otherKey.vkey)]), { code: 'unverified' });
    assert.throws(() => signCheckpoint({ origin: 'street/ledger/1', size: 3, root }, otherKey), { code: 'checkpoint' });
    const foreign = signNote(formatCheckpoint({ origin: 'street/ledger/1', size: 3, root }), otherKey);
    assert.throws(
      () =>
        openCheckpoint(
          foreign,
          [logKey, otherKey].map((key) => verifierOf(key.vkey)),
        ),
      { code: 'unverified' },
    );
    assert.throws(() => openCheckpoint(note.replace('\n3\n', '\n4\n'), [verifierOf(logKey.vkey)]), {
      code: 'invalid-signature',
    });
  });

  it('verifies every checkpoint of the Tessera log', function () {
    const log = JSON.parse(readFileSync(needSharedData(this, 'ledger/tessera_tiles_log.json'), 'utf8')) as {
      public_key: string;
      private_key: string;
      checkpoints: Record<string, string>;
    };
    const key = verifierOf(log.public_key);
    const [, , name, , ...secret] = log.private_key.split('+');
    const signer = ed25519Signer(name!, fromBase64(secret.join('+')).subarray(1));
    for (const [size, note] of Object.entries(log.checkpoints)) {
      const checkpoint = openCheckpoint(note, [key]);
      assert.equal(checkpoint.size, Number(size));
      assert.equal(signCheckpoint(checkpoint, signer), note);
    }
  });
});
