// What an operator tries, and what its members' machines say: each cheat is told with its code, and with the proof that an evidence
// file needs. None of it accuses an operator for what somebody else sent.
import assert from 'node:assert/strict';
import { checkEvidenceText } from '../../src/audit/evidence/check.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { receiptsOf } from '../../src/ledger/receipt.ts';
import { fromBase64, fromHex } from '../../src/log/bytes.ts';
import { readCheckpoint, signCheckpoint } from '../../src/log/checkpoint.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore } from '../../src/log/store.ts';
import { CompactTree, leafHash, verifyInclusion } from '../../src/log/tree.ts';
import { evidenceOf } from '../../src/replica/evidence.ts';
import { Replica } from '../../src/replica/follow.ts';
import type { Message } from '../../src/replica/messages.ts';
import { answer, newestCheckpoint, type ServedLog } from '../../src/replica/serve.ts';
import type { Cheated, Proof } from '../../src/replica/verdict.ts';
import type { Community } from '../../src/replica/visible.ts';
import { cheat } from '../audit/cheat.ts';
import { CHEATS, clearing, next, readyToCheat, right } from '../audit/cheats.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { Network, OperatorStation, ReplicaStation, type Station, seeded } from './network.ts';

const LOG_KEY = keysOf('operator').log(ORIGIN);

/** Answers from any store as an operator does. */
class StoreStation implements Station {
  readonly #served: ServedLog;
  readonly #street: Street;

  constructor(street: Street, store: LogStore, community: Community) {
    this.#street = street;
    const collected = (note: string) => ({ note, reached: false });
    this.#served = { origin: ORIGIN, store, community, collected, witnessed: () => null, rosterAt: () => null };
  }

