// Lies of an operator: each is signed by its keys, and each is told by a member's own audit or by what the member holds.
import assert from 'node:assert/strict';
import { verifyStore } from '../../src/audit/verify.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { readNote } from '../../src/ledger/record.ts';
import { HEADER_KIND } from '../../src/ledger/views.ts';
import type { LogStore } from '../../src/log/store.ts';
import { forge, LIES, type Lie } from '../../src/simulation/cheating-operator.ts';
import { keysOf, ORIGIN, Street } from '../ledger/street.ts';

describe('an operator that lies', () => {
  let street: Street;
  let ledger: Ledger;

  before(async () => {
    street = new Street();
    ledger = await openLedger(street.options());
    await street.gates(ledger, 3);
  });
  after(async () => {
    await ledger.close();
    street.remove();
  });

  const lie = (which: Lie): LogStore =>
    forge({ store: ledger.store, operator: keysOf('operator'), origin: ORIGIN, random: street.random }, which);
  /** The block that differs, in both logs. */
  const lastBlock = (store: LogStore) => {
    const header = store.select({ kind: HEADER_KIND, newestFirst: true, limit: 1 })[0]!;
    return { header, kinds: store.leaves(header.index - 6, 6).map(({ tags }) => tags.kind) };
  };

  it('leaves the honest ledger as it is', async () => {
    const { size } = ledger;
    for (const which of LIES) lie(which);
    assert.equal(ledger.size, size);
    assert.equal((await verifyStore(ledger.store)).ok, true);
  });

  it('changes a fill: every audit finds the clearing wrong', async () => {
    const store = lie('change-fill');
    const { ok, errors } = await verifyStore(store);
    assert.equal(ok, false);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['wrong-clearing'],
    );
    assert.equal(store.leaf(errors[0]!.leaf!)?.tags.kind, 'clearing');
  });

  it('drops an order: the log agrees with itself, and the record that was acknowledged is not in it', async () => {
    const store = lie('drop-order');
    assert.deepEqual((await verifyStore(store)).errors, []);
    const honest = ledger.store.select({ kind: 'order' }).map(({ id }) => id);
    const missing = honest.filter((id) => store.indexOf(id) === undefined);
    assert.equal(missing.length, 1);
    const place = ledger.store.indexOf(missing[0]!)!;
    assert.notEqual(store.leaf(place)?.note, ledger.leaf(place)?.note);
  });

  it('rewrites a block: the log agrees with itself, and two roots are signed for one size', async () => {
    const store = lie('rewrite-block');
    assert.deepEqual((await verifyStore(store)).errors, []);
    const other = ledger.store.checkpoints(store.size, 1)[0]!;
    assert.equal(other.size, store.size);
    assert.notEqual(other.note, store.checkpoint());
    assert.deepEqual(
      lastBlock(store).kinds.filter((kind) => kind === 'note'),
      ['note'],
    );
  });

  it('signs what it puts in itself', () => {
    for (const which of LIES) {
      const clearing = lie(which).select({ kind: 'clearing', newestFirst: true, limit: 1 })[0]!;
      const { head, signatures } = readNote(clearing.note);
      assert.deepEqual([head.member, signatures.length], ['operator', 1]);
    }
  });

  it('has nothing to lie about before anything was traded', async () => {
    const quiet = new Street();
    const empty = await openLedger(quiet.options());
    try {
      assert.throws(
        () =>
          forge(
            { store: empty.store, operator: keysOf('operator'), origin: ORIGIN, random: quiet.random },
            'drop-order',
          ),
        /nothing has been traded yet/,
      );
    } finally {
      await empty.close();
      quiet.remove();
    }
  });
});
