import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportBodies, readBodies } from '../../src/log/body-bundles.ts';
import { fromUtf8, toHex } from '../../src/log/bytes.ts';
import { type FileStore, openFileStore } from '../../src/log/file-store.ts';
import { verifierOf } from '../../src/log/note.ts';
import { Pace } from '../../src/log/pace.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore, StoredLeaf } from '../../src/log/store.ts';
import { checkFiles } from '../../src/log/tiles-check.ts';
import { exportTiles, TilesExport } from '../../src/log/tiles-export.ts';
import { type ExportedLeaf, readTiles } from '../../src/log/tiles-read.ts';
import { verifyLog } from '../../src/log/verify.ts';
import { leafNumber, leafNumbers, logKey, seal, temporaryFolders } from '../support/log-fixture.ts';

/** All files below a folder by their path, as text of bytes. */
function snapshot(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1).replaceAll('\\', '/')] = readFileSync(path, 'latin1');
  }
  return files;
}

/** Every fault that a careful reader finds in an export: leaves against checkpoint first, then all files. */
async function faultsOf(files: FileStore): Promise<string[]> {
  const reader = await readTiles(files);
  const faults: string[] = [];
  try {
    const { fault } = await verifyLog(
      reader.leaves(),
      [{ size: reader.size, note: reader.checkpoint }],
      [verifierOf(logKey.vkey)],
    );
    if (fault !== null) faults.push(fault.text);
  } catch (error) {
    faults.push(String(error));
  }
  for await (const fault of checkFiles(reader, new Pace())) if (fault !== null) faults.push(fault.text);
  return faults;
}

const dayOf = (leaf: StoredLeaf) => `2026-11-${String(1 + Math.floor(leaf.index / 200)).padStart(2, '0')}`;

