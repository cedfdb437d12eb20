// What no leaf of a database shows: each altered row is found, in a log of more than two levels of inner nodes.
import { strict as assert } from 'node:assert';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuditStore } from '../../src/log/sqlite-audit-store.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import { leafNumbers, seal, temporaryFolders } from '../support/log-fixture.ts';
import { tamper } from '../support/tamper.ts';

describe('log/sqlite-raw', () => {
  const folder = temporaryFolders();
  let original: string;

  before(() => {
    original = join(folder(), 'ledger.sqlite');
    const store = openSqliteStore(original);
    for (let at = 0; at < 600; at += 100) seal(store, leafNumbers(at, at + 100));
    store.append(leafNumbers(600, 605));
    assert.deepEqual([...store.raw.faults()].filter(Boolean), [], 'also while it is open');
    store.close();
  });

  function faultsAfter(sql: string): { leaf: number | null; text: string }[] {
    const path = join(folder(), 'ledger.sqlite');
    copyFileSync(original, path);
    tamper(path, sql);
    const { raw, close } = openAuditStore(path);
    try {
      return [...raw.faults()].filter((fault) => fault !== null);
    } finally {
      close();
    }
  }

  it('finds nothing in an honest one, erased bodies included', () => {
    assert.deepEqual(faultsAfter('SELECT 1'), []);
    assert.deepEqual(faultsAfter('DELETE FROM body WHERE idx IN (3, 604)'), []);
  });

  const cases: [string, number | null, RegExp][] = [
    ['UPDATE body SET hash = zeroblob(32) WHERE idx = 7', 7, /body of leaf 7 under another hash/],
    ['UPDATE body SET idx = 9000 WHERE idx = 7', null, /body holds a row of no leaf/],
    ['UPDATE body SET idx = -9 WHERE idx = 7', null, /body holds a row of no leaf/],
    ['UPDATE node SET hash = zeroblob(32) WHERE idx = 1', null, /node 1 of level 8/],
    ['DELETE FROM node WHERE idx = 0', null, /node 0 of level 8/],
    ['INSERT INTO node VALUES (9, 0, zeroblob(32))', null, /level that is not kept/],
    ['INSERT INTO node VALUES (8, 2, zeroblob(32))', null, /no complete subtree/],
    ['INSERT INTO node VALUES (16, 0, zeroblob(32))', null, /no complete subtree/],
    ["INSERT INTO meta VALUES ('a', 'b')", null, /meta/],
    ["INSERT INTO checkpoint VALUES (-5, 'x')", null, /checkpoint holds a row of a size/],
    ["INSERT INTO checkpoint VALUES (0, 'x')", null, /checkpoint holds a row of a size/],
    ["INSERT INTO checkpoint VALUES (9223372036854775807, 'x')", null, /checkpoint holds a row of a size/],
    ['UPDATE leaf SET idx = -1 WHERE idx = 604', null, /leaf holds a row of a position/],
    ['UPDATE leaf SET idx = 9223372036854775807 WHERE idx = 604', null, /leaf holds a row of a position/],
  ];
  for (const [sql, leaf, text] of cases) {
    it(sql, () => {
      const [first] = faultsAfter(sql);
      assert.equal(first?.leaf, leaf);
      assert.match(first?.text ?? '', text);
    });
  }
});
