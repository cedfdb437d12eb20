// What may be erased, by whom and when; that it is gone from database, write-ahead file and export, and that everything else still holds.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { verifyPath, verifyStore } from '../../src/audit/verify.ts';
import { BILLED_INTERVALS, type Erasable, erasureFault } from '../../src/ledger/erasure.ts';
import type { RecordKind } from '../../src/ledger/kinds.ts';
import { BODY_DECIDES, RECORD_KINDS } from '../../src/ledger/kinds.ts';
import { visibleTo } from '../../src/ledger/visibility.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { cheat } from '../audit/cheat.ts';
import { verifyExportedLedger } from '../audit/independent-verifier.ts';
import { accepted, FIRST, Street } from './street.ts';

const SECRET = 'at home on the tenth of March';

describe('erasure', () => {
  describe('by its rule', () => {
    const cleared = intervalAfter(FIRST, BILLED_INTERVALS);
    const judge = (target: Erasable | null, member = 'home-1', upTo: string | null = cleared) =>
      erasureFault({ leaf: 7, member, operator: 'operator', cleared: upTo }, target)?.code ?? null;
    const of = (kind: RecordKind, interval: string | null = FIRST, member = 'home-1'): Erasable => ({
      kind,
      member,
      interval,
    });

    it('is of the own record, or of any by the operator', () => {
      assert.equal(judge(of('note')), null);
      assert.equal(judge(of('note'), 'operator'), null);
      assert.equal(judge(of('note'), 'home-2'), 'wrong-role');
    });
    it('is of a record that stands before it', () => assert.equal(judge(null), 'bad-change'));
    it('is never of a kind whose body decides', () => {
      for (const kind of BODY_DECIDES) assert.equal(judge(of(kind), 'operator'), 'bad-change', kind);
    });
    it('waits until nobody checks a clearing or a bill against it any more', () => {
      for (const kind of RECORD_KINDS) {
        if (BODY_DECIDES.has(kind) || kind === 'note' || kind === 'battery') continue;
        assert.equal(judge(of(kind), 'home-1', null), 'too-early', kind);
        assert.equal(judge(of(kind, intervalAfter(cleared))), 'too-early', kind);
        assert.equal(judge(of(kind, cleared)), 'too-early', kind);
        assert.equal(judge(of(kind)), 'too-early', kind);
        assert.equal(judge(of(kind, intervalAfter(FIRST, -1))), null, kind);
      }
      assert.equal(judge(of('battery'), 'home-1', null), null);
    });
  });

  describe('in a ledger', () => {
    let street: Street;
    beforeEach(() => {
      street = new Street();
    });
    afterEach(() => street.remove());

    /** Whether any file below the directory holds the text. */
    const found = (directory = street.directory): string[] =>
      readdirSync(directory).flatMap((name) => {
        const path = join(directory, name);
        if (statSync(path).isDirectory()) return found(path);
        return readFileSync(path).includes(SECRET) ? [name] : [];
      });

    it('drops the body for good, from the database and with the next block from the export, and keeps the leaf', async () => {
      const ledger = await street.open();
      await street.gates(ledger, 1, FIRST);
      const [index] = accepted(await ledger.append([street.record('home-1', 'note', null, { text: SECRET })]));
      const [kept] = accepted(await ledger.append([street.record('home-1', 'note', null, { text: 'b' })]));
      await ledger.seal();
      assert.ok(found().length > 0);
      const { note, leafHash } = ledger.leaf(index!)!;
      await ledger.erase(index!, 'member-request');
      assert.equal(ledger.leaf(index!)?.body, null);
      await ledger.seal();
      assert.deepEqual([ledger.leaf(index!)?.note, ledger.leaf(index!)?.leafHash], [note, leafHash]);
      assert.notEqual(ledger.leaf(kept!)?.body, null);
      assert.deepEqual(found(), []);
      const result = await verifyStore(ledger.store);
      assert.deepEqual([result.errors, result.withheld], [[], 1]);
      await ledger.close();
      assert.deepEqual((await verifyPath(street.directory)).errors, []);
      assert.equal(verifyExportedLedger(street.exported).size, result.size);
      assert.deepEqual(found(), []);
      // Who did it, and why, stays.
      const again = await street.open();
      const record = again.records({ kind: 'erasure' })[0]!;
      assert.deepEqual(
        [record.head.member, (record.body as { reason: string }).reason],
        ['operator', 'member-request'],
      );
      await again.close();
    });

    it('is done when a member asks for it with a record of its own, and not for others', async () => {
      const ledger = await street.open();
      const [index] = accepted(await ledger.append([street.record('home-1', 'note', null, { text: SECRET })]));
      const ask = (member: string, leaf: number) =>
        street.record(member, 'erasure', null, { leaf, reason: 'moved-out' });
      const codes = async (...records: Parameters<typeof ledger.append>[0]) =>
        (await ledger.append(records)).map((result) => (result.ok ? null : result.refusal.code));
      assert.deepEqual(
        await codes(ask('home-2', index!), ask('home-1', 0), ask('operator', 0), ask('home-1', 6), ask('home-1', 999)),
        ['wrong-role', 'bad-change', 'bad-change', 'bad-change', 'bad-change'],
      );
      assert.notEqual(ledger.leaf(index!)?.body, null);
      const own = ask('home-1', index!);
      assert.deepEqual(await codes(own), [null]);
      assert.equal(ledger.leaf(index!)?.body, null);
      const [again] = await ledger.append([own]);
      assert.equal(again?.ok && again.duplicate, true);
      await assert.rejects(ledger.erase(1, 'member-request'), /stays/);
      await ledger.close();
      assert.deepEqual((await verifyPath(street.directory)).errors, []);
    });

    it('is finished when the ledger opens, where a crash came between record and deletion', async () => {
      const ledger = await street.open();
      const [index] = accepted(await ledger.append([street.record('home-1', 'note', null, { text: SECRET })]));
      await ledger.seal();
      await ledger.close();
      // The record alone, as a crash leaves it.
      const crashed = cheat(street);
      crashed.seal([street.record('home-1', 'erasure', null, { leaf: index!, reason: 'member-request' })]);
      assert.notEqual(crashed.store.leaf(index!)?.body, null);
      crashed.store.close();
      const again = await street.open();
      assert.equal(again.leaf(index!)?.body, null);
      await again.close();
      assert.deepEqual(found(), []);
      assert.deepEqual((await verifyPath(street.directory)).errors, []);
    });

    it('smuggled in against the rules is named by every verifier', async () => {
      const ledger = await street.open();
      await street.gates(ledger, 1, FIRST);
      await ledger.close();
      const forged = cheat(street);
      forged.seal([street.record('operator', 'erasure', null, { leaf: 12, reason: 'member-request' })]);
      forged.store.close();
      const store = openSqliteStore(street.database);
      const { errors } = await verifyStore(store);
      store.close();
      assert.deepEqual([errors[0]?.code, errors[0]?.leaf], ['too-early', 17]);
    });
  });
});

