// The ledger, the witnesses' memory and the outbox lose their power at every system call (docs/faults.md). What the disk may keep is
// said in disk.ts; what must hold afterwards in the oracles. The same test on a ledger that syncs less must lose records.
import { strict as assert } from 'node:assert';
import { needPrograms } from '../support/peers.ts';
import { cutPower } from './power-cuts.ts';

/** How many different states of each are looked at, at least. */
const LEAST = { ledger: 1500, witness: 140, outbox: 400, lying: 300 };
const faultsOf = (faults: readonly string[]) => `${faults.length} faults, the first:\n${faults.slice(0, 5).join('\n')}`;

describe('a power cut at any system call', function () {
  // A minute and a half on two idle cores; others may be at work on them, too.
  this.timeout(900_000);

  before(function () {
    needPrograms(this, 'strace');
  });

  it('takes no acknowledged record, no key and no checkpoint that was shown from a ledger', async () => {
    const { states, faults, operations } = await cutPower('ledger');
    assert.equal(faults.length, 0, faultsOf(faults));
    assert.ok(states >= LEAST.ledger, `only ${states} states`);
    const kinds = new Set(operations.map(({ kind }) => kind));
    for (const kind of [
      'write',
      'truncate',
      'rename',
      'link',
      'remove',
      'sync-file',
      'sync-directory',
      'said',
    ] as const)
      assert.ok(kinds.has(kind), `the writer did no ${kind}`);
  });

  it('takes no cosigned checkpoint from the memory of a witness: it never cosigns two histories', async () => {
    const { states, faults } = await cutPower('witness');
    assert.equal(faults.length, 0, faultsOf(faults));
    assert.ok(states >= LEAST.witness, `only ${states} states`);
  });

  it('takes no record from an outbox before it is proven to be in the ledger', async () => {
    const { states, faults } = await cutPower('outbox');
    assert.equal(faults.length, 0, faultsOf(faults));
    assert.ok(states >= LEAST.outbox, `only ${states} states`);
  });

  it('on a disk that only says it has synced leaves the beginning of the ledger, or what is found to be damaged', async () => {
    const { states, faults } = await cutPower('ledger', { share: 6, lies: true });
    assert.equal(faults.length, 0, faultsOf(faults));
    assert.ok(states >= LEAST.lying, `only ${states} states`);
  });

  it('takes acknowledged records from a ledger that syncs less: the test can tell', async () => {
    const { states, faults } = await cutPower('ledger', { args: ['NORMAL'], share: 5 });
    const lost = faults.filter((fault) => fault.includes('acknowledged records are lost'));
    assert.ok(lost.length > 10, `${lost.length} of ${states} states have lost records`);
  });
});