  async receive(message: Message): Promise<readonly Message[]> {
    const asked = message.type === 'leaves-wanted' || message.type === 'checkpoint-wanted';
    return asked ? answer(this.#served, message, this.#street.now) : [];
  }

  async tick(): Promise<readonly Message[]> {
    return [newestCheckpoint(this.#served)];
  }
}

function proofOf<Kind extends Proof['kind']>(cheated: Cheated | null, kind: Kind): Extract<Proof, { kind: Kind }> {
  assert.equal(cheated?.proof?.kind, kind, JSON.stringify(cheated));
  return cheated?.proof as Extract<Proof, { kind: Kind }>;
}

/** The evidence file holds for whoever has never seen the ledger. */
async function proven(store: LogStore, cheated: Cheated | null): Promise<void> {
  const evidence = await evidenceOf(cheated!, LOG_KEY.vkey, store);
  const verdict = await checkEvidenceText(JSON.stringify(evidence), { keys: [LOG_KEY.vkey] });
  assert.deepEqual(
    [verdict?.ok, verdict?.trusted, verdict?.evidence.code],
    [true, true, cheated?.code],
    JSON.stringify(verdict),
  );
}

describe('a cheating operator before its replicas', () => {
  let street: Street;
  let network: Network;
  let home: ReplicaStation;
  const stores: { close(): void }[] = [];

  beforeEach(() => {
    street = new Street();
    network = new Network(seeded(7));
    home = new ReplicaStation(street, 'home-1');
    network.join(home);
  });

  afterEach(() => {
    home.store.close();
    for (const store of stores.splice(0)) store.close();
    street.remove();
  });

  for (const [what, code, make] of CHEATS) {
    it(`${what} is told as ${code}`, async () => {
      await readyToCheat(street);
      const { store, context, seal } = cheat(street);
      stores.push(store);
      const first = store.size;
      seal(make(street));
      // What an order says, others may read once its auction is cleared.
      if (code === 'out-of-bounds') seal([clearing(street, {})]);
      network.join(new StoreStation(street, store, context.state));
      await network.run(6);
      const { cheated } = home.replica;
      assert.equal(cheated?.code, code, JSON.stringify(home.verdicts));
      assert.ok((cheated?.leaf ?? -1) >= first);
      const { checkpoint, beyond } = proofOf(cheated, 'history');
      const { size } = readCheckpoint(checkpoint);
      // Everything up to that checkpoint is at hand.
      assert.ok(home.replica.size + beyond.length >= size);
      await proven(home.store, cheated);
      // It stands after a restart, told from its own disk.
      home.restart();
      await network.run(4);
      assert.equal(home.replica.cheated?.code, code);
    });
  }

  it('a repeated leaf, which no store keeps, is told', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    const leaves = ledger.store.leaves(0, 100).map(({ note, body }) => ({ note, body }));
    const community = ledger.state;
    const sealed = ledger.store.checkpoints(1, 100);
    const [first] = sealed;
    // Block 1 once more with its first leaf twice: signed, as only the operator can.
    const block = leaves.slice(first!.size, sealed[1]!.size);
    const doubled = [block[0]!, ...block];
    const copy = CompactTree.at(first!.size, (level, index) => ledger.store.node(level, index));
    for (const { note } of doubled) copy.append(leafHash(note));
    const checkpoint = signCheckpoint({ origin: ORIGIN, size: copy.size, root: copy.root() }, LOG_KEY);
    const served = new StoreStation(street, ledger.store, community);
    const [honest] = await served.receive({
      type: 'leaves-wanted',
      origin: ORIGIN,
      from: 0,
      limit: first!.size,
      member: 'home-1',
    });
    await home.receive(honest!);
    const sent = doubled.map((leaf, i) => ({ ...leaf, ...(i === doubled.length - 1 ? { checkpoint } : {}) }));
    await home.receive({
      type: 'leaves',
      origin: ORIGIN,
      from: first!.size,
      leaves: sent,
      size: copy.size,
      checkpoint,
    });
    assert.ok(
      ['already-recorded', 'wrong-header'].includes(home.replica.cheated?.code ?? ''),
      JSON.stringify(home.verdicts),
    );
    assert.equal(proofOf(home.replica.cheated, 'history').beyond.length, doubled.length);
    await proven(home.store, home.replica.cheated);
    await ledger.close();
  });

  it('its own bill is checked though the meters of the others are withheld', async () => {
    await readyToCheat(street);
    const { store, context, seal } = cheat(street);
    stores.push(store);
    seal([clearing(street, {})]);
    const metered: [string, number, number][] = [
      ['home-1', 0, 1200],
      ['home-2', 650, 0],
      ['home-3', 900, 10],
    ];
    // The operator counts 100 Wh less of home-1, in all lines and rows alike: nothing in the settlement contradicts itself.
    const wrong = street.settlement(next, right, [['home-1', 0, 1100], ...metered.slice(1)]);
    seal([
      ...metered.map(([member, imported, exported]) => street.meter(member, next, imported, exported)),
      street.record('operator', 'settlement', next, wrong),
    ]);
    const other = new ReplicaStation(street, 'home-2');
    stores.push({ close: () => other.store.close() });
    network.join(new StoreStation(street, store, context.state), other);
    await network.run(6);
    assert.equal(home.replica.cheated?.code, 'wrong-settlement');
    assert.match(home.replica.cheated?.text ?? '', /the bill of home-1/);
    await proven(home.store, home.replica.cheated);
    // Whom it does not concern cannot know.
    assert.equal(other.replica.cheated, null);
    assert.equal(other.replica.audited, store.size);
  });

  /** The same genesis, and then another block: what an operator shows to somebody else. */
  async function twoHistories(gatesA: number, gatesB: number): Promise<{ a: Ledger; b: Ledger }> {
    const a = await street.open();
    await street.gates(a, gatesA);
    const twin = new Street();
    twin.random(16);
    const b = await twin.open({ path: `${street.directory}/twin`, random: twin.random });
    twin.now += 1;
    await twin.gates(b, gatesB);
    stores.push({ close: () => twin.remove() });
    return { a, b };
  }

  it('two checkpoints of one size are evidence at once', async () => {
    const { a, b } = await twoHistories(1, 1);
    network.join(new OperatorStation(street, a));
    await network.run(4);
    assert.equal(home.verdicts.at(-1)?.state, 'following');
    network.send(null, [newestCheckpoint(new OperatorStation(street, b).end.served)]);
    await network.deliver();
    const { a: mine, b: theirs, index } = proofOf(home.replica.cheated, 'equivocation');
    assert.equal(home.replica.cheated?.code, 'equivocation');
    assert.equal(index, undefined);
    const [one, two] = [readCheckpoint(mine.checkpoint), readCheckpoint(theirs.checkpoint)];
    assert.equal(one.size, two.size);
    assert.notDeepEqual(one.root, two.root);
    await proven(home.store, home.replica.cheated);
    await Promise.all([a.close(), b.close()]);
  });

  it('two histories of different length are compared, until one leaf proves it', async () => {
    const { a, b } = await twoHistories(2, 1);
    network.join(new OperatorStation(street, a));
    await network.run(4);
    // Another member was shown the other history, and tells of it.
    const shown = new OperatorStation(street, b);
    const notMine = newestCheckpoint(shown.end.served);
    assert.notEqual(home.store.checkpoints(notMine.size, 1)[0]?.size, notMine.size);
    network.join(new StoreStation(street, b.store, b.state));
    network.send(null, [notMine]);
    await network.run(6);
    const proof = proofOf(home.replica.cheated, 'equivocation');
    for (const side of [proof.a, proof.b]) {
      const { size, root } = readCheckpoint(side.checkpoint);
      assert.ok(verifyInclusion(fromHex(side.leaf!), proof.index!, size, side.path!.map(fromBase64), root));
    }
    assert.notEqual(proof.a.leaf, proof.b.leaf);
    home.restart();
    assert.equal(home.replica.cheated?.code, 'equivocation');
    await proven(home.store, home.replica.cheated);
    await Promise.all([a.close(), b.close()]);
  });

  it('a record left out despite its receipt is told, with receipt and proof of what stands there', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    network.join(new OperatorStation(street, ledger));
    const record = street.record('home-1', 'note', null, { text: 'never recorded' });
    const index = ledger.size;
    const time = new Date(street.now).toISOString();
    const [receipt] = receiptsOf(
      { origin: ORIGIN, term: 1, time, first: index, leafHashes: [leafHash(record.note)] },
      LOG_KEY,
    );
    await network.run(4);
    network.send(null, [{ type: 'receipt', origin: ORIGIN, id: record.id, index, receipt: receipt!, to: 'home-1' }]);
    await network.run(1);
    assert.notEqual(home.last?.state, 'cheated');
    home.restart();
    await street.gate(ledger, FIRST.replace('08:15', '08:30'));
    await ledger.seal();
    await network.run(6);
    assert.equal(home.replica.cheated?.code, 'omission');
    const { checkpoint, leaf, path, receipt: shown } = proofOf(home.replica.cheated, 'omission');
    const { size, root } = readCheckpoint(checkpoint);
    assert.ok(verifyInclusion(fromHex(leaf), index, size, path.map(fromBase64), root));
    assert.deepEqual([shown.index, shown.leaf === leaf], [index, false]);
    // The receipt is the only trace of it: a restart must not forget.
    home.restart();
    assert.equal(home.replica.cheated?.code, 'omission');
    await proven(home.store, home.replica.cheated);
    await ledger.close();
  });

  it('silence is told, and ends with the next block', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    network.join(new OperatorStation(street, ledger));
    await network.run(4);
    street.now = Date.parse('2026-11-22T08:25:00Z') + 6 * 60_000;
    await network.run(1);
    const said = home.last;
    assert.ok(said?.state === 'behind' && said.code === 'silence', JSON.stringify(said));
    await street.gate(ledger, FIRST.replace('08:15', '08:45'));
    await ledger.seal();
    street.now = Date.parse('2026-11-22T08:46:00Z');
    await network.run(6);
    assert.equal(home.last?.state, 'following');
    await ledger.close();
  });

  it('what others send accuses nobody: unsigned checkpoints, altered leaves, foreign bodies, broken proofs', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    const operator = new OperatorStation(street, ledger);
    const honest = newestCheckpoint(operator.end.served, 7);
    const forged = signCheckpoint(
      { origin: ORIGIN, size: honest.size, root: new Uint8Array(32) },
      keysOf('home-9').log(ORIGIN),
    );
    const [leaves] = answer(
      operator.end.served,
      { type: 'leaves-wanted', origin: ORIGIN, from: 0, limit: 256, member: 'home-1' },
      street.now,
    );
    assert.ok(leaves?.type === 'leaves');
    const altered = leaves.leaves.map((leaf, i) => (i === 9 ? { ...leaf, note: leaves.leaves[8]!.note } : leaf));
    const foreign = leaves.leaves.map((leaf) => ({ ...leaf, body: '{}' }));
    const broken = { ...honest, from: { size: 7, proof: [honest.root] } };
    const lies: Message[] = [
      { ...honest, note: forged },
      { ...leaves, leaves: altered },
      { ...leaves, leaves: foreign },
      { ...leaves, from: 3 },
      broken,
    ];
    for (const lie of lies) network.send(null, [lie]);
    await network.deliver();
    network.join(operator);
    for (const lie of lies) network.send(null, [lie]);
    await network.run(8);
    for (const lie of lies) network.send(null, [lie]);
    await network.run(8);
    assert.equal(home.replica.cheated, null, JSON.stringify(home.replica.cheated));
    assert.equal(home.replica.audited, ledger.size);
    assert.equal(home.last?.state, 'following', JSON.stringify(home.verdicts.slice(-5)));
    await ledger.close();
  });

