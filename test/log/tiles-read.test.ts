import { strict as assert } from 'node:assert';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LeafError } from '../../src/log/errors.ts';
import { openFileStore } from '../../src/log/file-store.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import { exportTiles } from '../../src/log/tiles-export.ts';
import { readTiles } from '../../src/log/tiles-read.ts';
import { leafNumber, leafNumbers, seal, temporaryFolders } from '../support/log-fixture.ts';

describe('log/tiles-read', () => {
  const folder = temporaryFolders();
  let place: string;

  beforeEach(async () => {
    const here = folder();
    place = join(here, 'export');
    const store = openSqliteStore(join(here, 'ledger.sqlite'));
    seal(store, leafNumbers(0, 300));
    await exportTiles(store, openFileStore(place), { dayOf: () => '2026-11-22' });
    store.close();
  });

  /** Reads to the end, or to the first leaf that cannot be read. */
  async function read(from = 0): Promise<{ leaves: number[]; error: unknown }> {
    const reader = await readTiles(openFileStore(place));
    const leaves: number[] = [];
    try {
      for await (const { index, note } of reader.leaves(from)) {
        assert.equal(note, leafNumber(index).note);
        leaves.push(index);
      }
    } catch (error) {
      return { leaves, error };
    }
    return { leaves, error: null };
  }

  it('gives all leaves, or those from one on', async () => {
    assert.equal((await read()).leaves.length, 300);
    assert.deepEqual((await read(298)).leaves, [298, 299]);
    assert.deepEqual((await read(300)).leaves, []);
  });

  const inTheWay: [string, string, string, () => void][] = [
    ['a missing bundle', 'leaf-missing', '', () => rmSync(join(place, 'tile/entries/001.p/44'))],
    ['a cut bundle', 'leaf-missing', '', () => writeFileSync(join(place, 'tile/entries/001.p/44'), 'x')],
    ['a missing tile', 'file-altered', '', () => rmSync(join(place, 'tile/0/001.p/44'))],
    ['a tile that is too short', 'file-altered', '', () => writeFileSync(join(place, 'tile/0/001.p/44'), 'x')],
    ['a directory in place of a bundle', 'file-altered', 'tile/entries/001.p/44', () => {}],
    ['a directory in place of a tile', 'file-altered', 'tile/0/001.p/44', () => {}],
  ];
  for (const [what, code, directory, harm] of inTheWay) {
    it(`names the first leaf and the code: ${what}`, async () => {
      harm();
      if (directory !== '') {
        rmSync(join(place, directory));
        mkdirSync(join(place, directory));
      }
      const { leaves, error } = await read();
      assert.equal(leaves.length, 256);
      assert.ok(error instanceof LeafError);
      assert.deepEqual([error.leaf, error.code], [256, code]);
    });
  }
});
