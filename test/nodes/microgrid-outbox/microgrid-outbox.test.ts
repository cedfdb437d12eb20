// A member's outbox inside Node-RED: signs, sends, keeps until the proof under a witnessed checkpoint, over restarts, and gives back
// what the operator refused.
import assert from 'node:assert/strict';
import { newUserDir, removeUserDirs, soon, type Version } from '../../support/flow.ts';
import type { StreetFlow } from '../../support/market-flow.ts';
import { FIRST, HOMES, LEDGER, meterOf, orderOf } from '../../support/market-nodes.ts';
import { cosign, startShared } from '../../support/shared-ledger.ts';

for (const version of ['5', '4.1'] as const satisfies readonly Version[]) {
  describe(`microgrid-outbox on Node-RED ${version}`, () => {
    let street: StreetFlow;

    afterEach(() => street?.stop());
    after(removeUserDirs);

    it('keeps what it was given over a restart, until it is proven', async () => {
      const userDir = newUserDir();
      street = await startShared({ version, userDir, outboxes: ['home-1'] });
      await street.ok('outbox home-1', orderOf('home-1', 'sell', 900, 100_000));
      const ledger = await street.ledger.open();
      await soon(
        () => ledger.records({ member: 'home-1', kind: 'order' }).length === 1,
        () => 'the order does not arrive',
      );
      await street.gate(FIRST);
      await street.stop();
      street = await startShared({ version, userDir, outboxes: ['home-1'] });
      assert.equal(
        (await street.flow.nextStatus('outbox home-1', ({ fill }) => fill === 'green')).text,
        '1 on the way',
      );
      await cosign(street, [...HOMES, 'operator']);
      const recorded = await street.flow.next('outbox home-1', 2, ({ type }) => type === 'recorded', { ms: 15_000 });
      assert.deepEqual([recorded['origin'], recorded['member'], recorded['index']], [LEDGER, 'home-1', 7]);
      await street.flow.nextStatus('outbox home-1', ({ text }) => text === 'nothing waits');
      const again = await street.ledger.open();
      assert.equal(again.records({ member: 'home-1', kind: 'order' }).length, 1);
    }).timeout(60_000);

    it('gives back what the operator refused, and what it cannot sign itself', async () => {
      street = await startShared({ version, outboxes: ['home-1'] });
      const { error, out } = await street.give('outbox home-1', meterOf('home-2', 1, 0));
      assert.match(error?.message ?? '', /of home-2, but this outbox signs for home-1/);
      assert.equal(out[1]?.[0]?.['code'], 'wrong-member');
      const coffee = await street.give('outbox home-1', { type: 'coffee' });
      assert.match(coffee.error?.message ?? '', /expects msg.payload.type/);
      const receipt = await street.give('outbox home-1', { type: 'receipt', origin: LEDGER, id: 'x' });
      assert.match(receipt.error?.message ?? '', /^the receipt is malformed/);
      await street.ok('outbox home-1', orderOf('home-1', 'sell', 900, 1));
      const refusal = await street.flow.next('outbox home-1', 1, (payload) => payload['code'] === 'out-of-bounds', {
        ms: 15_000,
      });
      assert.match(String(refusal['text']), /limit 1 is not between/);
      await street.flow.nextStatus('outbox home-1', ({ text }) => text === 'nothing waits');
    }).timeout(60_000);
  });
}
