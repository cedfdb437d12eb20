import { strict as assert } from 'node:assert';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyDatabase, verifyExport, verifyPath, verifyStore } from '../../src/audit/verify.ts';
import { accepted, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { cheat } from './cheat.ts';
import { CHEATS, clearing, next, readyToCheat, right } from './cheats.ts';

describe('verify', () => {
  describe('an honest ledger', () => {
    let street: Street;

    before(async () => {
      street = new Street();
      const ledger = await street.open();
      await street.gates(ledger, 4);
      await ledger.close();
    });

    after(() => street.remove());

    it('holds, from the database and from the export', async () => {
      const fromDatabase = await verifyDatabase(street.database);
      assert.deepEqual(fromDatabase.errors, []);
      assert.equal(fromDatabase.ok, true);
      assert.equal(fromDatabase.blocks, 6);
      assert.equal(fromDatabase.records, 6 + 4 * 8);
      assert.equal(fromDatabase.size, 6 + 6 + 4 * 8);
      assert.equal(fromDatabase.unchecked, 0);
      assert.equal(fromDatabase.operator, keysOf('operator').log(ORIGIN).vkey);
      assert.deepEqual(await verifyExport(street.exported), fromDatabase);
      assert.deepEqual(await verifyPath(street.directory), fromDatabase);
    });

    it('is trusted only with the operator\u2019s key: its log key or its record key', async () => {
      const operator = keysOf('operator');
      assert.equal((await verifyExport(street.exported)).trusted, false);
      assert.equal((await verifyExport(street.exported, { keys: [keysOf('home-1').record.vkey] })).trusted, false);
      for (const vkey of [operator.log(ORIGIN).vkey, operator.record.vkey]) {
        const result = await verifyExport(street.exported, { keys: [vkey] });
        assert.deepEqual([result.ok, result.trusted], [true, true]);
      }
    });

    it('is refused when a known key is not the one in it', async () => {
      const stranger = { ...keysOf('home-1') }.log(ORIGIN).vkey;
      const result = await verifyExport(street.exported, { keys: [stranger] });
      assert.deepEqual([result.ok, result.trusted, result.errors[0]?.code], [false, false, 'unknown-key']);
    });

    it('can be verified while it runs, and tells progress', async () => {
      const ledger = await street.open();
      accepted(await ledger.append([street.meter('home-1', '2026-11-22T12:00Z', 5, 0)]));
      const seen: number[] = [];
      const result = await verifyStore(ledger.store, { onProgress: ({ leaves }) => seen.push(leaves) });
      assert.deepEqual([result.ok, result.unsealed], [true, 1]);
      assert.ok(seen.length > 0);
      await ledger.close();
    });

    it('gives the event loop back by time, however long a leaf takes', async () => {
      for (const [msPerStep, most] of [
        [1, 12],
        [20, 2],
      ] as const) {
        let now = 0;
        const seen: number[] = [0];
        await verifyExport(street.exported, {
          now: () => {
            now += msPerStep;
            return now;
          },
          onProgress: ({ leaves }) => seen.push(leaves),
        });
        const steps = seen.slice(1).map((leaves, i) => leaves - seen[i]!);
        assert.ok(steps.length > 3 && Math.max(...steps) <= most, `${steps.join()} leaves between two turns`);
      }
    });

    it('says so when the ledger is closed meanwhile', async () => {
      const ledger = await street.open();
      let now = 0;
      const verifying = verifyStore(ledger.store, {
        now: () => {
          now += 20;
          return now;
        },
      });
      await ledger.close();
      await assert.rejects(verifying, {
        name: 'StoreError',
        code: 'closed',
        message: /closed while leaf \d+ of \d+ was verified; open it and verify it again/,
      });
    });

    it('stops when told to', async () => {
      await assert.rejects(verifyExport(street.exported, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
    });

    it('says what is no ledger at all', async () => {
      await assert.rejects(verifyPath(join(street.directory, 'nothing')), /there is no ledger database/);
      await assert.rejects(verifyPath(tmpdir()), /holds neither a checkpoint nor a ledger\.sqlite/);
    });

    it('notices one flipped byte, wherever it is', async function () {
      this.timeout(120_000);
      const copy = mkdtempSync(join(tmpdir(), 'microgrid-flip-'));
      const files = readdirSync(street.exported, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(street.exported.length + 1));
      const kinds = new Set(files.map((file) => file.split('/').slice(0, 2).join('/')));
      assert.ok(kinds.size >= 4, [...kinds].join());
      for (const file of files) {
        const content = readFileSync(join(street.exported, file));
        for (let trial = 0; trial < 12; trial++) {
          const at = Math.floor((content.length - 1) * (trial / 11));
          cpSync(street.exported, copy, { recursive: true });
          const flipped = Buffer.from(content);
          flipped[at]! ^= 1 << (trial % 8);
          writeFileSync(join(copy, file), flipped);
          const { ok, errors } = await verifyExport(copy);
          assert.equal(ok, false, `bit ${trial % 8} of byte ${at} of ${file}`);
          assert.match(errors[0]!.text, /\w/);
        }
        rmSync(copy, { recursive: true });
      }
    });

    it('notices a missing file, and one that does not belong there', async () => {
      const copy = mkdtempSync(join(tmpdir(), 'microgrid-files-'));
      for (const file of ['tile/entries/000.p/44', 'tile/0/000.p/44']) {
        cpSync(street.exported, copy, { recursive: true });
        rmSync(join(copy, file));
        assert.equal((await verifyExport(copy)).ok, false, file);
      }
      cpSync(street.exported, copy, { recursive: true });
      writeFileSync(join(copy, 'extra.txt'), 'hello');
      assert.equal((await verifyExport(copy)).errors[0]?.code, 'file-unknown');
      rmSync(copy, { recursive: true });
    });

    it('counts withheld bodies, which are no error', async () => {
      const copy = mkdtempSync(join(tmpdir(), 'microgrid-withheld-'));
      cpSync(street.exported, copy, { recursive: true });
      const path = join(copy, 'bodies/000');
      const lines = readFileSync(path, 'utf8').split('\n');
      const meters = lines.flatMap((line, i) => (line.includes('"meter/1"') ? [i] : []));
      for (const i of meters.slice(0, 4)) lines[i] = '';
      writeFileSync(path, lines.join('\n'));
      const result = await verifyExport(copy);
      assert.deepEqual(result.errors, []);
      assert.deepEqual([result.withheld, result.unchecked], [4, 2]);
      rmSync(copy, { recursive: true });
    });

    it('names the altered leaf of a database', async () => {
      const copy = join(street.directory, 'copy.sqlite');
      copyFileSync(street.database, copy);
      const bytes = readFileSync(copy);
      const at = bytes.indexOf('"kind":"meter"');
      assert.ok(at > 0 && statSync(copy).size > at);
      bytes.write('"kind":"metre"', at);
      writeFileSync(copy, bytes);
      const result = await verifyDatabase(copy);
      assert.equal(result.ok, false);
      assert.match(result.errors[0]!.text, /leaf \d+/);
    });
  });

  describe('a cheating operator', () => {
    let street: Street;

    beforeEach(async () => {
      street = new Street();
      await readyToCheat(street);
    });

    afterEach(() => street.remove());

    for (const [what, code, make] of CHEATS) {
      it(`is found out: ${what} (${code})`, async () => {
        const { store, seal } = cheat(street);
        const first = store.size;
        seal(make(street));
        const fromStore = await verifyStore(store);
        const { errors, ok } = fromStore;
        store.close();
        assert.equal(ok, false);
        assert.equal(errors[0]?.code, code, JSON.stringify(errors));
        assert.ok((errors[0]?.leaf ?? -1) >= first, 'the first bad leaf is one of those smuggled in');
        assert.equal(errors[0]?.block, 2);
      });
    }

    it('is found out: wrong amounts, wrong tariffs, a forgotten meter in a settlement', async () => {
      const metered: [string, number, number][] = [
        ['home-1', 0, 1200],
        ['home-2', 650, 0],
        ['home-3', 900, 10],
      ];
      const good = street.settlement(next, right, metered);
      const rest = street.settlement(next, right, metered.slice(0, 2));
      const wrong = [
        { ...good, statements: good.statements.map((row) => ({ ...row, amount: row.amount + 1 })) },
        { ...good, lines: good.lines.slice(1) },
        { ...good, tariffs: { import: 310_000, feedIn: 80_000 } },
        rest,
      ];
      for (const fields of wrong) {
        const { store, seal } = cheat(street);
        seal([clearing(street, {})]);
        seal([
          ...metered.map(([member, imported, exported]) => street.meter(member, next, imported, exported)),
          street.record('operator', 'settlement', next, fields),
        ]);
        const { errors } = await verifyStore(store);
        store.close();
        assert.deepEqual([errors[0]?.code, errors.length], ['wrong-settlement', 1], JSON.stringify(errors));
        street.remove();
        street = new Street();
        await readyToCheat(street);
      }
    });
  });
});
