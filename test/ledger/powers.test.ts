// Lost keys, approvals and rotation, one rule at a time, in a ledger that runs.
import assert from 'node:assert/strict';
import { memberKeys } from '../../src/ledger/keys.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { cosignRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { COMMUNITY, ORIGIN, seedOf } from './street.ts';
import { HOMES, keyOf, keysIn, STANDBY, Village } from './village.ts';

const OPERATOR = keyOf('operator');

describe('a lost key', () => {
  let village: Village;
  let ledger: Ledger;
  beforeEach(async () => {
    village = new Village();
    ledger = await village.begin();
  });
  afterEach(async () => {
    await ledger.close();
    village.remove();
  });

  const add = async (record: SignedRecord) => {
    const [result] = await ledger.append([record]);
    return result?.ok ? null : (result?.refusal.code ?? 'nothing');
  };
  const propose = async (member = 'home-1', n = 1): Promise<string> => {
    const proposal = village.recovery(ledger.state.roster, member, keyOf(member, n));
    assert.equal(await add(proposal), null);
    return proposal.id;
  };
  const approve = async (id: string, members: readonly string[]) => {
    for (const member of members) assert.equal(await add(village.approval(member, id)), null, member);
  };
  const note = (member: string, n = 0) =>
    village.record(member, 'note', null, { text: 'a' }, { keys: keyOf(member, n) });
  /** Whose key the roster names. */
  const keyNow = (member = 'home-1') => ledger.state.roster.get(member)?.key;

  // Five others: four of them must agree.
  const FOUR = ['operator', STANDBY, 'home-2', 'home-3'];

  it('is replaced once more than two thirds of the others approve, from the next header on', async () => {
    const id = await propose();
    await ledger.seal();
    await approve(id, FOUR.slice(0, 3));
    await ledger.seal();
    assert.equal(keyNow(), keyOf('home-1').record.vkey, 'three of five are too few');
    await approve(id, FOUR.slice(3));
    assert.equal(await add(note('home-1', 1)), 'wrong-key', 'not before the header');
    assert.equal(await add(note('home-1')), null);
    await ledger.seal();
    assert.deepEqual(
      [keyNow(), ledger.state.roster.get('home-1')?.witness],
      [keyOf('home-1', 1).record.vkey, keyOf('home-1', 1).witness],
    );
    assert.equal(await add(note('home-1')), 'wrong-key', 'the lost key signs nothing any more');
    assert.equal(await add(note('home-1', 1)), null);
    assert.equal(await add(village.approval('home-4', id)), 'bad-change', 'it waits no more');
  });

  it('is replaced by the key of the newest proposal, whose approvals begin anew', async () => {
    const first = await propose('home-1', 1);
    await approve(first, FOUR.slice(0, 3));
    await ledger.seal();
    const second = await propose('home-1', 2);
    assert.equal(await add(village.approval('home-3', first)), 'bad-change');
    await approve(second, FOUR);
    await ledger.seal();
    assert.equal(keyNow(), keyOf('home-1', 2).record.vkey);
  });

  it('leaves what else changed meanwhile as it is', async () => {
    const id = await propose();
    await ledger.seal();
    const { roster } = ledger.state;
    assert.equal(
      await add(village.change(roster, 'role', 'home-1', { roles: ['auditor', 'member'] }, [OPERATOR])),
      null,
    );
    await approve(id, FOUR);
    await ledger.seal();
    const { roles, key } = ledger.state.roster.get('home-1')!;
    assert.deepEqual([roles, key], [['auditor', 'member'], keyOf('home-1', 1).record.vkey]);
  });

  for (const action of ['leave', 'key'] as const) {
    it(`is not replaced after a ${action}, also in the block of the last approval`, async () => {
      const id = await propose();
      await ledger.seal();
      await approve(id, FOUR);
      const [own, next] = [keyOf('home-1'), keyOf('home-1', 2)];
      const fields = action === 'key' ? keysIn(next) : {};
      const signers = action === 'key' ? [OPERATOR, own, next] : [OPERATOR];
      assert.equal(await add(village.change(ledger.state.roster, action, 'home-1', fields, signers)), null);
      await ledger.seal();
      assert.equal(keyNow(), (action === 'key' ? next : own).record.vkey);
      assert.equal(ledger.state.powers.recoveries.size, 0);
    });
  }

  it('counts approvals of those who are members then: who left is none of the others', async () => {
    const id = await propose();
    await approve(id, ['home-2', 'home-3']);
    const { roster } = ledger.state;
    assert.equal(await add(village.change(roster, 'leave', 'home-2', {}, [OPERATOR])), null);
    await ledger.seal();
    // Four others are left: three must agree, and home-2 is none of them.
    await approve(id, ['home-4']);
    await ledger.seal();
    assert.equal(keyNow(), keyOf('home-1').record.vkey);
    await approve(id, [STANDBY]);
    await ledger.seal();
    assert.equal(keyNow(), keyOf('home-1', 1).record.vkey);
  });

  it('is proposed by the operator and the new key', async () => {
    const { roster } = ledger.state;
    const next = keyOf('home-1', 1);
    const fields = keysIn(next);
    const cases: readonly (readonly [name: string, code: string | null, record: SignedRecord])[] = [
      ['without the operator', 'unsigned', village.change(roster, 'recover', 'home-1', fields, [next])],
      ['without the new key', 'unsigned', village.change(roster, 'recover', 'home-1', fields, [OPERATOR])],
      [
        'with the old key too',
        'wrong-key',
        village.change(roster, 'recover', 'home-1', fields, [OPERATOR, next, keyOf('home-1')]),
      ],
      ['by another member', 'unsigned', village.recovery(roster, 'home-1', next, keyOf('home-2'))],
      ['of a stranger', 'bad-change', village.recovery(roster, 'home-9', keyOf('home-9', 1))],
      ['with the key that it has', 'bad-change', village.recovery(roster, 'home-1', keyOf('home-1'))],
      [
        'with another role',
        'bad-change',
        village.change(roster, 'recover', 'home-1', { ...fields, roles: ['auditor'] }, [OPERATOR, next]),
      ],
      ['of the operator', 'bad-change', village.recovery(roster, 'operator', keyOf('operator', 1))],
      [
        'for another epoch',
        'wrong-ledger',
        village.change(roster, 'recover', 'home-1', fields, [OPERATOR, next], `${COMMUNITY}/ledger/2`),
      ],
      ['as it should be', null, village.recovery(roster, 'home-1', next)],
      ['twice in a block', 'already-recorded', village.recovery(roster, 'home-1', keyOf('home-1', 2))],
    ];
    for (const [name, code, record] of cases) assert.equal(await add(record), code, name);
  });

  it('is proposed by a member elsewhere, and the operator adds its signature', async () => {
    const next = keyOf('home-1', 1);
    await ledger.enrol(village.change(ledger.state.roster, 'recover', 'home-1', keysIn(next), [next]));
    assert.equal(ledger.state.powers.recoveries.get('home-1')?.key, next.record.vkey);
    await assert.rejects(
      ledger.enrol(
        village.change(ledger.state.roster, 'recover', 'home-2', keysIn(keyOf('home-2', 1)), [keyOf('home-3')]),
      ),
      /signature/,
    );
  });

  it('is approved by members, each once, not by the one concerned', async () => {
    const id = await propose();
    const cases: readonly (readonly [name: string, code: string | null, record: SignedRecord])[] = [
      ['by the one concerned', 'wrong-role', village.approval('home-1', id)],
      ['with its new key', 'wrong-key', village.approval('home-1', id, keyOf('home-1', 1))],
      ['by a stranger', 'unknown-member', village.approval('home-9', id)],
      ['under the name of another', 'unsigned', village.approval('home-2', id, keyOf('home-3'))],
      ['of nothing', 'bad-change', village.approval('home-2', 'a'.repeat(64))],
      ['signed by two', 'wrong-key', cosignRecord(village.approval('home-2', id), keyOf('home-3').record)],
      [
        'for another epoch',
        'wrong-ledger',
        village.record('home-2', 'approval', null, { record: id }, { ledger: `${COMMUNITY}/ledger/2` }),
      ],
      ['as it should be', null, village.approval('home-2', id)],
      ['by the same once more', 'already-recorded', village.approval('home-2', id)],
      ['by the operator', null, village.approval('operator', id)],
    ];
    for (const [name, code, record] of cases) assert.equal(await add(record), code, name);
  });

  it('keeps the proposed key from everybody else while it waits', async () => {
    await propose('home-1', 1);
    await ledger.seal();
    const same = memberKeys(COMMUNITY, 'home-2', seedOf('seed 1 of home-1'));
    const { roster } = ledger.state;
    const change = village.change(roster, 'key', 'home-2', keysIn(same), [OPERATOR, keyOf('home-2'), same]);
    assert.equal(await add(change), 'bad-change');
  });

  it('stays proposed, with its approvals, when the ledger is opened again', async () => {
    const id = await propose();
    await ledger.seal();
    await approve(id, FOUR.slice(0, 3));
    await ledger.close();
    ledger = await village.begin();
    assert.deepEqual([...ledger.state.powers.recoveries.get('home-1')!.approvedBy], FOUR.slice(0, 3));
    assert.equal(await add(village.approval('operator', id)), 'already-recorded');
    await approve(id, FOUR.slice(3));
    await ledger.close();
    ledger = await village.begin();
    await ledger.seal();
    assert.equal(keyNow(), keyOf('home-1', 1).record.vkey);
  });

  it('knows which roster judged a leaf, recoveries included', async () => {
    const before = ledger.size;
    const id = await propose();
    await approve(id, FOUR);
    await ledger.seal();
    await ledger.seal();
    assert.equal(ledger.rosterAt(before).get('home-1')?.key, keyOf('home-1').record.vkey);
    assert.equal(ledger.rosterAt(ledger.size - 1).get('home-1')?.key, keyOf('home-1', 1).record.vkey);
  });
});

