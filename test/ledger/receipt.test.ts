// Receipts: one signature for all records of a commit, checked each by itself, and worthless for any other leaf, index or ledger.
import assert from 'node:assert/strict';
import { checkReceipt, type Receipt, receiptsOf } from '../../src/ledger/receipt.ts';
import { sha256, toHex } from '../../src/log/bytes.ts';
import { FormatError } from '../../src/log/errors.ts';
import { ed25519Signer, parseNote, signNote } from '../../src/log/note.ts';
import { CompactTree } from '../../src/log/tree.ts';
import { ORIGIN } from './street.ts';

const log = ed25519Signer(ORIGIN, new Uint8Array(32).fill(3));
const time = '2026-11-22T08:15:00.000Z';
const commitOf = (count: number, first = 1000) => ({
  origin: ORIGIN,
  term: 2,
  time,
  first,
  leafHashes: Array.from({ length: count }, (_, i) => sha256(`leaf ${i}`)),
});

describe('ledger/receipt', () => {
  it('says index, leaf and term of every record, for commits of any number', () => {
    for (let count = 1; count <= 70; count++) {
      const receipts = receiptsOf(commitOf(count), log);
      assert.equal(receipts.length, count);
      assert.equal(new Set(receipts.map(({ note }) => note)).size, 1);
      for (const [i, receipt] of receipts.entries()) {
        const leaf = toHex(sha256(`leaf ${i}`));
        assert.deepEqual(checkReceipt(receipt, log.vkey), { origin: ORIGIN, index: 1000 + i, leaf, term: 2 });
      }
    }
  });

  it('signs the text of the format', () => {
    const commit = commitOf(3);
    const tree = new CompactTree();
    for (const leaf of commit.leafHashes) tree.append(leaf);
    const [receipt] = receiptsOf(commit, log);
    assert.equal(
      parseNote(receipt!.note).text,
      `microgrid-receipt/1\n{"count":3,"first":1000,"ledger":"${ORIGIN}","root":"${toHex(tree.root())}","term":2,"time":"${time}"}\n`,
    );
  });

  it('does not cover another index, another leaf, or with a path that was changed', () => {
    const [a, b] = receiptsOf(commitOf(5), log) as [Receipt, Receipt];
    const wrong: Receipt[] = [
      { ...a, index: 1001 },
      { ...a, index: 999 },
      { ...a, index: 1005 },
      { ...a, index: 1000.5 },
      { ...a, leaf: b.leaf },
      { ...a, leaf: a.leaf.toUpperCase() },
      { ...a, path: b.path },
      { ...a, path: a.path.slice(1) },
      { ...a, path: [...a.path, a.path[0]!] },
      { ...a, path: a.path.map((hash) => hash.replace('=', '')) },
      // An inner node offered as leaf.
      { ...a, leaf: toHex(sha256('leaf')), path: [] },
    ];
    for (const receipt of wrong) assert.throws(() => checkReceipt(receipt, log.vkey), FormatError);
  });

  it('is worth nothing under another key, for another ledger, or as another note', () => {
    const [receipt] = receiptsOf(commitOf(2), log) as [Receipt];
    const other = ed25519Signer('other.example/ledger/1', new Uint8Array(32).fill(3));
    const stranger = ed25519Signer(ORIGIN, new Uint8Array(32).fill(4));
    for (const key of [other, stranger]) assert.throws(() => checkReceipt(receipt, key.vkey), FormatError);
    const { text } = parseNote(receipt.note);
    const sign = (changed: string) => ({ ...receipt, note: signNote(changed, log) });
    for (const changed of [
      text.replace('receipt/1', 'receipt/2'),
      text.replace('"count":2', '"count":2.0'),
      text.replace('"count":2,', ''),
      text.replace('"term":2', '"more":1,"term":2'),
      text.replace('"count":2', '"count":0'),
      text.replace(ORIGIN, 'other.example/ledger/1'),
      `${text}more\n`,
    ]) {
      assert.throws(() => checkReceipt(sign(changed), log.vkey), FormatError, changed);
    }
    assert.throws(() => checkReceipt({ ...receipt, note: signNote(text, other) }, other.vkey), /another ledger/);
  });
});
