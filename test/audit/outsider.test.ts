// What an auditor found who had only docs/ledger-format.md: each was once accepted, or ended the process.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Auditor } from '../../src/audit/auditor.ts';
import { verifyDatabase, verifyExport, verifyPath, verifyStore } from '../../src/audit/verify.ts';
import { foldGenesis, genesisRecords } from '../../src/ledger/genesis.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import { readRecord } from '../../src/ledger/record.ts';
import { leafOf, sealBlock } from '../../src/ledger/seal.ts';
import { openFileStore } from '../../src/log/file-store.ts';
import { TilesExport } from '../../src/log/tiles-export.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { COMMUNITY, FIRST, keysOf, ORIGIN, Street, seedOf } from '../ledger/street.ts';
import { tamper } from '../support/tamper.ts';
import { cheat } from './cheat.ts';
import { Bad, verifyExportedLedger } from './independent-verifier.ts';

describe('what an outsider found', () => {
  let street: Street;
  let copy: string;

  beforeEach(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 3);
    await ledger.close();
    copy = join(mkdtempSync(join(tmpdir(), 'microgrid-outsider-')), 'ledger');
    cpSync(street.directory, copy, { recursive: true });
  });

  afterEach(() => {
    street.remove();
    rmSync(join(copy, '..'), { recursive: true });
  });

  const codes = (result: { readonly errors: readonly { readonly code: string }[] }) =>
    result.errors.map(({ code }) => code);

  it('a bill for an interval that was never cleared', async () => {
    const { store, seal } = cheat(street);
    const line = {
      account: 'member/home-1',
      counterAccount: 'member/home-2',
      wh: 1000,
      price: 300_000,
      amount: 300_000_000,
      code: 'trade',
    };
    const fields = { tariffs: { import: 300_000, feedIn: 80_000 }, lines: [line], statements: [] };
    seal([street.record('operator', 'settlement', intervalAfter(FIRST, -8), fields)]);
    const result = await verifyStore(store);
    store.close();
    assert.deepEqual([result.ok, codes(result), result.unchecked], [false, ['wrong-settlement'], 0]);
  });

  it('two members with one key, enrolled in the same block', async () => {
    const ledger = await street.open();
    const seed = seedOf('one seed for two');
    await ledger.enrol({ id: 'home-8', kind: 'home', keys: memberKeys(COMMUNITY, 'home-8', seed) });
    await assert.rejects(
      ledger.enrol({ id: 'home-9', kind: 'home', keys: memberKeys(COMMUNITY, 'home-9', seed) }),
      /home-8 has the same key/,
    );
    await ledger.close();
  });

  it('a checkpoint after a leaf that is no header', () => {
    const auditor = new Auditor();
    const { store } = cheat(street);
    for (const leaf of store.leaves(0, store.size - 1)) auditor.leaf(leaf);
    store.close();
    auditor.checkpoint('whatever it says');
    assert.equal(auditor.errors[0]?.code, 'checkpoint-invalid');
    assert.match(auditor.errors[0]?.text ?? '', /is no header/);
  });

  it('an export beside its database that says something else', async () => {
    assert.equal((await verifyPath(copy)).ok, true);
    writeFileSync(join(copy, 'export/checkpoint'), '');
    assert.deepEqual(codes(await verifyPath(copy)), ['checkpoint-invalid']);
    rmSync(join(copy, 'export'), { recursive: true });
    const other = new Street();
    const ledger = await other.open();
    await other.gates(ledger, 1);
    await ledger.close();
    cpSync(other.exported, join(copy, 'export'), { recursive: true });
    other.remove();
    assert.deepEqual(codes(await verifyPath(copy)), ['root-mismatch']);
  });

  it('daily texts with more, less or other than the leaves', async () => {
    const exported = join(copy, 'export');
    const day = join(exported, 'notes', readdirSync(join(exported, 'notes'))[0] ?? '');
    const text = readFileSync(day, 'utf8');
    const second = text.indexOf('\nleaf 1\n') + 1;
    for (const change of [
      () => appendFileSync(day, 'leaf 3\nmicrogrid-record/1\na lie\n\n'),
      () => appendFileSync(day, 'garbage'),
      () => writeFileSync(day, text.slice(second)),
      () => writeFileSync(day, text.slice(0, text.lastIndexOf('\nleaf ') + 1)),
      () => rmSync(day),
      () => renameSync(day, join(exported, 'notes/first.txt')),
      () => mkdirSync(join(exported, 'notes/a.txt')) ?? writeFileSync(join(exported, 'notes/a.txt/x.txt'), 'x'),
    ]) {
      change();
      const found = codes(await verifyExport(exported));
      assert.ok(found.length > 0 && found.every((code) => code.startsWith('file-')), `${change}: ${found}`);
      rmSync(join(exported, 'notes'), { recursive: true });
      mkdirSync(join(exported, 'notes'));
      writeFileSync(day, text);
    }
    assert.equal((await verifyExport(exported)).ok, true);
  });

  it('a checkpoint that claims a million million leaves', async () => {
    const path = join(copy, 'export/checkpoint');
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[1] = '1000000000000';
    writeFileSync(path, lines.join('\n'));
    const result = await verifyExport(join(copy, 'export'));
    assert.equal(result.ok, false);
  });

  describe('in a database', () => {
    const cases: [string, number | null, string][] = [
      ['DELETE FROM leaf WHERE idx = 12', 12, 'leaf-missing'],
      ['DELETE FROM leaf WHERE idx = 0', 0, 'leaf-missing'],
      ['DELETE FROM leaf WHERE idx = (SELECT max(idx) FROM leaf)', 34, 'size-mismatch'],
      ["UPDATE leaf SET id = x'00' WHERE idx = 12", 12, 'id-altered'],
      ['UPDATE leaf SET id = zeroblob(32) WHERE idx = 12', 12, 'id-altered'],
      ['UPDATE leaf SET leaf_hash = zeroblob(32) WHERE idx = 12', 12, 'leaf-altered'],
      ['UPDATE leaf SET leaf_hash = zeroblob(31) WHERE idx = 12', 12, 'leaf-altered'],
      ['UPDATE leaf SET body_hash = zeroblob(32) WHERE idx = 12', 12, 'body-altered'],
      ["UPDATE leaf SET member = 'home-9' WHERE idx = 12", 12, 'tags-altered'],
      ["UPDATE body SET body = '{}' WHERE idx = 12", 12, 'body-altered'],
      ['UPDATE body SET hash = zeroblob(32) WHERE idx = 12', 12, 'row-altered'],
      ["INSERT INTO body VALUES (999, zeroblob(32), 'x')", null, 'row-altered'],
      ['INSERT INTO node VALUES (8, 5, zeroblob(32))', null, 'row-altered'],
      ["INSERT INTO meta VALUES ('a', 'b')", null, 'row-altered'],
      ['DELETE FROM checkpoint WHERE size = 12', 11, 'checkpoint-missing'],
      ['DELETE FROM checkpoint', 6, 'checkpoint-missing'],
      ["INSERT INTO checkpoint VALUES (3, 'x')", 2, 'checkpoint-invalid'],
      ["INSERT INTO checkpoint VALUES (-5, 'x')", null, 'row-altered'],
      ["INSERT INTO checkpoint VALUES (9007199254740991, 'x')", 35, 'size-mismatch'],
      ["INSERT INTO checkpoint VALUES (9223372036854775807, 'x')", null, 'row-altered'],
      ['CREATE TABLE stray (a)', null, 'damaged'],
    ];
    for (const [sql, leaf, code] of cases) {
      it(`${sql}: ${code} at ${leaf}`, async () => {
        const path = join(copy, 'ledger.sqlite');
        tamper(path, sql);
        const { ok, errors } = await verifyDatabase(path);
        assert.deepEqual([ok, errors[0]?.leaf, errors[0]?.code], [false, leaf, code], JSON.stringify(errors));
      });
    }

    it('nothing is left beside a database that was verified', async () => {
      const before = readdirSync(copy);
      await verifyPath(copy);
      await verifyDatabase(join(copy, 'ledger.sqlite'));
      assert.deepEqual(readdirSync(copy), before);
    });
  });

  describe('in an export, by the opinion of both verifiers', () => {
    const line = (text: string) => Buffer.from(text).toString('base64');
    const cases: [string, string, (at: string) => void][] = [
      ['a directory in place of bodies', 'file-altered', (at) => directory(at, 'bodies/000')],
      ['a directory in place of the leaves', 'file-altered', (at) => directory(at, 'tile/entries/000.p/35')],
      ['a link in place of bodies', 'file-altered', (at) => link(at, 'bodies/000')],
      ['bodies of no leaves', 'file-altered', (at) => writeFileSync(join(at, 'bodies/007'), '{}\n')],
      ['a line of bodies too many', 'file-altered', (at) => appendFileSync(join(at, 'bodies/000'), '{}\n')],
      ['bodies without their last newline', 'file-altered', (at) => cut(at, 'bodies/000')],
      ['a tile of no leaves', 'file-altered', (at) => writeFileSync(join(at, 'tile/0/007'), Buffer.alloc(8192))],
      ['a leftover of nothing', 'file-unknown', (at) => writeFileSync(join(at, 'x.tmp'), '')],
      ['a foreign directory', 'file-unknown', (at) => mkdirSync(join(at, 'foo'))],
      ['leaves after the checkpoint in the text', 'file-altered', (at) => appendFileSync(day(at), 'leaf 35\nx\n\n')],
      ['a signature line that is too short', 'checkpoint-invalid', (at) => sign(at, `w ${line('abcd')}`)],
      ['a name with a plus', 'checkpoint-invalid', (at) => sign(at, `w+v ${line('abcde')}`)],
      ['a bad line of the log key after the good one', 'checkpoint-invalid', (at) => spoil(at, true)],
      ['a bad line of the log key before the good one', 'checkpoint-invalid', (at) => spoil(at, false)],
    ];
    for (const [what, code, change] of cases) {
      it(`${what}: ${code}`, async () => {
        const exported = join(copy, 'export');
        change(exported);
        const { errors } = await verifyExport(exported);
        assert.equal(errors[0]?.code, code, JSON.stringify(errors));
        assert.throws(() => verifyExportedLedger(exported), Bad);
      });
    }

    it('a draft, a line of a witness and the log key\u2019s line twice are no faults', async () => {
      const exported = join(copy, 'export');
      writeFileSync(join(exported, 'bodies/001.tmp'), 'half a');
      const checkpoint = readFileSync(join(exported, 'checkpoint'), 'utf8');
      appendFileSync(join(exported, 'checkpoint'), checkpoint.split('\n\n')[1] ?? '');
      sign(exported, `witness ${line('some signature')}`);
      assert.deepEqual((await verifyExport(exported)).errors, []);
      assert.equal(verifyExportedLedger(exported).size, 35);
    });

    it('a pipe never holds it up', async function () {
      if (process.platform === 'win32') this.skip();
      for (const path of ['bodies/000', 'tile/entries/000.p/35', 'tile/0/005']) {
        const exported = join(copy, 'export');
        rmSync(join(exported, path), { force: true });
        execFileSync('mkfifo', [join(exported, path)]);
        assert.equal((await verifyExport(exported)).errors[0]?.code, 'file-altered', path);
        rmSync(exported, { recursive: true });
        cpSync(street.exported, exported, { recursive: true });
      }
    });
  });

  it('a record without a signature is malformed, also where its body is at hand', async () => {
    const { store, context } = cheat(street);
    const { note, body } = street.order('home-1', intervalAfter(FIRST, 9), 'buy', 10, 250_000);
    const naked = `${note.slice(0, note.indexOf('\n\n'))}\n\n`;
    const bodyHash = createHash('sha256').update(body).digest('hex');
    const tags = { member: 'home-1', kind: 'order', interval: intervalAfter(FIRST, 9) };
    const [index] = store.append([{ note: naked, id: bodyHash, body, bodyHash, tags }]);
    sealBlock(store, context.state, keysOf('operator').log(ORIGIN), street.now, []);
    await new TilesExport(store, openFileStore(join(copy, 'cheat')), { dayOf: () => '2026-11-22' }).run();
    store.close();
    const { errors } = await verifyExport(join(copy, 'cheat'));
    assert.deepEqual([errors[0]?.leaf, errors[0]?.code], [index, 'malformed']);
  });

  it('a leaf that should not be there keeps the ledger from opening, and is named', async () => {
    const { store } = cheat(street);
    const late = street.order('home-1', FIRST, 'buy', 10, 250_000);
    const [index] = store.append([leafOf(late, readRecord(late))]);
    store.close();
    await assert.rejects(street.open(), { name: 'LeafError', leaf: index });
  });

  it('a log key of another name', async () => {
    const other = keysOf('operator').log('sunny-street.example/ledger/2');
    const records = genesisRecords(
      { origin: ORIGIN, operator: { ...keysOf('operator'), log: () => other }, time: TIME, random: street.random },
      street.options().genesis!,
    ).map(readRecord);
    assert.throws(() => foldGenesis(ORIGIN, records), { name: 'LeafError', leaf: 1, code: 'genesis' });
  });

  it('what stands in the place of an export is told, and does not hide what the database says', async () => {
    rmSync(join(copy, 'export/checkpoint'));
    assert.deepEqual(codes(await verifyPath(copy)), ['checkpoint-missing']);
    rmSync(join(copy, 'export'), { recursive: true });
    writeFileSync(join(copy, 'export'), 'x');
    assert.deepEqual(codes(await verifyPath(copy)), ['checkpoint-missing']);
    rmSync(join(copy, 'export'));
    mkdirSync(join(copy, 'export'));
    assert.equal((await verifyPath(copy)).ok, true, 'an empty one is not one yet');
  });
});

