// Evidence files are read strictly and within bounds, and what is altered in a true one proves nothing else.
import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { checkEvidence, checkEvidenceText } from '../../../src/audit/evidence/check.ts';
import { contradictionOf } from '../../../src/audit/evidence/compare.ts';
import { NoProof } from '../../../src/audit/evidence/finding.ts';
import {
  type Evidence,
  evidenceText,
  type History,
  parseEvidence,
  readEvidence,
} from '../../../src/audit/evidence/format.ts';
import { historyOf } from '../../../src/audit/evidence/make-history.ts';
import { packEvidence, unpackEvidence } from '../../../src/audit/evidence/packed.ts';
import { databaseSource, exportSource } from '../../../src/audit/sources.ts';
import { verifyExport, verifyStore } from '../../../src/audit/verify.ts';
import { sha256Hex } from '../../../src/log/bytes.ts';
import { signCheckpoint } from '../../../src/log/checkpoint.ts';
import { openFileStore } from '../../../src/log/file-store.ts';
import { signNote } from '../../../src/log/note.ts';
import { Pace } from '../../../src/log/pace.ts';
import { CompactTree, leafHash } from '../../../src/log/tree.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../../ledger/street.ts';
import { cheat, fork } from '../cheat.ts';

const OPERATOR = keysOf('operator').log(ORIGIN);

