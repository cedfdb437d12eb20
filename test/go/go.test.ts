// Existing tools accept ours: a Go program on Go's own note and tlog packages (Debian: golang-go, golang-golang-x-mod-dev) opens the
// checkpoint of a simulated week, recomputes every tile and leaf, and checks our proofs; it refuses each of them altered.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, toBase64, toHex } from '../../src/log/bytes.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import { consistencyProof, inclusionProof } from '../../src/log/tree.ts';
import { buildGo } from '../support/go.ts';
import { needPrograms } from '../support/peers.ts';
import { streetConfig } from '../support/simulated-street.ts';
import { projectRoot } from '../support/source.ts';

interface Verdict {
  readonly ok: boolean;
  readonly error?: string;
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly leaves: number;
  readonly tiles: number;
  readonly inclusion: number;
  readonly consistency: number;
}

interface Proofs {
  inclusion: { index: number; leaf: string; path: string[] }[];
  consistency: { size: number; root: string; proof: string[] }[];
}

const INTERVALS = 7 * 96;

describe('go', function () {
  this.timeout(180_000);
  let folder: string;
  let program: string;
  let vkey: string;
  let proofs: Proofs;
  const at = (name: string) => join(folder, name);

  before(function () {
    needPrograms(this, 'go');
    folder = mkdtempSync(join(tmpdir(), 'microgrid-go-'));
    program = buildGo('ledger', folder);
    writeFileSync(at('street.json'), JSON.stringify(streetConfig));
    const main = join(projectRoot, 'src/cli/main.ts');
    const args = ['simulate', at('street.json'), '--profiles', 'street', '--intervals', String(INTERVALS)];
    const simulated = spawnSync(process.execPath, ['--no-warnings', main, ...args, '--ledger', at('week')], {
      encoding: 'utf8',
    });
    assert.equal(simulated.status, 0, simulated.stderr);
    ({ vkey, proofs } = ourProofs(at('week/ledger.sqlite')));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function judge(exported: string, key: string, given: Proofs): Verdict {
    writeFileSync(at('proofs.json'), JSON.stringify(given));
    const { stdout, stderr, status } = spawnSync(program, [exported, key, at('proofs.json')], { encoding: 'utf8' });
    assert.ok(stdout.startsWith('{'), stderr);
    const verdict = JSON.parse(stdout) as Verdict;
    assert.equal(status, verdict.ok ? 0 : 1);
    return verdict;
  }

  it('accepts the checkpoint, every tile and leaf, and our proofs, of a simulated week', () => {
    const exported = at('week/export');
    const { origin, size, root } = readCheckpoint(readFileSync(join(exported, 'checkpoint'), 'utf8'));
    const { tiles, error, ...verdict } = judge(exported, vkey, proofs);
    assert.equal(error, undefined);
    assert.deepEqual(verdict, {
      ok: true,
      origin,
      size,
      root: toBase64(root),
      leaves: size,
      inclusion: proofs.inclusion.length,
      consistency: proofs.consistency.length,
    });
    assert.ok(size > 20_000 && proofs.inclusion.length > 100 && proofs.consistency.length > 50);
    // Every full tile of leaf hashes, the one that is not full, and one above them.
    assert.equal(tiles, Math.ceil(size / 256) + 1);
  });

  describe('refuses', () => {
    /** A copy of the export with one file changed. */
    function changed(path: string, change: (content: Buffer) => Buffer | string): string {
      const copy = at('changed');
      rmSync(copy, { recursive: true, force: true });
      cpSync(at('week/export'), copy, { recursive: true });
      writeFileSync(join(copy, path), change(readFileSync(join(copy, path))));
      return copy;
    }
    const flipped = (content: Buffer) => {
      content[content.length >> 1]! ^= 1;
      return content;
    };

    for (const path of ['tile/0/003', 'tile/entries/017', 'tile/1/000.p/84', 'checkpoint'])
      it(`a changed bit in ${path}`, () => {
        const { ok, error } = judge(changed(path, flipped), vkey, proofs);
        const where =
          path === 'checkpoint' ? 'checkpoint: ' : path.startsWith('tile/entries') ? 'entries: ' : `tiles: ${path} `;
        assert.ok(!ok && error?.startsWith(where), error);
      });

    it('a checkpoint of another size under its old signature', () => {
      const other = (content: Buffer) => fromUtf8(content).replace(/^\d+$/m, (size) => String(Number(size) - 1));
      assert.match(judge(changed('checkpoint', other), vkey, proofs).error ?? '', /^checkpoint: invalid signature/);
    });

    it('the key of somebody else', () => {
      const other = 'sunny-street.example/ledger/1+e45a3e49+ASQ+/A3vRyk78GeNHZyIymIczKrVry0ewDWJ+/dwO+Ku';
      assert.match(judge(at('week/export'), other, proofs).error ?? '', /^checkpoint: /);
    });

    it('a proof for another leaf, and one from another root', () => {
      const [first, second] = proofs.inclusion;
      const moved = { ...proofs, inclusion: [{ ...first!, path: second!.path }] };
      assert.match(judge(at('week/export'), vkey, moved).error ?? '', /^inclusion of leaf/);
      const [older, newer] = proofs.consistency;
      const forked = { ...proofs, consistency: [{ ...newer!, root: older!.root }] };
      assert.match(judge(at('week/export'), vkey, forked).error ?? '', /^consistency with size/);
    });
  });
});

/** Proofs of leaves all over the log, those at the edges of tiles among them, and of every twelfth checkpoint. */
function ourProofs(database: string): { vkey: string; proofs: Proofs } {
  const store = openSqliteStore(database, { readOnly: true });
  try {
    const node = (level: number, index: number) => store.node(level, index);
    const { size } = store;
    const indices = [0, 1, 254, 255, 256, 257, 65 * 256 - 1, size - 2, size - 1];
    for (let index = 7; index < size; index += 173) indices.push(index);
    const term = store.select({ kind: 'term', limit: 1 })[0]!;
    return {
      vkey: (JSON.parse(term.body!) as { key: string }).key,
      proofs: {
        inclusion: indices.map((index) => ({
          index,
          leaf: toHex(store.leaf(index)!.leafHash),
          path: inclusionProof(index, size, node).map(toBase64),
        })),
        consistency: store
          .checkpoints(1, 1000)
          .filter((_, i) => i % 12 === 0)
          .map((checkpoint) => ({
            size: checkpoint.size,
            root: toBase64(readCheckpoint(checkpoint.note).root),
            proof: consistencyProof(checkpoint.size, size, node).map(toBase64),
          })),
      },
    };
  } finally {
    store.close();
  }
}
