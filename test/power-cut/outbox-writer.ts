// Runs under strace: an outbox that takes records, hears of their receipts, lets go of those that are proven, and is opened again.
// Says each after it is done, but that a record is proven before it is let go. Argument: directory.
import { writeSync } from 'node:fs';
import { open, records } from './outbox-oracle.ts';

const [directory = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

let outbox = open(directory);
say(`since ${outbox.since}`);
for (const [i, { id, note, body }] of records(24).entries()) {
  outbox.add({ id, note, body, index: null, receipt: null });
  say(`kept ${id}`);
  if (i % 2 === 0) {
    outbox.acknowledge(id, i + 10, { note: 'receipt', index: i + 10, leaf: id, path: [] });
    say(`acknowledged ${id} ${i + 10}`);
  }
  if (i % 4 === 0) {
    say(`proven ${id}`);
    outbox.remove(id);
  }
  if (i % 10 === 9) {
    outbox.close();
    outbox = open(directory);
  }
}
outbox.close();
