// Verifying what members have witnessed: the answer of `verify`, and every way in which the file `witnessed` or the collected lines
// could be somebody else's.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyDatabase, verifyExport, verifyPath, verifyStore } from '../../src/audit/verify.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { withCosignatures } from '../../src/log/cosignature.ts';
import { parseNote } from '../../src/log/note.ts';
import { FIRST, HOMES, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { tamper } from '../support/tamper.ts';
import { verifyExportedLedger } from './independent-verifier.ts';

const cosigned = (note: string, members: readonly string[]) =>
  withCosignatures(
    note,
    members.map((member) => keysOf(member).cosigner.cosign(parseNote(note).text, 1_800_000_000)),
  );

function cosign(ledger: Ledger, size: number, members: readonly string[]): void {
  const { note } = ledger.store.checkpoints(size, 1)[0]!;
  for (const member of members) {
    ledger.addCosignature(size, keysOf(member).cosigner.cosign(parseNote(note).text, 1_800_000_000));
  }
}

describe('verify: what is witnessed', () => {
  let street: Street;
  let sizes: number[];
  let checkpoints: string[];
  let exported: string;
  let file: string;
  const quorum = { size: 0, cosigned: 3, needed: 3, witnesses: 4 };

  before(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 2, FIRST);
    sizes = ledger.blocks({ from: 0 }).map(({ size }) => size);
    checkpoints = ledger.blocks({ from: 0 }).map(({ checkpoint }) => checkpoint);
    cosign(ledger, sizes[1]!, HOMES);
    cosign(ledger, sizes[3]!, ['home-1', 'operator']);
    const { witnessed, ok } = await verifyStore(ledger.store, {}, ledger.cosigned());
    assert.deepEqual({ ok, witnessed }, { ok: true, witnessed: { ...quorum, size: sizes[1] } });
    await ledger.close();
    exported = join(street.directory, 'copy');
    file = join(exported, 'witnessed');
  });

  after(() => street.remove());

  beforeEach(() => {
    rmSync(exported, { recursive: true, force: true });
    cpSync(street.exported, exported, { recursive: true });
  });

  /** Both verifiers must find a fault in the copy of the export. */
  async function faultOf(content: string): Promise<string | undefined> {
    writeFileSync(file, content);
    const { ok, errors } = await verifyExport(exported);
    assert.equal(ok, false, content);
    assert.equal(errors.length, 1, JSON.stringify(errors));
    assert.throws(() => verifyExportedLedger(exported), content);
    return errors[0]?.code;
  }

  it('is told from the database, the export and the directory of both', async () => {
    for (const result of [
      await verifyDatabase(street.database),
      await verifyExport(street.exported),
      await verifyPath(street.directory),
    ]) {
      assert.deepEqual([result.errors, result.witnessed], [[], { ...quorum, size: sizes[1] }]);
    }
    verifyExportedLedger(street.exported);
  });

  it('is nothing where there is none, and that is no error', async () => {
    rmSync(file);
    const { ok, witnessed } = await verifyExport(exported);
    assert.deepEqual([ok, witnessed], [true, null]);
    verifyExportedLedger(exported);
    const alone = join(street.directory, 'alone.sqlite');
    cpSync(street.database, alone);
    const fromDatabase = await verifyDatabase(alone);
    assert.deepEqual([fromDatabase.ok, fromDatabase.witnessed], [true, null]);
  });

  it('takes any checkpoint of the log with a quorum, also with lines of strangers', async () => {
    for (const [i, size] of sizes.entries()) {
      const note = cosigned(checkpoints[i]!, ['operator', 'home-3', 'home-1', 'stranger']);
      writeFileSync(file, note);
      const { errors, witnessed } = await verifyExport(exported);
      assert.deepEqual([errors, witnessed], [[], { ...quorum, size }]);
      verifyExportedLedger(exported);
    }
  });

  it('names a history that is not this one', async () => {
    const log = keysOf('operator').log(ORIGIN);
    const other = signCheckpoint({ origin: ORIGIN, size: sizes[2]!, root: new Uint8Array(32).fill(7) }, log);
    assert.equal(await faultOf(cosigned(other, HOMES)), 'root-mismatch');
    const longer = signCheckpoint({ origin: ORIGIN, size: 1000, root: new Uint8Array(32).fill(7) }, log);
    assert.equal(await faultOf(cosigned(longer, HOMES)), 'size-mismatch');
    const between = signCheckpoint({ origin: ORIGIN, size: sizes[2]! - 1, root: new Uint8Array(32).fill(7) }, log);
    assert.equal(await faultOf(cosigned(between, HOMES)), 'checkpoint-invalid');
  });

  it('names what the operator, or a witness, did not sign', async () => {
    const good = cosigned(checkpoints[1]!, HOMES);
    const log = keysOf('operator').log(ORIGIN);
    const { text } = parseNote(good);
    const own = checkpoints[1]!.slice(text.length + 1);
    assert.equal(await faultOf(good.replace(own, '')), 'checkpoint-invalid');
    assert.equal(await faultOf(good.replace(own, log.sign('something else\n'))), 'checkpoint-invalid');
    const forged = keysOf('home-2').cosigner.cosign(text.replace(/\n\d+\n/, '\n9\n'), 1_800_000_000);
    assert.equal(
      await faultOf(`${cosigned(checkpoints[1]!, ['home-1', 'home-3', 'operator'])}${forged}`),
      'file-altered',
    );
  });

  it('names a file with too few cosignatures, or that is no checkpoint', async () => {
    assert.equal(await faultOf(cosigned(checkpoints[1]!, ['home-1', 'home-2'])), 'file-altered');
    assert.equal(await faultOf(cosigned(checkpoints[1]!, ['home-1', 'home-2', 'stranger'])), 'file-altered');
    for (const text of ['', 'garbage', checkpoints[1]!.replaceAll('\n', '\r\n'), `${'— x AAAAAAA=\n'.repeat(2000)}`]) {
      assert.equal(await faultOf(text), 'file-altered');
    }
    rmSync(file);
    symlinkSync(join(street.exported, 'witnessed'), file);
    assert.equal((await verifyExport(exported)).errors[0]?.code, 'file-altered');
    rmSync(file);
    mkdirSync(file);
    assert.equal((await verifyExport(exported)).ok, false);
  });

  it('names lines in cosignatures.sqlite that nobody gave, and one that is another log\u2019s', async () => {
    const directory = join(street.directory, 'ledger');
    const path = join(directory, 'cosignatures.sqlite');
    const fresh = () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      for (const name of ['ledger.sqlite', 'cosignatures.sqlite']) {
        cpSync(join(street.directory, name), join(directory, name));
      }
    };
    const codes = async () => (await verifyPath(directory)).errors.map(({ code }) => code);
    fresh();
    assert.deepEqual(await codes(), []);
    tamper(path, `UPDATE cosignature SET line = 'garbage' WHERE witness LIKE '%home-1%' AND size = ${sizes[1]}`);
    assert.deepEqual(await codes(), ['row-altered']);
    fresh();
    const other = `(SELECT line FROM cosignature WHERE size = ${sizes[3]} AND witness LIKE '%home-1%')`;
    tamper(path, `UPDATE cosignature SET line = ${other} WHERE witness LIKE '%home-1%' AND size = ${sizes[1]}`);
    assert.deepEqual(await codes(), ['row-altered']);
    fresh();
    tamper(path, `UPDATE cosignature SET size = 1000 WHERE size = ${sizes[3]}`);
    assert.deepEqual(await codes(), ['size-mismatch']);
    fresh();
    writeFileSync(path, readFileSync(path).subarray(0, 100));
    assert.deepEqual(await codes(), ['damaged']);
    assert.equal((await verifyPath(directory)).witnessed, null);
  });
});
