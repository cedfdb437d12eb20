import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCosignatures, readCosignatureFile } from '../../src/log/cosignature-store.ts';
import { StoreError } from '../../src/log/errors.ts';
import { temporaryFolders } from '../support/log-fixture.ts';

describe('log/cosignature-store', () => {
  const folder = temporaryFolders();
  const codeOf = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof StoreError);
      return error.code;
    }
    return null;
  };

  it('keeps the first line of each witness for each checkpoint, also after a restart', () => {
    const path = join(folder(), 'cosignatures.sqlite');
    const store = openCosignatures(path);
    assert.equal(store.add(9, 'bob', 'bob at 9\n'), true);
    assert.equal(store.add(7, 'ada', 'ada at 7\n'), true);
    assert.equal(store.add(9, 'ada', 'ada at 9\n'), true);
    assert.equal(store.add(9, 'ada', 'ada at 9 again\n'), false);
    store.close();
    const again = openCosignatures(path);
    assert.deepEqual(again.sizes(), [7, 9]);
    assert.deepEqual(again.lines(9), ['ada at 9\n', 'bob at 9\n']);
    assert.deepEqual(again.lines(8), []);
    again.dropBelow(9);
    assert.deepEqual(again.sizes(), [9]);
    again.close();
    assert.deepEqual([...readCosignatureFile(path)], [[9, ['ada at 9\n', 'bob at 9\n']]]);
    assert.equal(
      codeOf(() => again.sizes()),
      'closed',
    );
  });

  it('forgets the oldest of more than a hundred checkpoints that nobody brought to a quorum', () => {
    const store = openCosignatures(null);
    for (let size = 1; size <= 103; size++) store.add(size, 'ada', `ada at ${size}\n`);
    assert.equal(store.sizes().length, 100);
    assert.equal(store.sizes()[0], 4);
    store.close();
  });

  it('is made with its first line, not opened twice, and not read while it is open', () => {
    const path = join(folder(), 'cosignatures.sqlite');
    const store = openCosignatures(path);
    store.add(7, 'ada', 'ada at 7\n');
    assert.equal(
      codeOf(() => openCosignatures(path)),
      'in-use',
    );
    assert.equal(
      codeOf(() => readCosignatureFile(path)),
      'in-use',
    );
    store.close();
  });

  it('puts a damaged file aside and begins anew; refuses links and folders', () => {
    for (const content of ['', 'garbage', '\0'.repeat(8192)]) {
      const directory = folder();
      const path = join(directory, 'cosignatures.sqlite');
      writeFileSync(path, content);
      const store = openCosignatures(path);
      store.add(7, 'ada', 'ada at 7\n');
      store.close();
      assert.deepEqual(readdirSync(directory).sort(), ['cosignatures.sqlite', 'cosignatures.sqlite.damaged']);
    }
    const directory = folder();
    symlinkSync(join(directory, 'elsewhere'), join(directory, 'link'));
    mkdirSync(join(directory, 'folder'));
    for (const name of ['link', 'folder']) {
      assert.equal(
        codeOf(() => openCosignatures(join(directory, name))),
        'not-a-file',
      );
    }
    assert.equal(existsSync(join(directory, 'elsewhere')), false);
  });

  it('reads nothing where there is no file', () => {
    assert.equal(readCosignatureFile(join(folder(), 'cosignatures.sqlite')).size, 0);
  });
});
