// A false accusation must be impossible: from the histories of honest operators, whatever is left out, altered or claimed, no file
// comes that holds. Whoever forges is as clever as the audit: it claims what an audit of the forged history finds.
import { strict as assert } from 'node:assert';
import { recordedInterval } from '../../../nodes/shared/recorded-interval.ts';
import { NOT_COSIGNED } from '../../../src/audit/cosigned.ts';
import { checkEvidence } from '../../../src/audit/evidence/check.ts';
import {
  EVIDENCE_VERSION,
  type Evidence,
  evidenceText,
  type History,
  parseEvidence,
} from '../../../src/audit/evidence/format.ts';
import { settlementFields } from '../../../src/audit/settlement-body.ts';
import { bodyHashOf } from '../../../src/audit/sources.ts';
import { audit } from '../../../src/audit/verify.ts';
import { REFUSAL_CODES } from '../../../src/ledger/judge.ts';
import type { BodyFields } from '../../../src/ledger/kinds.ts';
import { receiptsOf } from '../../../src/ledger/receipt.ts';
import { toBase64, toHex } from '../../../src/log/bytes.ts';
import { FormatError } from '../../../src/log/errors.ts';
import { consistencyProof, inclusionProof, nodeHash, type ReadNode } from '../../../src/log/tree.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { accepted, FIRST, HOMES, keysOf, ORIGIN, RULES, Street } from '../../ledger/street.ts';
import { openUnder, rulesOf } from '../street-2.ts';

const LOG_KEY = keysOf('operator').log(ORIGIN).vkey;
const HISTORIES = 6;
const FORGERIES = 50;

/** Bills that go back to other intervals: a price of the exchange, and a charge for the highest quarter hour. */
const TARIFF = JSON.stringify({
  timeZone: 'Europe/Paris',
  periods: [
    {
      from: '2026-01-01',
      import: { kind: 'dynamic', markup: 100_000 },
      feedIn: { kind: 'fixed', price: 80_000 },
      levies: 5_000,
      vatBasisPoints: 2000,
      capacity: { price: 7_000_000 },
    },
  ],
});

interface Honest {
  readonly leaves: readonly (readonly [note: string, body: string | null])[];
  /** By the number of leaves. */
  readonly checkpoints: ReadonlyMap<number, string>;
  readonly leafHashes: readonly Uint8Array[];
  readonly readNode: ReadNode;
}

type Random = () => number;

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** What an honest operator does in a few quarter hours: orders, cancels, trades, clearings, meters, bills, members who come and go. */
async function honestHistory(seed: number): Promise<Honest> {
  const random = seededRandom(seed);
  const street = new Street();
  const second = seed % 2 === 0;
  const rules = second
    ? rulesOf(['uniform-price/1', 'pay-as-bid/1', 'continuous/1'][seed / 2 - 1]!, {
        maxMemberWh: 1500,
        tariff: TARIFF,
        estimateAfterHours: 0,
      })
    : RULES;
  const ledger = await openUnder(street, rules);
  const some = () => 300 + Math.floor(random() * 900);
  for (let i = 0; i < 4; i++) {
    const interval = intervalAfter(FIRST, i);
    const cancels: number[] = [];
    for (const home of HOMES) {
      for (let n = 0; n < 3; n++) {
        const order = street.order(home, interval, pick(random, ['buy', 'sell']), some(), 80_000 + 100 * some());
        const [placed] = await ledger.append([order]);
        if (placed?.ok && random() < 0.5) {
          cancels.push(
            ...accepted(await ledger.append([street.record(home, 'cancel', interval, { order: order.id })])),
          );
        }
      }
    }
    if (random() < 0.5) accepted(await ledger.append([street.record('home-1', 'note', interval, { text: 'hello' })]));
    if (random() < 0.3) await ledger.enrol({ id: `home-${4 + i}`, kind: 'home', keys: keysOf(`home-${4 + i}`) });
    if (random() < 0.3) {
      const changed = { ...rules, maxOrderWh: 9000 + i } as BodyFields<'rules'>;
      accepted(await ledger.append([street.record('operator', 'rules', null, changed)]));
    }
    const clearing = street.clearing(ledger, interval, await ledger.closeGate(interval));
    await ledger.seal({ interval, records: [street.record('operator', 'clearing', interval, clearing)] });
    street.now += 900_000;
    // What was taken back may be forgotten once the auction is over.
    if (seed % 3 === 0 && cancels.length > 0) await ledger.erase(cancels[0]!, 'member-request');
    // Under version 2 one home is late: it is estimated, and corrected an interval later.
    const metered = second ? HOMES.slice(0, 2) : HOMES;
    accepted(await ledger.append(metered.map((home) => street.meter(home, interval, some(), some()))));
    const settle = async (at: string) => {
      const bill = settlementFields(recordedInterval(ledger, at)!.terms);
      accepted(await ledger.append([street.record('operator', 'settlement', at, bill)]));
    };
    if (!second) await settle(interval);
    else {
      accepted(await ledger.append([street.record('operator', 'price', interval, { price: some() })]));
      if (i > 0) await settle(intervalAfter(interval, -1));
      if (i > 1) {
        const late = intervalAfter(interval, -2);
        const energy = { importWh: some(), exportWh: 0, importCounterWh: null, exportCounterWh: null };
        const fields = { ...energy, quality: 'measured' as const, reason: 'late' };
        accepted(await ledger.append([street.record('home-3', 'correction', late, fields)]));
        await settle(late);
      }
    }
  }
  await ledger.seal();
  const { store } = ledger;
  const stored = store.leaves(0, store.size);
  const nodes = stored.map(({ leafHash }) => leafHash);
  const honest: Honest = {
    leaves: stored.map(({ note, body, tags }) => [note, tags.kind === 'header' ? null : body] as const),
    checkpoints: new Map(store.checkpoints(1, 1000).map(({ size, note }) => [size, note])),
    leafHashes: nodes,
    readNode: frozenNodes(nodes),
  };
  await ledger.close();
  street.remove();
  return honest;
}