const TIME = '2026-11-22T08:00:00.000Z';

const day = (at: string) => join(at, 'notes', readdirSync(join(at, 'notes'))[0] ?? '');

function directory(at: string, path: string): void {
  rmSync(join(at, path));
  mkdirSync(join(at, path));
}

function link(at: string, path: string): void {
  renameSync(join(at, path), join(at, '..', 'elsewhere'));
  symlinkSync(join(at, '..', 'elsewhere'), join(at, path));
}

function cut(at: string, path: string): void {
  writeFileSync(join(at, path), readFileSync(join(at, path)).subarray(0, -1));
}

/** One more signature line on the checkpoint. */
function sign(at: string, line: string): void {
  appendFileSync(join(at, 'checkpoint'), `\u2014 ${line}\n`);
}

/** The line of the log key once more, with one bit of its signature turned. */
function spoil(at: string, after: boolean): void {
  const path = join(at, 'checkpoint');
  const [text = '', good = ''] = readFileSync(path, 'utf8').split('\n\n');
  const [dash, name, signature = ''] = good.trim().split(' ');
  const bytes = Buffer.from(signature, 'base64');
  bytes[20]! ^= 1;
  const bad = `${dash} ${name} ${bytes.toString('base64')}\n`;
  writeFileSync(path, `${text}\n\n${after ? good + bad : bad + good}`);
}
