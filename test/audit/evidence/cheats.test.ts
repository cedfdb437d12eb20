// Every cheat of an operator ends as one file that a stranger accepts as proof: a process that has never seen the ledger.
import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { recordedInterval } from '../../../nodes/shared/recorded-interval.ts';
import { contradictionOf } from '../../../src/audit/evidence/compare.ts';
import { equivocationOf } from '../../../src/audit/evidence/equivocation.ts';
import type { Evidence, History } from '../../../src/audit/evidence/format.ts';
import { historyOf } from '../../../src/audit/evidence/make-history.ts';
import { omissionOf } from '../../../src/audit/evidence/omission.ts';
import { settlementFields } from '../../../src/audit/settlement-body.ts';
import { databaseSource } from '../../../src/audit/sources.ts';
import { verifyStore } from '../../../src/audit/verify.ts';
import type { Header } from '../../../src/ledger/header.ts';
import type { Body, BodyFields, RecordKind } from '../../../src/ledger/kinds.ts';
import { receiptsOf } from '../../../src/ledger/receipt.ts';
import { readNote, type SignedRecord } from '../../../src/ledger/record.ts';
import { toBase64, toHex } from '../../../src/log/bytes.ts';
import type { LogStore } from '../../../src/log/store.ts';
import { inclusionProof, leafHash } from '../../../src/log/tree.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { accepted, FIRST, keysOf, ORIGIN, type Settlement1, Street } from '../../ledger/street.ts';
import { type Cheat, cheat, fork } from '../cheat.ts';
import { openUnder, rulesOf } from '../street-2.ts';
import { strangerVerifies } from './stranger.ts';

const interval = FIRST;
const next = intervalAfter(FIRST);
const LOG_KEY = keysOf('operator').log(ORIGIN).vkey;
const METERED: [string, number, number][] = [
  ['home-1', 0, 1200],
  ['home-2', 650, 0],
  ['home-3', 900, 10],
];
/** What the rule makes of the orders that wait for the second interval. */
const RIGHT = {
  rule: 'uniform-price/1',
  orders: 3,
  volumeWh: 1000,
  price: 200_000,
  priceLow: 200_000,
  priceHigh: 200_000,
  fills: [
    [16, 1000],
    [17, 700],
    [18, 300],
  ] as [number, number][],
  pairs: [
    ['home-3', 'home-1', 300],
    ['home-2', 'home-1', 700],
  ] as [string, string, number][],
};

/** What a stranger must say of it. */
function convinces(evidence: Evidence, code: string, leaf: number | null, gzip = false): void {
  const { code: exit, verdict, err } = strangerVerifies(evidence, { gzip });
  assert.equal(exit, 0, `${err}${verdict?.evidence.text}`);
  const { text, ...said } = verdict!.evidence;
  assert.deepEqual([verdict!.ok, verdict!.trusted], [true, false]);
  assert.deepEqual(said, { kind: evidence.kind, ledger: ORIGIN, operator: LOG_KEY, code, leaf });
  assert.ok(text.startsWith(`The key ${LOG_KEY} has signed `), text);
  assert.match(text, /Whose key that is, this file cannot tell/);
}

/** Kinds of the records whose body stands in the file. */
function shown({ leaves }: History): Set<string> {
  const kinds = leaves.flatMap(([note, body]) => (body === null ? [] : [readNote(note).head.kind]));
  return new Set(kinds);
}

const DECIDING = ['roster', 'rules', 'term'];

/** The first fault that an audit finds, and the evidence made of it. */
async function evidenceOf(store: LogStore): Promise<History> {
  const { errors } = await verifyStore(store);
  assert.ok(errors[0], 'the audit finds nothing');
  return historyOf(databaseSource(store.raw), errors[0]);
}

