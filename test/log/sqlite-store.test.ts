import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { equalBytes, toHex } from '../../src/log/bytes.ts';
import { StoreError } from '../../src/log/errors.ts';
import { verifierOf } from '../../src/log/note.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LeafInput, LogStore, StoredLeaf } from '../../src/log/store.ts';
import { CompactTree, inclusionProof, leafHash, rootAt, verifyInclusion } from '../../src/log/tree.ts';
import { verifyLog } from '../../src/log/verify.ts';
import {
  checkpointAfter,
  leafNumber,
  leafNumbers,
  logKey,
  ORIGIN,
  seal,
  temporaryFolders,
} from '../support/log-fixture.ts';

const SIZE = 600;

function plain(leaf: StoredLeaf | undefined): unknown {
  return leaf === undefined ? undefined : { ...leaf, leafHash: toHex(leaf.leafHash) };
}

describe('log/sqlite-store', () => {
  const folder = temporaryFolders();
  let path: string;
  let store: LogStore;

  beforeEach(() => {
    path = join(folder(), 'ledger.sqlite');
    store = openSqliteStore(path);
  });

  afterEach(() => store.close());

  it('starts empty', () => {
    assert.equal(store.size, 0);
    assert.equal(toHex(store.root()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.equal(store.checkpoint(), null);
    assert.equal(store.leaf(0), undefined);
    assert.deepEqual(store.leaves(0, 10), []);
    assert.deepEqual(store.append([]), []);
  });

  it('gives back each leaf, byte for byte', () => {
    const leaves = leafNumbers(0, 20);
    assert.deepEqual(
      store.append(leaves),
      leaves.map((_, i) => i),
    );
    for (const [index, leaf] of leaves.entries()) {
      assert.deepEqual(plain(store.leaf(index)), { index, ...leaf, leafHash: toHex(leafHash(leaf.note)) });
      assert.equal(store.indexOf(leaf.id), index);
    }
    assert.deepEqual(
      store.leaves(5, 3).map((leaf) => leaf.index),
      [5, 6, 7],
    );
    assert.equal(store.indexOf('0'.repeat(64)), undefined);
    assert.equal(store.indexOf('no id'), undefined);
    assert.equal(store.leaf(20), undefined);
    assert.equal(store.leaf(0.5), undefined);
  });

  it('answers a known id with its first index, within a batch, across batches, and with another signature line', () => {
    const first = leafNumber(0);
    assert.deepEqual(store.append([first, leafNumber(1), first]), [0, 1, 0]);
    assert.deepEqual(store.append([leafNumber(2), { ...leafNumber(1), note: leafNumber(7).note }]), [2, 1]);
    assert.equal(store.size, 3);
    assert.equal(store.leaf(1)?.note, leafNumber(1).note);
  });

  it('has every node and root of the tree, for 600 leaves in uneven batches', () => {
    const tree = new CompactTree();
    const nodes = new Map<string, Uint8Array>();
    for (let at = 0, step = 1; at < SIZE; at += step, step = (step * 7) % 97) {
      const leaves = leafNumbers(at, Math.min(SIZE, at + step));
      store.append(leaves);
      for (const leaf of leaves)
        tree.append(leafHash(leaf.note), (level, index, node) => nodes.set(`${level}/${index}`, node));
      assert.equal(toHex(store.root()), toHex(tree.root()));
    }
    assert.equal(store.size, SIZE);
    for (const [key, node] of nodes) {
      const [level, index] = key.split('/').map(Number) as [number, number];
      assert.ok(equalBytes(store.node(level, index), node), key);
    }
    const readNode = (level: number, index: number) => store.node(level, index);
    for (const index of [0, 255, 256, 511, 512, 599]) {
      assert.ok(
        verifyInclusion(
          leafHash(leafNumber(index).note),
          index,
          SIZE,
          inclusionProof(index, SIZE, readNode),
          store.root(),
        ),
      );
    }
    assert.equal(toHex(store.rootAt(257)), toHex(rootAt(257, readNode)));
    assert.throws(() => store.node(8, 2), { code: 'refused' });
    assert.throws(() => store.node(0, SIZE), { code: 'refused' });
    assert.throws(() => store.rootAt(SIZE + 1), { code: 'refused' });
  });

  it('selects by member, kind and interval, from either end', () => {
    store.append(leafNumbers(0, 60));
    const indices = (query: Parameters<LogStore['select']>[0]) => store.select(query).map((leaf) => leaf.index);
    assert.deepEqual(indices({ member: 'member-0', limit: 3 }), [0, 3, 6]);
    assert.deepEqual(indices({ member: 'member-0', newestFirst: true, limit: 3 }), [57, 54, 51]);
    assert.deepEqual(indices({ kind: 'order', from: 10, limit: 2 }), [10, 13]);
    assert.deepEqual(indices({ kind: 'order', from: 10, newestFirst: true, limit: 2 }), [10, 7]);
    assert.deepEqual(indices({ interval: '2026-11-01T08:15Z', kind: 'meter' }), [12, 15, 18, 51, 54, 57]);
    assert.deepEqual(indices({ interval: '2026-11-01T08:15Z', member: 'member-1', from: 20 }), [52, 55, 58]);
    assert.deepEqual(indices({ member: "x' OR 1=1 --" }), []);
    assert.deepEqual(indices({ limit: 2, newestFirst: true }), [59, 58]);
    assert.equal(indices({}).length, 60);
  });

  it('keeps every checkpoint, and refuses one that is not over its leaves', () => {
    seal(store, leafNumbers(0, 3));
    const first = store.checkpoint()!;
    seal(store, leafNumbers(3, 5));
    assert.deepEqual(
      store.checkpoints(0, 10).map((kept) => kept.size),
      [3, 5],
    );
    assert.equal(store.checkpoints(0, 1)[0]!.note, first);
    for (const wrong of [first, first.replace('\n3\n', '\n6\n'), 'no note']) {
      assert.throws(() => store.append([leafNumber(5)], wrong), Error);
    }
    assert.equal(store.size, 5);
    // Nothing was stored, and the store goes on.
    assert.deepEqual(seal(store, [leafNumber(5)]), [5]);
    // A second checkpoint over the same leaves would be two histories.
    assert.throws(() => store.append([], checkpointAfter(store, []).replace('\u2014 street', '\u2014 stress')), {
      code: 'refused',
    });
    assert.deepEqual(store.append([], store.checkpoint()!), []);
  });

  it('refuses leaves that it could not export, and stores nothing of their batch', () => {
    const long = { ...leafNumber(1), note: 'x'.repeat(65_536) };
    for (const bad of [long, { ...leafNumber(1), id: 'ABC' }, { ...leafNumber(1), bodyHash: null }]) {
      assert.throws(() => store.append([leafNumber(0), bad]), { name: 'StoreError', code: 'refused' });
    }
    assert.equal(store.size, 0);
    assert.equal(store.leaf(0), undefined);
  });

  it('takes a body that was withheld, and no other one', () => {
    const whole = leafNumber(0);
    store.append([{ ...whole, body: null }, leafNumber(1)]);
    assert.throws(() => store.addBody(0, `${whole.body} `), { code: 'refused' });
    assert.throws(() => store.addBody(7, whole.body!), { code: 'refused' });
    assert.equal(store.leaf(0)?.body, null);
    store.addBody(0, whole.body!);
    store.addBody(0, whole.body!);
    assert.equal(store.leaf(0)?.body, whole.body);
    store.close();
    store = openSqliteStore(path);
    assert.equal(store.leaf(0)?.body, whole.body);
  });

  it('forgets a body and keeps its leaf', () => {
    seal(store, leafNumbers(0, 5));
    store.dropBody(leafNumber(1).bodyHash!);
    store.dropBody(leafNumber(2).bodyHash!, 2);
    store.dropBody(leafNumber(3).bodyHash!, 4);
    assert.deepEqual(
      store.leaves(0, 5).map((leaf) => leaf.body === null),
      [false, true, true, false, false],
    );
    assert.equal(store.leaf(1)?.bodyHash, leafNumber(1).bodyHash);
    store.close();
    for (const file of [path, `${path}-wal`]) {
      if (existsSync(file)) assert.ok(!readFileSync(file).includes('{"value":1}'), file);
    }
    store = openSqliteStore(path);
    assert.equal(store.size, 5);
  });

  it('keeps remarks', () => {
    assert.equal(store.meta('origin'), null);
    store.setMeta('origin', ORIGIN);
    store.setMeta('origin', `${ORIGIN}!`);
    assert.equal(store.meta('origin'), `${ORIGIN}!`);
  });

  it('holds after closing and opening again, sealed or not', () => {
    seal(store, leafNumbers(0, 300));
    store.append(leafNumbers(300, 310));
    const root = toHex(store.root());
    store.close();
    store = openSqliteStore(path);
    assert.equal(store.size, 310);
    assert.equal(toHex(store.root()), root);
    assert.deepEqual(seal(store, leafNumbers(310, 312)), [310, 311]);
  });

  it('says so when it is closed, and closes twice without complaint', () => {
    store.close();
    store.close();
    for (const use of [() => store.leaf(0), () => store.append([leafNumber(0)]), () => store.checkpoint()]) {
      assert.throws(use, { name: 'StoreError', code: 'closed' });
    }
  });

  it('lets nothing change or delete what is in the log', () => {
    seal(store, leafNumbers(0, 300));
    store.close();
    const raw = new DatabaseSync(path);
    for (const table of ['leaf', 'node', 'checkpoint']) {
      assert.throws(() => raw.exec(`DELETE FROM ${table}`), /append-only/);
    }
    assert.throws(() => raw.exec("UPDATE leaf SET note = 'x'"), /append-only/);
    assert.throws(() => raw.exec("UPDATE body SET body = 'x'"), /append-only/);
    assert.throws(() => raw.exec("UPDATE checkpoint SET note = 'x'"), /append-only/);
    assert.throws(() => raw.exec("INSERT INTO leaf (idx, id, leaf_hash, kind, note) VALUES ('x', x'', x'', 'a', 'b')"));
    raw.close();
  });

  it('runs with the settings that survive power cuts', () => {
    seal(store, [leafNumber(0)]);
    assert.equal(statSync(`${path}-wal`).size, 0, 'the write-ahead file is emptied with each checkpoint');
    store.append([leafNumber(1)]);
    assert.ok(statSync(`${path}-wal`).size > 0);
    // An exclusive lock instead of shared memory.
    assert.ok(!existsSync(`${path}-shm`));
  });
});

describe('log/sqlite-store: what opening refuses', () => {
  const folder = temporaryFolders();

  /** A closed database with two blocks of 200 and leaves 400 to 409 unsealed. */
  function closedLog(): string {
    const path = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(path);
    seal(store, leafNumbers(0, 200));
    seal(store, leafNumbers(200, 400));
    store.append(leafNumbers(400, 410));
    store.close();
    return path;
  }

  /** Changes a closed database behind the store's back, triggers put aside. */
  function tamper(path: string, sql: string): void {
    const raw = new DatabaseSync(path);
    const triggers = raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
    for (const { name } of triggers) raw.exec(`DROP TRIGGER ${String(name)}`);
    raw.exec(sql);
    for (const trigger of triggers) raw.exec(String(trigger['sql']));
    raw.close();
  }

  function refusal(path: string, readOnly = false): StoreError {
    try {
      openSqliteStore(path, { readOnly }).close();
    } catch (error) {
      assert.ok(error instanceof StoreError, String(error));
      assert.match(error.message, /\w{3,} .*\w{3,}/);
      return error;
    }
    return assert.fail('it was opened');
  }

  it('a directory, a symbolic link, an empty file, garbage, another database', () => {
    const here = folder();
    mkdirSync(join(here, 'directory'));
    assert.equal(refusal(join(here, 'directory')).code, 'not-a-file');
    symlinkSync(closedLog(), join(here, 'link'));
    assert.equal(refusal(join(here, 'link')).code, 'not-a-file');
    symlinkSync(join(here, 'nothing'), join(here, 'dangling'));
    assert.equal(refusal(join(here, 'dangling')).code, 'not-a-file');
    writeFileSync(join(here, 'empty'), '');
    assert.equal(refusal(join(here, 'empty')).code, 'not-a-log');
    writeFileSync(join(here, 'garbage'), 'garbage '.repeat(1000));
    assert.equal(refusal(join(here, 'garbage')).code, 'not-a-log');
    writeFileSync(join(here, 'short'), 'SQLite format 3\0');
    assert.equal(refusal(join(here, 'short')).code, 'not-a-log');
    const other = new DatabaseSync(join(here, 'other'));
    other.exec('CREATE TABLE t (a)');
    other.close();
    const before = readFileSync(join(here, 'other'));
    assert.equal(refusal(join(here, 'other')).code, 'not-a-log');
    assert.deepEqual(readFileSync(join(here, 'other')), before, 'a foreign database is not touched');
    assert.equal(refusal(join(here, 'absent', 'ledger.sqlite')).code, 'failed');
    assert.equal(refusal(join(here, 'absent.sqlite'), true).code, 'not-a-file');
    assert.ok(!existsSync(join(here, 'absent.sqlite')));
  });

  it('a database of another format version', () => {
    const path = closedLog();
    tamper(path, 'PRAGMA user_version = 2');
    assert.equal(refusal(path).code, 'wrong-version');
  });

  it('a schema with a trigger less or more', () => {
    const path = closedLog();
    const copy = join(folder(), 'copy.sqlite');
    copyFileSync(path, copy);
    let raw = new DatabaseSync(path);
    raw.exec('DROP TRIGGER leaf_no_delete');
    raw.close();
    assert.equal(refusal(path).code, 'damaged');
    raw = new DatabaseSync(copy);
    raw.exec('CREATE TRIGGER extra AFTER INSERT ON leaf BEGIN DELETE FROM body; END');
    raw.close();
    assert.equal(refusal(copy).code, 'damaged');
  });

  it('a store that is open here or in another process', () => {
    const path = closedLog();
    const store = openSqliteStore(path);
    assert.equal(refusal(path).code, 'in-use');
    assert.equal(refusal(path, true).code, 'in-use');
    const module = fileURLToPath(new URL('../../src/log/sqlite-store.ts', import.meta.url));
    const script = `
      const { openSqliteStore } = await import(${JSON.stringify(module)});
      try { openSqliteStore(${JSON.stringify(path)}); console.log('opened'); } catch (error) { console.log(error.code); }`;
    const other = () =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim();
    assert.equal(other(), 'in-use');
    store.append([leafNumber(500)]);
    store.close();
    assert.equal(other(), 'opened');
  });

  const changes: [name: string, sql: string][] = [
    ['a leaf altered in the last block', `UPDATE leaf SET note = replace(note, 'test', 'best') WHERE idx = 399`],
    ['a leaf altered after the last block', `UPDATE leaf SET note = replace(note, 'test', 'best') WHERE idx = 405`],
    ['a leaf hash altered in the last block', `UPDATE leaf SET leaf_hash = zeroblob(32) WHERE idx = 390`],
    ['a leaf hash altered in a later partial tile', `UPDATE leaf SET leaf_hash = zeroblob(32) WHERE idx = 300`],
    ['a stored node altered', 'UPDATE node SET hash = zeroblob(32) WHERE idx = 0'],
    ['a stored node missing', 'DELETE FROM node'],
    ['a leaf hash of the wrong length', `UPDATE leaf SET leaf_hash = x'00' WHERE idx = 390`],
    ['the last leaves cut off below the checkpoint', 'DELETE FROM leaf WHERE idx >= 399'],
    ['a gap in the tail', 'DELETE FROM leaf WHERE idx = 404'],
    ['a checkpoint that is no note', `UPDATE checkpoint SET note = 'x' WHERE size = 400`],
    [
      'a checkpoint of another size',
      'UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 200) WHERE size = 400',
    ],
    ['a checkpoint beyond the leaves', 'UPDATE checkpoint SET size = 401 WHERE size = 400'],
  ];
  for (const [name, sql] of changes) {
    it(name, () => {
      const path = closedLog();
      tamper(path, sql);
      assert.equal(refusal(path).code, 'damaged');
      assert.equal(refusal(path, true).code, 'damaged');
    });
  }

  it('a file cut short, and a write-ahead file without its database', () => {
    const path = closedLog();
    const store = openSqliteStore(path);
    store.append([leafNumber(600)]);
    const here = folder();
    copyFileSync(`${path}-wal`, join(here, 'ledger.sqlite-wal'));
    store.close();
    assert.equal(refusal(join(here, 'ledger.sqlite')).code, 'damaged');
    truncateSync(path, Math.floor(statSync(path).size / 2));
    assert.equal(refusal(path).code, 'damaged');
  });

  it('takes over a draft that a power cut left while creating', () => {
    const path = join(folder(), 'ledger.sqlite');
    writeFileSync(`${path}.new`, 'half written');
    openSqliteStore(path).close();
    assert.ok(existsSync(path) && !existsSync(`${path}.new`));
  });

  it('reads without writing', () => {
    const path = closedLog();
    const before = readFileSync(path);
    const store = openSqliteStore(path, { readOnly: true });
    assert.equal(store.size, 410);
    for (const write of [
      () => store.append([leafNumber(0)]),
      () => store.setMeta('a', 'b'),
      () => store.dropBody('00'),
    ]) {
      assert.throws(write, { code: 'read-only' });
    }
    store.close();
    assert.deepEqual(readFileSync(path), before);
  });

  it('reads what a stopped process left in the write-ahead file', () => {
    const path = closedLog();
    const store = openSqliteStore(path);
    store.append(leafNumbers(410, 420));
    const here = folder();
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(here, `ledger.sqlite${suffix}`));
    store.close();
    const copy = openSqliteStore(join(here, 'ledger.sqlite'), { readOnly: true });
    assert.equal(copy.size, 420);
    copy.close();
  });
});

describe('log/sqlite-store: bits flipped on the disk', () => {
  const folder = temporaryFolders();

  /** What a careful reader gets: a refusal to open, the first fault, or exactly the leaves that were written. */
  async function readBack(path: string, expected: readonly LeafInput[]): Promise<string> {
    let store: LogStore;
    try {
      store = openSqliteStore(path);
    } catch (error) {
      assert.ok(error instanceof StoreError, `not a StoreError: ${String(error)}`);
      return 'refused';
    }
    try {
      const leaves = store.leaves(0, expected.length + 1);
      const { fault } = await verifyLog(leaves, store.checkpoints(0, 100), [verifierOf(logKey.vkey)]);
      if (fault !== null) return 'fault';
      // A body can be absent for good reasons (erased, withheld): it is the level above that counts those.
      for (const [i, { note, body }] of leaves.entries()) {
        if (note !== expected[i]!.note || (body !== null && body !== expected[i]!.body)) return 'fooled';
      }
      return leaves.length === expected.length ? 'intact' : 'fooled';
    } catch (error) {
      assert.ok(error instanceof StoreError, `not a StoreError: ${String(error)}`);
      return 'fault';
    } finally {
      store.close();
    }
  }

  it('are noticed in the database, or harmless', async () => {
    const path = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(path);
    for (let at = 0; at < 100; at += 50) seal(store, leafNumbers(at, at + 50));
    store.close();
    const expected = leafNumbers(0, 100);
    const image = readFileSync(path);
    const seen: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      const flipped = Buffer.from(image);
      // A fixed stride that visits every page and every kind of place in it.
      const at = (i * 7919) % image.length;
      flipped[at]! ^= 1 << (i % 8);
      writeFileSync(path, flipped);
      for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
      const outcome = await readBack(path, expected);
      seen[outcome] = (seen[outcome] ?? 0) + 1;
    }
    assert.equal(seen['fooled'], undefined, JSON.stringify(seen));
    assert.ok((seen['refused'] ?? 0) + (seen['fault'] ?? 0) > 100, JSON.stringify(seen));
  });

  it('in the write-ahead file lose at most what no checkpoint covers', async () => {
    const path = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(path);
    seal(store, leafNumbers(0, 50));
    for (let at = 50; at < 60; at++) store.append([leafNumber(at)]);
    const image = readFileSync(path);
    const wal = readFileSync(`${path}-wal`);
    store.close();
    const here = join(folder(), 'ledger.sqlite');
    for (let i = 0; i < 60; i++) {
      const flipped = Buffer.from(wal);
      flipped[(i * 7919) % wal.length]! ^= 1 << (i % 8);
      writeFileSync(here, image);
      writeFileSync(`${here}-wal`, flipped);
      const copy = openSqliteStore(here);
      // SQLite drops the damaged commit and all later ones in silence; what was sealed stands, and what stands is a prefix.
      assert.ok(copy.size >= 50 && copy.size <= 60);
      for (const leaf of copy.leaves(0, 60)) assert.equal(leaf.note, leafNumber(leaf.index).note);
      copy.close();
    }
  });
});

