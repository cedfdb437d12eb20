import { strict as assert } from 'node:assert';
import { sha256Hex, toHex } from '../../src/log/bytes.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { verifierOf } from '../../src/log/note.ts';
import { CompactTree, leafHash } from '../../src/log/tree.ts';
import { type CheckedLeaf, verifyLog } from '../../src/log/verify.ts';
import { leafNumbers, logKey, ORIGIN } from '../support/log-fixture.ts';

const keys = [verifierOf(logKey.vkey)];
const tree = new CompactTree();
const log: CheckedLeaf[] = leafNumbers(0, 12).map(({ note, id, body, bodyHash }, index) => ({
  index,
  note,
  id,
  body,
  bodyHash,
  leafHash: leafHash(note),
}));
const checkpoints: { size: number; note: string }[] = [];
for (const leaf of log) {
  tree.append(leaf.leafHash!);
  if (tree.size % 4 === 0) {
    checkpoints.push({
      size: tree.size,
      note: signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, logKey),
    });
  }
}

/** The log with some parts of one leaf replaced. */
const altered = (index: number, part: Partial<CheckedLeaf>) =>
  log.map((leaf) => (leaf.index === index ? { ...leaf, ...part } : leaf));
const foreign = log[11]!.note;

describe('log/verify', () => {
  it('finds nothing wrong with a log as it was signed', async () => {
    const verdict = await verifyLog(log, checkpoints, keys);
    assert.deepEqual([verdict.fault, verdict.size, toHex(verdict.root)], [null, 12, toHex(tree.root())]);
    assert.equal((await verifyLog(log, checkpoints.slice(-1), keys)).fault, null);
    assert.equal(
      (
        await verifyLog(
          log.map(({ index, note }) => ({ index, note })),
          checkpoints,
          keys,
        )
      ).fault,
      null,
    );
    assert.equal(
      (await verifyLog(altered(3, { body: null }), checkpoints, keys)).fault,
      null,
      'a withheld body is no fault',
    );
  });

  const cases: [string, readonly CheckedLeaf[], number | null, string][] = [
    ['a leaf that does not hash to what is stored', altered(5, { note: foreign }), 5, 'leaf-altered'],
    ['a stored leaf hash that is wrong', altered(5, { leafHash: new Uint8Array(32) }), 5, 'leaf-altered'],
    [
      'a leaf rewritten together with its hash',
      altered(6, { note: foreign, leafHash: leafHash(foreign), id: log[11]!.id! }),
      4,
      'root-mismatch',
    ],
    ['an id of another text', altered(2, { id: sha256Hex('x') }), 2, 'id-altered'],
    ['a leaf that is no note', altered(2, { note: 'x', leafHash: leafHash('x') }), 2, 'leaf-malformed'],
    ['a body of another record', altered(7, { body: log[8]!.body! }), 7, 'body-altered'],
    ['a missing leaf', log.filter((leaf) => leaf.index !== 3), 3, 'leaf-missing'],
    ['a repeated leaf', [...log.slice(0, 4), log[3]!, ...log.slice(4)], 4, 'leaf-missing'],
    ['two leaves swapped', [...log.slice(0, 8), log[9]!, log[8]!, ...log.slice(10)], 8, 'leaf-missing'],
    ['the newest leaves cut off', log.slice(0, 9), null, 'size-mismatch'],
    ['leaves that no checkpoint covers', [...log, { index: 12, note: foreign }], null, 'size-mismatch'],
  ];
  for (const [name, leaves, leaf, code] of cases) {
    it(`names ${name}`, async () => {
      const { fault } = await verifyLog(leaves, checkpoints, keys);
      assert.deepEqual([fault?.leaf, fault?.code], [leaf, code]);
      assert.match(fault!.text, /^(leaf|the|there) .{20,}/);
    });
  }

  it('wants a checkpoint, signed by the log, over exactly these leaves', async () => {
    const last = checkpoints[2]!;
    const faultOf = async (note: string, size = 12) => (await verifyLog(log, [{ size, note }], keys)).fault?.code;
    assert.equal((await verifyLog(log, [], keys)).fault?.code, 'size-mismatch');
    assert.equal((await verifyLog([], [], keys)).fault?.code, 'size-mismatch');
    assert.equal(await faultOf(last.note.replace('\n12\n', '\n11\n')), 'checkpoint-invalid');
    assert.equal(await faultOf('nonsense'), 'checkpoint-invalid');
    assert.equal(await faultOf(checkpoints[1]!.note), 'size-mismatch');
    const { fault } = await verifyLog(log, checkpoints, []);
    assert.equal(fault?.code, 'checkpoint-invalid');
  });
});
