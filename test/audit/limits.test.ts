// Where the ledger's promises end (docs/promises.md), shown as they are: what these tests do, nobody finds in the ledger.
import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { checkEvidence } from '../../src/audit/evidence/check.ts';
import { contradictionOf } from '../../src/audit/evidence/compare.ts';
import { databaseSource } from '../../src/audit/sources.ts';
import { verifyStore } from '../../src/audit/verify.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import { cosignRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import { withCosignatures } from '../../src/log/cosignature.ts';
import { parseNote } from '../../src/log/note.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { accepted, COMMUNITY, FIRST, HOMES, keysOf, ORIGIN, Street, seedOf } from '../ledger/street.ts';
import { cheat, fork } from './cheat.ts';

const WITNESSES = ['operator', ...HOMES];
const LOG_KEY = keysOf('operator').log(ORIGIN).vkey;

describe('a limit of the ledger', () => {
  let street: Street;
  beforeEach(() => {
    street = new Street();
  });
  afterEach(() => street.remove());

  it('two histories that the same quorum has cosigned both hold, until somebody compares them', async () => {
    await (await street.open()).close();
    const other = fork(street);
    const copies = [cheat(street), cheat(other)];
    copies[0]!.seal([street.meter('home-1', FIRST, 1, 0)]);
    copies[1]!.seal([street.meter('home-1', FIRST, 2, 0)]);
    const shown = copies.map(({ store }) => {
      const note = store.checkpoint()!;
      const { text } = parseNote(note);
      const lines = WITNESSES.map((id) => keysOf(id).cosigner.cosign(text, 1_800_000_000));
      return { store, size: readCheckpoint(note).size, note: withCosignatures(note, lines) };
    });
    for (const { store, size, note } of shown) {
      const { ok, witnessed } = await verifyStore(store, {}, [{ size, note }]);
      assert.deepEqual([ok, witnessed?.cosigned, witnessed?.needed], [true, 4, 3]);
    }
    const [a, b] = shown.map(({ store, note }) => ({ checkpoint: note, source: databaseSource(store.raw) }));
    assert.equal((await checkEvidence(await contradictionOf(a!, b!, [LOG_KEY]))).ok, true);
    for (const { store } of copies) store.close();
    rmSync(other.directory, { recursive: true });
  });

  it('a meter that lies is believed: what it says is signed, not measured by others', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    // home-3 has used 900 Wh of its neighbours' and the supplier's energy, and says that it used nothing.
    accepted(await ledger.append([street.meter('home-3', intervalAfter(FIRST), 0, 0)]));
    await ledger.seal();
    assert.deepEqual((await verifyStore(ledger.store)).errors, []);
    await ledger.close();
  });

  it('an operator that trades may look at all orders first and place its own last, before it closes the gate', async () => {
    const options = street.options();
    const members = options.genesis!.members.map((member) =>
      'id' in member && member.id === 'operator' ? { ...member, roles: ['member', 'operator'] as const } : member,
    );
    const ledger = await street.open({ genesis: { ...options.genesis!, members } });
    accepted(await ledger.append([street.order('home-2', FIRST, 'buy', 700, 250_000)]));
    // It has read the limit of home-2, and asks just that.
    accepted(await ledger.append([street.order('operator', FIRST, 'sell', 700, 250_000)]));
    const clearing = street.clearing(ledger, FIRST, await ledger.closeGate(FIRST));
    await ledger.seal({ interval: FIRST, records: [street.record('operator', 'clearing', FIRST, clearing)] });
    assert.equal(clearing.price, 250_000);
    assert.deepEqual((await verifyStore(ledger.store)).errors, []);
    await ledger.close();
  });

  it('who has stolen a key signs as its member, until the key is replaced', async () => {
    const ledger = await street.open();
    const { active: _active, ...entry } = ledger.state.roster.get('home-1')!;
    const fresh = memberKeys(COMMUNITY, 'home-1', seedOf('a new seed of home-1'));
    const byThief = () => street.order('home-1', FIRST, 'buy', 10, 300_000);
    accepted(await ledger.append([byThief()]));
    const change = { ...entry, action: 'key' as const, key: fresh.record.vkey };
    const replaced = street.record('home-1', 'roster', null, change, { keys: keysOf('operator') });
    accepted(
      await ledger.append([
        [fresh, keysOf('home-1')].reduce((each, { record }) => cosignRecord(each, record), replaced as SignedRecord),
      ]),
    );
    accepted(await ledger.append([byThief()]));
    await ledger.seal();
    const [refused] = await ledger.append([byThief()]);
    assert.equal(refused?.ok === false && refused.refusal.code, 'wrong-key');
    assert.deepEqual((await verifyStore(ledger.store)).errors, []);
    await ledger.close();
  });
});
