// The memory of a witness on a real disk: kept before it is said, never begun anew by itself, and a second history ends its work.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { cosigner, readCosignatures } from '../../src/log/cosignature.ts';
import { StoreError } from '../../src/log/errors.ts';
import { parseNote, verifierOf } from '../../src/log/note.ts';
import { CompactTree, consistencyProof, leafHash } from '../../src/log/tree.ts';
import { type Answer, type Offer, readKept, type Witness } from '../../src/log/witness.ts';
import { openWitness } from '../../src/log/witness-store.ts';
import { logKey, ORIGIN, temporaryFolders } from '../support/log-fixture.ts';

const ada = cosigner('street/witness/ada', new Uint8Array(32).fill(1));
const witness: Witness = { origin: ORIGIN, logKeys: [verifierOf(logKey.vkey)], cosigner: ada };

/** An offer of a history: whose leaves from `fork` on are others than everybody's. */
function offerOf(oldSize: number, size: number, fork = Number.POSITIVE_INFINITY): Offer {
  const levels: Uint8Array[][] = [[]];
  const tree = new CompactTree();
  for (let i = 0; i < size; i++) {
    const leaf = leafHash(i < fork ? `leaf ${i}` : `other leaf ${i}`);
    levels[0]!.push(leaf);
    tree.append(leaf, (level, index, node) => {
      levels[level] ??= [];
      levels[level][index] = node;
    });
  }
  const proof = oldSize > 0 && oldSize < size ? consistencyProof(oldSize, size, (l, i) => levels[l]![i]!) : [];
  return { oldSize, proof, note: signCheckpoint({ origin: ORIGIN, size, root: tree.root() }, logKey) };
}