  it('another key than the one that was given is not believed', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    const wary = new ReplicaStation(street, 'home-2', keysOf('home-9').log(ORIGIN).vkey);
    network.join(new OperatorStation(street, ledger), wary);
    await network.run(12);
    assert.equal(wary.replica.size, 0);
    assert.ok(wary.last?.state === 'behind' && wary.last.code === 'unknown-key', JSON.stringify(wary.last));
    wary.store.close();
    await ledger.close();
  });

  it('its own record that this machine did not make is told: somebody has its key', async () => {
    const ledger = await street.open();
    await street.gates(ledger, 1);
    const made = new Set<string>();
    const store = openSqliteStore(`${street.directory}/clone.sqlite`);
    const replica = new Replica({
      origin: ORIGIN,
      member: 'home-3',
      signer: null,
      operatorKey: null,
      store,
      saved: { read: () => null, write: () => {} },
      made: (id) => made.has(id),
    });
    const { leaves } = ledger.store.leaves(0, 100).reduce(
      (all, { note, id, tags, index }) => {
        if (tags.member === 'home-3' && tags.kind !== 'meter') made.add(id);
        const checkpoint = ledger.store.checkpoints(index + 1, 1)[0]!;
        all.leaves.push({
          note,
          body: ledger.leaf(index)!.body,
          ...(tags.kind === 'header' ? { checkpoint: checkpoint.note } : {}),
        });
        return all;
      },
      { leaves: [] as { note: string; body: string | null; checkpoint?: string }[] },
    );
    const checkpoint = ledger.store.checkpoint()!;
    replica.receive({ type: 'leaves', origin: ORIGIN, from: 0, leaves, size: ledger.size, checkpoint }, street.now);
    const { verdicts } = await replica.audit(street.now);
    const warnings = verdicts.filter(({ state }) => state === 'warning');
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.state === 'warning' && warnings[0].code === 'clone');
    assert.equal(replica.cheated, null);
    store.close();
    await ledger.close();
  });
});
