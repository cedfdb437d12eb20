// What an auditor found who had only docs/ledger-format.md: each was once accepted, or ended the process.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Auditor } from '../../src/audit/auditor.ts';
import { verifyExport, verifyPath, verifyStore } from '../../src/audit/verify.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { COMMUNITY, FIRST, Street, seedOf } from '../ledger/street.ts';
import { cheat } from './cheat.ts';

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
});
