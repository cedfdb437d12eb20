// The witness: offers that other implementations publish as their tests, every pair of sizes up to 300, malformed checkpoints, clocks that
// jump; and for any sequence of offers, lost files and restarts: never two roots for one size, never back.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromBase64, sha256 } from '../../src/log/bytes.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { cosigner, readCosignatures } from '../../src/log/cosignature.ts';
import { ed25519Signer, keyIdOf, parseNote, verifierOf } from '../../src/log/note.ts';
import { CompactTree, consistencyProof, leafHash, type ReadNode } from '../../src/log/tree.ts';
import { type Answer, type Kept, type Offer, offer, readKept, type Witness } from '../../src/log/witness.ts';

const ORIGIN = 'street.example/ledger/1';
const log = ed25519Signer(ORIGIN, new Uint8Array(32).fill(3));
const ada = cosigner('street.example/witness/ada', new Uint8Array(32).fill(1));
const witness: Witness = { origin: ORIGIN, logKeys: [verifierOf(log.vkey)], cosigner: ada };
const MOST = 300;

/** A history of the log: from leaf `fork` on it is the operator's other one. */
class History {
  readonly roots: Uint8Array[] = [];
  readonly readNode: ReadNode;

  constructor(name: string, fork: number, size: number) {
    const levels: Uint8Array[][] = [[]];
    const tree = new CompactTree();
    this.roots.push(tree.root());
    for (let i = 0; i < size; i++) {
      const leaf = leafHash(i < fork ? `leaf ${i}` : `leaf ${i} of ${name}`);
      levels[0]!.push(leaf);
      tree.append(leaf, (level, index, node) => {
        levels[level] ??= [];
        levels[level][index] = node;
      });
      this.roots.push(tree.root());
    }
    this.readNode = (level, index) => levels[level]![index]!;
  }

  note(size: number): string {
    return signCheckpoint({ origin: ORIGIN, size, root: this.roots[size]! }, log);
  }

  offer(oldSize: number, size: number): Offer {
    const proof = oldSize > 0 && oldSize < size ? consistencyProof(oldSize, size, this.readNode) : [];
    return { oldSize, proof, note: this.note(size) };
  }
}

const honest = new History('honest', MOST, MOST);

function cosigned(answer: Answer): Extract<Answer, { kind: 'cosign' }> {
  assert.equal(answer.kind, 'cosign', 'text' in answer ? answer.text : answer.kind);
  return answer as Extract<Answer, { kind: 'cosign' }>;
}

function keptAt(history: History, size: number, now = 100): Kept {
  return readKept(witness, cosigned(offer(witness, null, history.offer(0, size), now)).keep);
}

