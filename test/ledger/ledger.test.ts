import { strict as assert } from 'node:assert';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { checkReceipt } from '../../src/ledger/receipt.ts';
import { cosignRecord, makeRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { concatBytes, fromHex, toBase64, toHex } from '../../src/log/bytes.ts';
import { openCheckpoint } from '../../src/log/checkpoint.ts';
import { ed25519Signer, keyIdOf, parseVkey, verifierOf } from '../../src/log/note.ts';
import { leafHash, verifyInclusion } from '../../src/log/tree.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { accepted, FIRST, HOMES, keysOf, ORIGIN, RULES, Street } from './street.ts';

describe('ledger', () => {
  let street: Street;
  let ledger: Ledger;

  beforeEach(async () => {
    street = new Street();
    ledger = await street.open();
  });

  afterEach(async () => {
    await ledger.close();
    street.remove();
  });

  const refusalOf = async (record: SignedRecord): Promise<string> => {
    const [result] = await ledger.append([record]);
    assert.ok(result && !result.ok, 'the record was accepted');
    assert.match(result.refusal.text, /^[\w"].{10,}/);
    return result.refusal.code;
  };

  describe('genesis', () => {
    it('begins with block 0: rules, term, and a join per member signed by operator and member', () => {
      const records = ledger.records();
      assert.deepEqual(
        records.map(({ head }) => `${head.kind} ${head.member}`),
        ['rules operator', 'term operator', 'roster home-1', 'roster home-2', 'roster home-3', 'roster operator'],
      );
      assert.equal(ledger.leaf(2)?.note.match(/^\u2014 /gm)?.length, 2);
      assert.equal(ledger.leaf(6)?.tags.kind, 'header');
      const [block] = ledger.blocks();
      assert.equal(block?.height, 0);
      assert.equal(block?.count, 6);
      assert.deepEqual(block?.kinds, { rules: 1, term: 1, roster: 4 });
      assert.equal(ledger.state.rules.simulated, true);
    });

    it('needs rules for a new ledger, and says so', async () => {
      const other = new Street();
      const { genesis: _, ...options } = other.options();
      const { openLedger } = await import('../../src/ledger/ledger.ts');
      await assert.rejects(openLedger(options), /no ledger in .* yet/);
      other.remove();
    });

    for (const [what, vkey] of weakKeys()) {
      it(`refuses a member with a ${what} key`, async () => {
        const operator = keysOf('operator');
        const head = {
          ledger: ORIGIN,
          member: 'home-9',
          kind: 'roster',
          interval: null,
          time: '2026-11-22T08:00:00.000Z',
        } as const;
        const join = makeRecord(
          operator.record,
          head,
          { action: 'join', member: 'home-9', kind: 'home', roles: ['member'], key: vkey, witness: null, feeder: null },
          street.random,
        );
        assert.equal(await refusalOf(join), 'bad-change');
        accepted(await ledger.append([street.meter('home-1', FIRST, 1, 0)]));
      });
    }

    it('takes a join that the member signed elsewhere', async () => {
      const keys = keysOf('home-9');
      const head = {
        ledger: ORIGIN,
        member: 'home-9',
        kind: 'roster',
        interval: null,
        time: '2026-11-22T08:00:00.000Z',
      } as const;
      const fields = {
        action: 'join',
        member: 'home-9',
        kind: 'home',
        roles: ['member'],
        key: keys.record.vkey,
        witness: keys.witness,
        feeder: 'feeder-1',
      } as const;
      await ledger.enrol(makeRecord(keys.record, head, fields, street.random));
      assert.equal(await refusalOf(street.order('home-9', FIRST, 'buy', 1, 100_000)), 'unknown-member');
      await ledger.seal();
      accepted(await ledger.append([street.order('home-9', FIRST, 'buy', 1, 100_000)]));
    });
  });

  describe('admission', () => {
    it('answers with index and id after the commit, and the same record again with its first index', async () => {
      const record = street.order('home-1', FIRST, 'sell', 1000, 100_000);
      const [first] = await ledger.append([record]);
      assert.ok(first?.ok && first.receipt !== null);
      const { receipt, ...rest } = first;
      assert.deepEqual(rest, { ok: true, id: record.id, index: 7, duplicate: false });
      const said = checkReceipt(receipt, keysOf('operator').log(ORIGIN).vkey);
      assert.deepEqual(said, { origin: ORIGIN, index: 7, leaf: toHex(leafHash(record.note)), term: 1 });
      const again = await ledger.append([record, { note: record.note, body: record.body }]);
      assert.deepEqual(
        again.map((result) => result.ok && [result.index, result.duplicate]),
        [
          [7, true],
          [7, true],
        ],
      );
      assert.equal(ledger.size, 8);
    });

    it('knows a record again under another signature line', async () => {
      const record = street.order('home-1', FIRST, 'sell', 1000, 100_000);
      accepted(await ledger.append([record]));
      const [result] = await ledger.append([cosignRecord(record, keysOf('home-2').record)]);
      assert.deepEqual(result, { ok: true, id: record.id, index: 7, duplicate: true, receipt: null });
    });

    it('signs one receipt for all records of a commit, at the time of the commit', async () => {
      const orders = HOMES.map((member) => street.order(member, FIRST, 'buy', 10, 100_000));
      const early = street.order('home-1', FIRST, 'buy', 11, 100_000);
      accepted(await ledger.append([early]));
      const results = await ledger.append([
        orders[0]!,
        early,
        street.order('nobody', FIRST, 'buy', 1, 100_000),
        ...orders.slice(1),
      ]);
      street.now += 3_600_000;
      const receipts = results
        .map((result) => (result.ok ? result.receipt : null))
        .filter((receipt) => receipt !== null);
      assert.deepEqual(
        receipts.map(({ index }) => index),
        [8, 9, 10],
      );
      const notes = new Set(receipts.map(({ note }) => note));
      assert.equal(notes.size, 1);
      assert.match([...notes][0]!, /"count":3,"first":8,.*"time":"2026-11-22T08:00:00.000Z"/);
      for (const [i, receipt] of receipts.entries()) {
        const { leaf } = checkReceipt(receipt, keysOf('operator').log(ORIGIN).vkey);
        assert.equal(leaf, toHex(leafHash(orders[i]!.note)));
      }
    });

    it('knows a record twice in one batch', async () => {
      const record = street.order('home-1', FIRST, 'sell', 1000, 100_000);
      assert.deepEqual(accepted(await ledger.append([record, record])), [7, 7]);
    });

    const interval = FIRST;
    const cases: [string, string, () => SignedRecord][] = [
      [
        'a body that is not the signed one',
        'body-mismatch',
        () => ({
          note: street.meter('home-1', interval, 1, 0).note,
          body: street.meter('home-1', interval, 2, 0).body,
        }),
      ],
      ['a note that is no record', 'malformed', () => ({ note: 'hello\n', body: '{}' })],
      ['no signature', 'malformed', () => unsigned(street.meter('home-1', interval, 1, 0))],
      [
        'the signature of somebody else',
        'unsigned',
        () => street.record('home-1', 'note', null, { text: 'hello' }, { keys: keysOf('home-2') }),
      ],
      [
        'the signature of an older key',
        'wrong-key',
        () =>
          street.record(
            'home-1',
            'note',
            null,
            { text: 'hello' },
            { keys: { ...keysOf('home-1'), record: renamed('home-1') } },
          ),
      ],
      ['a signature that was altered', 'bad-signature', () => forged(street.meter('home-1', interval, 1, 0))],
      [
        'a signature too many',
        'wrong-key',
        () => cosignRecord(street.meter('home-1', interval, 1, 0), keysOf('home-2').record),
      ],
      ['a member that nobody knows', 'unknown-member', () => street.meter('home-77', interval, 1, 0)],
      [
        'a record of another community',
        'wrong-ledger',
        () => street.record('home-1', 'note', null, { text: 'hello' }, { ledger: 'other.example/ledger/1' }),
      ],
      [
        'a record of another epoch',
        'wrong-ledger',
        () => street.record('home-1', 'note', null, { text: 'hello' }, { ledger: 'sunny-street.example/ledger/2' }),
      ],
      ['a clearing by a member', 'wrong-role', () => street.record('home-1', 'clearing', interval, emptyClearing())],
      ['a meter of the operator, who is no member', 'wrong-role', () => street.meter('operator', interval, 1, 0)],
      ['rules by a member', 'wrong-role', () => street.record('home-1', 'rules', null, RULES)],
      ['an order above the size', 'out-of-bounds', () => street.order('home-1', interval, 'buy', 10_001, 100_000)],
      ['a limit above the tariff', 'out-of-bounds', () => street.order('home-1', interval, 'buy', 10, 300_001)],
      ['an order for next year', 'too-early', () => street.order('home-1', '2027-11-22T08:15Z', 'buy', 10, 100_000)],
      [
        'a cancel of nothing',
        'unknown-order',
        () => street.record('home-1', 'cancel', interval, { order: '0'.repeat(64) }),
      ],
      [
        'a settlement before the clearing',
        'too-early',
        () => street.record('operator', 'settlement', interval, { tariffs: RULES.tariffs, lines: [], statements: [] }),
      ],
      [
        'a clearing of a book that is not there',
        'wrong-clearing',
        () => street.record('operator', 'clearing', interval, { ...emptyClearing(), orders: 1 }),
      ],
      [
        'a clearing by another rule',
        'wrong-clearing',
        () => street.record('operator', 'clearing', interval, { ...emptyClearing(), rule: 'pay-as-bid/1' }),
      ],
      [
        'a second term',
        'wrong-role',
        () =>
          street.record('operator', 'term', null, {
            term: 2,
            operator: 'operator',
            key: keysOf('operator').log(ORIGIN).vkey,
          }),
      ],
    ];
    for (const [what, code, make] of cases) {
      it(`refuses ${what}: ${code}`, async () => {
        assert.equal(await refusalOf(make()), code);
        assert.equal(ledger.size, 7);
      });
    }

    it('takes one meter record per member and interval', async () => {
      accepted(await ledger.append([street.meter('home-1', interval, 1, 0)]));
      assert.equal(await refusalOf(street.meter('home-1', interval, 2, 0)), 'already-recorded');
      accepted(
        await ledger.append([
          street.meter('home-2', interval, 1, 0),
          street.meter('home-1', intervalAfter(interval), 1, 0),
        ]),
      );
      await ledger.close();
      ledger = await street.open();
      assert.equal(await refusalOf(street.meter('home-1', interval, 2, 0)), 'already-recorded');
    });

    it('counts orders, cancelled ones included, and lets a member cancel only its own', async () => {
      const orders = [1, 2, 3, 4].map((wh) => street.order('home-1', interval, 'buy', wh, 100_000));
      accepted(await ledger.append(orders));
      assert.equal(await refusalOf(street.order('home-1', interval, 'buy', 5, 100_000)), 'over-quota');
      const cancel = { order: orders[0]!.id };
      assert.equal(await refusalOf(street.record('home-2', 'cancel', interval, cancel)), 'unknown-order');
      accepted(await ledger.append([street.record('home-1', 'cancel', interval, cancel)]));
      assert.equal(await refusalOf(street.record('home-1', 'cancel', interval, cancel)), 'unknown-order');
      assert.equal(await refusalOf(street.order('home-1', interval, 'buy', 5, 100_000)), 'over-quota');
      assert.deepEqual(
        (await ledger.closeGate(interval)).entries().map(({ wh }) => wh),
        [2, 3, 4],
      );
    });
  });

  describe('gate and block', () => {
    it('takes what arrived before the gate, refuses what comes after', async () => {
      const before = ledger.append([street.order('home-1', FIRST, 'sell', 1000, 100_000)]);
      const book = ledger.closeGate(FIRST);
      const after = ledger.append([street.order('home-2', FIRST, 'buy', 1000, 100_000)]);
      accepted(await before);
      assert.deepEqual(
        (await book).entries().map(({ member, side, wh, limit, index }) => ({ member, side, wh, limit, index })),
        [{ member: 'home-1', side: 'sell', wh: 1000, limit: 100_000, index: 7 }],
      );
      const [late] = await after;
      assert.equal(late?.ok === false && late.refusal.code, 'late');
    });

    it('gives the same book after a restart between gate and clearing', async () => {
      const orders = [
        street.order('home-1', FIRST, 'sell', 1000, 100_000),
        street.order('home-2', FIRST, 'buy', 10, 100_000),
      ];
      accepted(await ledger.append([...orders, street.record('home-2', 'cancel', FIRST, { order: orders[1]!.id })]));
      const book = await ledger.closeGate(FIRST);
      await ledger.close();
      ledger = await street.open();
      const again = await ledger.closeGate(FIRST);
      assert.deepEqual([again.entries(), again.all(), again.cancels()], [book.entries(), book.all(), book.cancels()]);
    });

    it('refuses orders and a second clearing for what is cleared, also after a restart', async () => {
      await street.gate(ledger, FIRST);
      for (let restart = 0; restart < 2; restart++) {
        assert.equal(await refusalOf(street.order('home-2', FIRST, 'buy', 1, 100_000)), 'late');
        assert.equal(await refusalOf(street.record('operator', 'clearing', FIRST, emptyClearing())), 'late');
        await assert.rejects(ledger.closeGate(FIRST), /already cleared/);
        await ledger.close();
        ledger = await street.open();
      }
    });

    it('links headers, signs a checkpoint per block and proves inclusion', async () => {
      await street.gates(ledger, 3);
      const blocks = ledger.blocks({ from: 0 });
      assert.deepEqual(
        blocks.map(({ height }) => height),
        [0, 1, 2, 3, 4],
      );
      for (const [i, block] of blocks.slice(1).entries()) assert.equal(block.previous, blocks[i]!.hash);
      assert.deepEqual(
        ledger.blocks({ limit: 2 }).map(({ height }) => height),
        [4, 3],
      );
      assert.deepEqual(
        ledger.blocks({ from: 2, limit: 2 }).map(({ height }) => height),
        [2, 3],
      );
      assert.deepEqual(ledger.blocks({ from: 9 }), []);
      const key = verifierOf(ledger.state.term.key);
      for (const block of blocks) assert.equal(openCheckpoint(block.checkpoint, [key]).size, block.size);
      for (const index of [0, 6, 7, 20, ledger.size - 1]) {
        const { size, root, hashes, leafHash } = ledger.proof(index);
        assert.ok(verifyInclusion(fromHex(leafHash), index, size, hashes.map(fromHex), fromHex(root)));
      }
    });

    it('proves nothing that is not sealed', async () => {
      accepted(await ledger.append([street.meter('home-1', FIRST, 1, 0)]));
      assert.throws(() => ledger.proof(7), /not sealed/);
    });

    it('never lets the time of a header go back', async () => {
      await ledger.seal();
      const { time } = ledger.blocks({ limit: 1 })[0]!;
      street.now -= 3_600_000;
      assert.equal((await ledger.seal()).time, time);
    });

    it('seals nothing when a last record is refused, and goes on', async () => {
      const wrong = street.record('operator', 'clearing', FIRST, { ...emptyClearing(), orders: 3 });
      await assert.rejects(ledger.seal({ interval: FIRST, records: [wrong] }), /not sealed: .*book/);
      assert.equal(ledger.state.height, 0);
      await street.gate(ledger, FIRST);
      assert.equal(ledger.state.height, 1);
    });

    it('changes roster and rules with the next header, not before', async () => {
      const dearer = { ...RULES, limits: { min: 80_000, max: 400_000 } };
      accepted(await ledger.append([street.record('operator', 'rules', null, dearer)]));
      assert.equal(await refusalOf(street.order('home-1', FIRST, 'buy', 1, 350_000)), 'out-of-bounds');
      await ledger.seal();
      accepted(await ledger.append([street.order('home-1', FIRST, 'buy', 1, 350_000)]));
      await ledger.close();
      ledger = await street.open();
      assert.equal(ledger.state.rules.limits.max, 400_000);
    });

    it('lets a member change its key with the old one, the new one and the operator', async () => {
      const before = ledger.state.roster.get('home-1')!;
      const next = { ...keysOf('home-1'), record: renamed('home-1') };
      const head = {
        ledger: ORIGIN,
        member: 'home-1',
        kind: 'roster',
        interval: null,
        time: '2026-11-22T08:00:00.000Z',
      } as const;
      const { active: _, ...entry } = before;
      const change = makeRecord(
        [keysOf('operator').record, next.record],
        head,
        { ...entry, action: 'key', key: next.record.vkey },
        street.random,
      );
      assert.equal(await refusalOf(change), 'wrong-key');
      const both = street.record('home-1', 'note', null, { text: 'same block, old key' });
      accepted(await ledger.append([cosignRecord(change, keysOf('home-1').record), both]));
      await ledger.seal();
      assert.equal(await refusalOf(street.record('home-1', 'note', null, { text: 'old key' })), 'wrong-key');
      accepted(await ledger.append([street.record('home-1', 'note', null, { text: 'new key' }, { keys: next })]));
      await ledger.close();
      ledger = await street.open();
      assert.equal(ledger.state.roster.get('home-1')?.key, next.record.vkey);
    });

    it('keeps the entry of a member who left, and refuses its records', async () => {
      const { active: _, ...entry } = ledger.state.roster.get('home-3')!;
      const leave = street.record('operator', 'roster', null, { ...entry, action: 'leave' }, {});
      assert.equal(await refusalOf(leave), 'malformed');
      const head = {
        ledger: ORIGIN,
        member: 'home-3',
        kind: 'roster',
        interval: null,
        time: '2026-11-22T08:00:00.000Z',
      } as const;
      accepted(
        await ledger.append([
          makeRecord(keysOf('operator').record, head, { ...entry, action: 'leave' }, street.random),
        ]),
      );
      await ledger.seal();
      assert.equal(await refusalOf(street.meter('home-3', FIRST, 1, 0)), 'unknown-member');
      assert.equal(ledger.state.roster.get('home-3')?.active, false);
    });
  });

  describe('opening again', () => {
    it('continues with the unsealed tail', async () => {
      await street.gates(ledger, 2);
      accepted(
        await ledger.append([
          street.meter('home-1', '2026-11-22T09:00Z', 1, 0),
          street.order('home-2', '2026-11-22T09:15Z', 'buy', 5, 90_000),
        ]),
      );
      const { size } = ledger;
      const text = ledger.state.text();
      await ledger.close();
      ledger = await street.open();
      assert.equal(ledger.size, size);
      assert.equal(ledger.state.text(), text);
      assert.equal(ledger.state.open.count, 2);
      assert.equal((await ledger.seal()).count, 2);
      assert.equal((await ledger.closeGate('2026-11-22T09:15Z')).entries().length, 1);
    });

    it('refuses another ledger, another operator, another key', async () => {
      await ledger.close();
      await assert.rejects(street.open({ origin: 'sunny-street.example/ledger/2' }), /holds the ledger/);
      await assert.rejects(street.open({ operator: keysOf('home-1') }), /operated by operator/);
      const cloned = { ...keysOf('operator'), log: () => keysOf('home-1').log(ORIGIN) };
      await assert.rejects(street.open({ operator: cloned }), /is not the one that began/);
      ledger = await street.open();
    });

    it('refuses a second opener, and the first one does not notice', async () => {
      await assert.rejects(street.open(), /in use/);
      await street.gate(ledger, FIRST);
    });

    const bad: [string, (street: Street) => void, RegExp][] = [
      ['a link', (other) => symlinkSync(street.database, other.database), /symbolic link/],
      ['a directory', (other) => mkdirSync(other.database), /not a file/],
      ['0 bytes', (other) => writeFileSync(other.database, ''), /empty/],
      ['garbage', (other) => writeFileSync(other.database, 'no database '.repeat(1000)), /not an SQLite database/],
    ];
    for (const [what, place, message] of bad) {
      it(`refuses ${what} in place of the database`, async () => {
        const other = new Street();
        place(other);
        await assert.rejects(other.open(), message);
        other.remove();
      });
    }

    it('refuses a database that was cut', async () => {
      await ledger.close();
      truncateSync(street.database, 8192);
      await assert.rejects(street.open(), /damaged|malformed|failed/);
      street.remove();
      street = new Street();
      ledger = await street.open();
    });
  });

  it('closes after what was handed over, and then takes nothing more', async () => {
    const written = ledger.append([street.meter('home-1', FIRST, 1, 0)]);
    await ledger.close();
    accepted(await written);
    await assert.rejects(ledger.append([street.meter('home-2', FIRST, 1, 0)]), /closed/);
    await assert.rejects(ledger.seal(), /closed/);
  });

  it('takes many records at once without holding the event loop', async () => {
    const records = Array.from({ length: 1000 }, (_, i) =>
      street.record('home-1', 'note', null, { text: `note ${i}` }),
    );
    let turns = 0;
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      turns++;
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const answers = await ledger.append(records).finally(() => clearInterval(timer));
    const indices = accepted(answers);
    assert.deepEqual(
      indices,
      records.map((_, i) => i + 7),
    );
    assert.ok(turns >= 4, `the event loop turned ${turns} times`);
    assert.ok(longest < 500, `the event loop stood still for ${Math.round(longest)} ms`);
  });
});

function emptyClearing() {
  return {
    rule: 'uniform-price/1',
    orders: 0,
    volumeWh: 0,
    price: null,
    priceLow: null,
    priceHigh: null,
    fills: [],
    pairs: [],
  };
}

/** Another key under the same name. */
function renamed(member: string) {
  return ed25519Signer(keysOf(member).record.name, new Uint8Array(32).fill(7));
}

/** Public keys under which anyone could sign: of small order, with a torsion part, not canonical. */
function weakKeys(): [string, string][] {
  const name = keysOf('home-9').record.name;
  const honest = parseVkey(keysOf('home-9').record.vkey).publicKey;
  const order8 = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const mixed = ed25519.Point.fromBytes(honest).add(order8).toBytes();
  const keys: [string, Uint8Array][] = [
    ['small-order', fromHex('01'.padEnd(64, '0'))],
    ['order-8', fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')],
    ['mixed-order', mixed],
    ['non-canonical', fromHex(`${'ee'.padEnd(62, 'f')}7f`)],
    ['off-curve', fromHex('02'.padEnd(64, '0'))],
  ];
  return keys.map(([what, key]) => [
    what,
    `${name}+${keyIdOf(name, 1, key)}+${toBase64(concatBytes(Uint8Array.of(1), key))}`,
  ]);
}

function unsigned(record: SignedRecord): SignedRecord {
  return { note: record.note.slice(0, record.note.indexOf('\n\n') + 2), body: record.body };
}

function forged(record: SignedRecord): SignedRecord {
  const at = record.note.length - 20;
  const flipped = record.note[at] === 'A' ? 'B' : 'A';
  return { note: record.note.slice(0, at) + flipped + record.note.slice(at + 1), body: record.body };
}
