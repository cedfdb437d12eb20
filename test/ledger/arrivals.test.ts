import { strict as assert } from 'node:assert';
import { type Arrivals, readArrivals } from '../../src/ledger/arrivals.ts';
import { judgeAuthor } from '../../src/ledger/judge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { type NoteVerifier, verifierOf } from '../../src/log/note.ts';
import { FIRST, keysOf, ORIGIN, Street } from './street.ts';

const order = { side: 'buy', wh: 1500, limit: 250_000 } as const;

describe('ledger/arrivals', () => {
  const street = new Street();
  let ledger: Ledger;

  before(async () => {
    ledger = await street.open();
  });

  after(async () => {
    await ledger.close();
    street.remove();
  });

  const orderOf = (member: string, signer = keysOf(member)): SignedRecord => {
    const head = { ledger: ORIGIN, member, kind: 'order', interval: FIRST, time: '2026-11-22T08:00:00.000Z' } as const;
    const { note, body } = makeRecord(signer.record, head, order, street.random);
    return { note, body };
  };

  const verdicts = ({ all, proven }: Arrivals) =>
    all.map((arrival) => {
      if (arrival.refusal) return arrival.refusal.code;
      const { record } = arrival;
      const ahead = record.signatures.some((line) => proven.has(line)) ? 'proven' : 'left';
      return `${ahead}, ${judgeAuthor(ledger.state, record, record.body, proven)?.code ?? 'in order'}`;
    });

  it('proves what the member signed, and leaves the rest to the judge', async () => {
    const good = orderOf('home-1');
    const other = orderOf('home-2');
    const forged = { ...good, note: good.note.replace(/ [^ ]+\n$/, (line) => line.replace(/.{8}\n$/, 'AAAAAAA=\n')) };
    const foreign = {
      ...good,
      note: good.note.slice(0, good.note.indexOf('\n\n')) + other.note.slice(other.note.indexOf('\n\n')),
    };
    const arrivals = await readArrivals(ledger.state, [
      good,
      forged,
      foreign,
      orderOf('home-1', keysOf('home-1', 'other-street.example')),
      orderOf('stranger'),
      { ...good, body: other.body },
      { note: 'no note', body: '' },
    ]);
    assert.deepEqual(verdicts(arrivals), [
      'proven, in order',
      'left, bad-signature',
      'left, unsigned',
      'left, unsigned',
      'left, unknown-member',
      'body-mismatch',
      'malformed',
    ]);
  });

  it('counts for the key it was proven under only', async () => {
    const { all, proven } = await readArrivals(ledger.state, [orderOf('home-1')]);
    const [arrival] = all;
    assert.ok(arrival && !arrival.refusal);
    const { record } = arrival;
    const [line] = record.signatures;
    // A wrong signature, proven under a key that the roster does not name, is verified again.
    const altered = { ...line!, signature: new Uint8Array(64) };
    const under = (verifier: NoteVerifier) =>
      judgeAuthor(ledger.state, { ...record, signatures: [altered] }, record.body, new Map([[altered, verifier]]));
    assert.equal(proven.get(line!), verifierOf(keysOf('home-1').record.vkey));
    assert.equal(under(verifierOf(keysOf('home-2').record.vkey))?.code, 'bad-signature');
  });

  it('answers nothing with nothing', async () => {
    const { all, proven } = await readArrivals(ledger.state, []);
    assert.deepEqual([all.length, proven.size], [0, 0]);
  });
});
