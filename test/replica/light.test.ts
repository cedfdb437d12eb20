// A light member believes nothing that is not shown, and stays small however long it was away.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { MOST_HEADS, MOST_OWN } from '../../src/replica/light.ts';
import { newestCheckpoint } from '../../src/replica/serve.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { cosign, Machine } from './machine.ts';
import { Network, OperatorStation, seeded } from './network.ts';

describe('a light member', () => {
  it('catches up after 30 days, with bounded memory and disk', async function () {
    this.timeout(120_000);
    const street = new Street();
    const ledger = await street.open({ exportEvery: 0, durability: 'when-closed' });
    const network = new Network(seeded(5));
    const operator = new OperatorStation(street, ledger);
    const home = new Machine(street, 'home-1');
    network.join(operator, home);
    await network.run(4);
    const before = home.saved.text!.length;
    assert.equal(home.light.head?.size, ledger.size);
    network.leave(home);
    // A block per quarter hour, each with a note: 30 days.
    for (let i = 0; i < 2880; i++) {
      street.now += 900_000;
      await ledger.append([street.record('home-2', 'note', null, { text: `${i}` })]);
      await ledger.seal();
    }
    network.join(home);
    const asked = network.delivered;
    await network.run(6);
    assert.equal(home.light.head?.size, ledger.size);
    const last = home.verdicts.at(-1);
    assert.ok(last?.state === 'following' && last.size === ledger.size, JSON.stringify(last));
    assert.ok(network.delivered - asked < 60, `${network.delivered - asked} messages`);
    assert.ok(home.saved.text!.length < before + 2000, `${home.saved.text!.length} characters are kept`);
    // And while it follows block by block, heads do not pile up.
    for (let i = 0; i < MOST_HEADS + 20; i++) {
      street.now += 900_000;
      await ledger.seal();
      network.send(null, [newestCheckpoint(operator.end.served, home.light.head!.size, 'home-1')]);
      await network.deliver();
    }
    assert.equal(home.light.head?.size, ledger.size);
    assert.ok(home.saved.text!.length < 100_000, `${home.saved.text!.length} characters are kept`);
    assert.ok(home.light.own.length <= MOST_OWN);
    assert.ok(statSync(home.path).size < 200_000);
    home.store.close();
    await ledger.close();
    street.remove();
  });

  it('takes no head without proof, and none with a wrong one', async () => {
    const street = new Street();
    const ledger = await street.open();
    const network = new Network(seeded(6));
    const operator = new OperatorStation(street, ledger);
    const home = new Machine(street, 'home-1');
    network.join(operator, home);
    await network.run(4);
    const { head } = home.light;
    await street.gates(ledger, 1);
    const honest = newestCheckpoint(operator.end.served, head!.size);
    const wrong = { size: head!.size, proof: honest.from!.proof.toReversed() };
    const elsewhere = newestCheckpoint(operator.end.served, 3);
    network.leave(operator);
    for (const lie of [{ ...honest, from: null }, { ...honest, from: wrong }, elsewhere]) {
      network.send(null, [lie]);
      await network.deliver();
      assert.equal(home.light.head?.size, head?.size);
    }
    assert.equal(home.light.cheated, null);
    network.send(null, [honest]);
    await network.deliver();
    assert.equal(home.light.head?.size, ledger.size);
    home.store.close();
    await ledger.close();
    street.remove();
  });

  it('keeps the proofs of its own records', async () => {
    const street = new Street();
    const ledger = await street.open();
    const network = new Network(seeded(8));
    const home = new Machine(street, 'home-1');
    network.join(new OperatorStation(street, ledger), home);
    await network.run(2);
    network.send(home, home.add('mine'));
    await network.run(2);
    await ledger.seal();
    cosign(ledger, street);
    await network.run(8);
    const [own, ...others] = home.light.own;
    assert.deepEqual([own?.index, others], [7, []]);
    assert.equal(home.saved.text?.includes(own!.id), true);
    home.store.close();
    await ledger.close();
    street.remove();
  });

  it('knows the orders of the auction that was cleared last, each proven', async () => {
    const street = new Street();
    const ledger = await street.open();
    const network = new Network(seeded(10));
    const home = new Machine(street, 'home-1');
    network.join(new OperatorStation(street, ledger), home);
    await network.run(4);
    await street.gate(ledger, FIRST);
    await network.run(4);
    const orders = ledger.records({ kind: 'order' });
    assert.deepEqual(
      home.light.orders.map(({ id, index, wh }) => [id, index, wh]),
      orders.map(({ id, index, body }) => [id, index, (body as { wh: number }).wh]),
    );
    assert.equal(orders.length, 3);
    await ledger.seal();
    await network.run(4);
    assert.deepEqual(home.light.orders, []);
    home.store.close();
    await ledger.close();
    street.remove();
  });

  it('tells two heads of one size', async () => {
    const street = new Street();
    const ledger = await street.open();
    const network = new Network(seeded(9));
    const home = new Machine(street, 'home-1');
    network.join(new OperatorStation(street, ledger), home);
    await network.run(4);
    const honest = newestCheckpoint(new OperatorStation(street, ledger).end.served);
    const note = signCheckpoint(
      { origin: ORIGIN, size: honest.size, root: new Uint8Array(32) },
      keysOf('operator').log(ORIGIN),
    );
    network.send(null, [{ ...honest, note }]);
    await network.deliver();
    assert.equal(home.light.cheated?.code, 'equivocation');
    home.store.close();
    await ledger.close();
    street.remove();
  });
});