describe('log/tiles-export', () => {
  const folder = temporaryFolders();
  let store: LogStore;
  let place: string;
  let files: FileStore;

  beforeEach(() => {
    const here = folder();
    store = openSqliteStore(join(here, 'ledger.sqlite'));
    place = join(here, 'export');
    files = openFileStore(place);
  });

  afterEach(() => store.close());

  it('writes nothing before the first checkpoint', async () => {
    store.append(leafNumbers(0, 3));
    assert.deepEqual(await exportTiles(store, files), { size: 0, added: 0 });
    assert.ok(!existsSync(place));
    await assert.rejects(readTiles(files), { name: 'StoreError', code: 'not-a-log' });
  });

  it('writes what a reader gets back, leaf by leaf and body by body', async () => {
    seal(store, leafNumbers(0, 300));
    store.append(leafNumbers(300, 305));
    assert.deepEqual(await exportTiles(store, files, { dayOf }), { size: 300, added: 300 });
    const reader = await readTiles(files);
    assert.equal(reader.size, 300);
    assert.equal(reader.checkpoint, store.checkpoint());
    const leaves: ExportedLeaf[] = [];
    for await (const leaf of reader.leaves()) {
      leaves.push(leaf);
    }
    assert.equal(leaves.length, 300);
    for (const { index, note, leafHash } of leaves) {
      assert.equal(note, leafNumber(index).note);
      assert.equal(toHex(leafHash), toHex(store.leaf(index)!.leafHash));
    }
    const bodies = [...(await readBodies(files, 0))!, ...(await readBodies(files, 1))!].map(fromUtf8);
    assert.deepEqual(
      bodies,
      leafNumbers(0, 300).map(({ body }) => body),
    );
    assert.deepEqual(await readBodies(files, 2), null);
    const some: number[] = [];
    for await (const leaf of reader.leaves(290)) some.push(leaf.index);
    assert.deepEqual(some, [290, 291, 292, 293, 294, 295, 296, 297, 298, 299]);
    assert.deepEqual(await faultsOf(files), []);
    assert.ok(existsSync(join(place, 'tile/0/000')) && existsSync(join(place, 'tile/0/001.p/44')));
    assert.ok(existsSync(join(place, 'tile/1/000.p/1')));
    assert.equal(readFileSync(join(place, 'notes/2026-11-02.txt'), 'utf8').indexOf('leaf 0\n'), 0);
  });

  it('continues where it was, and ends with the same files as an export made at once', async () => {
    const growing = new TilesExport(store, files, { dayOf });
    for (let at = 0; at < 800; at += 40) {
      seal(store, leafNumbers(at, at + 40));
      // Now and then a new process takes over.
      if (at % 120 === 0) await exportTiles(store, files, { dayOf });
      else await growing.run();
      if (at % 200 === 0) assert.deepEqual(await faultsOf(files), [], `at ${at}`);
    }
    assert.deepEqual(await growing.run(), { size: 800, added: 0 });
    assert.deepEqual(await faultsOf(files), []);
    const again = `${place}-again`;
    await exportTiles(store, openFileStore(again), { dayOf });
    const grown = snapshot(place);
    // Partial tiles of earlier checkpoints may stay until their tile is full.
    const older = Object.keys(grown).filter((path) => path.includes('.p/') && !existsSync(join(again, path)));
    for (const path of older) {
      assert.match(path, /^tile\/(0|entries)\/003\.p\/|^tile\/1\/000\.p\//);
      delete grown[path];
    }
    assert.deepEqual(grown, snapshot(again));
    assert.deepEqual(
      Object.keys(grown).filter((path) => path.startsWith('notes/')),
      ['notes/2026-11-01.txt', 'notes/2026-11-02.txt', 'notes/2026-11-03.txt', 'notes/2026-11-04.txt'],
    );
  });

  it('repairs what an interrupted run or a torn text left, and never lets days go back', async () => {
    seal(store, leafNumbers(0, 50));
    await exportTiles(store, files, { dayOf: () => '2026-11-05' });
    writeFileSync(join(place, 'notes/2026-11-05.txt'), 'leaf 0\ntorn');
    writeFileSync(join(place, 'tile/0/000.p/60'), 'half a tile');
    seal(store, leafNumbers(50, 60));
    await exportTiles(store, files, { dayOf: () => '2026-11-05' });
    assert.deepEqual(await faultsOf(files), []);
    seal(store, leafNumbers(60, 70));
    // The clock of the operator went back: the text of the newest day goes on.
    await exportTiles(store, files, { dayOf: () => '2026-11-03' });
    assert.deepEqual(readdirSync(join(place, 'notes')), ['2026-11-05.txt']);
    assert.deepEqual(await faultsOf(files), []);
  });

  it('is made anew when it was deleted', async () => {
    seal(store, leafNumbers(0, 50));
    await exportTiles(store, files);
    const before = snapshot(place);
    rmSync(place, { recursive: true });
    assert.deepEqual(await exportTiles(store, files), { size: 50, added: 50 });
    assert.deepEqual(snapshot(place), before);
  });

  it('leaves a dropped body out, without a fault', async () => {
    seal(store, leafNumbers(0, 5));
    store.dropBody(leafNumber(2).bodyHash!);
    await exportTiles(store, files);
    assert.equal(
      readFileSync(join(place, 'bodies/000'), 'utf8'),
      '{"value":0}\n{"value":1}\n\n{"value":3}\n{"value":4}\n',
    );
    store.dropBody(leafNumber(3).bodyHash!);
    await exportBodies(store, files, 3, 5);
    assert.equal(readFileSync(join(place, 'bodies/000'), 'utf8'), '{"value":0}\n{"value":1}\n\n\n{"value":4}\n');
    assert.deepEqual(await faultsOf(files), []);
    rmSync(join(place, 'bodies'), { recursive: true });
    assert.deepEqual(await faultsOf(files), []);
  });

  it('refuses a body that would not fit its line', async () => {
    const [leaf] = leafNumbers(0, 1);
    seal(store, [{ ...leaf!, body: 'two\nlines' }]);
    await assert.rejects(exportTiles(store, files), { name: 'FormatError', code: 'bodies' });
  });

  it('notices a database that lost sealed leaves, or another log', async () => {
    seal(store, leafNumbers(0, 20));
    await exportTiles(store, files);
    const shorter = openSqliteStore(join(folder(), 'ledger.sqlite'));
    seal(shorter, leafNumbers(0, 10));
    await assert.rejects(exportTiles(shorter, files), { name: 'StoreError', code: 'damaged', message: /lost leaves/ });
    seal(shorter, leafNumbers(100, 130));
    await assert.rejects(exportTiles(shorter, files), { name: 'StoreError', code: 'damaged', message: /another log/ });
    shorter.close();
    writeFileSync(join(place, 'checkpoint'), 'nonsense');
    await assert.rejects(exportTiles(store, files), { name: 'StoreError', code: 'damaged' });
  });

  it('refuses a day that is a path', async () => {
    seal(store, leafNumbers(0, 2));
    await assert.rejects(exportTiles(store, files, { dayOf: () => '../../x' }), { code: 'refused' });
  });

  it('names the file in which a byte was changed, for every file', async () => {
    for (let at = 0; at < 600; at += 150) {
      seal(store, leafNumbers(at, at + 150));
      await exportTiles(store, files, { dayOf });
    }
    assert.deepEqual(await faultsOf(files), []);
    const all = snapshot(place);
    const chosen = Object.keys(all);
    assert.ok(
      chosen.includes('tile/1/000.p/2') && chosen.includes('bodies/002') && chosen.includes('tile/entries/002.p/88'),
    );
    for (const path of chosen) {
      const target = join(place, path);
      const original = readFileSync(target);
      for (const at of [0, original.length >> 1, original.length - 1]) {
        const changed = Buffer.from(original);
        changed[at]! ^= 0x04;
        writeFileSync(target, changed);
        const faults = await faultsOf(files).catch((error: unknown) => [String(error)]);
        assert.notDeepEqual(faults, [], `${path} at ${at}`);
      }
      writeFileSync(target, original);
    }
    writeFileSync(join(place, 'stranger'), '');
    mkdirSync(join(place, 'tile/9'), { recursive: true });
    writeFileSync(join(place, 'tile/9/001'), '');
    const faults = await faultsOf(files);
    assert.match(faults.join(), /stranger/);
    rmSync(join(place, 'stranger'));
    rmSync(join(place, 'tile/0/000'));
    assert.notDeepEqual(await faultsOf(files), []);
  }).timeout(60_000);

  it('refuses links and oversized files instead of following them', async () => {
    mkdirSync(join(place, 'checkpoint'), { recursive: true });
    await assert.rejects(readTiles(files), { name: 'StoreError', code: 'not-a-file' });
    rmSync(join(place, 'checkpoint'), { recursive: true });
    writeFileSync(join(place, 'checkpoint'), Buffer.alloc(100_000));
    await assert.rejects(readTiles(files), { name: 'StoreError', code: 'damaged' });
  });
});