describe('evidence of a cheating operator', () => {
  let street: Street;
  let cheating: Cheat | null;

  beforeEach(async () => {
    street = new Street();
    cheating = null;
    const ledger = await street.open();
    await street.gate(ledger, interval);
    accepted(
      await ledger.append([
        street.order('home-1', next, 'sell', 1000, 100_000),
        street.order('home-2', next, 'buy', 700, 250_000),
        street.order('home-3', next, 'buy', 501, 200_000),
      ]),
    );
    await ledger.close();
  });

  afterEach(() => {
    cheating?.store.close();
    street.remove();
  });

  const clearing = (fields: Partial<typeof RIGHT> = {}): SignedRecord =>
    street.record('operator', 'clearing', next, { ...RIGHT, ...fields });
  const settlement = (change: (right: Settlement1) => Partial<Settlement1>): SignedRecord => {
    const right = street.settlement(next, RIGHT, METERED);
    return street.record('operator', 'settlement', next, { ...right, ...change(right) });
  };
  const meters = () => METERED.map(([member, got, gave]) => street.meter(member, next, got, gave));
  const newcomer = (keys = keysOf('home-9')): BodyFields<'roster'> => ({
    action: 'join',
    member: 'home-9',
    kind: 'home',
    roles: ['member'],
    key: keys.record.vkey,
    witness: null,
    feeder: null,
  });

  /** Each cheat: what it is, the blocks that it seals, its code, and the kinds of bodies that the proof shows beside those of members and rules. */
  const cases: [string, () => SignedRecord[][], string, RecordKind[]][] = [
    ['a wrong price', () => [[clearing({ price: 210_000 })]], 'wrong-clearing', ['clearing', 'order']],
    [
      'a wrong fill',
      () => [
        [
          clearing({
            fills: [
              [16, 1000],
              [17, 699],
              [18, 301],
            ],
          }),
        ],
      ],
      'wrong-clearing',
      ['clearing', 'order'],
    ],
    [
      'a dropped order',
      () => [
        [
          clearing({
            orders: 2,
            volumeWh: 501,
            fills: [
              [16, 501],
              [18, 501],
            ],
            pairs: [['home-3', 'home-1', 501]],
          }),
        ],
      ],
      'wrong-clearing',
      ['clearing', 'order'],
    ],
    [
      'a wrong bill: an amount that is not energy times price',
      () => [
        [clearing()],
        [
          ...meters(),
          settlement(({ lines }) => ({ lines: lines.map((line, i) => (i ? line : { ...line, amount: 1 })) })),
        ],
      ],
      'wrong-settlement',
      // It contradicts itself, so nobody's meter need be shown.
      ['settlement'],
    ],
    [
      'a wrong bill: energy that no meter counted',
      () => [
        [clearing()],
        [
          ...meters(),
          street.record('operator', 'settlement', next, street.settlement(next, RIGHT, METERED.slice(0, 2))),
        ],
      ],
      'wrong-settlement',
      ['clearing', 'meter', 'settlement'],
    ],
    [
      'a late order admitted',
      () => [[clearing()], [street.order('home-3', next, 'buy', 10, 250_000)]],
      'late',
      ['order'],
    ],
    [
      'a record forged with another key',
      () => [
        [
          street.record(
            'home-3',
            'order',
            next,
            { side: 'buy', wh: 1, limit: 90_000 },
            { keys: { ...keysOf('home-3'), record: strangeKey('home-3') } },
          ),
        ],
      ],
      'wrong-key',
      ['order'],
    ],
    [
      'a member enrolled without its signature',
      () => [[street.record('home-9', 'roster', null, newcomer(), { keys: keysOf('operator') })]],
      'unsigned',
      [],
    ],
    [
      'rules changed by somebody else than the operator',
      () => [[street.record('home-1', 'rules', null, { ...rules1(), maxOrderWh: 1 })]],
      'wrong-role',
      [],
    ],
    [
      'rules changed twice in one block',
      () => [
        [
          street.record('operator', 'rules', null, { ...rules1(), maxOrderWh: 1 }),
          street.record('operator', 'rules', null, { ...rules1(), maxOrderWh: 2 }),
        ],
      ],
      'already-recorded',
      [],
    ],
  ];
  const strangeKey = (member: string) => {
    const [stranger, real] = [keysOf('stranger').record, keysOf(member).record];
    return { ...stranger, signature: (text: string) => ({ ...stranger.signature(text), name: real.name }) };
  };
  const rules1 = () => street.options().genesis!.rules;

  for (const [i, [what, make, code, kinds]] of cases.entries()) {
    it(`convinces a stranger of ${what}`, async () => {
      cheating = cheat(street);
      const first = cheating.store.size;
      for (const records of make()) cheating.seal(records);
      const evidence = await evidenceOf(cheating.store);
      assert.ok(evidence.fault.leaf >= first);
      assert.deepEqual([...shown(evidence)].sort(), [...DECIDING, ...kinds].sort());
      convinces(evidence, code, evidence.fault.leaf, i % 2 === 1);
    });
  }

  const headers: [string, string, (header: Header) => Header][] = [
    ['a backdated header', 'wrong-header', (header) => ({ ...header, time: '2026-11-22T08:00:30.000Z' })],
    ['a header that counts fewer records', 'wrong-header', (header) => ({ ...header, count: header.count - 1 })],
    [
      'a header with rules that were never recorded',
      'wrong-header',
      (header) => ({ ...header, rules: 'ab'.repeat(32) }),
    ],
    [
      'a header with a roster that was never recorded',
      'wrong-header',
      (header) => ({ ...header, roster: 'ab'.repeat(32) }),
    ],
    ['a header over another tree', 'wrong-header', (header) => ({ ...header, root: 'ab'.repeat(32) })],
    [
      'a header that is linked to another history',
      'broken-link',
      (header) => ({ ...header, previous: 'ab'.repeat(32) }),
    ],
  ];
  for (const [what, code, forge] of headers) {
    it(`convinces a stranger of ${what}`, async () => {
      cheating = cheat(street);
      cheating.sealForged([], forge);
      const evidence = await evidenceOf(cheating.store);
      assert.deepEqual([...shown(evidence)].sort(), DECIDING);
      convinces(evidence, code, cheating.store.size - 1);
    });
  }

  it('convinces a stranger of two histories shown to two members', async () => {
    cheating = cheat(street);
    const other = fork(street);
    const forked = cheat(other);
    try {
      cheating.seal([street.meter('home-1', next, 1, 0)]);
      forked.seal([street.meter('home-1', next, 2, 0)]);
      const [a, b] = [cheating.store, forked.store].map((store) => ({ checkpoint: store.checkpoint()!, source: null }));
      convinces(await contradictionOf(a!, b!, [LOG_KEY]), 'equivocation', null);
    } finally {
      forked.store.close();
      rmSync(other.directory, { recursive: true });
    }
  });

  it('convinces a stranger of one index with two leaves, in histories of two lengths', async () => {
    cheating = cheat(street);
    const other = fork(street);
    const forked = cheat(other);
    try {
      const index = cheating.store.size;
      cheating.seal([street.meter('home-1', next, 1, 0)]);
      forked.seal([street.meter('home-1', next, 2, 0), street.meter('home-2', next, 2, 0)]);
      const [a, b] = [cheating.store, forked.store].map((store) => ({
        checkpoint: store.checkpoint()!,
        leaf: toHex(store.leaf(index)!.leafHash),
        path: inclusionProof(index, store.size, (level, i) => store.node(level, i)).map(toBase64),
      }));
      convinces(equivocationOf(LOG_KEY, a!, b!, index), 'equivocation', index);
    } finally {
      forked.store.close();
      rmSync(other.directory, { recursive: true });
    }
  });

  it('convinces a stranger of a rewritten block, from an old checkpoint and the new history', async () => {
    const other = fork(street);
    cheating = cheat(street);
    const forked = cheat(other);
    try {
      forked.seal([clearing({}), street.meter('home-1', next, 1, 0)]);
      const seen = forked.store.checkpoint()!;
      for (let i = 0; i < 4; i++) cheating.seal([street.meter('home-1', intervalAfter(next, i), 2, 0)]);
      const rewritten = { checkpoint: cheating.store.checkpoint()!, source: databaseSource(cheating.store.raw) };
      const evidence = await contradictionOf({ checkpoint: seen, source: null }, rewritten, [LOG_KEY]);
      assert.ok('proof' in evidence);
      convinces(evidence, 'equivocation', null, true);
    } finally {
      forked.store.close();
      rmSync(other.directory, { recursive: true });
    }
  });

  it('convinces a stranger of a record that was left out despite its receipt', () => {
    cheating = cheat(street);
    const { store } = cheating;
    const index = store.size;
    const promised = street.order('home-3', next, 'buy', 400, 300_000);
    const [receipt] = receiptsOf(
      {
        origin: ORIGIN,
        term: 1,
        time: new Date(street.now).toISOString(),
        first: index,
        leafHashes: [leafHash(promised.note)],
      },
      keysOf('operator').log(ORIGIN),
    );
    cheating.seal([clearing()]);
    const { leafHash: stands } = store.leaf(index)!;
    const path = inclusionProof(index, store.size, (level, i) => store.node(level, i)).map(toBase64);
    const evidence = omissionOf(LOG_KEY, receipt!, store.checkpoint()!, { leaf: toHex(stands), path });
    convinces(evidence, 'omission', index);
  });
});

