import assert from 'node:assert/strict';
import { cloneSentence, foreignRecords } from '../../src/ledger/foreign-records.ts';
import { cosignRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { accepted, FIRST, keysOf, Street } from './street.ts';

describe('a cloned key', () => {
  const street = new Street();
  after(() => street.remove());

  it('is told from the log: what bears our signature and was not made here', async () => {
    const ledger = await street.open();
    const made = new Set<string>();
    const here = <R extends SignedRecord & { readonly id: string }>(record: R): R => {
      made.add(record.id);
      return record;
    };
    const { vkey } = keysOf('home-1').record;
    const found = () => [...foreignRecords(ledger.store.leaves(0, 1000), vkey, (id) => made.has(id))];
    const [join] = found();
    assert.deepEqual([join?.kind, found().length], ['roster', 1], 'its own join, until it is known');
    made.add(join!.id);
    accepted(
      await ledger.append([
        here(street.order('home-1', FIRST, 'sell', 500, 100_000)),
        street.order('home-2', FIRST, 'buy', 500, 200_000),
        street.record('operator', 'note', null, { text: 'of home-1, by somebody else' }),
      ]),
    );
    assert.deepEqual(found(), []);
    const clone = street.order('home-1', FIRST, 'sell', 700, 100_000);
    const trade = cosignRecord(
      street.record('home-2', 'trade', FIRST, { buyer: 'home-2', seller: 'home-1', wh: 5, price: 100_000 }),
      keysOf('home-1').record,
    );
    const [index, traded] = accepted(await ledger.append([clone, trade]));
    await ledger.seal();
    assert.deepEqual(
      found().map((record) => [record.index, record.kind]),
      [
        [index, 'order'],
        [traded, 'trade'],
      ],
    );
    assert.match(
      cloneSentence('home-1', found()[0]!),
      /^the order for 2026-11-22T08:15Z at leaf 10 is signed by the key of home-1, but not by this machine/,
    );
    await ledger.close();
  });

  it('is not told from a line that only bears our name', () => {
    const forged = street.record('home-1', 'note', null, { text: 'a' });
    const other = street.record('home-1', 'note', null, { text: 'b' });
    const line = (record: SignedRecord) => record.note.split('\n\n')[1]!;
    const note = forged.note.replace(line(forged), line(other));
    assert.deepEqual([...foreignRecords([{ index: 0, note }], keysOf('home-1').record.vkey, () => false)], []);
  });
});
