// An order that was taken back gives its energy back, also for a reader who is not shown what the cancel says: a copy with bodies
// left out may know less than the whole one, and never finds a fault that the whole one has not.
import { strict as assert } from 'node:assert';
import { verifyStore } from '../../src/audit/verify.ts';
import { openUnder, rulesOf } from '../audit/street-2.ts';
import { accepted, FIRST, Street } from './street.ts';

describe('an erased cancel', () => {
  it('does not make the next order one too many', async () => {
    const street = new Street();
    const ledger = await openUnder(street, rulesOf('uniform-price/1', { maxMemberWh: 1000 }));
    const order = street.order('home-1', FIRST, 'buy', 600, 100_000);
    const cancel = street.record('home-1', 'cancel', FIRST, { order: order.id });
    const indexes = accepted(await ledger.append([order, cancel, street.order('home-1', FIRST, 'buy', 700, 100_000)]));
    await ledger.seal();
    const leaf = ledger.leaf(indexes[1]!)!;
    ledger.store.dropBody(leaf.bodyHash!, leaf.index);
    const { errors, withheld } = await verifyStore(ledger.store);
    assert.deepEqual([errors, withheld], [[], 1]);
    await ledger.close();
    street.remove();
  });
});
