// Runs under the library of test/support/failing-disk.c: a ledger whose disk fails at the first call, then at the second, and so on until
// nothing fails any more. Checks each, and prints in how many runs the disk failed where. Arguments: directory, kind of call, errno,
// `once` or `always`, text of the path.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { verifyExport, verifyStore } from '../../src/audit/verify.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { accepted, Street } from './street.ts';

const [directory = '', kind = '', code = '', how = '', part = ''] = process.argv.slice(2);
const MOST = 400;

interface Run {
  /** index by id */
  readonly acknowledged: Map<string, number>;
  readonly sealed: Map<number, string>;
  refusals: number;
  exportFaults: number;
  opened: boolean;
}

/** Two blocks; after a refusal everything else is refused, too, and nothing of it acknowledged. */
async function write(street: Street, path: string): Promise<Run> {
  const run: Run = { acknowledged: new Map(), sealed: new Map(), refusals: 0, exportFaults: 0, opened: false };
  const sentence = (error: unknown) => {
    assert.match(error instanceof Error ? error.message : '', /^\S+( \S+){3,}$/s);
    run.refusals++;
  };
  const ledger = await openLedger(street.options({ path })).catch(sentence);
  if (!ledger) return run;
  run.opened = true;
  if (ledger.exportFault !== null) run.exportFaults++;
  for (let block = 0; block < 2; block++) {
    const before = run.refusals;
    for (const text of ['one', 'two']) {
      const record = street.record('home-1', 'note', null, { text });
      const [result] = (await ledger.append([record]).catch(sentence)) ?? [];
      if (!result) continue;
      assert.ok(result.ok);
      run.acknowledged.set(result.id, result.index);
    }
    const summary = await ledger.seal().catch(sentence);
    if (summary) run.sealed.set(summary.size, summary.root);
    if (ledger.exportFault !== null) run.exportFaults++;
    // Whoever was refused once is never again acknowledged anything, until the ledger is opened anew.
    if (before > 0) assert.equal(run.refusals, before + 3);
  }
  await ledger.close().catch(sentence);
  return run;
}

async function check(ledger: Ledger, { acknowledged, sealed }: Run, street: Street): Promise<void> {
  for (const [id, index] of acknowledged) assert.equal(ledger.leaf(index)?.id, id, 'an acknowledged record is lost');
  const roots = new Map(ledger.blocks({ from: 0, limit: 100 }).map(({ size, root }) => [size, root]));
  for (const [size, root] of sealed) assert.equal(roots.get(size), root);
  accepted(await ledger.append([street.record('home-1', 'note', null, { text: 'later' })]));
  await ledger.seal();
  assert.equal(ledger.exportFault, null);
  assert.deepEqual((await verifyStore(ledger.store)).errors, []);
}

const totals = { runs: 0, refused: 0, notOpened: 0, exportFaults: 0 };
for (let nth = 1; nth <= MOST; nth++) {
  const street = new Street();
  street.remove();
  const path = join(directory, String(nth));
  process.env['FAILING_DISK'] = `${kind} ${nth} ${code} ${how} ${part}`;
  const run = await write(street, path);
  delete process.env['FAILING_DISK'];
  if (run.refusals === 0 && run.exportFaults === 0) break;
  totals.runs++;
  if (!run.opened) totals.notOpened++;
  else if (run.refusals > 0) totals.refused++;
  if (run.exportFaults > 0) totals.exportFaults++;
  const ledger = await openLedger(street.options({ path }));
  await check(ledger, run, street);
  await ledger.close();
  assert.deepEqual((await verifyExport(join(path, 'export'))).errors, []);
}
console.log(JSON.stringify(totals));
