// `microgrid evidence` makes what `microgrid verify` accepts: from a ledger that does not hold, from two that contradict each
// other, from an export and the checkpoint that another member was shown.
import { strict as assert } from 'node:assert';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/commands.ts';
import { openFileStore } from '../../src/log/file-store.ts';
import { TilesExport } from '../../src/log/tiles-export.ts';
import { cheat, fork } from '../audit/cheat.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';

describe('microgrid evidence', () => {
  let street: Street;
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'microgrid-evidence-'));
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 1, FIRST);
    await ledger.close();
  });

  afterEach(() => {
    street.remove();
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommandLine(args, {
      stdin: (async function* () {})(),
      stdout: { write: (text) => void out.push(text) },
      stderr: { write: (text) => void err.push(text) },
      readFile,
      now: () => 0,
      random: (count) => new Uint8Array(count),
    });
    return { code, out: out.join(''), err: err.join('') };
  }

  /** A ledger that goes on from the street's with an order that came too late, and its export. */
  async function cheated(wh: number): Promise<string> {
    const forked = fork(street);
    const { store, seal } = cheat(forked);
    seal([street.order('home-1', FIRST, 'buy', wh, 100_000)]);
    await new TilesExport(store, openFileStore(join(forked.directory, 'export')), { dayOf: () => '2026-11-22' }).run();
    store.close();
    cpSync(forked.directory, at(`cheated-${wh}`), { recursive: true });
    rmSync(forked.directory, { recursive: true });
    return at(`cheated-${wh}`);
  }

  it('proves the first fault of a database, of an export, of a directory of both', async () => {
    const ledger = await cheated(10);
    for (const [i, path] of ['', 'ledger.sqlite', 'export'].entries()) {
      const file = at(i === 1 ? 'late.json.gz' : `late-${i}.json`);
      const made = await run('evidence', join(ledger, path), '-o', file);
      assert.equal(made.code, 0, made.err + made.out);
      assert.match(
        made.out,
        /proves it\. The key sunny-street\.example\/ledger\/1\S+ has signed a history of 19 leaves/,
      );
      const { code, out } = await run('verify', '--json', file);
      assert.equal(code, 0, out);
      const { evidence } = JSON.parse(out);
      assert.deepEqual([evidence.kind, evidence.code, evidence.leaf], ['history', 'late', 17]);
    }
    assert.equal(readFileSync(at('late.json.gz'))[0], 0x1f);
    const words = await run('verify', at('late-0.json'));
    assert.match(words.out, /^The proof holds\. The key .* has signed .* Whose key that is, this file cannot tell/);
  });

  it('proves that two ledgers are two histories of one, and an export against a single checkpoint', async () => {
    const [a, b] = [await cheated(10), await cheated(20)];
    const checkpoint = at('seen-by-a-neighbour.txt');
    writeFileSync(checkpoint, readFileSync(join(b, 'export/checkpoint')));
    for (const other of [b, join(b, 'export'), checkpoint]) {
      const { code, out } = await run('evidence', '--json', a, other, '-o', at('two.json'));
      assert.equal(code, 0, out);
      const { ok, trusted, evidence, file } = JSON.parse(out);
      assert.deepEqual([ok, trusted, evidence.kind, file], [true, false, 'equivocation', at('two.json')]);
      assert.equal((await run('verify', at('two.json'))).code, 0);
    }
  });

  it('needs the key where there are only two checkpoints', async () => {
    const [a, b] = [await cheated(10), await cheated(20)];
    const args = ['evidence', join(a, 'export/checkpoint'), join(b, 'export/checkpoint'), '-o', at('two.json')];
    const without = await run(...args);
    assert.deepEqual([without.code, existsSync(at('two.json'))], [1, false]);
    assert.match(without.out, /^No evidence is written: no log key is known .* give it with --roster\.\n$/);
    writeFileSync(at('keys.txt'), `${keysOf('operator').log(ORIGIN).vkey}\n`);
    const made = await run(...args, '--roster', at('keys.txt'));
    assert.equal(made.code, 0, made.err + made.out);
    assert.match(made.out, /That key is among those you know\.\n$/);
    const { code, out } = await run('verify', '--json', '--roster', at('keys.txt'), at('two.json'));
    assert.deepEqual([code, JSON.parse(out).trusted], [0, true]);
  });

  it('has nothing to prove of a ledger that holds, of one history twice, and of a damaged copy', async () => {
    const fair = await run('evidence', street.directory, '-o', at('none.json'));
    assert.deepEqual([fair.code, fair.out], [1, 'No evidence is written: the ledger holds.\n']);
    const same = await run('evidence', street.exported, street.database, '-o', at('none.json'));
    assert.match(same.out, /both are the same history of 17 leaves/);
    const longer = await run('evidence', street.exported, await cheated(10), '-o', at('none.json'));
    assert.match(longer.out, /goes on from the shorter one/);
    cpSync(street.exported, at('copy'), { recursive: true });
    const entries = join(at('copy'), 'tile/entries/000.p/17');
    const bytes = readFileSync(entries);
    bytes.write('"kind":"metre"', bytes.indexOf('"kind":"meter"'));
    writeFileSync(entries, bytes);
    const damaged = await run('evidence', '--json', at('copy'), '-o', at('none.json'));
    assert.equal(damaged.code, 1, damaged.err);
    assert.equal(JSON.parse(damaged.out).ok, false);
    assert.equal(existsSync(at('none.json')), false);
  });

  it('exits 2 for wrong use', async () => {
    for (const [args, message] of [
      [[], /PATH is missing/],
      [[street.directory], /-o FILE is missing/],
      [['a', 'b', 'c', '-o', 'x'], /there are 3/],
      [[at('nothing'), '-o', at('x')], /there is no ledger database/],
      [[join(street.exported, 'checkpoint'), '-o', at('x')], /a single checkpoint proves nothing/],
      [[street.directory, street.directory, '-o', join(folder, 'no/such/folder')], /same history|no\/such/],
    ] as const) {
      const { code, err, out } = await run('evidence', ...args);
      assert.ok(code !== 0, args.join());
      assert.match(err + out, message);
    }
  });

  it('verify exits 1 for evidence that does not hold, 2 for what is none', async () => {
    await run('evidence', await cheated(10), '-o', at('late.json'));
    const text = readFileSync(at('late.json'), 'utf8');
    writeFileSync(at('other.json'), text.replace('"code":"late"', '"code":"wrong-role"'));
    const wrong = await run('verify', at('other.json'));
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.out,
      /^The proof does NOT hold\. This proves nothing: what is found is not that fault, but late at leaf 17/,
    );
    writeFileSync(at('torn.json'), text.slice(0, 3000));
    assert.equal((await run('verify', at('torn.json'))).code, 1);
    writeFileSync(at('package.json'), '{"name":"x"}');
    const none = await run('verify', at('package.json'));
    assert.equal(none.code, 2);
    assert.match(none.err, /is neither a ledger nor evidence/);
    writeFileSync(at('torn.json.gz'), Buffer.from([0x1f, 0x8b, 8, 0]));
    const torn = await run('verify', at('torn.json.gz'));
    assert.equal(torn.code, 2);
    assert.match(torn.err, /cannot be read: the file cannot be unpacked/);
  });
});
