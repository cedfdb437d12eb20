// The example files of docs/ledger-format.md: made again from real code and compared byte by byte. After a change of the examples
// (never of the format) run once with WRITE_EXAMPLE=1, and read what it wrote.
import { strict as assert } from 'node:assert';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkEvidenceText } from '../../../src/audit/evidence/check.ts';
import { equivocationOf, rewriteOf } from '../../../src/audit/evidence/equivocation.ts';
import { type Evidence, evidenceText } from '../../../src/audit/evidence/format.ts';
import { historyOf } from '../../../src/audit/evidence/make-history.ts';
import { omissionOf } from '../../../src/audit/evidence/omission.ts';
import { databaseSource } from '../../../src/audit/sources.ts';
import { receiptsOf } from '../../../src/ledger/receipt.ts';
import { toBase64, toHex } from '../../../src/log/bytes.ts';
import { inclusionProof, leafHash, type ReadNode } from '../../../src/log/tree.ts';
import { accepted, FIRST, keysOf, ORIGIN, Street } from '../../ledger/street.ts';
import { projectRoot } from '../../support/source.ts';
import { type Cheat, cheat, fork } from '../cheat.ts';

const FOLDER = join(projectRoot, 'docs/evidence');
const LOG_KEY = keysOf('operator').log(ORIGIN);

async function openCheat(): Promise<{ street: Street; cheating: Cheat }> {
  const street = new Street();
  const ledger = await street.open();
  accepted(
    await ledger.append([
      street.meter('home-1', FIRST, 0, 1200),
      street.order('home-1', FIRST, 'sell', 1000, 100_000),
      street.order('home-2', FIRST, 'buy', 1000, 200_000),
    ]),
  );
  await ledger.close();
  return { street, cheating: cheat(street) };
}

/** Two histories that part at leaf 10: of 12 leaves each, or one of them a block further. */
async function equivocation(shown: 'size' | 'leaf' | 'prefix'): Promise<Evidence> {
  const { street, cheating } = await openCheat();
  const other = fork(street);
  const forked = cheat(other);
  cheating.seal([]);
  forked.seal([street.order('home-3', FIRST, 'buy', 500, 250_000)]);
  cheating.seal([]);
  if (shown !== 'size') cheating.seal([]);
  const index = 10;
  const [a, b] = [forked.store, cheating.store].map((store) => ({
    checkpoint: store.checkpoint()!,
    leaf: toHex(store.leaf(index)!.leafHash),
    path: inclusionProof(index, store.size, (level, i) => store.node(level, i)).map(toBase64),
  }));
  const readNode: ReadNode = (level, i) => cheating.store.node(level, i);
  const evidence =
    shown === 'leaf'
      ? equivocationOf(LOG_KEY.vkey, a!, b!, index)
      : rewriteOf(LOG_KEY.vkey, a!.checkpoint, b!.checkpoint, readNode);
  cheating.store.close();
  forked.store.close();
  street.remove();
  rmSync(other.directory, { recursive: true });
  return evidence;
}

async function omission(): Promise<Evidence> {
  const { street, cheating } = await openCheat();
  const { store } = cheating;
  const index = store.size;
  const promised = street.order('home-3', FIRST, 'buy', 500, 250_000);
  const time = new Date(street.now).toISOString();
  const commit = { origin: ORIGIN, term: 1, time, first: index, leafHashes: [leafHash(promised.note)] };
  const [receipt] = receiptsOf(commit, LOG_KEY);
  cheating.seal([]);
  const path = inclusionProof(index, store.size, (level, i) => store.node(level, i)).map(toBase64);
  const proof = { leaf: toHex(store.leaf(index)!.leafHash), path };
  const evidence = omissionOf(LOG_KEY.vkey, receipt!, store.checkpoint()!, proof);
  store.close();
  street.remove();
  return evidence;
}

async function history(): Promise<Evidence> {
  const { street, cheating } = await openCheat();
  const { store, seal } = cheating;
  const price = 190_000;
  const fields = { rule: 'uniform-price/1', orders: 2, volumeWh: 1000, price, priceLow: 100_000, priceHigh: 200_000 };
  seal([
    street.record('operator', 'clearing', FIRST, {
      ...fields,
      fills: [
        [8, 1000],
        [9, 1000],
      ],
      pairs: [['home-2', 'home-1', 1000]],
    }),
  ]);
  const evidence = await historyOf(databaseSource(store.raw), { leaf: 10, code: 'wrong-clearing' });
  store.close();
  street.remove();
  return evidence;
}

describe('docs/evidence', () => {
  const examples: readonly [string, () => Promise<Evidence>, string, number | null][] = [
    ['equivocation.json', () => equivocation('size'), 'equivocation', null],
    ['equivocation-leaf.json', () => equivocation('leaf'), 'equivocation', 10],
    ['equivocation-prefix.json', () => equivocation('prefix'), 'equivocation', null],
    ['omission.json', omission, 'omission', 10],
    ['history.json', history, 'wrong-clearing', 10],
  ];
  for (const [name, make, code, leaf] of examples) {
    it(`has a true ${name}`, async () => {
      const path = join(FOLDER, name);
      const text = evidenceText(await make());
      if (process.env['WRITE_EXAMPLE'] === '1') {
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(path, text);
      }
      assert.equal(readFileSync(path, 'utf8'), text);
      const verdict = await checkEvidenceText(text, { keys: [LOG_KEY.vkey] });
      assert.deepEqual([verdict?.ok, verdict?.trusted], [true, true], verdict?.evidence.text);
      assert.deepEqual([verdict?.evidence.code, verdict?.evidence.leaf], [code, leaf]);
    });
  }

  it('holds nothing else, and docs/ledger-format.md links to each', () => {
    const names = examples.map(([name]) => name);
    assert.deepEqual(readdirSync(FOLDER).sort(), [...names].sort());
    const document = readFileSync(join(projectRoot, 'docs/ledger-format.md'), 'utf8');
    for (const name of names) assert.ok(document.includes(`](evidence/${name})`), name);
  });
});
