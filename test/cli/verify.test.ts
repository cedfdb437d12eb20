import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/commands.ts';
import type { Io } from '../../src/cli/io.ts';
import { parseNote } from '../../src/log/note.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';

describe('microgrid verify', () => {
  let street: Street;

  beforeEach(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 2, FIRST);
    await ledger.close();
  });

  afterEach(() => street.remove());

  async function run(...args: string[]): Promise<{ code: number; out: string; problems: string }> {
    let out = '';
    let problems = '';
    const io: Io = {
      stdin: (async function* () {})(),
      stdout: {
        write: (text) => {
          out += text;
        },
      },
      stderr: {
        write: (text) => {
          problems += text;
        },
      },
      readFile,
      now: () => 0,
      random: (count) => new Uint8Array(count),
    };
    const code = await runCommandLine(['verify', ...args], io);
    return { code, out, problems };
  }

  it('says that a ledger holds: database, export, and the directory of both', async () => {
    for (const path of [street.database, street.exported, street.directory]) {
      const { code, out, problems } = await run(path);
      assert.equal(code, 0, problems);
      assert.match(out, /^The ledger holds: 4 blocks, 22 records, 26 leaves, root \S{44}\nSigned by sunny-street/);
      assert.match(out, /only a key from elsewhere can say/);
    }
  });

  it('prints one JSON document with the fields of cli.md', async () => {
    const { code, out } = await run('--json', street.exported);
    assert.equal(code, 0);
    const { ok, trusted, operator, size, root, blocks, records, errors } = JSON.parse(out);
    assert.deepEqual(
      { ok, trusted, operator, size, blocks, records, errors },
      {
        ok: true,
        trusted: false,
        operator: keysOf('operator').log(ORIGIN).vkey,
        size: 26,
        blocks: 4,
        records: 22,
        errors: [],
      },
    );
    assert.match(
      readFileSync(join(street.exported, 'checkpoint'), 'utf8'),
      new RegExp(`\\n${root.replaceAll('+', '\\+')}\\n`),
    );
  });

  it('says what members have witnessed', async () => {
    assert.equal(JSON.parse((await run('--json', street.exported)).out).witnessed, null);
    const ledger = await street.open();
    const { text } = parseNote(ledger.store.checkpoint()!);
    for (const id of ['home-1', 'home-2', 'operator']) {
      ledger.addCosignature(ledger.size, keysOf(id).cosigner.cosign(text, 1_800_000_000));
    }
    await ledger.close();
    for (const path of [street.database, street.exported, street.directory]) {
      assert.match((await run(path)).out, /\nCosigned by 3 of 4 witnesses \(3 needed\) up to leaf 25\.\n/);
      const { witnessed } = JSON.parse((await run('--json', path)).out);
      assert.deepEqual(witnessed, { size: 26, cosigned: 3, needed: 3, witnesses: 4 });
    }
  });

  it('trusts a ledger whose operator is in the roster file', async () => {
    const file = join(street.directory, 'keys.txt');
    writeFileSync(
      file,
      `# the operator, from the door plate\n\n${keysOf('operator').log(ORIGIN).vkey}\n${keysOf('home-1').record.vkey}\n`,
    );
    const { code, out } = await run('--json', '--roster', file, street.exported);
    assert.deepEqual([code, JSON.parse(out).trusted], [0, true]);
  });

  it('refuses a roster file that is none', async () => {
    const file = join(street.directory, 'keys.txt');
    writeFileSync(file, 'hello\n');
    const { code, problems } = await run('--roster', file, street.exported);
    assert.equal(code, 2);
    assert.match(problems, /line 1 of the roster file/);
  });

  it('names the bad leaf and exits 1', async () => {
    const path = join(street.exported, 'tile/entries/000.p/26');
    const bytes = readFileSync(path);
    bytes.write('metre', bytes.indexOf('"meter"') + 1);
    writeFileSync(path, bytes);
    const { code, out } = await run(street.exported);
    assert.equal(code, 1);
    assert.match(out, /does NOT hold/);
    assert.match(out, /\n {2}leaf 12, block 2, /);
    assert.equal(JSON.parse((await run('--json', street.exported)).out).errors[0].leaf, 12);
  });

  it('says that a database is in use, and names the export beside it', async () => {
    const ledger = await street.open();
    const { code, problems } = await run(street.database);
    await ledger.close();
    assert.equal(code, 2);
    assert.match(problems, /is in use by another program; check its export instead: microgrid verify \S+export\n$/);
    assert.ok(problems.includes(street.exported));
  });

  it('exits 2 where there is nothing to check', async () => {
    for (const args of [[], [join(street.directory, 'nothing')], ['--wrong', street.database], ['a', 'b']]) {
      const { code, problems } = await run(...args);
      assert.equal(code, 2, args.join());
      assert.match(problems, /^microgrid: .+\n$/);
    }
    assert.match((await run('--help')).out, /^Use: microgrid verify/);
  });
});
