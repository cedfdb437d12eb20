// Runs under strace: a witness that cosigns checkpoint after checkpoint, is opened again now and then, and is shown a second history.
// Says what left the machine. Argument: directory.
import { writeSync } from 'node:fs';
import { forked, honest, open } from './witness-oracle.ts';

const [directory = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

let durable = open(directory);
for (let size = 1; size < 34; size++) {
  if (size % 7 === 0) {
    durable.close();
    durable = open(directory);
  }
  const answer = durable.offer(honest.offer(size - 1, size), 1000 + size);
  if (answer.kind !== 'cosign') throw new Error(`it did not cosign ${size}: ${answer.kind}`);
  say(`cosigned ${size}`);
}
const { kind } = durable.offer(forked.offer(33, 33), 1100);
if (kind !== 'conflict') throw new Error(`it did not see the second history: ${kind}`);
say('conflict');
durable.close();