describe('visibility', () => {
  const cases: readonly (readonly [kind: RecordKind, cleared: boolean, who: string])[] = [
    ['meter', true, 'owner operator auditor'],
    ['correction', true, 'owner operator auditor'],
    ['battery', false, 'owner operator auditor'],
    ['order', false, 'owner operator'],
    ['cancel', false, 'owner operator'],
    ['order', true, 'owner operator auditor member nobody'],
    ['cancel', true, 'owner operator auditor member nobody'],
    ['clearing', true, 'owner operator auditor member nobody'],
    ['settlement', true, 'owner operator auditor member nobody'],
    ['trade', false, 'owner operator auditor member nobody'],
    ['roster', true, 'owner operator auditor member nobody'],
    ['note', true, 'owner operator auditor member nobody'],
  ];
  for (const [kind, cleared, who] of cases) {
    it(`of a ${kind}${cleared ? '' : ' before the clearing'}: ${who}`, () => {
      const readers = [
        ['owner', 'home-1', ['member']],
        ['operator', 'operator', ['operator']],
        ['auditor', 'home-2', ['auditor', 'member']],
        ['member', 'home-3', ['member']],
        ['nobody', null, []],
      ] as const;
      const seen = readers.filter(([, reader, roles]) => visibleTo(kind, 'home-1', reader, [...roles], cleared));
      assert.equal(seen.map(([name]) => name).join(' '), who);
    });
  }
});