describe('log/witness', () => {
  it('goes from any size up to 300 to any other with the proof, and not without it', function () {
    this.timeout(60_000);
    const steps = [1, 2, 3, 4, 7, 8, 63, 64, 65, 127, 128, 129, 255, 256, 257, 299, 300];
    for (let size = 1; size <= MOST; size++) {
      const kept: Kept = { origin: ORIGIN, size, root: honest.roots[size]!, note: honest.note(size), time: 1 };
      for (const to of steps) {
        if (to < size) continue;
        const offered = honest.offer(size, to);
        const { line, keep } = cosigned(offer(witness, kept, offered, 5));
        assert.ok(keep.endsWith(line));
        if (offered.proof.length === 0) continue;
        const { kind } = offer(witness, kept, { ...offered, proof: offered.proof.slice(1) }, 5);
        assert.equal(kind, 'conflict', `${size} to ${to}`);
      }
    }
  });

  it('refuses each hash of a proof when one bit of it is turned, and proofs that are too long', () => {
    for (const [from, to] of [
      [3, 7],
      [6, 300],
      [255, 299],
    ] as const) {
      const kept = keptAt(honest, from);
      const offered = honest.offer(from, to);
      for (let i = 0; i < offered.proof.length; i++) {
        const proof = offered.proof.map((hash) => Uint8Array.from(hash));
        proof[i]![i % 32]! ^= 1;
        const answer = offer(witness, kept, { ...offered, proof }, 5);
        assert.ok(answer.kind === 'conflict' && !answer.proven);
      }
      const long = { ...offered, proof: [...offered.proof, ...Array<Uint8Array>(64).fill(new Uint8Array(32))] };
      assert.equal(offer(witness, kept, long, 5).kind, 'conflict');
    }
  });

  it('says from where it has to be led on, and cosigns the same checkpoint again with a new time', () => {
    const kept = keptAt(honest, 10);
    for (const offered of [honest.offer(0, 12), honest.offer(9, 12), honest.offer(11, 12), honest.offer(0, 5)]) {
      assert.deepEqual(offer(witness, kept, offered, 5), { kind: 'behind', size: 10 });
    }
    assert.deepEqual(offer(witness, null, honest.offer(3, 12), 5), { kind: 'behind', size: 0 });
    const again = cosigned(offer(witness, kept, honest.offer(10, 10), 900));
    assert.equal(readKept(witness, again.keep).time, 900);
    assert.equal(readKept(witness, again.keep).size, 10);
  });

  it('shows both sides when the operator signs two histories, whatever the proof says', () => {
    const kept = keptAt(honest, 10);
    const other = new History('other', 6, 20);
    for (const oldSize of [0, 10, 7]) {
      const answer = offer(witness, kept, { ...other.offer(oldSize, 10), oldSize }, 5);
      assert.ok(answer.kind === 'conflict' && answer.proven);
      assert.equal(answer.mine, kept.note);
      assert.equal(answer.theirs, other.note(10));
    }
    const forked = offer(witness, kept, other.offer(10, 15), 5);
    assert.ok(forked.kind === 'conflict' && !forked.proven);
  });

  it('refuses what the log did not sign, other logs, and malformed checkpoints', () => {
    const note = honest.note(7);
    const stranger = ed25519Signer(ORIGIN, new Uint8Array(32).fill(4));
    const elsewhere = ed25519Signer('other.example/ledger/1', new Uint8Array(32).fill(3));
    const root = honest.roots[7]!;
    const bad: [string, string][] = [
      ['another key', signCheckpoint({ origin: ORIGIN, size: 7, root }, stranger)],
      ['another log', signCheckpoint({ origin: elsewhere.name, size: 7, root }, elsewhere)],
      ['over no leaf', signCheckpoint({ origin: ORIGIN, size: 0, root: sha256('') }, log)],
      ['no signature', note.slice(0, note.indexOf('\n\n') + 2)],
      ['no blank line', note.replace('\n\n', '\n')],
      ['CRLF', note.replaceAll('\n', '\r\n')],
      ['leading zero', note.replace('\n7\n', '\n07\n')],
      ['plus', note.replace('\n7\n', '\n+7\n')],
      ['a size no number holds', note.replace('\n7\n', '\n9007199254740993\n')],
      ['an extension line', log.sign(`${parseNote(note).text}more\n`)],
      ['a short root', note.replace(/\n[^\n]{44}\n/, '\nAAAA\n')],
      ['a control character', note.replace('street', 'stre\u0007et')],
      ['half a character', note.replace('street', '\ud800')],
      ['a byte order mark', `\ufeff${note}`],
      ['too many lines', note + '— x AAAAAAAAAA==\n'.repeat(1024)],
      ['empty', ''],
      ['a good line and a bad one', `${note}${log.sign('something else\n')}`],
    ];
    for (const [name, text] of bad) {
      const answer = offer(witness, null, { oldSize: 0, proof: [], note: text }, 5);
      assert.equal(answer.kind, 'refused', name);
    }
    for (const oldSize of [-1, 8, 1.5, Number.NaN, 2 ** 53]) {
      assert.equal(offer(witness, null, { oldSize, proof: [], note }, 5).kind, 'refused', String(oldSize));
    }
    assert.equal(offer(witness, null, { oldSize: 0, proof: [root], note }, 5).kind, 'refused');
  });

  it('has an answer to any text, size and proof, and cosigns only what it should', () => {
    const kept = keptAt(honest, 10);
    const good = honest.note(12);
    const altered = fc
      .record({ at: fc.nat(good.length), cut: fc.nat(3), put: fc.string({ unit: 'binary', maxLength: 3 }) })
      .map(({ at, cut, put }) => good.slice(0, at) + put + good.slice(at + cut));
    const hash = fc.uint8Array({ minLength: 0, maxLength: 33 });
    const any = fc.record({
      oldSize: fc.oneof(fc.constant(10), fc.double()),
      proof: fc.oneof(fc.constant(honest.offer(10, 12).proof), fc.array(hash, { maxLength: 70 })),
      note: fc.oneof(altered, fc.string({ unit: 'binary' })),
    });
    fc.assert(
      fc.property(any, (offered) => {
        const answer = offer(witness, kept, offered, 5);
        if (answer.kind !== 'cosign') return;
        assert.equal(parseNote(offered.note).text, parseNote(good).text);
        assert.equal(offered.oldSize, 10);
      }),
      { numRuns: 2000 },
    );
  });

  it('never goes back in time with its clock', () => {
    const times: number[] = [];
    let kept: Kept | null = null;
    for (const [size, now] of [
      [3, 1_800_000_000],
      [4, 1_799_996_400],
      [5, 0],
      [6, 1_800_086_400],
      [7, 1_800_000_000],
    ] as const) {
      kept = readKept(witness, cosigned(offer(witness, kept, honest.offer(kept?.size ?? 0, size), now)).keep);
      times.push(kept.time);
    }
    assert.deepEqual(times, [1_800_000_000, 1_800_000_000, 1_800_000_000, 1_800_086_400, 1_800_086_400]);
  });

  it('keeps nothing of other witnesses, so that what it keeps stays small', () => {
    const bob = cosigner('street.example/witness/bob', new Uint8Array(32).fill(2));
    const note = honest.note(7) + bob.cosign(parseNote(honest.note(7)).text, 3);
    const { keep } = cosigned(offer(witness, null, { oldSize: 0, proof: [], note }, 5));
    assert.deepEqual(
      parseNote(keep).signatures.map(({ name }) => name),
      [ORIGIN, ada.name],
    );
  });

  it('believes what it kept only with both signatures', () => {
    const { keep, line } = cosigned(offer(witness, null, honest.offer(0, 7), 5));
    const torn = [keep.slice(0, -1), keep.slice(0, keep.length / 2), '', '\0'.repeat(keep.length)];
    const altered = [keep.replace('\n7\n', '\n6\n'), keep.replace(line, ''), honest.note(6) + line];
    const bob = cosigner(ada.name, new Uint8Array(32).fill(2));
    const others = [honest.note(7) + bob.cosign(parseNote(honest.note(7)).text, 5)];
    for (const text of [...torn, ...altered, ...others]) assert.throws(() => readKept(witness, text), /./);
    assert.equal(readKept(witness, keep).size, 7);
  });

  it('follows an operator that took over, with its key beside the former one', () => {
    const next = ed25519Signer(ORIGIN, new Uint8Array(32).fill(8));
    const note = signCheckpoint({ origin: ORIGIN, size: 9, root: honest.roots[9]! }, next);
    const kept = keptAt(honest, 7);
    const offered = { ...honest.offer(7, 9), note };
    assert.equal(offer(witness, kept, offered, 5).kind, 'refused');
    const both = { ...witness, logKeys: [...witness.logKeys, verifierOf(next.vkey)] };
    const { keep } = cosigned(offer(both, kept, offered, 5));
    assert.equal(readKept(both, keep).size, 9);
    assert.equal(offer(both, readKept(both, keep), honest.offer(9, 11), 5).kind, 'cosign');
  });

  it('keeps its word for any sequence of offers, crashes and restarts', () => {
    const histories = [honest, new History('a', 5, 40), new History('b', 17, 40)];
    const action = fc.record({
      history: fc.nat(2),
      size: fc.integer({ min: 1, max: 40 }),
      // Mostly from where the witness is, so that the sequence gets somewhere.
      from: fc.oneof(
        { weight: 4, arbitrary: fc.constant(-1) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }) },
      ),
      now: fc.integer({ min: 0, max: 4_000_000_000 }),
      crash: fc.constantFrom('none', 'before-keeping', 'after-keeping'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const said: { size: number; root: string; time: number }[] = [];
        let disk: string | null = null;
        for (const { history, size, from, now, crash } of actions) {
          const kept: Kept | null = disk === null ? null : readKept(witness, disk);
          const oldSize = from < 0 ? (kept?.size ?? 0) : from;
          const offered = { ...histories[history]!.offer(Math.min(oldSize, size), size), oldSize };
          const answer = offer(witness, kept, offered, now);
          if (answer.kind !== 'cosign' || crash === 'before-keeping') continue;
          disk = answer.keep;
          if (crash === 'after-keeping') continue;
          const [own] = readCosignatures(`${parseNote(offered.note).text}\n${answer.line}`, [ada.vkey]).valid;
          said.push({ size, root: Buffer.from(histories[history]!.roots[size]!).toString('hex'), time: own!.time });
        }
        for (const [i, now] of said.entries()) {
          const before = said[i - 1];
          if (!before) continue;
          assert.ok(now.size >= before.size, 'went back in size');
          assert.ok(now.time >= before.time, 'went back in time');
          if (now.size === before.size) assert.equal(now.root, before.root, 'two roots for one size');
        }
        // All that it said lies on one history.
        const one = histories.some((history) =>
          said.every(({ size, root }) => Buffer.from(history.roots[size]!).toString('hex') === root),
        );
        assert.ok(one, 'cosigned two histories');
      }),
      { numRuns: 400 },
    );
  });
});

