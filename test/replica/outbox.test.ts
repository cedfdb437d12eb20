// An outbox loses nothing: whatever is lost, doubled, reordered or restarted, each record is in the ledger once, in order, and leaves
// the outbox only with a proof under a witnessed checkpoint.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { readNote } from '../../src/ledger/record.ts';
import { openOutbox } from '../../src/replica/outbox-store.ts';
import { HOMES, ORIGIN, Street } from '../ledger/street.ts';
import { cosign, Machine } from './machine.ts';
import { Network, OperatorStation, seeded } from './network.ts';

const notesOf = (ledger: Ledger, member: string) =>
  ledger.records({ member, kind: 'note' }).map(({ body }) => (body as { text: string }).text);

describe('an outbox', () => {
  let street: Street;
  let ledger: Ledger;

  beforeEach(async () => {
    street = new Street();
    ledger = await street.open();
  });

  afterEach(async () => {
    await ledger.close();
    street.remove();
  });

  it('keeps a record until it is witnessed, not only sealed', async () => {
    const network = new Network(seeded(3));
    const home = new Machine(street, 'home-1');
    network.join(new OperatorStation(street, ledger), home);
    network.send(home, home.add('first'));
    await network.run(3);
    assert.deepEqual(notesOf(ledger, 'home-1'), ['first']);
    const [entry] = home.store.waiting(true, 10);
    assert.equal(entry?.index, 7);
    assert.equal(entry?.receipt?.index, 7);
    await ledger.seal();
    await network.run(3);
    assert.equal(home.outbox.count, 1);
    cosign(ledger, street, HOMES.slice(0, 2));
    await network.run(3);
    assert.equal(home.outbox.count, 1);
    cosign(ledger, street);
    await network.run(8);
    assert.equal(home.outbox.count, 0);
    assert.deepEqual(home.outcome, [{ state: 'proven', id: entry?.id, index: 7 }]);
    // What went through stays known: it is what this machine made.
    assert.ok(home.outbox.made(entry!.id, '2027-01-01T00:00:00.000Z'));
    assert.equal(home.outbox.made('0'.repeat(64), '2027-01-01T00:00:00.000Z'), false);
    assert.ok(home.outbox.made('0'.repeat(64), '2020-01-01T00:00:00.000Z'));
    home.store.close();
  });

  it('gives a refused record back, with the reason that the operator has signed', async () => {
    const network = new Network(seeded(4));
    const home = new Machine(street, 'home-1');
    network.join(new OperatorStation(street, ledger), home);
    await network.run(2);
    const late = street.order('home-1', '2026-11-22T08:15Z', 'buy', 1, 1);
    network.send(home, home.outbox.add(late).send);
    network.send(home, home.add('after it'));
    // Who forges a refusal, or an acknowledgement, stops nothing.
    network.send(null, [{ type: 'refused', origin: ORIGIN, note: 'x\n\n— x AAAAAAAA\n', to: 'home-1' }]);
    await network.run(4);
    const [refused, ...others] = home.outcome;
    assert.deepEqual(others, []);
    assert.ok(refused?.state === 'refused' && refused.code === 'out-of-bounds');
    assert.equal(readNote(refused.record.note).id, late.id);
    assert.deepEqual(notesOf(ledger, 'home-1'), ['after it']);
    assert.throws(() => home.outbox.add(street.record('home-2', 'note', null, { text: 'x' })), /of home-2/);
    home.store.close();
  });

  it('refuses to open what is no outbox', () => {
    assert.throws(() => openOutbox(street.database, 0), /in use|not an outbox/);
  });

  it('whatever the network does: each record once, in order, and nothing is left', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 0, max: 50 }),
        async (seed, lostPercent) => {
          const here = new Street();
          const random = seeded(seed);
          const there = await here.open();
          const network = new Network(random, { lost: lostPercent / 100, doubled: 0.2 });
          const machines = ['home-1', 'home-2'].map((member) => new Machine(here, member));
          network.join(new OperatorStation(here, there), ...machines);
          const said = new Map<string, string[]>();
          for (let i = 0; i < 12; i++) {
            const machine = machines[Math.floor(random() * 2)]!;
            said.set(machine.member, [...(said.get(machine.member) ?? []), `note ${i}`]);
            network.send(machine, machine.add(`note ${i}`));
            await network.deliver(Math.floor(random() * 10));
            if (random() < 0.3) await network.tick();
            if (random() < 0.3) machines[Math.floor(random() * 2)]!.restart();
            if (random() < 0.2) await there.seal();
          }
          network.faults = { lost: lostPercent / 200, doubled: 0.1 };
          for (let round = 0; round < 300 && machines.some(({ outbox }) => outbox.count > 0); round++) {
            await network.run(1);
            if (round % 8 === 7) {
              await there.seal();
              cosign(there, here);
            }
          }
          for (const { member, outbox, outcome, store } of machines) {
            assert.equal(outbox.count, 0, `${member} still has ${outbox.count}`);
            assert.deepEqual(notesOf(there, member), said.get(member) ?? []);
            const proven = outcome.filter(({ state }) => state === 'proven').length;
            assert.equal(proven, (said.get(member) ?? []).length);
            store.close();
          }
          await there.close();
          here.remove();
        },
      ),
      { numRuns: 6 },
    );
  });
});