describe('a key that is replaced', () => {
  let village: Village;
  let ledger: Ledger;
  before(async () => {
    village = new Village();
    ledger = await village.begin();
  });
  after(async () => {
    await ledger.close();
    village.remove();
  });
  const codes = async (...records: SignedRecord[]) =>
    (await ledger.append(records)).map((result) => (result.ok ? null : result.refusal.code));
  const note = (n: number) => village.record('home-1', 'note', null, { text: 'a' }, { keys: keyOf('home-1', n) });

  it('signs until the header that closes the block of the change, and nothing after it', async () => {
    const [old, next] = [keyOf('home-1'), keyOf('home-1', 1)];
    const change = village.change(ledger.state.roster, 'key', 'home-1', keysIn(next), [OPERATOR, old, next]);
    const kept = note(0);
    assert.deepEqual(await codes(note(0), change, note(0), note(1), kept), [null, null, null, 'wrong-key', null]);
    await ledger.seal();
    assert.deepEqual(await codes(note(0), note(1)), ['wrong-key', null]);
    const [again] = await ledger.append([kept]);
    assert.equal(again?.ok && again.duplicate, true, 'what stands there, stands there');
  });

  it('and one that was revoked signs nothing from the next header on', async () => {
    const leave = village.change(ledger.state.roster, 'leave', 'home-2', {}, [OPERATOR]);
    const own = () => village.record('home-2', 'note', null, { text: 'a' });
    assert.deepEqual(await codes(leave, own()), [null, null]);
    await ledger.seal();
    assert.deepEqual(await codes(own()), ['unknown-member']);
    const again = village.change(ledger.state.roster, 'join', 'home-2', keysIn(keyOf('home-2', 1)), [
      OPERATOR,
      keyOf('home-2', 1),
    ]);
    assert.deepEqual(await codes(again), [null]);
    await ledger.seal();
    assert.deepEqual(await codes(own()), ['wrong-key'], 'who joins again with another key has lost the first');
  });

  it('cannot speak for another interval, epoch or community', async () => {
    const interval = '2026-11-22T08:15Z';
    const order = village.order('home-3', interval, 'buy', 5, 200_000);
    assert.deepEqual(await codes(order), [null]);
    const moved = { ...order, note: order.note.replace(interval, '2026-11-22T08:30Z') };
    const elsewhere = { ...order, note: order.note.replace(ORIGIN, `${COMMUNITY}/ledger/2`) };
    const stranger = { ...order, note: order.note.replace(`"${ORIGIN}"`, '"other.example/ledger/1"') };
    assert.deepEqual(await codes(moved, elsewhere, stranger), ['bad-signature', 'wrong-ledger', 'wrong-ledger']);
    const [again] = await ledger.append([order]);
    assert.equal(again?.ok && again.duplicate, true, 'the same record again is the same record');
  });

  it('bears a name of plain letters: no second member looks like the first', async () => {
    const names = [
      'home\u20111',
      'h\u043eme-1',
      'Home-1',
      'home-1 ',
      'home-\uff11',
      '-home',
      'home_1',
      `h${'o'.repeat(63)}`,
    ];
    for (const name of names) {
      assert.throws(
        () => village.record(name, 'note', null, { text: 'a' }, { keys: keyOf('home-3') }),
        /is not a member id/,
        name,
      );
    }
    assert.equal(HOMES.length, 4);
  });
});
