// The operator's end: answers what it is asked from the ledger, each as far as the asker may read, and takes nothing that is not signed.
import assert from 'node:assert/strict';
import { readCheckpoint } from '../../../src/log/checkpoint.ts';
import { signRequest } from '../../../src/replica/signed.ts';
import { type Payload, removeUserDirs } from '../../support/flow.ts';
import { type StreetFlow, startStreet } from '../../support/market-flow.ts';
import { appendNode, FIRST, garbage, HOMES, LEDGER, marketNode, meterOf } from '../../support/market-nodes.ts';
import { cosign } from '../../support/shared-ledger.ts';

const share = { id: 'share', type: 'microgrid-ledger-share', ledger: 'ledger', outputs: 2 };

describe('microgrid-ledger-share', () => {
  let street: StreetFlow;

  beforeEach(async () => {
    street = await startStreet([share, ...[...HOMES, 'operator'].map((id) => appendNode(id)), marketNode()]);
    await street.recordOrder('home-1', 'sell', 900, 100_000);
    await street.gate(FIRST);
    await street.ok('append home-1', meterOf('home-1', 0, 800));
    await street.ledger.open().then((ledger) => ledger.seal());
  });

  afterEach(() => street?.stop());
  after(removeUserDirs);

  const ask = async (payload: object): Promise<readonly Payload[]> => (await street.ok('share', payload))[0] ?? [];
  const wanted = (more: object) => ({
    type: 'leaves-wanted',
    origin: LEDGER,
    from: 0,
    limit: 256,
    member: 'home-1',
    ...more,
  });
  /** Kinds whose bodies were sent, of the leaves that have one. */
  const bodies = (answer: Payload | undefined, kind: string) =>
    ((answer?.['leaves'] ?? []) as { note: string; body: string | null }[])
      .filter(({ note }) => note.includes(`"kind":"${kind}"`))
      .map(({ body }) => body !== null);

  it('gives meter bodies to their owner, who signs, and to nobody else', async () => {
    const now = street.community.clock.now();
    const signed = (member: string, from = 0, at = now) =>
      signRequest(street.member(member).keys.record, LEDGER, member, from, at);
    const cases: [object, boolean][] = [
      [{}, false],
      [{ signed: signed('home-1') }, true],
      [{ signed: signed('home-2') }, false],
      [{ signed: signed('operator') }, true],
      [{ signed: signed('home-1', 3) }, false],
      [{ signed: signed('home-1', 0, now - 7_200_000) }, false],
      [{ signed: 'x' }, false],
    ];
    for (const [more, readable] of cases) {
      const [answer] = (await ask(wanted(more))).filter(({ type }) => type === 'leaves');
      assert.deepEqual(bodies(answer, 'meter'), [readable], JSON.stringify(more));
      assert.deepEqual(bodies(answer, 'order'), [true]);
      assert.equal(answer?.['to'], 'home-1');
    }
  });

  it('tells a new block to all, and again when it is witnessed', async () => {
    const [sealed] = (await ask({ type: 'block' })).filter(({ type }) => type === 'checkpoint');
    const { size } = await street.ledger.open();
    assert.deepEqual([sealed?.['size'], sealed?.['state'], sealed?.['to']], [size, 'sealed', undefined]);
    await cosign(street, HOMES);
    const told = street.flow.payloads('share', 0).filter(({ type }) => type === 'checkpoint');
    assert.equal(told.at(-1)?.['state'], 'witnessed');
    assert.equal(readCheckpoint(String(told.at(-1)?.['note'])).size, size);
    assert.match(street.flow.status('share')?.text ?? '', /^block 2, 3\/4$/);
  });

  it('answers with proofs, and not at all to another ledger or member', async () => {
    const [answer] = await ask({ type: 'checkpoint-wanted', origin: LEDGER, from: 7, member: 'home-1' });
    assert.equal((answer?.['from'] as { size: number } | undefined)?.size, 7);
    assert.deepEqual(await ask({ type: 'checkpoint-wanted', origin: `${LEDGER}1`, from: 7, member: 'home-1' }), []);
    assert.deepEqual(await ask(wanted({ to: 'home-2' })), []);
    const ledger = await street.ledger.open();
    const [order] = ledger.records({ kind: 'order' });
    const ids = [order?.id, '0'.repeat(64)];
    const proofs = await ask({ type: 'proof-wanted', origin: LEDGER, ids });
    assert.deepEqual(
      proofs.map(({ type, id, index }) => [type, id, index]),
      [['proof', order?.id, order?.index]],
    );
  });

  it('refuses records and cosignatures that are not what they say, and tells their sender', async () => {
    const { note, body } = street.sign('home-1', 'order', FIRST, { side: 'buy', wh: 5, limit: 200_000 });
    const [answers, refused] = await street.ok('share', { type: 'record', origin: LEDGER, note, body });
    assert.deepEqual([answers?.[0]?.type, answers?.[0]?.['to']], ['refused', 'home-1']);
    assert.deepEqual([refused?.[0]?.type, refused?.[0]?.['code']], ['refusal', 'late']);
    const line = '\u2014 sunny-street.example/witness/home-1 AAAAAAAA\n';
    const { size } = await street.ledger.open();
    const [, second] = await street.ok('share', { type: 'cosignature', origin: LEDGER, size, member: 'home-1', line });
    assert.equal(second?.length, 1);
    for (const payload of garbage) await street.fails('share', payload);
  });
});