describe('log/witness-store', () => {
  const folder = temporaryFolders();
  const memory = () => join(folder(), 'witness', 'street_ledger_1.checkpoint');
  const codeOf = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof StoreError, String(error));
      return error.code;
    }
    return null;
  };
  const cosigned = (answer: Answer) => {
    assert.equal(answer.kind, 'cosign');
    return answer as Extract<Answer, { kind: 'cosign' }>;
  };

  it('has on the disk what it said, and goes on from there after a restart', () => {
    const path = memory();
    const first = openWitness(path, witness);
    assert.equal(first.kept, null);
    assert.equal(existsSync(path), false);
    const { line, keep } = cosigned(first.offer(offerOf(0, 5), 100));
    assert.equal(readFileSync(path, 'utf8'), keep);
    assert.ok(keep.endsWith(line));
    first.close();
    const second = openWitness(path, witness);
    assert.equal(second.kept?.size, 5);
    assert.deepEqual(second.offer(offerOf(0, 9), 101), { kind: 'behind', size: 5 });
    cosigned(second.offer(offerOf(5, 9), 50));
    assert.equal(second.kept?.time, 100);
    second.close();
    assert.deepEqual(readdirSync(join(path, '..')), ['street_ledger_1.checkpoint']);
    assert.equal(
      codeOf(() => second.offer(offerOf(9, 9), 102)),
      'closed',
    );
  });

  it('cosigns nothing from a torn, altered or foreign file, and leaves it as it is', () => {
    const path = memory();
    const fresh = openWitness(path, witness);
    const { keep } = cosigned(fresh.offer(offerOf(0, 5), 100));
    fresh.close();
    const { line } = cosigned(openForeign().offer(offerOf(0, 5), 100));
    const bad: [string, string | Buffer][] = [
      ['empty', ''],
      ['zeros', Buffer.alloc(keep.length)],
      ['cut', keep.slice(0, keep.length / 2)],
      ['one byte less', keep.slice(0, -1)],
      ['not UTF-8', Buffer.from([0xff, 0xfe])],
      ['garbage', 'garbage\n'],
      ['smaller', keep.replace('\n5\n', '\n4\n')],
      ['without cosignature', offerOf(0, 5).note],
      ['cosigned by another', offerOf(0, 5).note + line],
      ['too long', 'x'.repeat(600_000)],
    ];
    for (const [name, content] of bad) {
      writeFileSync(path, content);
      assert.equal(
        codeOf(() => openWitness(path, witness)),
        'damaged',
        name,
      );
      assert.deepEqual(readFileSync(path), Buffer.from(content));
    }
    // A bit that turns somewhere is found, or is in nothing that counts.
    fc.assert(
      fc.property(fc.nat(Buffer.byteLength(keep) - 1), fc.nat(7), (at, bit) => {
        const bytes = Buffer.from(keep);
        bytes[at]! ^= 1 << bit;
        writeFileSync(path, bytes);
        assert.equal(
          codeOf(() => openWitness(path, witness)),
          'damaged',
        );
      }),
      { numRuns: 300 },
    );
    rmSync(path);
    symlinkSync(join(path, '..', 'elsewhere'), path);
    assert.equal(
      codeOf(() => openWitness(path, witness)),
      'not-a-file',
    );
    rmSync(path);
    mkdirSync(path);
    assert.equal(
      codeOf(() => openWitness(path, witness)),
      'not-a-file',
    );
  });

  it('notices damage while it runs, and goes on when the file is put back', () => {
    const path = memory();
    const store = openWitness(path, witness);
    cosigned(store.offer(offerOf(0, 5), 100));
    const good = readFileSync(path);
    writeFileSync(path, 'garbage');
    assert.equal(
      codeOf(() => store.offer(offerOf(5, 6), 101)),
      'damaged',
    );
    assert.equal(readFileSync(path, 'utf8'), 'garbage');
    writeFileSync(path, good);
    assert.equal(cosigned(store.offer(offerOf(5, 6), 101)).size, 6);
    store.close();
  });

  it('takes what a crash leaves: an unfinished file beside it is nothing', () => {
    const path = memory();
    const store = openWitness(path, witness);
    cosigned(store.offer(offerOf(0, 5), 100));
    store.close();
    writeFileSync(`${path}.tmp`, 'street/ledger/1\n9\n');
    const again = openWitness(path, witness);
    assert.equal(again.kept?.size, 5);
    cosigned(again.offer(offerOf(5, 6), 101));
    assert.equal(existsSync(`${path}.tmp`), false);
    again.close();
  });

  it('gives no cosignature when the disk refuses, nor later, before it is opened again', () => {
    const path = memory();
    const store = openWitness(path, witness);
    cosigned(store.offer(offerOf(0, 5), 100));
    mkdirSync(`${path}.tmp`);
    assert.equal(
      codeOf(() => store.offer(offerOf(5, 6), 101)),
      'failed',
    );
    rmSync(`${path}.tmp`, { recursive: true });
    assert.equal(
      codeOf(() => store.offer(offerOf(5, 6), 101)),
      'failed',
    );
    store.close();
    const again = openWitness(path, witness);
    assert.equal(again.kept?.size, 5);
    assert.equal(cosigned(again.offer(offerOf(5, 6), 101)).size, 6);
    again.close();
  });

  it('stops for good when the operator signs two histories, until a person removes the proof', () => {
    const path = memory();
    const store = openWitness(path, witness);
    cosigned(store.offer(offerOf(0, 5), 100));
    // A fork that only lacks its proof could be a mistake on the way.
    const doubtful = store.offer(offerOf(5, 8, 3), 101);
    assert.ok(doubtful.kind === 'conflict' && !doubtful.proven);
    cosigned(store.offer(offerOf(5, 6), 101));
    const other = offerOf(0, 6, 3);
    const conflict = store.offer(other, 102);
    assert.ok(conflict.kind === 'conflict' && conflict.proven);
    store.close();
    const again = openWitness(path, witness);
    const later = again.offer(offerOf(6, 7), 103);
    assert.ok(later.kind === 'conflict' && later.proven);
    assert.equal(later.theirs, other.note);
    assert.equal(later.mine, again.kept?.note);
    assert.match(later.text, /until .*\.conflict is removed/);
    rmSync(`${path}.conflict`);
    assert.equal(cosigned(again.offer(offerOf(6, 7), 103)).size, 7);
    again.close();
  });

  it('does not share its memory with a second one', () => {
    const path = memory();
    const store = openWitness(path, witness);
    assert.equal(
      codeOf(() => openWitness(path, witness)),
      'in-use',
    );
    assert.equal(
      codeOf(() => openWitness(join(path, '..', '.', 'street_ledger_1.checkpoint'), witness)),
      'in-use',
    );
    store.close();
    openWitness(path, witness).close();
  });

  it('keeps its word through any sequence of offers, restarts and cuts before the rename', () => {
    const action = fc.record({
      size: fc.integer({ min: 1, max: 24 }),
      fork: fc.constantFrom(3, 11, Number.POSITIVE_INFINITY),
      after: fc.constantFrom('go on', 'restart', 'restart with a draft'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
        const path = memory();
        const said: { size: number; text: string }[] = [];
        let store = openWitness(path, witness);
        for (const [i, { size, fork, after }] of actions.entries()) {
          const oldSize = Math.min(store.kept?.size ?? 0, size);
          const offered = offerOf(oldSize, size, fork);
          const answer = store.offer(offered, i);
          if (answer.kind === 'cosign') {
            const { text } = parseNote(offered.note);
            assert.equal(readCosignatures(`${text}\n${answer.line}`, [ada.vkey]).valid.length, 1);
            assert.equal(readKept(witness, readFileSync(path, 'utf8')).size, size);
            said.push({ size, text });
          }
          if (after === 'go on') continue;
          store.close();
          if (after === 'restart with a draft') writeFileSync(`${path}.tmp`, 'torn');
          store = openWitness(path, witness);
        }
        store.close();
        for (const [i, { size, text }] of said.entries()) {
          const before = said[i - 1];
          if (before) assert.ok(size > before.size || (size === before.size && text === before.text));
        }
      }),
      { numRuns: 40 },
    );
  });

  function openForeign() {
    const bob = cosigner('street/witness/bob', new Uint8Array(32).fill(2));
    return openWitness(memory(), { ...witness, cosigner: bob });
  }
});
