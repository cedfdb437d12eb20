// Replicas against a real ledger: whatever the network does to their messages, all honest ones end with the operator's root, each
// having checked everything itself.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { verifyStore } from '../../src/audit/verify.ts';
import { toBase64 } from '../../src/log/bytes.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { Network, OperatorStation, ReplicaStation, seeded } from './network.ts';

describe('a replica that follows', () => {
  let street: Street;

  beforeEach(() => {
    street = new Street();
  });

  afterEach(() => street.remove());

  it('ends with the operator’s root, audited, and its copy verifies', async () => {
    const ledger = await street.open();
    const network = new Network(seeded(1));
    const home = new ReplicaStation(street, 'home-1');
    network.join(new OperatorStation(street, ledger), home);
    await street.gates(ledger, 3);
    await network.run(8);
    assert.equal(home.replica.size, ledger.size);
    assert.equal(home.replica.audited, ledger.size);
    const held = home.verdicts.findLast(({ state }) => state === 'held');
    assert.ok(held?.state === 'held');
    assert.deepEqual([held.block, held.size, held.root], [4, ledger.size, toBase64(ledger.root())]);
    // The meters of the others are withheld from it, and with them their bills; its own was checked.
    assert.equal(held.withheld, 6);
    assert.equal(home.replica.cheated, null);
    const { ok, errors } = await verifyStore(home.store);
    assert.deepEqual([ok, errors], [true, []]);
    home.store.close();
    await ledger.close();
  });

  it('all honest replicas end alike, whatever is lost, doubled, reordered or restarted', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 0, max: 40 }),
        async (seed, count, lostPercent) => {
          const here = new Street();
          const random = seeded(seed);
          const network = new Network(random, { lost: lostPercent / 100, doubled: 0.2 });
          const ledger = await here.open();
          const members = ['home-1', 'home-2', 'home-3', 'operator-2', 'home-9'].slice(0, count);
          const replicas = members.map(
            (member) => new ReplicaStation(here, member, random() < 0.5 ? keysOf('operator').log(ORIGIN).vkey : null),
          );
          network.join(new OperatorStation(here, ledger), ...replicas);
          for (let gate = 0; gate < 3; gate++) {
            await here.gate(ledger, intervalAfter(FIRST, gate));
            await network.tick();
            await network.deliver(Math.floor(random() * 40));
            if (random() < 0.5) replicas[Math.floor(random() * count)]!.restart();
          }
          await ledger.seal();
          network.faults = { lost: lostPercent / 200, doubled: 0.1 };
          for (let round = 0; round < 60 && replicas.some(({ replica }) => replica.audited < ledger.size); round++) {
            await network.run(1);
          }
          for (const { replica, store, verdicts } of replicas) {
            assert.equal(replica.cheated, null, JSON.stringify(replica.cheated));
            assert.deepEqual([replica.size, replica.audited], [ledger.size, ledger.size]);
            assert.equal(toBase64(store.root()), toBase64(ledger.root()));
            assert.ok(verdicts.some(({ state }) => state === 'held'));
            store.close();
          }
          await ledger.close();
          here.remove();
        },
      ),
      { numRuns: 8 },
    );
  });
});
