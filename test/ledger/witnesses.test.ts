// The operator collects cosignatures: who counts at which checkpoint, when a quorum is reached, and what is left after a restart.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { quorumOf } from '../../src/ledger/quorum.ts';
import { readCosignatures } from '../../src/log/cosignature.ts';
import { FormatError, StoreError } from '../../src/log/errors.ts';
import { parseNote } from '../../src/log/note.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { tamper } from '../support/tamper.ts';
import { accepted, FIRST, HOMES, keysOf, Street } from './street.ts';

/** The line that a member's machine gives for the checkpoint over this many leaves. */
function lineOf(ledger: Ledger, size: number, member: string, seconds = 1_800_000_000): string {
  const [checkpoint] = ledger.store.checkpoints(size, 1);
  assert.equal(checkpoint?.size, size);
  return keysOf(member).cosigner.cosign(parseNote(checkpoint.note).text, seconds);
}

describe('ledger: cosignatures', () => {
  let street: Street;
  let ledger: Ledger;
  const cosign = (size: number, ...members: string[]) =>
    members.map((member) => ledger.addCosignature(size, lineOf(ledger, size, member))).at(-1)!;

  beforeEach(async () => {
    street = new Street();
    ledger = await street.open();
  });

  afterEach(async () => {
    await ledger.close();
    street.remove();
  });

  it('counts members that cosigned, and knows when they are enough', () => {
    assert.equal(ledger.witnessed(), null);
    const before = { size: 7, cosigned: 0, witnesses: 4, needed: 3, reached: false, by: [] };
    assert.deepEqual(ledger.witnessOf(7), before);
    assert.deepEqual(cosign(7, 'home-2'), { ...before, cosigned: 1, by: ['home-2'] });
    // Sending again is harmless, with another time, too.
    assert.equal(ledger.addCosignature(7, lineOf(ledger, 7, 'home-2', 1_800_000_001).trimEnd()).cosigned, 1);
    assert.equal(cosign(7, 'operator').reached, false);
    assert.equal(ledger.witnessed(), null);
    assert.deepEqual(cosign(7, 'home-1').by, ['home-1', 'home-2', 'operator']);
    const witnessed = ledger.witnessed()!;
    assert.deepEqual(ledger.witnessOf(7), witnessed);
    assert.equal(parseNote(witnessed.note).signatures.length, 4);
    assert.equal(readCosignatures(witnessed.note, [keysOf('home-2').witness]).valid[0]?.time, 1_800_000_000);
    assert.equal(cosign(7, 'home-3').cosigned, 4);
    assert.equal(ledger.witnessed()?.cosigned, 4);
  });

  it('refuses lines of strangers, for another checkpoint, and what is no cosignature', async () => {
    await street.gates(ledger, 1);
    const [first, second] = [7, ledger.size];
    const own = keysOf('home-1');
    const bad = [
      lineOf(ledger, first, 'stranger'),
      lineOf(ledger, second, 'home-1'),
      own.record.sign(parseNote(ledger.store.checkpoints(first, 1)[0]!.note).text),
      own.cosigner.cosign('elsewhere.example/ledger/1\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n', 5),
      '',
      'no line',
      lineOf(ledger, first, 'home-1') + lineOf(ledger, first, 'home-2'),
    ];
    for (const line of bad) assert.throws(() => ledger.addCosignature(first, line), FormatError, line);
    for (const size of [0, -1, 6, 8, 1.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => ledger.addCosignature(size, lineOf(ledger, first, 'home-1')), /no checkpoint over/);
    }
    assert.equal(ledger.witnessOf(first)?.cosigned, 0);
    assert.equal(ledger.witnessOf(8), null);
  });

  it('refuses a cosignature that is offered as the signature of a record', async () => {
    const { record, cosigner } = keysOf('home-1');
    const order = street.order('home-1', FIRST, 'buy', 10, 100_000);
    const { text } = parseNote(order.note);
    // No cosigner signs a record's text; a line of a checkpoint does not fit it.
    assert.throws(() => cosigner.cosign(text, 100), FormatError);
    const line = lineOf(ledger, 7, 'home-1');
    for (const lines of [line, line.replace(cosigner.name, record.name)]) {
      const [result] = await ledger.append([{ note: `${text}\n${lines}`, body: order.body }]);
      assert.ok(result && !result.ok);
      assert.ok(['unsigned', 'wrong-key', 'bad-signature'].includes(result.refusal.code), result.refusal.code);
    }
  });

  it('says of all leaves below a checkpoint with a quorum that they are witnessed, and lets the older lines go', async () => {
    await street.gates(ledger, 2);
    const sizes = ledger.blocks({ from: 0 }).map(({ size }) => size);
    const [a, b, c, d] = sizes as [number, number, number, number];
    cosign(a, 'home-1', 'home-2', 'home-3');
    cosign(b, 'home-1', 'home-2');
    cosign(d, 'home-1');
    assert.equal(ledger.witnessed()?.size, a);
    cosign(c, 'home-1', 'home-2', 'operator');
    assert.equal(ledger.witnessed()?.size, c);
    assert.equal(ledger.witnessOf(b)?.size, c);
    assert.equal(ledger.witnessOf(d)?.cosigned, 1);
    assert.deepEqual(
      ledger.cosigned().map(({ size }) => size),
      [c, d],
    );
    // What comes late for an older one changes nothing.
    assert.equal(cosign(b, 'home-3').size, c);
    assert.equal(ledger.witnessed()?.size, c);
  });

  it('asks the witnesses of the roster before the block, not those that it brings', async () => {
    await ledger.enrol({ id: 'home-4', kind: 'home', keys: keysOf('home-4') });
    await ledger.seal();
    const joined = ledger.size;
    assert.equal(ledger.witnessOf(joined)?.witnesses, 4);
    assert.throws(() => cosign(joined, 'home-4'), FormatError);
    // An empty block after it is judged with the new member.
    await ledger.seal();
    assert.equal(ledger.witnessOf(ledger.size)?.witnesses, 5);
    assert.equal(cosign(ledger.size, 'home-4').needed, quorumOf(5));
    // And block 0 by its own roster, also now.
    assert.equal(ledger.witnessOf(7)?.witnesses, 4);
  });

  it('knows all of it again after a restart', async () => {
    await street.gates(ledger, 1);
    const { size } = ledger;
    cosign(7, ...HOMES);
    cosign(size, 'home-1', 'home-2');
    await ledger.close();
    ledger = await street.open();
    assert.equal(ledger.witnessed()?.size, 7);
    assert.equal(ledger.witnessOf(size)?.cosigned, 2);
    assert.equal(cosign(size, 'home-3').reached, true);
  });

  it('loses cosignatures without harm: the file missing, damaged or altered', async () => {
    cosign(7, ...HOMES);
    const path = join(street.directory, 'cosignatures.sqlite');
    await ledger.close();
    tamper(path, "UPDATE cosignature SET line = 'garbage' WHERE witness LIKE '%home-1%'");
    ledger = await street.open();
    assert.equal(ledger.witnessed(), null);
    assert.equal(ledger.witnessOf(7)?.cosigned, 2);
    await ledger.close();
    rmSync(path);
    ledger = await street.open();
    assert.equal(ledger.witnessOf(7)?.cosigned, 0);
    assert.equal(cosign(7, ...HOMES).reached, true);
  });

  it('does not go on from an older copy of the database than members have cosigned', async () => {
    await ledger.close();
    const copy = join(street.directory, 'copy');
    copyFileSync(street.database, copy);
    ledger = await street.open();
    await street.gates(ledger, 1);
    cosign(ledger.size, 'home-1');
    await ledger.close();
    copyFileSync(copy, street.database);
    rmSync(street.exported, { recursive: true });
    await assert.rejects(street.open(), (error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /members have cosigned 17 leaves .* holds only 7: it is an older copy/);
      return true;
    });
    rmSync(join(street.directory, 'cosignatures.sqlite'));
    ledger = await street.open();
  });

  it('writes the file `witnessed` of the export at once, and never ahead of the leaves there', async () => {
    await street.gates(ledger, 1);
    const file = join(street.exported, 'witnessed');
    cosign(7, 'home-1', 'home-2');
    await ledger.export();
    assert.equal(existsSync(file), false);
    cosign(7, 'home-3');
    await ledger.export();
    assert.equal(readFileSync(file, 'utf8'), ledger.witnessed()?.note);
    assert.equal(ledger.exportFault, null);
    await ledger.close();

    ledger = await street.open({ exportEvery: 0 });
    accepted(await ledger.append([street.order('home-1', intervalAfter(FIRST, 9), 'buy', 10, 100_000)]));
    await ledger.seal();
    const { size } = ledger;
    cosign(size, ...HOMES);
    // When a gate has closed, all that was to be done before it is done.
    await ledger.closeGate(intervalAfter(FIRST, 9));
    assert.match(readFileSync(file, 'utf8'), /\n7\n/);
    await ledger.close();
    assert.match(readFileSync(file, 'utf8'), new RegExp(`\\n${size}\\n`));
    ledger = await street.open();
  });
});
