// Records by member, kind and interval, blocks, and proofs that a stranger can check with nothing but the tree's rules.
import assert from 'node:assert/strict';
import { fromBase64, toBase64 } from '../../../src/log/bytes.ts';
import { parseCheckpoint } from '../../../src/log/checkpoint.ts';
import { openNote, verifierOf } from '../../../src/log/note.ts';
import { leafHash, verifyInclusion } from '../../../src/log/tree.ts';
import { type Payload, removeUserDirs } from '../../support/flow.ts';
import { type StreetFlow, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  HOMES,
  LEDGER,
  marketNode,
  meterOf,
  notIntegers,
  readNode,
  SECOND,
} from '../../support/market-nodes.ts';

const appends = [...HOMES, 'operator'].map((member) => appendNode(member));

interface Row {
  readonly index: number;
  readonly sealed: boolean;
  readonly head: { readonly kind: string; readonly member: string; readonly interval: string | null };
  readonly body: { readonly text?: string };
}

describe('microgrid-ledger-read', () => {
  let street: StreetFlow;

  // Leaves: 0-6 block 0; 7 order, 8 meter, 9 clearing, 10 header; 11 meter, 12 note.
  before(async () => {
    street = await startStreet([
      ...appends,
      marketNode(),
      readNode(),
      readNode({ id: 'notes', kind: 'note', member: 'home-2', limit: '1' }),
      readNode({ id: 'blocks', what: 'blocks' }),
      readNode({ id: 'proof', what: 'proof', member: 'home-1' }),
      readNode({ id: 'odd kind', kind: 'rumour' }),
      readNode({ id: 'odd member', member: 'Home 1' }),
      readNode({ id: 'odd interval', interval: 'today' }),
      readNode({ id: 'odd limit', limit: '0' }),
    ]);
    await street.recordOrder('home-1', 'sell', 900, 100_000);
    await street.ok('append home-2', meterOf('home-2', 5, 0));
    await street.gate();
    await street.ok('append home-1', meterOf('home-1', 7, 0, SECOND));
    await street.ok('append home-2', { type: 'note', text: 'not sealed yet' });
  });

  after(async () => {
    await street?.stop();
    removeUserDirs();
  });

  const rows = async (id: string, question: unknown) => (await street.first(id, question))['records'] as Row[];
  const indices = async (id: string, question: unknown) => (await rows(id, question)).map(({ index }) => index);

  it('gives records by kind, member and interval, the newest first', async () => {
    assert.deepEqual(await indices('read', {}), [12, 11, 9, 8, 7, 5, 4, 3, 2, 1, 0]);
    assert.deepEqual(await indices('read', { kind: 'meter' }), [11, 8]);
    assert.deepEqual(await indices('read', { member: 'home-1' }), [11, 7, 2]);
    assert.deepEqual(await indices('read', { interval: FIRST }), [9, 8, 7]);
    assert.deepEqual(await indices('read', { interval: FIRST, kind: 'meter', member: 'home-2' }), [8]);
    assert.deepEqual(await indices('read', { interval: FIRST, kind: 'meter', member: 'home-3' }), []);
  });

  it('gives as many as asked for, headers not counted, and the next page upward', async () => {
    assert.deepEqual(await indices('read', { limit: 3 }), [12, 11, 9]);
    assert.deepEqual(await indices('read', { from: 5, limit: 2 }), [5, 7]);
    assert.deepEqual(await indices('read', { from: 8, limit: 1000 }), [8, 9, 11, 12]);
    assert.deepEqual(await indices('read', { from: 99 }), []);
  });

  it('says of each record whose it is, what it says and whether it is sealed', async () => {
    const [newest, meter] = await rows('read', { limit: 2 });
    assert.deepEqual(
      [newest?.head.kind, newest?.head.member, newest?.body.text, newest?.sealed],
      ['note', 'home-2', 'not sealed yet', false],
    );
    assert.deepEqual([meter?.head.interval, meter?.sealed], [SECOND, false]);
    assert.equal((await rows('read', { interval: FIRST }))[0]?.sealed, true);
  });

  it('asks what the dialog says when the message asks nothing', async () => {
    for (const payload of [1_500_000_000_000, '', 'ask', null, undefined, [], true]) {
      assert.deepEqual(await indices('notes', payload), [12]);
    }
    assert.deepEqual(await indices('notes', { member: 'home-1', kind: 'order' }), [7]);
  });

  it('gives blocks, the newest first or upward from a height', async () => {
    const heights = async (question: unknown) =>
      ((await street.first('blocks', question))['blocks'] as { height: number }[]).map(({ height }) => height);
    assert.deepEqual(await heights({}), [1, 0]);
    assert.deepEqual(await heights({ from: 1 }), [1]);
    assert.deepEqual(await heights({ from: 2 }), []);
    assert.deepEqual(await heights({ limit: 1 }), [1]);
    const [block] = (await street.first('read', { what: 'blocks' }))['blocks'] as Payload[];
    assert.deepEqual(
      [block?.['interval'], block?.['count'], block?.['kinds']],
      [FIRST, 3, { order: 1, meter: 1, clearing: 1 }],
    );
  });

  it('proves each sealed leaf under the signed checkpoint', async () => {
    for (let leaf = 0; leaf <= 10; leaf++) {
      const proof = await street.first('read', { what: 'proof', leaf });
      const { note } = proof['record'] as { note: string };
      const { text } = openNote(String(proof['checkpoint']), [
        verifierOf(street.member('operator').keys.log(LEDGER).vkey),
      ]);
      const { size, root } = parseCheckpoint(text);
      assert.deepEqual([proof['leaf'], proof['size'], proof['root']], [leaf, size, toBase64(root)]);
      const path = (proof['path'] as string[]).map(fromBase64);
      assert.ok(verifyInclusion(leafHash(note), leaf, size, path, root), `leaf ${leaf}`);
      assert.ok(!verifyInclusion(leafHash(`${note} `), leaf, size, path, root));
    }
  });

  it('proves the newest sealed record that fits where the message names none', async () => {
    const leafOf = async (question: unknown) => (await street.first('proof', question))['leaf'];
    // home-1 has a newer record, but it is not sealed yet.
    assert.equal(await leafOf({}), 7);
    assert.equal(await leafOf({ member: 'home-2' }), 8);
    assert.equal(await leafOf({ member: 'operator' }), 9);
    assert.match(await street.fails('proof', { kind: 'note' }), /no sealed record that fits/);
  });

  it('says that there is no such leaf, or no proof yet', async () => {
    assert.match(await street.fails('read', { what: 'proof', leaf: 12 }), /not sealed/);
    assert.match(await street.fails('read', { what: 'proof', leaf: 13 }), /no leaf 13; it has 13 leaves/);
    assert.match(await street.fails('read', { what: 'proof', leaf: 2 ** 53 - 1 }), /no leaf/);
  });

  it('refuses questions that make no sense', async () => {
    for (const limit of [...notIntegers.slice(1), 0, -1, 1001]) await street.fails('read', { limit });
    for (const from of [...notIntegers.slice(1), -1]) await street.fails('read', { from });
    for (const leaf of [...notIntegers.slice(1), -1]) await street.fails('read', { what: 'proof', leaf });
    for (const what of ['', 'all', 5, null, '__proto__']) await street.fails('read', { what });
    for (const kind of ['', 'rumour', 'header', 'constructor', 5, null, ['meter']])
      await street.fails('read', { kind });
    for (const member of ['', 'Home 1', '__proto__', "' OR 1=1 --", 'x'.repeat(1_000_000), 5, null]) {
      await street.fails('read', { member });
    }
    for (const interval of ['', 'today', 5, null, FIRST.slice(0, -1)]) await street.fails('read', { interval });
    assert.equal((await indices('read', {})).length, 11);
  });

  it('is red from the start with a dialog that makes no sense', async () => {
    for (const id of ['odd kind', 'odd member', 'odd interval', 'odd limit']) {
      assert.equal(street.flow.status(id)?.fill, 'red', id);
      await street.fails(id, {});
    }
  });
});
