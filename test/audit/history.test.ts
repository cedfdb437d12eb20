// History rewritten by whoever holds the operator's keys: leaves removed, swapped, repeated, headers altered, and everything
// signed again. What stands in other leaves gives it away.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { verifyStore } from '../../src/audit/verify.ts';
import { type Header, headerText, parseHeader } from '../../src/ledger/header.ts';
import { sha256Hex } from '../../src/log/bytes.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { type NoteSigner, parseNote, signNote } from '../../src/log/note.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LeafInput, StoredLeaf } from '../../src/log/store.ts';
import { CompactTree, leafHash } from '../../src/log/tree.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';

const LOG_KEY = keysOf('operator').log(ORIGIN);

describe('rewritten history', () => {
  let street: Street;
  let honest: StoredLeaf[];

  before(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 3, FIRST);
    honest = ledger.store.leaves(0, 1000);
    await ledger.close();
  });

  after(() => street.remove());

  /** Stores the leaves as if they were the log, under checkpoints that are duly signed, and verifies. */
  let copies = 0;
  async function verdictOn(leaves: readonly LeafInput[], key: NoteSigner = LOG_KEY) {
    const store = openSqliteStore(join(street.directory, `copy-${copies++}.sqlite`));
    const tree = new CompactTree();
    const block: LeafInput[] = [];
    for (const leaf of leaves) {
      block.push(leaf);
      tree.append(leafHash(leaf.note));
      if (leaf.tags.kind !== 'header' && leaf !== leaves.at(-1)) continue;
      store.append(block.splice(0), signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, key));
    }
    const result = await verifyStore(store);
    store.close();
    return result;
  }

  /** The same leaves with one header changed and signed again, and, if asked, all later headers made to fit. */
  function withHeader(height: number, changes: Partial<Header>, key: NoteSigner = LOG_KEY): LeafInput[] {
    return honest.map((leaf) => {
      if (leaf.tags.kind !== 'header') return leaf;
      const header = parseHeader(parseNote(leaf.note).text);
      if (header.height !== height) return leaf;
      const changed = { ...header, ...changes };
      const text = headerText(changed);
      const tags = { ...leaf.tags, interval: changed.interval };
      return { ...leaf, note: signNote(text, key), id: sha256Hex(text), bodyHash: changed.state, body: null, tags };
    });
  }

  const headerAt = (height: number): number =>
    honest.findIndex((leaf) => leaf.tags.kind === 'header' && parseHeader(parseNote(leaf.note).text).height === height);

  it('the honest one holds', async () => {
    assert.deepEqual((await verdictOn(honest)).errors, []);
  });

  it('a removed leaf is named by the header of its block', async () => {
    const without = honest.filter((leaf) => leaf.index !== 8);
    const { errors } = await verdictOn(without);
    assert.equal(errors[0]?.code, 'wrong-clearing');
    assert.ok((errors[0]?.leaf ?? 0) <= headerAt(1));
    const withoutMeter = await verdictOn(honest.filter((leaf) => leaf.index !== 12));
    assert.deepEqual(withoutMeter.errors.map(({ block }) => block)[0], 2);
  });

  it('swapped leaves are named by the header of their block', async () => {
    const swapped = [...honest];
    [swapped[7], swapped[8]] = [honest[8]!, honest[7]!];
    const { errors } = await verdictOn(swapped);
    assert.equal(errors[0]?.block, 1);
  });

  it('a repeated leaf is named', async () => {
    const note = street.record('home-1', 'note', null, { text: 'once' });
    const ledger = await street.open();
    const [result] = await ledger.append([note]);
    assert.ok(result?.ok);
    await ledger.seal();
    const leaves = ledger.store.leaves(0, 1000);
    await ledger.close();
    const again = leaves[result.index]!;
    // The store keeps an id once, so the copy gets another one; the verifier takes it from the text.
    const { errors } = await verdictOn([...leaves, { ...again, id: sha256Hex('another id') }]);
    assert.equal(errors[0]?.leaf, leaves.length);
    assert.match(errors[0]?.code ?? '', /id-altered|already-recorded/);
  });

  it('blocks in another order break the link', async () => {
    const [first, second, third] = [headerAt(0) + 1, headerAt(1) + 1, headerAt(2) + 1];
    const reordered = [...honest.slice(0, first), ...honest.slice(second, third), ...honest.slice(first, second)];
    const { errors } = await verdictOn([...reordered, ...honest.slice(third)]);
    // The first leaf of the block that came too early is out of place already: it bills what is not cleared yet.
    assert.equal(errors[0]?.block, 1);
    assert.ok(errors.some(({ code }) => code === 'broken-link'));
  });

  it('a block that comes twice is named at its first leaf', async () => {
    const [first, second] = [headerAt(0) + 1, headerAt(1) + 1];
    const again = honest.slice(first, second).map((leaf) => ({ ...leaf, id: sha256Hex(`again ${leaf.id}`) }));
    const { errors } = await verdictOn([...honest.slice(0, second), ...again]);
    assert.equal(errors[0]?.leaf, second);
  });

  it('a missing block breaks the link', async () => {
    const from = headerAt(1) + 1;
    const to = headerAt(2);
    const { errors } = await verdictOn(honest.filter(({ index }) => index < from || index > to));
    assert.ok(errors.some(({ code }) => code === 'broken-link' || code === 'wrong-header'));
    assert.ok((errors[0]?.leaf ?? 0) >= from);
  });

  const lies: [string, Partial<Header>, string][] = [
    ['previous', { previous: '0'.repeat(64) }, 'broken-link'],
    ['height', { height: 7 }, 'wrong-header'],
    ['first', { first: 3 }, 'wrong-header'],
    ['count', { count: 3 }, 'wrong-header'],
    ['root', { root: '1'.repeat(64) }, 'wrong-header'],
    ['roster', { roster: '1'.repeat(64) }, 'wrong-header'],
    ['rules', { rules: '1'.repeat(64) }, 'wrong-header'],
    ['state', { state: '1'.repeat(64) }, 'wrong-header'],
    ['interval', { interval: null }, 'wrong-header'],
    ['operator', { operator: 'home-1' }, 'wrong-header'],
    ['term', { term: 2 }, 'wrong-header'],
    ['time', { time: '2020-01-01T00:00:00.000Z' }, 'wrong-header'],
    ['ledger', { ledger: 'other.example/ledger/1' }, 'wrong-header'],
  ];
  for (const [field, changes, code] of lies) {
    it(`a header that lies about ${field} is named (${code})`, async () => {
      const changed = withHeader(2, changes);
      const { errors } = await verdictOn(changed);
      assert.deepEqual([errors[0]?.leaf, errors[0]?.code, errors[0]?.block], [headerAt(2), code, 2]);
    });
  }

  it('a header signed by another key is named', async () => {
    const stranger = { ...keysOf('home-1').log(ORIGIN) };
    const { errors } = await verdictOn(withHeader(2, {}, stranger));
    assert.deepEqual([errors[0]?.leaf, errors[0]?.code], [headerAt(2), 'wrong-key']);
  });

  it('a checkpoint signed by another key is refused', async () => {
    const { errors } = await verdictOn(honest, keysOf('home-1').log(ORIGIN));
    assert.equal(errors[0]?.code, 'checkpoint-invalid');
  });

  it('a log without its end is refused', async () => {
    const store = openSqliteStore(join(street.directory, 'empty.sqlite'));
    assert.equal((await verifyStore(store)).ok, false);
    store.append(honest.slice(0, 5));
    assert.equal((await verifyStore(store)).ok, false);
    store.close();
  });
});
