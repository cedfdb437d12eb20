// A standby takes over; an operator that was away learns that it may not sign any more.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyStore } from '../../src/audit/verify.ts';
import { judgeAuthor, judgeContent } from '../../src/ledger/judge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { readLedger } from '../../src/ledger/open.ts';
import { cosignRecord, readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { takeOver } from '../../src/ledger/takeover.ts';
import { openCheckpoint, readCheckpoint } from '../../src/log/checkpoint.ts';
import { verifierOf } from '../../src/log/note.ts';
import { cheat } from '../audit/cheat.ts';
import { accepted, FIRST, ORIGIN, RULES } from './street.ts';
import { keyOf, keysIn, STANDBY, Village } from './village.ts';

const standby = keyOf(STANDBY);
const LATER = keyOf(STANDBY).log(ORIGIN, 2);

describe('a takeover', () => {
  let village: Village;
  let copies: string[];
  beforeEach(() => {
    village = new Village();
    copies = [];
  });
  afterEach(() => {
    village.remove();
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  });

  /** A copy of the database as it lies there: a replica, or a backup. */
  const copy = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'microgrid-copy-'));
    copies.push(directory);
    copyFileSync(village.database, join(directory, 'ledger.sqlite'));
    return directory;
  };
  const seenOf = (ledger: Ledger) => {
    const { size, root } = readCheckpoint(ledger.store.checkpoint()!);
    return { size, root, term: ledger.state.term.term };
  };
  const codesIn = async (ledger: Ledger) => (await verifyStore(ledger.store)).errors.map(({ code }) => code);

  it('goes on with the log, under another log key and with the roles swapped', async () => {
    const first = await village.begin();
    await village.gates(first, 1, FIRST);
    const { size } = first;
    await first.close();
    let ledger = await takeOver(village.villageOptions({ operator: standby }));
    assert.equal(ledger.size, size + 2, 'the term and its header, no more');
    const { state } = ledger;
    assert.deepEqual([state.term.term, state.operator, state.term.key], [2, STANDBY, LATER.vkey]);
    assert.deepEqual(state.roster.get(STANDBY)?.roles, ['member', 'operator']);
    assert.deepEqual(state.roster.get('operator')?.roles, ['standby']);
    const note = ledger.store.checkpoint()!;
    assert.equal(openCheckpoint(note, [verifierOf(LATER.vkey)]).size, ledger.size);
    assert.throws(() => openCheckpoint(note, [verifierOf(keyOf('operator').log(ORIGIN).vkey)]));
    // The new operator runs auctions and writes rules; the old one no more.
    accepted(
      await ledger.append([village.record(STANDBY, 'rules', null, { ...RULES, maxOrderWh: 5 }, { keys: standby })]),
    );
    const [refused] = await ledger.append([village.record('operator', 'rules', null, RULES)]);
    assert.equal(refused?.ok === false && refused.refusal.code, 'wrong-role');
    await ledger.seal();
    await ledger.close();
    ledger = await village.begin({ operator: standby });
    assert.equal(ledger.state.rules.maxOrderWh, 5);
    assert.deepEqual(await codesIn(ledger), ['unwitnessed-term']);
    await ledger.close();
  });

  it('comes back to the first operator under a key that never signed before', async () => {
    await (await village.begin()).close();
    await (await takeOver(village.villageOptions({ operator: standby }))).close();
    const ledger = await takeOver(village.villageOptions());
    const { terms } = ledger.state.powers;
    assert.deepEqual(
      terms.map(({ operator }) => operator),
      ['operator', STANDBY, 'operator'],
    );
    assert.equal(new Set(terms.map(({ key }) => key)).size, 3);
    assert.deepEqual(await codesIn(ledger), ['unwitnessed-term']);
    await ledger.close();
  });

  it('holds once enough have cosigned a checkpoint with it', async () => {
    await (await village.begin()).close();
    const ledger = await takeOver(village.villageOptions({ operator: standby }));
    const { size } = ledger;
    const text = ledger.store.checkpoint()!.split('\n\n')[0]!;
    for (const member of ['operator', STANDBY, 'home-1', 'home-2', 'home-3']) {
      const { errors } = await verifyStore(ledger.store, {}, ledger.cosigned());
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['unwitnessed-term'],
      );
      ledger.addCosignature(size, keyOf(member).cosigner.cosign(`${text}\n`, 1_700_000_000));
    }
    assert.deepEqual((await verifyStore(ledger.store, {}, ledger.cosigned())).errors, []);
    await ledger.close();
  });

  it('is refused to whom it does not belong', async () => {
    const first = await village.begin();
    const seen = seenOf(first);
    await first.close();
    const cases: readonly (readonly [string, () => ReturnType<typeof takeOver>, RegExp])[] = [
      [
        'a member',
        () => takeOver(village.villageOptions({ operator: keyOf('home-1') })),
        /only a standby may take over/,
      ],
      ['the operator itself', () => takeOver(village.villageOptions()), /only a standby may take over/],
      [
        'a thief of the name',
        () => takeOver(village.villageOptions({ operator: keyOf(STANDBY, 1) })),
        /is not the one in the roster/,
      ],
      [
        'a copy that is behind',
        () => takeOver(village.villageOptions({ operator: standby, seen: [{ ...seen, size: seen.size + 4 }] })),
        /it is an old backup/,
      ],
      [
        'another history',
        () => takeOver(village.villageOptions({ operator: standby, seen: [{ ...seen, root: new Uint8Array(32) }] })),
        /another history/,
      ],
      [
        'a later term',
        () => takeOver(village.villageOptions({ operator: standby, seen: [{ ...seen, term: 2 }] })),
        /has taken over .* as term 2/,
      ],
      [
        'nothing',
        () => takeOver({ ...village.villageOptions({ operator: standby }), path: join(village.directory, 'none') }),
        /no copy of/,
      ],
    ];
    for (const [name, attempt, sentence] of cases) await assert.rejects(attempt, sentence, name);
    const again = await village.begin();
    await again.append([village.record('home-1', 'note', null, { text: 'acknowledged' })]);
    await again.close();
    await assert.rejects(takeOver(village.villageOptions({ operator: standby })), /1 leaves that no checkpoint covers/);
  });

  it('is one record as the judge sees it, first of its block, for the next term, under a new key', async () => {
    const ledger = await village.begin();
    const judged = (record: SignedRecord) => {
      const context = readLedger(ledger.store, ORIGIN);
      const read = readRecord(record);
      return (judgeAuthor(context.state, read, read.body) ?? judgeContent(context, read, read.body))?.code ?? null;
    };
    const succession = {
      version: 'term/2' as const,
      term: 2,
      operator: STANDBY,
      key: LATER.vkey,
      previous: { ledger: ORIGIN, size: 1, root: 'a'.repeat(64) },
      evidence: null,
    };
    const cases: readonly (readonly [string, string | null, SignedRecord])[] = [
      ['as it should be', null, village.takeover(STANDBY)],
      ['the same term', 'bad-change', village.takeover(STANDBY, { term: 1 })],
      ['a term too far', 'bad-change', village.takeover(STANDBY, { term: 3 })],
      ['for somebody else', 'bad-change', village.takeover(STANDBY, { operator: 'home-1' })],
      ['under the key of before', 'bad-change', village.takeover(STANDBY, { key: keyOf('operator').log(ORIGIN).vkey })],
      ['under a key of another name', 'bad-change', village.takeover(STANDBY, { key: standby.record.vkey })],
      ['under a witness key', 'bad-change', village.takeover(STANDBY, { key: standby.witness })],
      ['as a succession', 'bad-change', village.record(STANDBY, 'term', null, succession)],
      ['by a member', 'wrong-role', village.takeover('home-1')],
      [
        'with the signature of the operator',
        'wrong-key',
        cosignRecord(village.takeover(STANDBY), keyOf('operator').record),
      ],
      ['signed by another', 'unsigned', village.takeover(STANDBY, {}, keyOf('home-1'))],
    ];
    for (const [name, code, record] of cases) assert.equal(judged(record), code, name);
    await ledger.append([village.record('home-1', 'note', null, { text: 'first' })]);
    assert.equal(judged(village.takeover(STANDBY)), 'bad-change', 'something stands before it');
    const [result] = await ledger.append([village.takeover(STANDBY)]);
    assert.equal(result?.ok === false && result.refusal.code, 'bad-change', 'nor does an operator that runs take it');
    await ledger.close();
  });

  it('keeps roster records about both away from its block', async () => {
    await (await village.begin()).close();
    const forged = cheat(village, 'operator');
    const { roster } = forged.context.state;
    const role = village.change(roster, 'feeder', STANDBY, { feeder: 'north' }, [standby]);
    forged.seal([village.takeover(STANDBY), role], LATER);
    const { errors } = await verifyStore(forged.store);
    forged.store.close();
    assert.equal(errors[0]?.code, 'already-recorded');
  });

  it('sealed by the old log key is a lie', async () => {
    await (await village.begin()).close();
    const forged = cheat(village, 'operator');
    forged.seal([village.takeover(STANDBY)]);
    const { errors } = await verifyStore(forged.store);
    forged.store.close();
    assert.equal(errors[0]?.code, 'wrong-key');
  });

  describe('and the operator that was away', () => {
    it('signs nothing once it has seen the later term', async () => {
      const first = await village.begin();
      await first.seal();
      await first.close();
      const path = copy();
      const second = await takeOver({ ...village.villageOptions({ operator: standby }), path });
      const seen = seenOf(second);
      await second.close();
      await assert.rejects(village.begin({ seen: [seen] }), /has taken over .* as term 2.*not signed here any more/);
      const running = await village.begin();
      assert.match(running.saw(seen) ?? '', /has taken over/);
      await assert.rejects(running.seal(), /has taken over/);
      await assert.rejects(
        running.append([village.record('home-1', 'note', null, { text: 'late' })]),
        /has taken over/,
      );
      await running.close();
      await assert.rejects(village.begin({ path }), /is operated by standby-1, not by operator/);
    });

    it('signs nothing from a backup until it has caught up', async () => {
      const ledger = await village.begin();
      await ledger.seal();
      await ledger.close();
      const backup = copy();
      const again = await village.begin();
      await again.seal();
      const seen = seenOf(again);
      await again.close();
      await assert.rejects(
        village.begin({ path: backup, seen: [seen] }),
        /holds 10 leaves, but others have seen 11: it is an old backup/,
      );
      await (await village.begin({ seen: [seen] })).close();
      copyFileSync(village.database, join(backup, 'ledger.sqlite'));
      await (await village.begin({ path: backup, seen: [seen] })).close();
    });

    it('signs nothing where others have another history', async () => {
      const ledger = await village.begin();
      const seen = { ...seenOf(ledger), root: new Uint8Array(32) };
      assert.match(ledger.saw(seen) ?? '', /another history/);
      await assert.rejects(ledger.seal(), /another history/);
      await ledger.close();
      const good = await village.begin();
      assert.equal(good.saw(seenOf(good)), null);
      await good.seal();
      await good.close();
    });
  });

  it('ends a recovery of the new operator, who has shown its key', async () => {
    const ledger = await village.begin();
    const proposal = village.recovery(ledger.state.roster, STANDBY, keyOf(STANDBY, 1));
    accepted(await ledger.append([proposal]));
    await ledger.seal();
    await ledger.close();
    const next = await takeOver(village.villageOptions({ operator: standby }));
    assert.equal(next.state.powers.recoveries.size, 0);
    assert.equal(next.state.roster.get(STANDBY)?.key, keysIn(standby).key);
    await next.close();
  });
});
