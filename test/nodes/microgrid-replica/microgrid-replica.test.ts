// A member's copy inside Node-RED: follows over wires, checks, goes on after a restart, answers others, and turns red with the
// evidence when the operator shows two histories.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkEvidenceText } from '../../../src/audit/evidence/check.ts';
import { unpackEvidence } from '../../../src/audit/evidence/packed.ts';
import { verifyDatabase } from '../../../src/audit/verify.ts';
import { signCheckpoint } from '../../../src/log/checkpoint.ts';
import { newUserDir, removeUserDirs, soon, type Version } from '../../support/flow.ts';
import type { StreetFlow } from '../../support/market-flow.ts';
import { FIRST, HOMES, LEDGER, SECOND } from '../../support/market-nodes.ts';
import { cosign, result, startShared } from '../../support/shared-ledger.ts';

for (const version of ['5', '4.1'] as const satisfies readonly Version[]) {
  describe(`microgrid-replica on Node-RED ${version}`, () => {
    let street: StreetFlow;
    const outboxes = ['home-1', 'home-2'];

    afterEach(() => street?.stop());
    after(removeUserDirs);

    const order = (member: string, side: 'buy' | 'sell', interval: string, limit: number) =>
      street.ok(`outbox ${member}`, { type: 'order', member, interval, side, wh: 500, limit });
    const gate = async (interval: string) => {
      const { size } = await street.ledger.open();
      await order('home-1', 'sell', interval, 100_000);
      await order('home-2', 'buy', interval, 200_000);
      const ledger = await street.ledger.open();
      await soon(
        () => ledger.size >= size + 2,
        () => 'the orders do not arrive',
      );
      await street.gate(interval);
    };

    it('follows, checks, tells who has witnessed, and goes on after a restart', async () => {
      const userDir = newUserDir();
      street = await startShared({ version, userDir, full: ['home-1', 'home-3'], outboxes });
      await gate(FIRST);
      const held = await result(street, 'replica home-1', ({ state, block }) => state === 'held' && block === 1);
      const ledger = await street.ledger.open();
      assert.equal(held['size'], ledger.size);
      assert.equal(held['unchecked'], 0);
      await cosign(street, [...HOMES, 'operator']);
      await street.flow.nextStatus('replica home-3', ({ text }) => text === 'block 1, 4/4', 15_000);
      const { size } = ledger;
      await street.stop();
      const copy = join(userDir, 'microgrid/replicas', LEDGER, 'home-3/ledger.sqlite');
      const verified = await verifyDatabase(copy);
      assert.deepEqual([verified.ok, verified.size], [true, size]);
      street = await startShared({ version, userDir, full: ['home-1', 'home-3'], outboxes });
      await result(street, 'replica home-3', ({ state, block }) => state === 'held' && block === 1);
      await gate(SECOND);
      await result(street, 'replica home-3', ({ state, block }) => state === 'held' && block === 2);
    }).timeout(60_000);

    it('turns red with the evidence when the operator shows two histories, and tells the others', async () => {
      street = await startShared({ version, full: ['home-1', 'home-3'], light: ['home-2'], outboxes });
      await gate(FIRST);
      const held = await result(street, 'replica home-1', ({ state, block }) => state === 'held' && block === 1);
      await result(street, 'light home-2', ({ state, size }) => state === 'following' && size === held['size']);
      const size = Number(held['size']);
      const key = street.member('operator').keys.log(LEDGER);
      const root = new Uint8Array(32).fill(7);
      const note = signCheckpoint({ origin: LEDGER, size, root }, key);
      const other = {
        type: 'checkpoint',
        origin: LEDGER,
        size,
        root: Buffer.from(root).toString('base64'),
        note,
        from: null,
        state: 'sealed',
      };
      // Two members see it; the third hears their proof.
      street.flow.send('replica home-1', other);
      street.flow.send('light home-2', other);
      for (const id of ['replica home-1', 'light home-2']) {
        const cheated = await result(street, id, ({ state }) => state === 'cheated');
        assert.equal(cheated['code'], 'equivocation');
        const { file } = (await result(street, id, ({ type }) => type === 'evidence')) as { file?: object };
        const verdict = await checkEvidenceText(JSON.stringify(file), { keys: [key.vkey] });
        assert.deepEqual([verdict?.ok, verdict?.trusted], [true, true], JSON.stringify(verdict));
        await street.flow.nextStatus(id, ({ fill, text }) => fill === 'red' && text === 'cheated: equivocation');
      }
      await street.flow.nextStatus(
        'replica home-3',
        ({ fill, text }) => fill === 'red' && text === 'cheated: equivocation',
      );
      assert.match(await street.flow.nextError('replica home-3'), /another member proves/);
      const lie = {
        type: 'evidence',
        origin: LEDGER,
        code: 'omission',
        text: 'x',
        file: { version: 'x', kind: 'omission' },
      };
      const { error } = await street.give('replica home-3', lie);
      assert.match(error?.message ?? '', /proves nothing/);
      assert.match(await street.flow.nextError('replica home-1'), /two histories.*microgrid verify/);
      const folder = join(street.userDir, 'microgrid/evidence');
      for (const name of readdirSync(folder)) {
        assert.equal((await checkEvidenceText(unpackEvidence(readFileSync(join(folder, name)))))?.ok, true);
      }
      assert.equal(readdirSync(folder).length, 2);
    }).timeout(60_000);
  });
}