describe('log/witness: offers that another implementation publishes', () => {
  // The tests of litewitness (filippo.io/torchwood): a log of sigsum whose tree is made of given hashes.
  const SIGSUM = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562';
  const key = Buffer.from('ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f', 'hex');
  const published = {
    1: `${SIGSUM}\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— ${SIGSUM} UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n`,
    3: `${SIGSUM}\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n— ${SIGSUM} UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=\n`,
    5: `${SIGSUM}\n5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n— ${SIGSUM} UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=\n`,
  };
  const small = (n: number, last = 0) => Uint8Array.from({ length: 32 }, (_, i) => [42, n][i] ?? (i === 31 ? last : 0));
  const from1to3 = [small(1), small(2)];
  const from1to5 = [small(1), fromBase64('+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI='), small(4)];
  const from3to5 = [
    small(2),
    small(3),
    Buffer.from('c2088815d65f60dbfa594d4e96504ab169cb6084bf0c132ab7c521fd2e0eba41', 'hex'),
    small(4),
  ];
  const vkey = `${SIGSUM}+${keyIdOf(SIGSUM, 1, key)}+${Buffer.concat([Buffer.of(1), key]).toString('base64')}`;
  const sigsum: Witness = { origin: SIGSUM, logKeys: [verifierOf(vkey)], cosigner: ada };

  it('are answered as there', () => {
    const first = offer(sigsum, null, { oldSize: 0, proof: [], note: published[1] }, 5);
    let kept = readKept(sigsum, cosigned(first).keep);
    // 403: a signature that is off by one bit; another log.
    const forged = published[3].replace('Vrx6go=', 'Vrx6gs=');
    assert.equal(offer(sigsum, kept, { oldSize: 1, proof: from1to3, note: forged }, 5).kind, 'refused');
    const other = published[3].replaceAll('e562', 'e561');
    assert.equal(offer(sigsum, kept, { oldSize: 1, proof: from1to3, note: other }, 5).kind, 'refused');
    // 422: no proof, a wrong one.
    assert.equal(offer(sigsum, kept, { oldSize: 1, proof: [], note: published[3] }, 5).kind, 'conflict');
    const wrong = [small(1), small(2, 1)];
    assert.equal(offer(sigsum, kept, { oldSize: 1, proof: wrong, note: published[3] }, 5).kind, 'conflict');
    // 200, then 409 with the size, then 200.
    kept = readKept(sigsum, cosigned(offer(sigsum, kept, { oldSize: 1, proof: from1to3, note: published[3] }, 5)).keep);
    const late = offer(sigsum, kept, { oldSize: 1, proof: from1to5, note: published[5] }, 5);
    assert.deepEqual(late, { kind: 'behind', size: 3 });
    const last = cosigned(offer(sigsum, kept, { oldSize: 3, proof: from3to5, note: published[5] }, 5));
    assert.equal(readKept(sigsum, last.keep).size, 5);
  });
});
