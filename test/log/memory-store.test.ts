// The store in memory against the one on SQLite: the same calls, the same answers; and a disk that fails, loses or is restored.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { toHex } from '../../src/log/bytes.ts';
import { MemoryDisk } from '../../src/log/memory-store.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LeafQuery, LogStore, StoredLeaf } from '../../src/log/store.ts';
import { checkpointAfter, leafNumber, leafNumbers, seal, temporaryFolders } from '../support/log-fixture.ts';

const plain = (leaves: readonly StoredLeaf[]) =>
  leaves.map((leaf) => ({ ...leaf, leafHash: toHex(leaf.leafHash), tags: { ...leaf.tags } }));

function everything(store: LogStore, queries: readonly LeafQuery[]): unknown {
  return {
    size: store.size,
    root: toHex(store.root()),
    roots: [0, 1, store.size >> 1, store.size]
      .filter((size) => size <= store.size)
      .map((size) => toHex(store.rootAt(size))),
    leaves: plain(store.leaves(0, store.size + 5)),
    notes: store.notes(1, 7),
    checkpoint: store.checkpoint(),
    checkpoints: store.checkpoints(1, 100).map((each) => ({ ...each })),
    raw: plain(store.raw.leaves(2, 9)),
    sealed: [store.raw.size, store.raw.sealedSize],
    selected: queries.map((query) => plain(store.select(query))),
    ids: leafNumbers(0, 12).map(({ id }) => store.indexOf(id)),
  };
}

type Step =
  | { readonly do: 'append'; readonly from: number; readonly count: number }
  | { readonly do: 'seal'; readonly from: number; readonly count: number }
  | { readonly do: 'drop'; readonly leaf: number };

const some = { from: fc.nat(40), count: fc.integer({ min: 1, max: 9 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), ...some }),
  fc.record({ do: fc.constant('seal' as const), ...some }),
  fc.record({ do: fc.constant('drop' as const), leaf: fc.nat(40) }),
);
const query: fc.Arbitrary<LeafQuery> = fc.record(
  {
    member: fc.constantFrom('member-0', 'member-1'),
    kind: fc.constantFrom('order', 'meter', 'none'),
    interval: fc.constantFrom('2026-11-01T08:15Z', '2026-11-01T08:30Z'),
    from: fc.nat(50),
    limit: fc.integer({ min: 1, max: 10 }),
    newestFirst: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe('log/memory-store', () => {
  const folder = temporaryFolders();

  it('answers like the store on SQLite, whatever is done', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.array(query, { maxLength: 6 }), (steps, queries) => {
        const stores = [new MemoryDisk().open(), openSqliteStore(join(folder(), 'ledger.sqlite'))];
        try {
          for (const each of steps) {
            const answers = stores.map((store) => {
              if (each.do === 'append') return store.append(leafNumbers(each.from, each.from + each.count));
              if (each.do === 'seal') {
                const fresh = leafNumbers(each.from, each.from + each.count).filter(
                  ({ id }) => store.indexOf(id) === undefined,
                );
                seal(store, fresh);
                return fresh.length;
              }
              const leaf = store.leaf(each.leaf);
              if (leaf?.bodyHash) store.dropBody(leaf.bodyHash, leaf.index);
              return leaf?.id;
            });
            assert.deepEqual(answers[0], answers[1]);
          }
          const [ours, theirs] = stores.map((store) => everything(store, queries));
          assert.deepEqual(ours, theirs);
        } finally {
          for (const store of stores) store.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a checkpoint that is not over its leaves, and stores nothing of it', () => {
    const disk = new MemoryDisk();
    const store = disk.open();
    assert.throws(() => store.append(leafNumbers(0, 2), checkpointAfter(store, leafNumbers(0, 3))), {
      code: 'refused',
    });
    assert.throws(() => store.append([{ ...leafNumber(0), id: 'short' }]), { code: 'refused' });
    assert.equal(store.size, 0);
    assert.equal(disk.commits, 0);
  });

  it('takes nothing more after a failed commit, which is on the disk or is not', () => {
    for (const fault of ['lost', 'kept'] as const) {
      const disk = new MemoryDisk();
      const store = disk.open();
      store.append([leafNumber(0)]);
      disk.fault = fault;
      assert.throws(() => store.append([leafNumber(1)]), { code: 'failed' });
      assert.throws(() => store.append([leafNumber(2)]), { code: 'failed' });
      assert.equal(disk.open().size, fault === 'kept' ? 2 : 1);
    }
  });

  it('is cut off when the disk is opened again', () => {
    const disk = new MemoryDisk();
    const before = disk.open();
    before.append([leafNumber(0)]);
    const after = disk.open();
    assert.throws(() => before.append([leafNumber(1)]), { code: 'closed' });
    assert.equal(after.size, 1);
  });

  it('goes back with a restored backup, and with a disk that lied', () => {
    const disk = new MemoryDisk();
    const store = disk.open();
    store.append(leafNumbers(0, 3));
    const backup = disk.backup();
    store.append(leafNumbers(3, 5));
    store.append(leafNumbers(5, 6));
    assert.equal(backup.open().size, 3);
    disk.lose(1);
    assert.equal(disk.open().size, 5);
    disk.lose(9);
    assert.equal(disk.open().size, 0);
  });
});