/** Nodes of the tree, made when they are asked for. */
function frozenNodes(leaves: readonly Uint8Array[]): ReadNode {
  const read: ReadNode = (level, index) =>
    level === 0 ? leaves[index]! : nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
  return read;
}

/** The file that claims a fault of these leaves. */
const historyFile = (leaves: History['leaves'], checkpoint: string, leaf: number, code: string): History => ({
  version: EVIDENCE_VERSION,
  kind: 'history',
  ledger: ORIGIN,
  operator: LOG_KEY,
  checkpoint,
  leaves,
  fault: { leaf, code },
});

/** What an audit finds first in leaves that somebody altered. */
async function foundIn(leaves: History['leaves']): Promise<{ leaf: number; code: string } | null> {
  const source = {
    size: leaves.length,
    sealedSize: leaves.length,
    keepsCheckpoints: false,
    leaves: () =>
      leaves.map(([note, body], index) => {
        const bodyHash = bodyHashOf(note);
        return { index, note, body, ...(bodyHash === null ? {} : { bodyHash }) };
      }),
    checkpoint: () => null,
    cosigned: NOT_COSIGNED,
    faults: () => [],
  };
  const { errors } = await audit(source, { mostErrors: 1 });
  const [first] = errors;
  return first?.leaf == null ? null : { leaf: first.leaf, code: first.code };
}

type Leaves = [string, string | null][];

/** Ways to alter leaves; the first ones leave every signature in order. */
const ALTERATIONS: readonly ((leaves: Leaves, random: Random) => void)[] = [
  (leaves, random) => {
    const share = random();
    for (const leaf of leaves) if (random() < share) leaf[1] = null;
  },
  (leaves, random) => {
    const kind = pick(random, ['order', 'cancel', 'clearing', 'meter', 'settlement', 'note']);
    for (const leaf of leaves) if (leaf[0].includes(`"kind":"${kind}"`) && random() < 0.7) leaf[1] = null;
  },
  (leaves, random) => {
    // Exactly one body: what it alone decides must not turn against the operator.
    const at = Math.floor(random() * leaves.length);
    leaves[at]![1] = null;
  },
  (leaves, random) => {
    pick(random, leaves)[1] = pick(random, leaves)[1];
  },
  (leaves, random) => {
    const leaf = pick(random, leaves);
    leaf[1] = leaf[1]?.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) ?? '{}';
  },
  (leaves, random) => {
    pick(random, leaves)[0] = pick(random, leaves)[0];
  },
  (leaves, random) => {
    const leaf = pick(random, leaves);
    const at = Math.floor(random() * leaf[0].length);
    leaf[0] = `${leaf[0].slice(0, at)}x${leaf[0].slice(at + 1)}`;
  },
  (leaves, random) => {
    leaves.splice(Math.floor(random() * leaves.length), 1);
  },
  (leaves, random) => {
    const at = Math.floor(random() * leaves.length);
    leaves.splice(at, 0, [...leaves[at]!]);
  },
  (leaves, random) => {
    const at = Math.floor(random() * (leaves.length - 1));
    [leaves[at], leaves[at + 1]] = [leaves[at + 1]!, leaves[at]!];
  },
];

