import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { fromBase64, fromUtf8, toBase64 } from '../../src/log/bytes.ts';
import { openCheckpoint } from '../../src/log/checkpoint.ts';
import { verifierOf } from '../../src/log/note.ts';
import {
  bodyBundlePath,
  decodeEntries,
  encodeEntries,
  entriesPath,
  noteEntry,
  parseTilePath,
  tilePath,
  tilesOfLevel,
} from '../../src/log/tiles.ts';
import { CompactTree, leafHash } from '../../src/log/tree.ts';
import { needSharedData } from '../support/shared-data.ts';

interface TesseraLog {
  public_key: string;
  entries: string[];
  checkpoints: Record<string, string>;
  tiles_base64: Record<string, string>;
}

describe('log/tiles', () => {
  it('reads the log that Tessera wrote, and writes the same files byte for byte', function () {
    const log = JSON.parse(readFileSync(needSharedData(this, 'ledger/tessera_tiles_log.json'), 'utf8')) as TesseraLog;
    const tree = new CompactTree();
    const written: Record<string, string> = {};
    const hashes: Uint8Array[] = [];
    for (const [i, entry] of log.entries.entries()) {
      const size = i + 1;
      hashes.push(leafHash(entry));
      tree.append(hashes[i]!);
      for (const tile of tilesOfLevel(0, size)) {
        written[tilePath(tile)] = toBase64(Buffer.concat(hashes));
        written[entriesPath(tile.index, tile.width)] = toBase64(encodeEntries(log.entries.slice(0, size)));
      }
      const bundle = fromBase64(log.tiles_base64[entriesPath(0, size)]!);
      assert.deepEqual(decodeEntries(bundle, size).map(fromUtf8), log.entries.slice(0, size));
      const { root } = openCheckpoint(log.checkpoints[size]!, [verifierOf(log.public_key)]);
      assert.equal(toBase64(tree.root()), toBase64(root));
    }
    assert.deepEqual(written, log.tiles_base64);
  });

  const paths: [string, string][] = [
    [tilePath({ level: 0, index: 0, width: 1 }), 'tile/0/000.p/1'],
    [tilePath({ level: 0, index: 0, width: 256 }), 'tile/0/000'],
    [tilePath({ level: 2, index: 999, width: 255 }), 'tile/2/999.p/255'],
    [tilePath({ level: 1, index: 1000, width: 256 }), 'tile/1/x001/000'],
    [tilePath({ level: 10, index: 1234067, width: 256 }), 'tile/10/x001/x234/067'],
    [entriesPath(1234067, 8), 'tile/entries/x001/x234/067.p/8'],
    [entriesPath(273, 112), 'tile/entries/273.p/112'],
    [bodyBundlePath(1234067), 'bodies/x001/x234/067'],
  ];
  for (const [path, expected] of paths) it(`writes ${expected}`, () => assert.equal(path, expected));

  it('reads its own paths and nothing else', () => {
    assert.deepEqual(parseTilePath('tile/10/x001/x234/067.p/8'), {
      kind: 'hashes',
      level: 10,
      index: 1234067,
      width: 8,
    });
    assert.deepEqual(parseTilePath('tile/entries/273'), { kind: 'entries', level: 0, index: 273, width: 256 });
    for (const path of [
      'tile/0/0',
      'tile/0/1000',
      'tile/00/000',
      'tile/0/x000/001',
      'tile/0/001/002',
      'tile/0/000.p/0',
      'tile/0/000.p/01',
      'tile/0/000.p/256',
      'tile/0/000.p/257',
      'tile/0/../000',
      'tile/entries/000.tmp',
      'checkpoint',
      'tile/0/x999/x999/x999/x999/x999/x999/999',
    ]) {
      assert.equal(parseTilePath(path), null, path);
    }
  });

  it('knows which tiles a size has: the example of the specification, 70 000 leaves', () => {
    const counts = (level: number) => [...tilesOfLevel(level, 70_000)].map((tile) => tile.width);
    assert.deepEqual([counts(0).length, counts(0).at(-1)], [274, 112]);
    assert.deepEqual(counts(1), [256, 17]);
    assert.deepEqual(counts(2), [1]);
    assert.deepEqual(counts(3), []);
    assert.deepEqual([...tilesOfLevel(0, 256)], [{ level: 0, index: 0, width: 256 }]);
    assert.deepEqual([...tilesOfLevel(1, 256)], [{ level: 1, index: 0, width: 1 }]);
    assert.deepEqual([...tilesOfLevel(0, 0)], []);
    assert.deepEqual(
      [...tilesOfLevel(0, 600, 512)].map((tile) => tile.index),
      [2],
    );
    assert.deepEqual(
      [...tilesOfLevel(0, 600, 511)].map((tile) => tile.index),
      [1, 2],
    );
    assert.deepEqual(
      [...tilesOfLevel(1, 70_000, 69_999)].map((tile) => tile.index),
      [1],
    );
  });

  it('refuses bundles that are cut, too long or miscounted, and entries over 65 535 bytes', () => {
    const bundle = encodeEntries(['one', '', 'three']);
    assert.deepEqual(decodeEntries(bundle, 3).map(fromUtf8), ['one', '', 'three']);
    assert.throws(() => decodeEntries(bundle, 2), { code: 'entry' });
    assert.throws(() => decodeEntries(bundle, 4), { code: 'entry' });
    assert.throws(() => decodeEntries(bundle.subarray(0, -1), 3), { code: 'entry' });
    assert.throws(() => decodeEntries(Buffer.concat([bundle, Buffer.alloc(1)]), 3), { code: 'entry' });
    assert.equal(decodeEntries(encodeEntries(['x'.repeat(65_535)]), 1)[0]!.length, 65_535);
    assert.throws(() => encodeEntries(['x'.repeat(65_536)]), { code: 'entry' });
    assert.equal(noteEntry(3, 'text\n'), 'leaf 3\ntext\n\n');
  });
});
