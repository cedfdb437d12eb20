// The victim of crash.test.ts: appends and seals as fast as it can, and says on standard output what was acknowledged.
// Arguments: directory, number of the run.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openLedger } from '../../src/ledger/ledger.ts';
import { Street } from './street.ts';

const [directory = '', run = '0'] = process.argv.slice(2);
const street = new Street();
street.remove();
const options = { ...street.options(), path: directory, random: (count: number) => randomBytes(count) };
const ledger = await openLedger(options);
writeSync(1, 'open\n');
for (let round = 0; ; round++) {
  const records = ['home-1', 'home-2', 'home-3'].map((member) =>
    street.record(member, 'note', null, { text: `run ${run} round ${round} ${randomBytes(8).toString('hex')}` }),
  );
  const results = await Promise.all(records.map((record) => ledger.append([record])));
  for (const [result] of results) if (result?.ok) writeSync(1, `record ${result.id} ${result.index}\n`);
  if (round % 3 === 2) {
    const { height, size, root } = await ledger.seal();
    writeSync(1, `block ${height} ${size} ${root}\n`);
  }
}
