// Operators that follow each other honestly: what a takeover loses proves nothing against either, also when the first one comes back;
// and a fault is laid at the door of the one in whose term it stands.
import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { checkEvidence } from '../../../src/audit/evidence/check.ts';
import { contradictionOf } from '../../../src/audit/evidence/compare.ts';
import { equivocationOf } from '../../../src/audit/evidence/equivocation.ts';
import { NoProof } from '../../../src/audit/evidence/finding.ts';
import { historyOf } from '../../../src/audit/evidence/make-history.ts';
import { omissionOf } from '../../../src/audit/evidence/omission.ts';
import { databaseSource } from '../../../src/audit/sources.ts';
import { verifyStore } from '../../../src/audit/verify.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { takeOver } from '../../../src/ledger/takeover.ts';
import { toBase64, toHex } from '../../../src/log/bytes.ts';
import { inclusionProof } from '../../../src/log/tree.ts';
import { accepted, FIRST, ORIGIN } from '../../ledger/street.ts';
import { keyOf, STANDBY, Village } from '../../ledger/village.ts';
import { cheat, fork } from '../cheat.ts';

const TERMS = [keyOf('operator').log(ORIGIN), keyOf(STANDBY).log(ORIGIN, 2), keyOf('operator').log(ORIGIN, 3)];

describe('evidence after a takeover', () => {
  let village: Village;

  beforeEach(() => {
    village = new Village();
  });
  afterEach(() => village.remove());

  const shownOf = ({ store }: Ledger, index: number) => ({
    leaf: toHex(store.leaf(index)!.leafHash),
    path: inclusionProof(index, store.size, (level, i) => store.node(level, i)).map(toBase64),
  });

  it('proves nothing against honest operators of three terms, though the first lost what it had acknowledged', async () => {
    const first = await village.begin();
    await village.gates(first, 1);
    await first.close();
    // The standby holds a copy of this; what comes now it never gets.
    const replica = fork(village);
    const alone = await village.begin();
    const index = alone.size;
    const [answer] = await alone.append([village.record('home-1', 'note', null, { text: 'lost' })]);
    const receipt = answer?.ok && !answer.duplicate ? answer.receipt : null;
    assert.ok(receipt);
    await alone.seal();
    const lost = { checkpoint: alone.store.checkpoint()!, ...shownOf(alone, index) };
    const lostSource = databaseSource(alone.store.raw);
    const path = replica.directory;
    const second = await takeOver({ ...village.villageOptions({ operator: keyOf(STANDBY) }), path });
    accepted(await second.append([village.record('home-1', 'note', null, { text: 'kept' })]));
    await second.seal();
    const later = { checkpoint: second.store.checkpoint()!, ...shownOf(second, index) };
    await second.close();
    const third = await takeOver({ ...village.villageOptions(), path });
    await third.seal();
    const last = { checkpoint: third.store.checkpoint()!, ...shownOf(third, index) };
    for (const { vkey } of TERMS) {
      for (const shown of [later, last]) {
        assert.throws(() => equivocationOf(vkey, lost, shown, index), NoProof);
        assert.throws(() => omissionOf(vkey, receipt, shown.checkpoint, shown), NoProof);
        const held = { checkpoint: shown.checkpoint, source: databaseSource(third.store.raw) };
        await assert.rejects(contradictionOf({ ...lost, source: lostSource }, held, [vkey]), NoProof);
      }
    }
    await third.close();
    await alone.close();
    rmSync(path, { recursive: true });
  });

  it('is against the operator in whose term the fault stands, and not against the one who went on', async () => {
    const first = await village.begin();
    await village.gates(first, 1);
    await first.close();
    const { store, seal } = cheat(village);
    const index = store.size;
    seal([village.order('home-1', FIRST, 'buy', 10, 100_000)]);
    const { errors } = await verifyStore(store);
    assert.deepEqual([errors[0]?.leaf, errors[0]?.code], [index, 'late']);
    const evidence = await historyOf(databaseSource(store.raw), errors[0]!);
    assert.equal(evidence.operator, TERMS[0]!.vkey);
    store.close();
    const second = await takeOver(village.villageOptions({ operator: keyOf(STANDBY) }));
    const leaves = second.store.leaves(0, second.size).map(({ note, body, tags }) => {
      return [note, tags.kind === 'header' ? null : body] as [string, string | null];
    });
    const checkpoint = second.store.checkpoint()!;
    for (const { vkey } of TERMS) {
      const forged = { ...evidence, operator: vkey, checkpoint, leaves };
      assert.equal((await checkEvidence(forged)).ok, false);
    }
    // From the ledger as it stands now the same evidence comes: the checkpoint of that block is kept.
    assert.deepEqual(await historyOf(databaseSource(second.store.raw), errors[0]!), evidence);
    await second.close();
  });

  it('is against the new operator for what it lets in itself', async () => {
    const first = await village.begin();
    await village.gates(first, 1);
    await first.close();
    await (await takeOver(village.villageOptions({ operator: keyOf(STANDBY) }))).close();
    const { store, seal } = cheat(village, STANDBY);
    const index = store.size;
    seal([village.order('home-1', FIRST, 'buy', 10, 100_000)], TERMS[1]!);
    const evidence = await historyOf(databaseSource(store.raw), { leaf: index, code: 'late' });
    store.close();
    assert.equal(evidence.operator, TERMS[1]!.vkey);
    assert.equal((await checkEvidence(evidence)).ok, true);
  });
});