describe('evidence of an operator who trades', () => {
  it('convinces a stranger of its own order after the gate', async () => {
    const street = new Street();
    const options = street.options();
    const members = options.genesis!.members.map((member) =>
      'id' in member && member.id === 'operator' ? { ...member, roles: ['member', 'operator'] as const } : member,
    );
    const ledger = await street.open({ genesis: { ...options.genesis!, members } });
    await street.gate(ledger, interval);
    await ledger.close();
    const { store, seal } = cheat(street);
    const index = store.size;
    seal([street.order('operator', interval, 'buy', 1000, 300_000)]);
    convinces(await evidenceOf(store), 'late', index);
    store.close();
    street.remove();
  });
});

describe('evidence under rules of version 2', () => {
  type Bill = Extract<Body<'settlement'>, { version: 'settlement/2' }>;
  const DAY = 96;
  let street: Street;

  beforeEach(() => {
    street = new Street();
  });
  afterEach(() => street.remove());

  /** An auction, its meters, and the bill that an operator makes of them, which it then changes. */
  async function cheatsWith(
    change: (bill: Bill) => Partial<Bill>,
    rules: Parameters<typeof rulesOf>[1] = {},
    days = 0,
  ): Promise<{ evidence: History; index: number }> {
    const ledger = await openUnder(street, rulesOf('uniform-price/1', rules));
    const gate = async (at: string, metered: readonly string[]) => {
      accepted(
        await ledger.append([
          street.order('home-1', at, 'sell', 700, 200_000),
          street.order('home-2', at, 'buy', 900, 200_000),
        ]),
      );
      const fields = street.clearing(ledger, at, await ledger.closeGate(at));
      await ledger.seal({ interval: at, records: [street.record('operator', 'clearing', at, fields)] });
      accepted(await ledger.append(metered.map((home, n) => street.meter(home, at, 500 * n, 700))));
    };
    const idle = async (at: string) => {
      const fields = street.clearing(ledger, at, await ledger.closeGate(at));
      await ledger.seal({ interval: at, records: [street.record('operator', 'clearing', at, fields)] });
    };
    const billOf = (at: string) => settlementFields(recordedInterval(ledger, at)!.terms) as Bill;
    const homes = ['home-1', 'home-2', 'home-3'];
    for (let day = 0; day < days; day++) {
      const at = intervalAfter(FIRST, day * DAY);
      await gate(at, homes);
      accepted(await ledger.append([street.record('operator', 'settlement', at, billOf(at))]));
      street.now += DAY * 900_000;
    }
    const at = intervalAfter(FIRST, days * DAY);
    await gate(at, days > 0 ? homes.slice(0, 1) : homes);
    // Who has told nothing by then is estimated, where the rules say so.
    if (days > 0) await idle(intervalAfter(at));
    const bill = billOf(at);
    await ledger.close();
    const { store, seal } = cheat(street);
    const index = store.size;
    seal([street.record('operator', 'settlement', at, { ...bill, ...change(bill) } as BodyFields<'settlement'>)]);
    const evidence = await evidenceOf(store);
    store.close();
    return { evidence, index };
  }

  it('convinces a stranger of wrong amounts in a bill', async () => {
    const { evidence, index } = await cheatsWith(({ statements }) => ({
      statements: statements.map((row) => ({ ...row, amount: row.amount + 1 })),
    }));
    assert.deepEqual([...shown(evidence)].sort(), [...DECIDING, 'settlement'].sort());
    convinces(evidence, 'wrong-settlement', index);
  });

  it('convinces a stranger of a bill by other tariffs', async () => {
    const { evidence, index } = await cheatsWith(({ tariffs }) => ({ tariffs: { ...tariffs, import: 310_000 } }));
    convinces(evidence, 'wrong-settlement', index, true);
  });

  it('convinces a stranger of an estimate that does not follow from the days before', async () => {
    const { evidence, index } = await cheatsWith(
      ({ statements }) => ({
        statements: statements.map((row) =>
          row.quality === 'estimated' ? { ...row, importWh: row.importWh! + 1 } : row,
        ),
      }),
      { estimateAfterHours: 0 },
      3,
    );
    const metered = evidence.leaves.filter(([note, body]) => body !== null && readNote(note).head.kind === 'meter');
    assert.equal(metered.length, 3 * 3 + 1, 'the comparable days are shown');
    convinces(evidence, 'wrong-settlement', index);
  });

  it('convinces a stranger of a highest quarter hour that is forgotten, without the meters of the days before', async () => {
    const tariff = {
      timeZone: 'Europe/Paris',
      periods: [
        {
          from: '2026-01-01',
          import: { kind: 'fixed', price: 300_000 },
          feedIn: { kind: 'fixed', price: 80_000 },
          capacity: { price: 7_000_000 },
        },
      ],
    };
    const { evidence, index } = await cheatsWith(
      ({ peaks }) => ({ peaks: peaks.slice(1) }),
      { tariff: JSON.stringify(tariff) },
      1,
    );
    convinces(evidence, 'wrong-settlement', index);
    const bodies = evidence.leaves.filter(([, body]) => body !== null).length;
    assert.ok(bodies < evidence.leaves.length - 6, 'the orders of both auctions are left out');
  });
});
