// A witness in a real Node-RED: cosigns what continues, asks for what is missing, refuses the rest, and stops for good when the operator
// signs two histories or its own memory cannot be believed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPayload } from '../../../nodes/shared/messages.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { toBase64 } from '../../../src/log/bytes.ts';
import { signCheckpoint } from '../../../src/log/checkpoint.ts';
import { readCosignatures } from '../../../src/log/cosignature.ts';
import { ed25519Signer } from '../../../src/log/note.ts';
import { consistencyProof } from '../../../src/log/tree.ts';
import { newUserDir, type Payload, removeUserDirs } from '../../support/flow.ts';
import { type StreetFlow, startStreet } from '../../support/market-flow.ts';
import { HOMES, LEDGER, witnessNode } from '../../support/market-nodes.ts';

const WITNESS = 'witness home-1';

describe('microgrid-witness', () => {
  let street: StreetFlow;

  const start = async (userDir?: string, more: object = {}) => {
    street = await startStreet([witnessNode('home-1', more), witnessNode('home-2')], userDir ? { userDir } : {});
    return street;
  };
  const ledger = (): Promise<Ledger> => street.ledger.open();
  /** The newest checkpoint, or the one at a size, as the operator sends it. */
  const checkpoint = async (from: number | null, at?: number): Promise<Payload & { note: string }> => {
    const { store } = await ledger();
    const size = at ?? store.size;
    const note = store.checkpoints(size, 1)[0]!.note;
    const proof = () => consistencyProof(from!, size, (level, index) => store.node(level, index)).map(toBase64);
    return {
      type: 'checkpoint',
      origin: LEDGER,
      size,
      root: toBase64(store.rootAt(size)),
      note,
      from: from === null ? null : { size: from, proof: proof() },
      state: 'sealed',
    };
  };
  const seal = async () => (await (await ledger()).seal()).size;
  const memory = (member = 'home-1') => {
    const folder = join(street.userDir, 'microgrid/witness', member);
    const [file, ...more] = readdirSync(folder).filter((name) => !name.endsWith('.conflict'));
    assert.deepEqual(more, []);
    return join(folder, file!);
  };
  const statusOf = () => {
    const { fill, text } = street.flow.status(WITNESS) ?? {};
    return [fill, text];
  };

  afterEach(() => street?.stop());
  after(removeUserDirs);

  it('cosigns the first checkpoint and each that continues it, so that the ledger counts it', async () => {
    await start();
    assert.deepEqual(statusOf(), ['grey', 'waits for a checkpoint']);
    const open = await ledger();
    const first = open.size;
    const cosignature = readPayload(await street.first(WITNESS, await checkpoint(null)), 'cosignature');
    assert.deepEqual([cosignature.origin, cosignature.size, cosignature.member], [LEDGER, first, 'home-1']);
    assert.deepEqual(statusOf(), ['green', `${first} leaves cosigned`]);
    assert.match(street.flow.log, /home-1 begins to witness sunny-street.example\/ledger\/1/);
    const second = await seal();
    const line = (await street.first(WITNESS, await checkpoint(first)))['line'];
    assert.deepEqual(open.addCosignature(second, String(line)).by, ['home-1']);
    const other = (await street.first('witness home-2', await checkpoint(null)))['line'];
    assert.deepEqual(open.addCosignature(second, String(other)).by, ['home-1', 'home-2']);
    // The same once more is cosigned again; what an operator sends that has it already is not harmed.
    assert.equal((await street.first(WITNESS, await checkpoint(null)))['size'], second);
    const kept = readFileSync(memory(), 'utf8');
    const [own] = readCosignatures(kept, [street.member('home-1').keys.witness]).valid;
    assert.equal(own?.time, Math.floor(street.community.clock.now() / 1000));
  });

  it('asks once for a proof from where it is, and passes over old checkpoints', async () => {
    await start();
    const first = (await ledger()).size;
    await street.ok(WITNESS, await checkpoint(null));
    const second = await seal();
    const third = await seal();
    const [asked] = await street.ok(WITNESS, await checkpoint(second));
    assert.deepEqual(asked, [{ type: 'checkpoint-wanted', origin: LEDGER, from: first, member: 'home-1' }]);
    readPayload(asked?.[0], 'checkpoint-wanted');
    assert.deepEqual(statusOf(), ['yellow', `asks on from ${first} leaves`]);
    // Whoever answers with the same again gets no question again, and is no fault of anybody's.
    const [nothing, refused] = await street.ok(WITNESS, await checkpoint(second));
    assert.deepEqual([nothing, refused?.map(({ code }) => code)], [[], ['no-proof']]);
    assert.deepEqual(statusOf(), ['yellow', `asks on from ${first} leaves`]);
    assert.equal((await street.first(WITNESS, await checkpoint(first)))['size'], third);
    assert.deepEqual(await street.ok(WITNESS, await checkpoint(null, second)), [[], []]);
    assert.deepEqual(statusOf(), ['green', `${third} leaves cosigned`]);
  });

  it('goes on where it was after a restart of Node-RED', async () => {
    const userDir = newUserDir();
    await start(userDir);
    const first = (await ledger()).size;
    await street.ok(WITNESS, await checkpoint(null));
    await street.stop();
    await start(userDir);
    assert.deepEqual(statusOf(), ['green', `${first} leaves cosigned`]);
    await seal();
    const [asked] = await street.ok(WITNESS, await checkpoint(null));
    assert.equal(asked?.[0]?.['from'], first);
    assert.equal((await street.first(WITNESS, await checkpoint(first)))['type'], 'cosignature');
  });

  it('refuses what the operator did not sign, other ledgers, wrong proofs and malformed messages', async () => {
    await start();
    const first = (await ledger()).size;
    const good = await checkpoint(null);
    const { store } = await ledger();
    const stranger = ed25519Signer(LEDGER, new Uint8Array(32).fill(4));
    const forged = signCheckpoint({ origin: LEDGER, size: first, root: store.root() }, stranger);
    assert.match(await street.refuses(WITNESS, { ...good, note: forged }, 'checkpoint-refused'), /known keys/);
    await street.refuses(WITNESS, { ...good, note: good.note.replaceAll('\n', '\r\n') }, 'checkpoint-refused');
    const elsewhere = { ...good, origin: 'other.example/ledger/1' };
    assert.match(await street.refuses(WITNESS, elsewhere, 'unknown-ledger'), /microgrid verify shows it/);
    for (const bad of [
      { ...good, size: '7' },
      { ...good, root: 'AAAA' },
      { ...good, state: 'fine' },
      { type: 'block' },
      null,
    ]) {
      await street.fails(WITNESS, bad);
    }
    assert.throws(memory);
    await street.ok(WITNESS, good);
    await seal();
    const next = await checkpoint(first);
    const proof = [...(next['from'] as { proof: string[] }).proof].reverse().map(() => good['root']);
    const { error, out } = await street.give(WITNESS, { ...next, from: { size: first, proof } });
    assert.match(String(error), /not shown to continue/);
    assert.equal(out[0]?.[0]?.type, 'checkpoint-wanted');
    assert.equal(out[1]?.[0]?.['code'], 'no-continuation');
    assert.equal((await street.first(WITNESS, next))['type'], 'cosignature');
  });

  it('shows both histories when the operator signs two, and cosigns nothing more, also after a restart', async () => {
    const userDir = newUserDir();
    await start(userDir);
    const first = (await ledger()).size;
    const good = await checkpoint(null);
    await street.ok(WITNESS, good);
    const log = street.member('operator').keys.log(LEDGER);
    const theirs = signCheckpoint({ origin: LEDGER, size: first, root: new Uint8Array(32).fill(9) }, log);
    const { error, out } = await street.give(WITNESS, { ...good, note: theirs });
    assert.match(String(error), /signed two histories/);
    const evidence = out[1]?.[0];
    const mine = readFileSync(memory(), 'utf8');
    assert.deepEqual(evidence, {
      type: 'evidence',
      origin: LEDGER,
      code: 'equivocation',
      text: `the operator signed two histories: ${first} leaves under two different roots`,
      file: {
        version: 'microgrid-evidence/1',
        kind: 'equivocation',
        ledger: LEDGER,
        operator: log.vkey,
        a: { checkpoint: mine },
        b: { checkpoint: theirs },
      },
    });
    assert.equal(street.flow.status(WITNESS)?.fill, 'red');
    await street.stop();
    await start(userDir);
    await seal();
    const again = await street.give(WITNESS, await checkpoint(first));
    assert.match(String(again.error), /until .*\.conflict is removed/);
    assert.deepEqual(again.out[0], []);
    assert.deepEqual(again.out[1]?.[0]?.['file'], evidence?.['file']);
    // The other members go their way.
    assert.equal((await street.first('witness home-2', await checkpoint(null)))['type'], 'cosignature');
    rmSync(`${memory()}.conflict`);
    assert.equal((await street.first(WITNESS, await checkpoint(first)))['type'], 'cosignature');
  });

  it('turns red at once when its memory cannot be believed, and never begins anew by itself', async () => {
    const userDir = newUserDir();
    await start(userDir);
    await street.ok(WITNESS, await checkpoint(null));
    const path = memory();
    const good = readFileSync(path, 'utf8');
    await street.stop();
    for (const bad of ['', good.slice(0, -20), 'garbage', good.replace(/\n\d+\n/, '\n3\n')]) {
      writeFileSync(path, bad);
      await start(userDir);
      assert.equal(street.flow.status(WITNESS)?.fill, 'red', bad);
      assert.match(await street.fails(WITNESS, await checkpoint(null)), /cannot be believed|empty/);
      assert.equal(readFileSync(path, 'utf8'), bad);
      await street.stop();
    }
    writeFileSync(path, good);
    await start(userDir);
    assert.equal((await street.first(WITNESS, await checkpoint(null)))['type'], 'cosignature');
  });

  it('takes the key of an operator elsewhere, and refuses what is no such key', async () => {
    const userDir = newUserDir();
    await start(userDir);
    const key = street.member('operator').keys.log(LEDGER).vkey;
    const sent = await checkpoint(null);
    await street.stop();
    street = await startStreet([witnessNode('home-1', { keys: ` ${key}\n` })], { userDir, ledger: false });
    assert.equal((await street.first(WITNESS, sent))['type'], 'cosignature');
    await street.stop();
    street = await startStreet([witnessNode('home-1')], { userDir, ledger: false });
    await street.refuses(WITNESS, sent, 'unknown-ledger');
    const own = street.member('home-1').keys;
    await street.stop();
    for (const keys of [own.record.vkey, own.witness, key.replace('+', '-'), `${key} x`]) {
      street = await startStreet([witnessNode('home-1', { keys })], { userDir, ledger: false });
      assert.equal(street.flow.status(WITNESS)?.fill, 'red', keys);
      await street.stop();
    }
  });

  it('has one memory per member: a second node of the same member does not start', async () => {
    const twice = { ...witnessNode('home-1'), id: 'again' };
    street = await startStreet([witnessNode('home-1'), twice], { homes: HOMES });
    assert.match(await street.fails('again', await checkpoint(null)), /another witness already keeps its memory/);
    assert.equal((await street.first(WITNESS, await checkpoint(null)))['type'], 'cosignature');
  });

  it('begins anew with a new epoch, which is another ledger', async () => {
    await start();
    await street.ok(WITNESS, await checkpoint(null));
    await street.reset();
    assert.deepEqual(statusOf(), ['grey', 'waits for a checkpoint']);
    const { origin } = (await ledger()).state;
    const sent = { ...(await checkpoint(null)), origin };
    assert.equal((await street.first(WITNESS, sent))['origin'], origin);
  });
});