describe('evidence files', () => {
  let street: Street;
  let history: History;
  let equivocation: Evidence;

  before(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gate(ledger, FIRST);
    await ledger.close();
    const other = fork(street);
    const forked = cheat(other);
    forked.seal([]);
    const { store, seal } = cheat(street);
    seal([street.order('home-1', FIRST, 'buy', 10, 100_000)]);
    const { errors } = await verifyStore(store);
    history = await historyOf(databaseSource(store.raw), errors[0]!);
    const shown = [forked.store, store].map((each) => ({
      checkpoint: each.checkpoint()!,
      source: databaseSource(each.raw),
    }));
    equivocation = await contradictionOf(shown[0]!, shown[1]!, [OPERATOR.vkey]);
    forked.store.close();
    store.close();
    rmSync(other.directory, { recursive: true });
  });

  after(() => street.remove());

  it('come back as they were written, packed or not', () => {
    for (const evidence of [history, equivocation]) {
      for (const gzip of [false, true]) {
        assert.deepEqual(parseEvidence(unpackEvidence(packEvidence(evidence, gzip))), evidence);
      }
    }
  });

  it('are refused with what is unknown, missing, doubled or of another version', () => {
    const refused = (change: object, message: RegExp) =>
      assert.throws(() => readEvidence({ ...equivocation, ...change }), {
        name: 'FormatError',
        code: 'evidence',
        message,
      });
    refused({ extra: 1 }, /extra/);
    refused({ version: 'microgrid-evidence/2' }, /that this program knows is microgrid-evidence\/1/);
    refused({ kind: 'rumour' }, /equivocation, omission or history/);
    refused({ operator: 'someone' }, /operator must be a public key/);
    refused({ a: { checkpoint: 'x', leaf: 'y' } }, /a\.leaf/);
    refused({ proof: ['short'] }, /proof\.0 must be a hash of 32 bytes in base64/);
    refused({ proof: Array(129).fill(Buffer.alloc(32).toString('base64')) }, /proof must be a shorter list/);
    assert.throws(() => readEvidence(null), /the version of evidence/);
    const text = evidenceText(equivocation);
    assert.throws(() => parseEvidence(text.replace('{', '{"kind":"history",')), /twice/);
    assert.throws(() => parseEvidence(text.slice(0, -3)), /is not JSON/);
  });

  it('are unpacked only within their bounds', () => {
    const bomb = gzipSync(Buffer.alloc(3 * 1024 * 1024, ' '));
    assert.throws(() => unpackEvidence(bomb, 1024 * 1024), /at most 1 MiB unpacked/);
    assert.throws(() => unpackEvidence(Buffer.alloc(1024 * 1024 + 1, ' '), 1024 * 1024), /at most 1 MiB unpacked/);
    assert.throws(() => unpackEvidence(bomb.subarray(0, 50)), /cut off or damaged/);
    assert.throws(() => unpackEvidence(Buffer.from([0x7b, 0xff])), /UTF-8/);
  });

  it('are told from other files', async () => {
    assert.equal(await checkEvidenceText('{"name":"something else"}'), null);
    const verdict = await checkEvidenceText('{"version":"microgrid-evidence/9"}');
    assert.deepEqual([verdict?.ok, verdict?.evidence.kind], [false, null]);
    assert.match(verdict!.evidence.text, /^This proves nothing: the version/);
  });

  it('with one byte altered prove the same or nothing', async function () {
    this.timeout(60_000);
    for (const evidence of [history, equivocation]) {
      const text = evidenceText(evidence);
      const { code, leaf } = (await checkEvidence(evidence)).evidence;
      assert.notEqual(code, null);
      for (let at = 7; at < text.length; at += Math.ceil(text.length / 150)) {
        const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << (at % 7)));
        const verdict = await checkEvidenceText(`${text.slice(0, at)}${flipped}${text.slice(at + 1)}`);
        if (!verdict?.ok) continue;
        const { evidence: told } = verdict;
        assert.deepEqual([told.operator, told.code, told.leaf], [OPERATOR.vkey, code, leaf], `character ${at}`);
      }
    }
  });

  it('name the key that they are against, and whether it is a known one', async () => {
    const known = await checkEvidence(equivocation, { keys: [OPERATOR.vkey, keysOf('home-1').record.vkey] });
    assert.deepEqual([known.ok, known.trusted], [true, true]);
    assert.match(known.evidence.text, /That key is among those you know\.$/);
    const other = await checkEvidence(equivocation, { keys: [keysOf('home-1').log(ORIGIN).vkey] });
    assert.deepEqual([other.ok, other.trusted], [false, false]);
    assert.match(other.evidence.text, /against another key than the one known for sunny-street/);
    const unrelated = await checkEvidence(equivocation, { keys: [keysOf('home-1').record.vkey] });
    assert.deepEqual([unrelated.ok, unrelated.trusted], [true, false]);
  });

  it('prove nothing against the operator whose honest leaves somebody else has signed', async () => {
    // The liar takes the history, adds what breaks the rules, and signs all of it with a key of the same name.
    const liar = keysOf('home-1').log(ORIGIN);
    const tree = new CompactTree();
    for (const [note] of history.leaves) tree.append(leafHash(note));
    const checkpoint = signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, liar);
    const forged = await checkEvidence({ ...history, operator: liar.vkey, checkpoint });
    assert.equal(forged.ok, false);
    assert.match(forged.evidence.text, /the log key of this history is .*, not the one that is accused/);
  });

  it('prove nothing of what only a newer program knows', async () => {
    // An operator whose program is newer writes a kind of record that this one has never heard of.
    const text = `microgrid-record/1\n{"bodyHash":"${sha256Hex('{}')}","interval":null,"kind":"novelty","ledger":"${ORIGIN}","member":"home-1","time":"2026-11-22T08:00:00.000Z"}\n`;
    const note = signNote(text, keysOf('home-1').record);
    const leaves: History['leaves'] = [...history.leaves.slice(0, 12), [note, '{}']];
    const tree = new CompactTree();
    for (const [each] of leaves) tree.append(leafHash(each));
    const checkpoint = signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, OPERATOR);
    const verdict = await checkEvidence({ ...history, leaves, checkpoint, fault: { leaf: 12, code: 'malformed' } });
    assert.equal(verdict.ok, false);
    assert.match(
      verdict.evidence.text,
      /does not know the kind of record novelty, so it cannot judge; use a newer one/,
    );
  });

  it('are not made of what may be the fault of a copy, or of what nobody has signed', async () => {
    const honest = new Street();
    const ledger = await honest.open();
    await honest.gates(ledger, 1);
    await ledger.close();
    const source = await exportSource(openFileStore(honest.exported), new Pace());
    for (const code of ['body-altered', 'file-altered', 'missing-body', 'root-mismatch']) {
      await assert.rejects(historyOf(source, { leaf: 8, code }), {
        name: 'NoProof',
        message: /fault of this copy alone/,
      });
    }
    await assert.rejects(historyOf(source, { leaf: 8, code: 'wrong-clearing' }), NoProof);
    await assert.rejects(historyOf(source, { leaf: 99, code: 'late' }), /under no checkpoint yet/);
    assert.equal((await verifyExport(honest.exported)).ok, true);
    honest.remove();
  });
});
