// What is no ledger, no statement and no evidence is told so in one sentence, whatever it is.
import { strict as assert } from 'node:assert';
import { gzipSync } from 'node:zlib';
import { fileStore } from '../../page/worker/dropped.ts';
import type { DroppedFile } from '../../page/worker/protocol.ts';
import { Session } from '../../page/worker/session.ts';
import { keysOf } from '../ledger/street.ts';
import { droppedText } from './dropped-folder.ts';

/** A file that says it has more bytes than anybody should read; reading it fails. */
class Huge extends Blob {
  override get size(): number {
    return 300 * 1024 * 1024;
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    throw new Error('it was read');
  }
}

const vkey = keysOf('home-1').record.vkey;
const zip = (text: string) => new Uint8Array(gzipSync(text));
const bomb = () => new Uint8Array(gzipSync(Buffer.alloc(257 * 2 ** 20, ' ')));

const refused: readonly (readonly [what: string, files: () => DroppedFile[], says: RegExp])[] = [
  ['nothing', () => [], /nothing in what you dropped/],
  ['an empty file', () => [droppedText('a.json', '')], /"a\.json" is empty/],
  [
    'garbage',
    () => [
      droppedText(
        'a.bin',
        Uint8Array.from({ length: 500 }, (_, i) => (i * 97) % 256),
      ),
    ],
    /is no text/,
  ],
  ['prose', () => [droppedText('a.txt', 'Dear neighbour,\nhere is the bill.\n')], /nothing that this page can check/],
  ['a zip', () => [droppedText('export.zip', 'PK\x03\x04...')], /is a zip archive; unpack it and drop the folder/],
  [
    'a database',
    () => [droppedText('ledger.sqlite', 'SQLite format 3\0...')],
    /drop the folder "export" that lies beside it/,
  ],
  ['a PDF', () => [droppedText('a.pdf', '%PDF-1.7')], /is a PDF; ask for the same statement as JSON/],
  ['a page', () => [droppedText('a.html', '<!doctype html>')], /ask for the same statement as JSON/],
  ['a huge file', () => [{ path: 'a.json', file: new Huge() }], /larger than 256 MiB/],
  ['a packed file that grows without end', () => [droppedText('a.json.gz', bomb())], /holds more than 256 MiB/],
  [
    'a packed file that is cut off',
    () => [droppedText('a.json.gz', zip('{"a":1}').slice(0, 15))],
    /cannot be unpacked/,
  ],
  ['cut JSON', () => [droppedText('a.json', '{"format":"microgrid-statement/1","li')], /may have been cut off/],
  ['other JSON', () => [droppedText('a.json', '{"a":1}')], /no statement and no evidence/],
  ['a list', () => [droppedText('a.json', '[1]')], /no statement and no evidence/],
  ['all accounts', () => [droppedText('a.json', '{"format":"microgrid-accounts/1"}')], /the statement of one account/],
  ['an empty statement', () => [droppedText('a.json', '{"format":"microgrid-statement/1"}')], /community is missing/],
  ['evidence of nothing', () => [droppedText('a.json', '{"version":"microgrid-evidence/1"}')], /cannot be read.*kind/],
  [
    'evidence of a later version',
    () => [droppedText('a.json', '{"version":"microgrid-evidence/9"}')],
    /microgrid-evidence\/1/,
  ],
  ['keys alone', () => [droppedText('keys.txt', `${vkey}\n`)], /These are keys; drop the ledger/],
  ['a list of no keys', () => [droppedText('keys.txt', '# nobody\n')], /holds no keys/],
  ['a checkpoint alone', () => [droppedText('checkpoint', 'a/ledger/1\n7\nAAAA\n\n')], /drop the whole folder/],
  ['two ledgers', () => ['a', 'b'].map((folder) => droppedText(`${folder}/checkpoint`, '')), /more than one ledger/],
  [
    'two statements',
    () => ['a', 'b'].map((name) => droppedText(`${name}.json`, '{"format":"microgrid-statement/1"}')),
    /one document at a time/,
  ],
  [
    'a folder of photographs',
    () => Array.from({ length: 30 }, (_, i) => droppedText(`photos/${i}.jpg`, 'JFIF')),
    /No ledger is in this folder/,
  ],
];

describe('page: what cannot be checked', () => {
  for (const [what, files, says] of refused) {
    it(`${what} gets one sentence`, async () => {
      await assert.rejects(
        new Session().check(files(), '', () => {}),
        (error: Error) => {
          assert.equal(error.name, 'Problem');
          assert.match(error.message, says);
          assert.doesNotMatch(error.message, /\p{Cc}|undefined|\[object/u);
          return true;
        },
      );
    });
  }

  it('keys that are mistyped are named by their line', async () => {
    const mistyped = vkey.replace('+', '+0');
    await assert.rejects(
      new Session().check([droppedText('a', '{}')], `\n${mistyped}`, () => {}),
      {
        name: 'Problem',
        message: /^The keys that you entered cannot be read: line 2 of the keys:/,
      },
    );
  });
});

describe('page: files as an export', () => {
  const files = fileStore(
    ['checkpoint', 'tile/0/000', 'tile/entries/000.p/4', 'x'].map((path) => droppedText(path, path)),
  );

  it('lists, reads and bounds them as a disk does', async () => {
    assert.deepEqual(await files.list(''), ['checkpoint', 'tile/', 'x']);
    assert.deepEqual(await files.list('tile/'), ['0/', 'entries/']);
    assert.deepEqual(await files.list('tile/entries/000.p/'), ['4']);
    assert.deepEqual(await files.list('nowhere/'), []);
    assert.equal(Buffer.from((await files.read('tile/0/000', 99))!).toString(), 'tile/0/000');
    assert.equal(await files.read('tile/0/001', 99), null);
    assert.deepEqual([await files.isFile('x'), await files.isFile('tile')], [true, false]);
    await assert.rejects(files.read('tile/0/000', 9), { code: 'damaged' });
    await assert.rejects(files.read('tile/0', 9), { code: 'not-a-file' });
    await assert.rejects(files.write('x', ''), { code: 'read-only' });
  });
});
