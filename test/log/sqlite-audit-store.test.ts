import { strict as assert } from 'node:assert';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openAuditStore } from '../../src/log/sqlite-audit-store.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import { leafNumbers, seal, temporaryFolders } from '../support/log-fixture.ts';

describe('log/sqlite-audit-store', () => {
  const folder = temporaryFolders();
  let path: string;

  beforeEach(() => {
    path = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(path);
    seal(store, leafNumbers(0, 300));
    store.close();
  });

  it('reads a closed database and leaves nothing beside it', async () => {
    assert.deepEqual(readdirSync(dirname(path)), ['ledger.sqlite']);
    const { raw, integrity, requireUnchanged, close } = openAuditStore(path);
    assert.deepEqual([raw.size, raw.sealedSize, raw.leaves(298, 10).length], [300, 300, 2]);
    assert.deepEqual(await integrity(), []);
    requireUnchanged();
    assert.deepEqual(readdirSync(dirname(path)), ['ledger.sqlite']);
    close();
    assert.deepEqual(readdirSync(dirname(path)), ['ledger.sqlite']);
  });

  it('reads what stands in the write-ahead file of one that was not closed', () => {
    const store = openSqliteStore(path);
    store.append(leafNumbers(300, 310));
    const copy = join(folder(), 'ledger.sqlite');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
    assert.throws(() => openAuditStore(path), { name: 'StoreError', code: 'in-use' });
    store.close();
    const { raw, close } = openAuditStore(copy);
    assert.equal(raw.size, 310);
    close();
  });

  it('says so when somebody writes meanwhile', () => {
    const { requireUnchanged, close } = openAuditStore(path);
    const store = openSqliteStore(path);
    assert.throws(requireUnchanged, { name: 'StoreError', code: 'in-use' });
    store.append(leafNumbers(300, 310));
    store.close();
    assert.throws(requireUnchanged, { name: 'StoreError', code: 'in-use' });
    close();
  });

  it('tells what SQLite finds wrong with the file', async () => {
    const bytes = readFileSync(path);
    const at = bytes.lastIndexOf('member-2');
    bytes.write('member-9', at);
    writeFileSync(path, bytes);
    const { integrity, close } = openAuditStore(path);
    const problems = await integrity();
    close();
    assert.ok(problems.length > 0, 'nothing was found');
    assert.match(problems.join(), /index|row/);
  });

  it('refuses what is no plain file beside it', () => {
    mkdirSync(`${path}-wal`);
    assert.throws(() => openAuditStore(path), { name: 'StoreError', code: 'not-a-file' });
  });
});