describe('log/sqlite-store: a disk that refuses', () => {
  const folder = temporaryFolders();

  it('stops for good after a failed write, and says why', function () {
    if (process.platform === 'win32') this.skip();
    const path = join(folder(), 'ledger.sqlite');
    openSqliteStore(path).close();
    const module = fileURLToPath(new URL('../../src/log/sqlite-store.ts', import.meta.url));
    const fixture = fileURLToPath(new URL('../support/log-fixture.ts', import.meta.url));
    // `ulimit -f` (blocks of 512 or 1024 bytes) stands for a full disk: writes beyond it fail.
    const script = `
      globalThis.after = () => {};
      const { openSqliteStore } = await import(${JSON.stringify(module)});
      const { leafNumbers } = await import(${JSON.stringify(fixture)});
      process.on('SIGXFSZ', () => {});
      const store = openSqliteStore(${JSON.stringify(path)});
      const codes = [];
      let stored = 0;
      for (let at = 0; at < 3000 && codes.length < 2; at += 50) {
        try { store.append(leafNumbers(at, at + 50)); stored = at + 50; } catch (error) { codes.push(error.name + ' ' + error.code); }
      }
      console.log(JSON.stringify({ codes, stored }));`;
    const command = `ulimit -f 400; exec "$0" --input-type=module -e "$1"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    assert.ok(stdout.startsWith('{'), stderr);
    const { codes, stored } = JSON.parse(stdout) as { codes: string[]; stored: number };
    assert.deepEqual(codes, ['StoreError failed', 'StoreError failed']);
    const store = openSqliteStore(path);
    assert.equal(store.size, stored, 'every acknowledged leaf is there, and none of the refused batch');
    store.close();
  });

  it('reports a folder that cannot be written to', function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) this.skip();
    const here = folder();
    chmodSync(here, 0o500);
    assert.throws(() => openSqliteStore(join(here, 'ledger.sqlite')), { name: 'StoreError', code: 'failed' });
  });

  it('notices nothing wrong when the file was moved with its names', () => {
    const here = folder();
    const store = openSqliteStore(join(here, 'a.sqlite'));
    seal(store, leafNumbers(0, 3));
    store.close();
    renameSync(join(here, 'a.sqlite'), join(here, 'b.sqlite'));
    linkSync(join(here, 'b.sqlite'), join(here, 'c.sqlite'));
    const moved = openSqliteStore(join(here, 'c.sqlite'));
    assert.equal(moved.size, 3);
    moved.close();
  });
});

describe('log/sqlite-store: durable when closed', () => {
  const folder = temporaryFolders();

  it('ends with the same log as one that is durable after every append', () => {
    const paths = [join(folder(), 'ledger.sqlite'), join(folder(), 'ledger.sqlite')] as const;
    for (const [i, durability] of (['every-commit', 'when-closed'] as const).entries()) {
      const store = openSqliteStore(paths[i]!, { durability });
      for (let at = 0; at < SIZE; at += 60) seal(store, leafNumbers(at, at + 60));
      store.setMeta('epoch', 'first');
      store.append(leafNumbers(SIZE, SIZE + 3));
      assert.equal(store.indexOf(leafNumber(SIZE).id), SIZE);
      store.close();
      assert.ok(!existsSync(`${paths[i]}-wal`));
    }
    const [one, other] = paths.map((path) => openSqliteStore(path, { readOnly: true })) as [LogStore, LogStore];
    assert.equal(other.size, SIZE + 3);
    assert.deepEqual(other.root(), one.root());
    assert.deepEqual(other.checkpoints(0, 100), one.checkpoints(0, 100));
    assert.deepEqual(other.leaves(0, SIZE + 3), one.leaves(0, SIZE + 3));
    assert.deepEqual(
      other.notes(7, 2),
      one.leaves(7, 2).map(({ note }) => note),
    );
    assert.equal(other.meta('epoch'), 'first');
    one.close();
    other.close();
  });

  it('forgets a body at once', () => {
    const path = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(path, { durability: 'when-closed' });
    seal(store, leafNumbers(0, 5));
    store.dropBody(leafNumber(3).bodyHash!, 3);
    assert.equal(store.leaf(3)?.body, null);
    store.close();
    assert.ok(!readFileSync(path, 'latin1').includes(leafNumber(3).body!));
  });

  it('stops when an append fails, since earlier leaves went with it', () => {
    const path = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(path, { durability: 'when-closed' });
    seal(store, leafNumbers(0, 5));
    const stale = store.checkpoint()!;
    assert.throws(() => store.append(leafNumbers(5, 8), stale), { name: 'StoreError', code: 'refused' });
    assert.throws(() => store.append(leafNumbers(5, 8)), { name: 'StoreError' });
    store.close();
    const again = openSqliteStore(path);
    assert.equal(again.size, 0);
    again.close();
  });
});
