// Runs under strace: makes the operator's key, begins a ledger, appends, seals, exports, takes cosignatures, closes and opens it again, and says on standard output what was
// acknowledged, in the turn in which it was. Arguments: directory, `FULL` or the weaker `synchronous` to run with instead.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { parseNote } from '../../src/log/note.ts';
import { keysOf, Street } from '../ledger/street.ts';
import { ledgerOptions } from './ledger-oracle.ts';

const [directory = '', synchronous = 'FULL'] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

if (synchronous !== 'FULL') {
  const exec = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql.replace('synchronous=FULL', `synchronous=${synchronous}`));
  };
}

const street = new Street();
street.remove();
const options = ledgerOptions(street, directory, randomBytes);
say('key');
const witnesses = [options.operator, keysOf('home-1')];
const textOf = (checkpoint: string) => parseNote(checkpoint).text;
const note = (text: string) => street.record('home-1', 'note', null, { text });

async function append(ledger: Ledger, texts: readonly string[]): Promise<void> {
  await Promise.all(
    texts.map(async (text) => {
      const [result] = await ledger.append([note(text)]);
      if (result?.ok) say(`record ${result.id} ${result.index}`);
    }),
  );
}

for (let life = 0; life < 2; life++) {
  const ledger = await openLedger(options);
  for (let block = 0; block < 3 - life; block++) {
    await append(ledger, ['one']);
    // A group: committed together.
    await append(ledger, ['two', 'three', 'four '.repeat(300)]);
    street.now += 7 * 3_600_000;
    await append(ledger, ['five']);
    const { size, root, checkpoint } = await ledger.seal({ records: [note('last')] });
    say(`block ${size} ${root}`);
    for (const { cosigner } of witnesses)
      ledger.addCosignature(size, cosigner.cosign(textOf(checkpoint), street.now / 1000));
    say(`witnessed ${size}`);
  }
  await append(ledger, ['not sealed']);
  await ledger.close();
}