describe('evidence against an honest operator', function () {
  this.timeout(120_000);
  const histories: Honest[] = [];

  before(async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) histories.push(await honestHistory(seed));
  });

  it('has histories in which an audit finds nothing', async () => {
    for (const { leaves } of histories) assert.equal(await foundIn(leaves.map(([note, body]) => [note, body])), null);
  });

  const neverHolds = async (evidence: Evidence, what: string) => {
    const { ok, evidence: told } = await checkEvidence(evidence);
    assert.equal(ok, false, `${what}: ${told.text}`);
    assert.match(told.text, /^This proves nothing: \S/);
  };

  it('never holds: bodies withheld or altered, leaves altered, doubled, dropped, swapped', async () => {
    const claims = new Set<string>();
    for (const [seed, { leaves, checkpoints }] of histories.entries()) {
      const random = seededRandom(1000 + seed);
      for (let n = 0; n < FORGERIES; n++) {
        const size = pick(random, [...checkpoints.keys()]);
        const forged: Leaves = leaves.slice(0, size).map(([note, body]) => [note, body]);
        const which = n % ALTERATIONS.length;
        ALTERATIONS[which]!(forged, random);
        if (random() < 0.3) pick(random, ALTERATIONS)(forged, random);
        const found = await foundIn(forged);
        const claim = found ?? { leaf: Math.floor(random() * size), code: pick(random, REFUSAL_CODES) };
        if (found) claims.add(claim.code);
        const other = pick(random, [...checkpoints.keys()]);
        for (const checkpoint of [checkpoints.get(size)!, checkpoints.get(other)!]) {
          const what = `history ${seed + 1}, forgery ${n} by alteration ${which}, ${claim.code} at ${claim.leaf}`;
          await neverHolds(historyFile(forged, checkpoint, claim.leaf, claim.code), what);
        }
      }
    }
    // The forgeries are not idle: audits of them do find faults, only none that the operator has signed.
    assert.ok(claims.size >= 5, [...claims].join());
  });

  it('never holds: any one body withheld', async () => {
    for (const { leaves, checkpoints } of histories.slice(1, 3)) {
      const size = [...checkpoints.keys()].at(-1)!;
      for (let at = 0; at < size; at++) {
        if (leaves[at]![1] === null) continue;
        const forged: Leaves = leaves.slice(0, size).map(([note, body], i) => [note, i === at ? null : body]);
        const found = await foundIn(forged);
        assert.ok(found === null || found.code === 'missing-body', `${found?.code} without the body of leaf ${at}`);
      }
    }
  });

  it('never holds: every fault claimed at every leaf of the untouched history', async () => {
    const { leaves, checkpoints } = histories[0]!;
    const size = [...checkpoints.keys()][1]!;
    const whole: Leaves = leaves.slice(0, size).map(([note, body]) => [note, body]);
    for (const code of ['genesis', 'wrong-header', 'wrong-clearing', 'body-altered', 'missing-body', 'leaf-missing']) {
      for (let leaf = 0; leaf < size; leaf++)
        await neverHolds(historyFile(whole, checkpoints.get(size)!, leaf, code), `${code} at ${leaf}`);
    }
  });

  it('never holds: a deciding body, or all bodies, withheld', async () => {
    for (const { leaves, checkpoints } of histories) {
      const [size, checkpoint] = [...checkpoints].at(-1)!;
      const bare: Leaves = leaves.slice(0, size).map(([note]) => [note, null]);
      await neverHolds(historyFile(bare, checkpoint, 0, 'missing-body'), 'no bodies');
      await neverHolds(historyFile(bare, checkpoint, 0, 'genesis'), 'no bodies');
    }
  });

  it('never holds: two checkpoints of one log, with whatever leaves and proofs', async () => {
    for (const [seed, { checkpoints, leafHashes, readNode }] of histories.entries()) {
      const random = seededRandom(2000 + seed);
      const common = { version: EVIDENCE_VERSION, kind: 'equivocation', ledger: ORIGIN, operator: LOG_KEY } as const;
      const sizes = [...checkpoints.keys()];
      for (let n = 0; n < 150; n++) {
        const [sizeA, sizeB] = [pick(random, sizes), pick(random, sizes)];
        const [a, b] = [checkpoints.get(sizeA)!, checkpoints.get(sizeB)!];
        await neverHolds({ ...common, a: { checkpoint: a }, b: { checkpoint: b } }, `${sizeA} and ${sizeB}`);
        const index = Math.floor(random() * Math.min(sizeA, sizeB));
        const near = Math.max(0, index - Math.floor(random() * 3));
        const shown = (checkpoint: string, size: number) => {
          const path = inclusionProof(pick(random, [index, near]), size, readNode).map(toBase64);
          // A sibling or an inner node as a leaf, a path too short or too long.
          const leaf = pick(random, [leafHashes[index]!, leafHashes[near]!, Buffer.from(path[0] ?? '', 'base64')]);
          const cut = pick(random, [
            path,
            path,
            path.slice(1),
            path.slice(0, -1),
            [...path, path[0] ?? toBase64(leaf)],
          ]);
          return { checkpoint, leaf: toHex(leaf).padEnd(64, '0'), path: cut };
        };
        await neverHolds({ ...common, a: shown(a, sizeA), b: shown(b, sizeB), index }, `leaf ${index}`);
        const [older, newer] = [Math.min(sizeA, sizeB), Math.max(sizeA, sizeB)];
        const from = pick(random, [older, Math.max(1, older - 1)]);
        const proof = consistencyProof(from, newer, readNode).map(toBase64);
        const heads = { a: { checkpoint: checkpoints.get(older)! }, b: { checkpoint: checkpoints.get(newer)! } };
        const root = toHex(
          pick(random, [leafHashes[index]!, Buffer.from(proof[0] ?? toBase64(leafHashes[0]!), 'base64')]),
        );
        await neverHolds({ ...common, ...heads, root, proof }, `a prefix of ${older} in ${newer}`);
      }
    }
  });

  it('never holds: a receipt that was kept', async () => {
    const logKey = keysOf('operator').log(ORIGIN);
    for (const [seed, { checkpoints, leafHashes, readNode }] of histories.entries()) {
      const random = seededRandom(3000 + seed);
      const first = 3 + seed;
      const commit = { origin: ORIGIN, term: 1, time: '2026-11-22T08:00:00.000Z', first };
      const receipts = receiptsOf({ ...commit, leafHashes: leafHashes.slice(first, first + 9) }, logKey);
      for (let n = 0; n < 150; n++) {
        const receipt = pick(random, receipts);
        const size = pick(random, [...checkpoints.keys()]);
        const index = Math.min(size - 1, pick(random, [receipt.index, receipt.index + 1, receipt.index - 1]));
        const evidence: Evidence = {
          version: EVIDENCE_VERSION,
          kind: 'omission',
          ledger: ORIGIN,
          operator: LOG_KEY,
          receipt: { ...receipt, path: [...receipt.path], index: pick(random, [receipt.index, index]) },
          checkpoint: checkpoints.get(size)!,
          leaf: toHex(leafHashes[index]!),
          path: inclusionProof(index, size, readNode).map(toBase64),
        };
        await neverHolds(evidence, `receipt ${receipt.index}, leaf ${index} of ${size}`);
      }
    }
  });

  it('never holds against another key, or for another ledger', async () => {
    const { leaves, checkpoints } = histories[0]!;
    const [size, checkpoint] = [...checkpoints].at(-1)!;
    const whole: Leaves = leaves.slice(0, size).map(([note, body]) => [note, body]);
    const file = historyFile(whole, checkpoint, size - 1, 'wrong-header');
    await neverHolds({ ...file, operator: keysOf('home-1').log(ORIGIN).vkey }, 'another key');
    await neverHolds({ ...file, operator: keysOf('operator').record.vkey }, 'a record key');
    await neverHolds({ ...file, ledger: 'sunny-street.example/ledger/2' }, 'another epoch');
  });

  it('is not read when a byte is another', () => {
    const { leaves, checkpoints } = histories[0]!;
    const [size, checkpoint] = [...checkpoints][0]!;
    const whole: Leaves = leaves.slice(0, size).map(([note, body]) => [note, body]);
    const text = evidenceText(historyFile(whole, checkpoint, 1, 'genesis'));
    const random = seededRandom(4000);
    for (let n = 0; n < 300; n++) {
      const at = Math.floor(random() * text.length);
      const mutated = `${text.slice(0, at)}${pick(random, ['', '"', '}', '0', '\\', ','])}${text.slice(at + 1)}`;
      try {
        parseEvidence(mutated);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }
  });
});
