// Every file of an export is looked at: what an interrupted export leaves holds, whatever write it stopped at; all else is named.
import { strict as assert } from 'node:assert';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FileStore, openFileStore } from '../../src/log/file-store.ts';
import { Pace } from '../../src/log/pace.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore, StoredLeaf } from '../../src/log/store.ts';
import { checkFiles } from '../../src/log/tiles-check.ts';
import { exportTiles } from '../../src/log/tiles-export.ts';
import { readTiles } from '../../src/log/tiles-read.ts';
import { leafNumbers, seal, temporaryFolders } from '../support/log-fixture.ts';

const dayOf = (leaf: StoredLeaf) => `2026-11-${String(1 + Math.floor(leaf.index / 200)).padStart(2, '0')}`;

async function codesOf(place: string): Promise<string[]> {
  const codes: string[] = [];
  for await (const fault of checkFiles(await readTiles(openFileStore(place)), new Pace())) {
    if (fault) codes.push(fault.code);
  }
  return codes;
}

/** A disk that fails at one write, in the middle of it where a file is continued. */
function failingAt(write: number, files: FileStore): FileStore {
  let left = write;
  const next = () => left-- === 0;
  return {
    ...files,
    async write(path, content) {
      if (next()) throw new Error('power cut');
      await files.write(path, content);
    },
    async append(path, at, content) {
      const bytes = Buffer.from(content);
      if (!next()) return files.append(path, at, bytes);
      await files.append(path, at, bytes.subarray(0, bytes.length / 2));
      throw new Error('power cut');
    },
  };
}

describe('log/tiles-check', () => {
  const folder = temporaryFolders();
  let store: LogStore;
  let place: string;

  before(async () => {
    const here = folder();
    store = openSqliteStore(join(here, 'ledger.sqlite'));
    for (let at = 0; at < 300; at += 50) seal(store, leafNumbers(at, at + 50));
    place = join(here, 'export');
    await exportTiles(store, openFileStore(place), { dayOf });
  });

  after(() => store.close());

  it('an export that was interrupted at any write holds, and is completed by the next', async () => {
    const here = folder();
    const grown = openSqliteStore(join(here, 'ledger.sqlite'));
    seal(grown, leafNumbers(0, 300));
    for (let at = 300; at < 700; at += 100) seal(grown, leafNumbers(at, at + 100));
    let interruptions = 0;
    for (let write = 0; ; write++) {
      const copy = join(here, `copy-${write}`);
      cpSync(place, copy, { recursive: true });
      const files = openFileStore(copy);
      const done = await exportTiles(grown, failingAt(write, files), { dayOf }).then(
        () => true,
        () => false,
      );
      assert.deepEqual(await codesOf(copy), [], `interrupted at write ${write}`);
      await exportTiles(grown, files, { dayOf });
      assert.deepEqual(await codesOf(copy), [], `completed after write ${write}`);
      rmSync(copy, { recursive: true });
      if (done) break;
      interruptions++;
    }
    assert.ok(interruptions > 10, `${interruptions} writes`);
    grown.close();
  });

  const junk: [string, string | null, (place: string) => void][] = [
    ['a draft of a file', null, (at) => writeFileSync(join(at, 'bodies/001.tmp'), 'half a fi')],
    ['a draft of the checkpoint', null, (at) => writeFileSync(join(at, 'checkpoint.tmp'), '')],
    ['an old partial tile', null, (at) => partial(at, 'tile/0/000', 'tile/0/000.p/5', 5 * 32)],
    ['an empty text of a later day', null, (at) => writeFileSync(join(at, 'notes/2026-12-01.txt'), '')],
    ['a draft of nothing', 'file-unknown', (at) => writeFileSync(join(at, 'x.tmp'), '')],
    ['a draft of a text', 'file-unknown', (at) => writeFileSync(join(at, 'notes/2026-11-01.txt.tmp'), '')],
    ['a directory in place of a draft', 'file-unknown', (at) => mkdirSync(join(at, 'bodies/001.tmp'))],
    ['a link in place of a draft', 'file-altered', (at) => symlinkSync('000', join(at, 'bodies/001.tmp'))],
    ['a foreign file', 'file-unknown', (at) => writeFileSync(join(at, 'README'), 'x')],
    ['a foreign directory', 'file-unknown', (at) => mkdirSync(join(at, 'tile/0/abc'))],
    ['bodies of no leaves', 'file-altered', (at) => writeFileSync(join(at, 'bodies/007'), '{}\n')],
    ['empty bodies of no leaves', 'file-altered', (at) => writeFileSync(join(at, 'bodies/007'), '\n')],
    ['a tile of no leaves', 'file-altered', (at) => writeFileSync(join(at, 'tile/0/007'), Buffer.alloc(8192))],
    ['a level too many', 'file-altered', (at) => writeFileSync(join(at, 'tile/3/000'), Buffer.alloc(8192), mk(at, 3))],
    ['leaves that are no notes', 'file-altered', (at) => writeFileSync(join(at, 'tile/entries/002'), junkBundle())],
    ['an upper tile too wide', 'file-altered', (at) => wider(at, 'tile/1/000.p/1', 'tile/1/000.p/2')],
    ['a text of no leaves', 'file-altered', (at) => writeFileSync(join(at, 'notes/2026-12-01.txt'), 'leaf 300\n')],
    ['a text without an end', 'file-altered', (at) => cut(at, 'notes/2026-11-02.txt')],
    ['a text in front', 'file-altered', (at) => writeFileSync(join(at, 'notes/2026-10-01.txt'), '')],
    ['too few lines of bodies', 'file-altered', (at) => writeFileSync(join(at, 'bodies/001'), '\n')],
    ['a text that is no date', 'file-unknown', (at) => renameNotes(at, 'second.txt')],
  ];
  for (const [what, code, add] of junk) {
    it(`${what}: ${code ?? 'may be there'}`, async () => {
      const copy = join(folder(), 'export');
      cpSync(place, copy, { recursive: true });
      add(copy);
      assert.deepEqual([...new Set(await codesOf(copy))][0] ?? null, code);
    });
  }
});

function mk(at: string, level: number): object {
  mkdirSync(join(at, `tile/${level}`));
  return {};
}

function partial(at: string, from: string, to: string, length: number): void {
  mkdirSync(join(at, to, '..'));
  writeFileSync(join(at, to), readFileSync(join(at, from)).subarray(0, length));
}

function wider(at: string, from: string, to: string): void {
  writeFileSync(join(at, to), Buffer.concat([readFileSync(join(at, from)), Buffer.alloc(32)]));
}

function cut(at: string, path: string): void {
  writeFileSync(join(at, path), readFileSync(join(at, path)).subarray(0, -1));
}

function renameNotes(at: string, to: string): void {
  renameSync(join(at, 'notes/2026-11-02.txt'), join(at, 'notes', to));
}

/** 256 entries of one byte. */
function junkBundle(): Buffer {
  return Buffer.from('000178'.repeat(256), 'hex');
}
