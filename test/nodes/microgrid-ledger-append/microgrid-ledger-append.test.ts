// What is acknowledged is in the ledger; what is not in order is refused with a code, a sentence and a red status, and
// leaves the ledger as it was.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { verifyDatabase } from '../../../src/audit/verify.ts';
import { memberKeys } from '../../../src/ledger/keys.ts';
import { makeRecord, readRecord, type SignedRecord } from '../../../src/ledger/record.ts';
import { parseCheckpoint } from '../../../src/log/checkpoint.ts';
import { openNote, parseNote, verifierOf } from '../../../src/log/note.ts';
import { openSqliteStore } from '../../../src/log/sqlite-store.ts';
import { newUserDir, type Payload, removeUserDirs, type Version } from '../../support/flow.ts';
import { type StreetFlow, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  garbage,
  gateOf,
  LEDGER,
  marketNode,
  meterOf,
  notIntegers,
  ORIGIN,
  orderOf,
  SECOND,
} from '../../support/market-nodes.ts';

/** Block 0 of an operator and three homes: rules, term, four joins, and its header. */
const GENESIS = 7;
const note = (text: string) => ({ type: 'note', text });
const receiptOf = (payload: Payload | undefined) =>
  payload?.['receipt'] as { readonly id: string; readonly index: number; readonly duplicate: boolean };

describe('microgrid-ledger-append', () => {
  let street: StreetFlow;

  beforeEach(async () => {
    street = await startStreet([
      appendNode('home-1'),
      appendNode('home-2'),
      appendNode('operator'),
      appendNode('', { id: 'relay' }),
      marketNode(),
    ]);
  });

  afterEach(() => street?.stop());
  after(removeUserDirs);

  const size = async () => (await street.ledger.open()).size;

  it('signs what comes unsigned with the key of its member, and answers with the leaf', async () => {
    const payload = await street.first('append home-1', note('the roof was cleaned'));
    const { id, index, duplicate } = receiptOf(payload);
    assert.deepEqual([index, duplicate], [GENESIS, false]);
    const record = payload['record'] as { note: string; body: string };
    const ledger = await street.ledger.open();
    assert.equal(ledger.leaf(index)?.note, record.note);
    assert.equal(ledger.leaf(index)?.body, record.body);
    const read = readRecord(record);
    assert.deepEqual(
      [read.id, read.head.ledger, read.head.member, read.head.kind, read.head.interval, read.body],
      [id, LEDGER, 'home-1', 'note', null, { ...read.body, text: 'the roof was cleaned' }],
    );
    openNote(record.note, [verifierOf(street.member('home-1').keys.record.vkey)]);
    assert.equal(street.flow.status('append home-1')?.fill, 'green');
    assert.equal(payload['text'], 'the roof was cleaned');
  });

  it('keeps what else the message carries, and drops unknown fields of the payload', async () => {
    await street.ok('append home-1', { ...note('a'), member: 'home-1', colour: 'red' }, { topic: 'mine', extra: 7 });
    const [sent] = street.flow.messages('append home-1') as { topic: string; extra: number; payload: Payload }[];
    assert.deepEqual([sent?.topic, sent?.extra], ['mine', 7]);
    assert.deepEqual(Object.keys(sent?.payload ?? {}).sort(), ['member', 'receipt', 'record', 'text', 'type']);
  });

  it('refuses what is unsigned where no member is chosen', async () => {
    const text = await street.refuses('relay', note('who said this?'), 'unsigned');
    assert.match(text, /choose in this node whose key/);
    assert.equal(await size(), GENESIS);
  });

  it("refuses to sign for another than the chosen member, also the operator's kinds", async () => {
    await street.refuses('append home-1', meterOf('home-2', 1, 0), 'wrong-member');
    await street.refuses('append home-1', { ...note('a'), member: 'home-2' }, 'wrong-member');
    await street.recordOrder('home-1', 'sell', 100, 100_000);
    street.at('2017-07-10T06:10Z');
    const clearing = await street.first('market', gateOf(FIRST));
    await street.refuses('append home-1', clearing, 'wrong-role');
    assert.equal(await size(), GENESIS + 1);
    // Nothing of the refused clearing is left: the operator's own goes through.
    assert.equal(receiptOf(await street.first('append operator', clearing)).index, GENESIS + 1);
  });

  it('takes a record that its member has signed elsewhere, whoever relays it', async () => {
    const record = street.sign('home-2', 'order', FIRST, { side: 'buy', wh: 500, limit: 200_000 });
    const payload = await street.first('relay', orderOf('home-2', 'buy', 500, 200_000, { record }));
    assert.equal(receiptOf(payload).index, GENESIS);
    assert.deepEqual(payload['record'], record);
  });

  it('answers the same record again with its first leaf', async () => {
    const first = await street.first('append home-1', note('once'));
    const again = await street.first('relay', first);
    assert.deepEqual(receiptOf(again), { ...receiptOf(first), duplicate: true });
    assert.equal(await size(), GENESIS + 1);
  });

  it('refuses forged, foreign and altered records', async () => {
    const fields = { side: 'buy', wh: 500, limit: 200_000 } as const;
    const order = (record: object) => orderOf('home-2', 'buy', 500, 200_000, { record });
    const good = street.sign('home-2', 'order', FIRST, fields);
    const other = street.sign('home-2', 'order', FIRST, fields);
    const signatureOf = (text: string) => text.split('\n\n')[1] ?? '';
    await street.refuses(
      'relay',
      order({ ...good, note: good.note.replace(signatureOf(good.note), signatureOf(other.note)) }),
      'bad-signature',
    );
    await street.refuses('relay', order(street.sign('home-1', 'order', FIRST, fields, { as: 'home-2' })), 'unsigned');
    await street.refuses('relay', order({ ...good, body: other.body }), 'body-mismatch');
    await street.refuses('relay', order({ ...good, note: good.note.replace('\n', '\r\n') }), 'malformed');
    await street.refuses('relay', order({ note: '', body: '' }), 'malformed');
    await street.refuses(
      'relay',
      order(street.sign('home-2', 'order', FIRST, fields, { ledger: `${ORIGIN}/ledger/2` })),
      'wrong-ledger',
    );
    const stranger = memberKeys(ORIGIN, 'home-9', new Uint8Array(32).fill(9));
    const head = {
      ledger: LEDGER,
      member: 'home-9',
      kind: 'order',
      interval: FIRST,
      time: '2017-07-10T06:00:00.000Z',
    } as const;
    const { note: foreign, body } = makeRecord(stranger.record, head, fields, (count) => new Uint8Array(count));
    await street.refuses(
      'relay',
      orderOf('home-9', 'buy', 500, 200_000, { record: { note: foreign, body } }),
      'unknown-member',
    );
    // A new key under a known name.
    const thief = memberKeys(ORIGIN, 'home-2', new Uint8Array(32).fill(8));
    const stolen = makeRecord(thief.record, { ...head, member: 'home-2' }, fields, (count) => new Uint8Array(count));
    await street.refuses('relay', order({ note: stolen.note, body: stolen.body }), 'wrong-key');
    assert.equal(await size(), GENESIS);
  });

  it('refuses a message that says something else than the record in it', async () => {
    const record = street.sign('home-2', 'meter', FIRST, {
      importWh: 10,
      exportWh: 0,
      importCounterWh: null,
      exportCounterWh: null,
      quality: 'measured',
      reason: null,
    });
    const honest = { ...meterOf('home-2', 10, 0), record };
    for (const lie of [
      { ...honest, importWh: 999 },
      { ...honest, quality: 'estimated' },
      { ...honest, interval: SECOND },
      { ...honest, member: 'home-1' },
      orderOf('home-2', 'buy', 500, 200_000, { record }),
      { ...note('a'), record },
      { ...note('a'), record: street.sign('home-2', 'note', FIRST, { text: 'a' }) },
    ]) {
      await street.refuses('relay', lie, 'contradiction');
    }
    assert.equal(await size(), GENESIS);
    assert.equal(receiptOf(await street.first('relay', honest)).index, GENESIS);
  });

  it('tells a second meter value of an interval apart without an error, and keeps the first', async () => {
    await street.ok('append home-1', meterOf('home-1', 10, 0));
    const { error, out } = await street.give('append home-1', meterOf('home-1', 11, 0));
    assert.equal(error, null);
    assert.deepEqual([out[0]?.length, out[1]?.map((refusal) => refusal['code'])], [0, ['already-recorded']]);
    assert.equal(street.flow.status('append home-1')?.fill, 'yellow');
    assert.deepEqual(street.flow.caught, []);
    const [meter] = (await street.ledger.open()).records({ kind: 'meter' });
    assert.equal((meter?.body as { importWh: number } | undefined)?.importWh, 10);
    assert.equal(await size(), GENESIS + 1);
  });

  it('refuses orders that the rules do not allow', async () => {
    const give = (payload: Payload, code: string) => street.refuses('append home-1', payload, code);
    await give(orderOf('home-1', 'buy', 100_001, 200_000), 'out-of-bounds');
    await give(orderOf('home-1', 'buy', 500, 300_001), 'out-of-bounds');
    await give(orderOf('home-1', 'sell', 500, 79_999), 'out-of-bounds');
    await give(orderOf('home-1', 'buy', 500, 200_000, { interval: '2019-07-10T06:15Z' }), 'too-early');
    await give({ type: 'cancel', member: 'home-1', interval: FIRST, order: 'a'.repeat(64) }, 'unknown-order');
    for (let i = 0; i < 10; i++) await street.recordOrder('home-1', 'buy', 1, 200_000);
    await give(orderOf('home-1', 'buy', 1, 200_000), 'over-quota');
    await street.gate();
    await give(orderOf('home-1', 'buy', 1, 200_000), 'late');
  });

  it('lets a member take back its own order only', async () => {
    const order = await street.recordOrder('home-1', 'buy', 700, 200_000);
    const cancel = { type: 'cancel', interval: FIRST, order: receiptOf(order).id };
    await street.refuses('append home-2', { ...cancel, member: 'home-2' }, 'unknown-order');
    await street.ok('append home-1', { ...cancel, member: 'home-1' });
    assert.deepEqual((await street.gate())['orders'], []);
  });

  describe('a clearing', () => {
    it('closes its block: clearing, header and checkpoint in one', async () => {
      const order = await street.recordOrder('home-1', 'sell', 800, 100_000);
      await street.recordOrder('home-2', 'buy', 500, 250_000);
      await street.ok('append home-1', note('between'));
      street.at('2017-07-10T06:10Z');
      const given = await street.ok('append operator', await street.first('market', gateOf(FIRST)));
      const clearing = given[0]?.[0];
      const block = given[2]?.[0];
      assert.equal(receiptOf(order).index, GENESIS);
      assert.deepEqual(receiptOf(clearing), { id: receiptOf(clearing).id, index: GENESIS + 3, duplicate: false });
      const ledger = await street.ledger.open();
      assert.equal(ledger.leaf(GENESIS + 3)?.id, receiptOf(clearing).id);
      assert.equal(ledger.size, GENESIS + 5);
      const { checkpoint, root, hash, previous, time, ...rest } = block as Record<string, string>;
      assert.deepEqual(rest, {
        type: 'block',
        state: 'sealed',
        height: 1,
        first: GENESIS,
        count: 4,
        interval: FIRST,
        size: GENESIS + 5,
        kinds: { order: 2, note: 1, clearing: 1 },
        records: ['order home-1', 'order home-2', 'note home-1', 'clearing'],
      });
      assert.equal(time, ledger.blocks({ limit: 1 })[0]?.time);
      assert.equal(previous, ledger.blocks({ from: 0, limit: 1 })[0]?.hash);
      assert.equal(hash, ledger.leaf(GENESIS + 4)?.id);
      const signed = parseCheckpoint(parseNote(checkpoint ?? '').text);
      assert.deepEqual([signed.size, Buffer.from(signed.root).toString('base64')], [GENESIS + 5, root]);
      openNote(checkpoint ?? '', [verifierOf(street.member('operator').keys.log(LEDGER).vkey)]);
    });

    it('that comes again is answered with its leaf, and seals no empty block', async () => {
      await street.recordOrder('home-1', 'sell', 800, 100_000);
      const clearing = await street.gate();
      const before = await size();
      const [again, , block] = await street.ok('append operator', clearing);
      assert.deepEqual(receiptOf(again?.[0]), { ...receiptOf(clearing), duplicate: true });
      assert.deepEqual(block, []);
      assert.equal(await size(), before);
    });

    it('of another book, another rule or another time is refused, and the true one still goes through', async () => {
      await street.recordOrder('home-1', 'sell', 800, 100_000);
      const order = await street.recordOrder('home-2', 'buy', 500, 250_000);
      street.at('2017-07-10T06:09Z');
      const empty = { volumeWh: 0, price: null, priceLow: null, priceHigh: null, orders: [], fills: [], pairs: [] };
      const made = { type: 'clearing', rule: 'uniform-price/1', interval: FIRST, ...empty };
      await street.refuses('append operator', { ...made, interval: SECOND }, 'too-early');
      await street.refuses('append operator', made, 'wrong-clearing');
      await street.refuses('append operator', { ...made, rule: 'mine/1' }, 'wrong-clearing');
      const orders = [
        { id: 'a', member: 'home-2', side: 'buy', wh: 500, limit: 250_000, index: receiptOf(order).index },
      ];
      await street.refuses(
        'append operator',
        { ...made, orders, fills: [{ id: 'a', member: 'home-2', side: 'buy', wh: 501 }] },
        'wrong-clearing',
      );
      const sealed = await street.gate();
      assert.equal(sealed['volumeWh'], 500);
      const { ok, errors } = await verifyAfterStop();
      assert.deepEqual([ok, errors], [true, []]);
    });

    it('altered on its way from the market is refused, and the true one still goes through', async () => {
      await street.recordOrder('home-1', 'sell', 800, 100_000);
      await street.recordOrder('home-2', 'buy', 500, 250_000);
      await street.recordOrder('home-2', 'buy', 500, 240_000);
      street.at('2017-07-10T06:10Z');
      const clearing = await street.first('market', gateOf(FIRST));
      type Row = Record<string, unknown>;
      const rows = (name: string, index: number, change: Row) =>
        (clearing[name] as Row[]).map((row, i) => (i === index ? { ...row, ...change } : row));
      const lies: [Row, RegExp][] = [
        [
          { price: 230_000 },
          /^price in the clearing of 2017-07-10T06:15Z is not what the recorded orders give; wire it/,
        ],
        [{ priceLow: 1 }, /^priceLow/],
        [{ volumeWh: 799 }, /^volumeWh/],
        [{ pairs: [{ buyer: 'home-2', seller: 'home-1', wh: 799 }] }, /^pairs/],
        [{ fills: rows('fills', 1, { wh: 401 }) }, /^fills/],
        [{ fills: rows('fills', 1, { member: 'home-3' }) }, /^a fill in the clearing/],
        [{ fills: rows('fills', 0, { side: 'buy' }) }, /^a fill in the clearing/],
        [{ orders: rows('orders', 2, { limit: 90_000 }) }, /^the book in the clearing/],
        [{ orders: rows('orders', 2, { member: 'home-1' }) }, /^the book in the clearing/],
      ];
      for (const [lie, sentence] of lies) {
        assert.match(await street.refuses('append operator', { ...clearing, ...lie }, 'wrong-clearing'), sentence);
      }
      // The operator's own signature makes it no truer.
      const price = 230_000;
      const {
        interval: _interval,
        nonce: _nonce,
        version: _version,
        ...fields
      } = readRecord((await street.first('append operator', clearing))['record'] as SignedRecord).body as Record<
        string,
        unknown
      >;
      const again = { ...clearing, price, interval: SECOND };
      const record = street.sign('operator', 'clearing', SECOND, { ...fields, price } as never);
      street.at('2017-07-10T06:25Z');
      await street.refuses('append operator', { ...again, record }, 'wrong-clearing');
      await street.refuses('append operator', { ...clearing, price: 230_000, interval: FIRST }, 'late');
      const { ok, errors } = await verifyAfterStop();
      assert.deepEqual([ok, errors], [true, []]);
    });

    it('in a message of another interval is refused, and its block stays open for the true one', async () => {
      await street.recordOrder('home-1', 'sell', 800, 100_000);
      street.at('2017-07-10T06:25Z');
      const clearing = await street.first('market', gateOf(FIRST));
      const record = street.sign('operator', 'clearing', FIRST, {
        rule: 'uniform-price/1',
        orders: 1,
        volumeWh: 0,
        price: null,
        priceLow: null,
        priceHigh: null,
        fills: [],
        pairs: [],
      });
      const text = await street.refuses('append operator', { ...clearing, interval: SECOND, record }, 'contradiction');
      assert.match(text, /is of 2017-07-10T06:30Z, but the record in it is of 2017-07-10T06:15Z; sign again/);
      const sealed = await street.first('append operator', { ...clearing, record });
      assert.equal((sealed['block'] as { interval: string } | undefined)?.interval, FIRST);
    });

    it('without the log positions of its orders says what to do', async () => {
      const fill = { id: 'a', member: 'home-1', side: 'sell', wh: 5 };
      const orders = [{ ...fill, limit: 100_000 }];
      const text = await street.fails('append operator', {
        type: 'clearing',
        rule: 'uniform-price/1',
        interval: FIRST,
        volumeWh: 5,
        price: 1,
        priceLow: 1,
        priceHigh: 1,
        orders,
        fills: [fill],
        pairs: [],
      });
      assert.match(text, /choose the ledger in the market node/);
    });
  });

  it('gives every one of many messages at once a leaf of its own', async () => {
    const given = await Promise.all(
      Array.from({ length: 300 }, (_, i) => street.give(i % 2 ? 'append home-1' : 'append home-2', note(`note ${i}`))),
    );
    assert.deepEqual(
      given.filter(({ error }) => error),
      [],
    );
    const sent = [...street.flow.payloads('append home-1'), ...street.flow.payloads('append home-2')];
    const indices = sent.map((payload) => receiptOf(payload).index).sort((a, b) => a - b);
    assert.deepEqual(
      indices,
      Array.from({ length: 300 }, (_, i) => GENESIS + i),
    );
  });

  it('has acknowledged nothing that a crash right then could take back', async () => {
    await street.gate();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(receiptOf(await street.first('append home-1', note(`note ${i}`))).id);
    // The files as they lie there while the ledger is open are what a crash leaves.
    const copy = join(newUserDir(), 'crashed');
    cpSync(street.ledgerPath, copy, { recursive: true });
    const store = openSqliteStore(join(copy, 'ledger.sqlite'));
    assert.deepEqual(
      ids.map((id) => store.indexOf(id)),
      [0, 1, 2].map((i) => GENESIS + 2 + i),
    );
    store.close();
    const again = await startAgain();
    const ledger = await again.ledger.open();
    assert.deepEqual(
      ids.map((id) => ledger.leaf(GENESIS + 2 + ids.indexOf(id))?.id),
      ids,
    );
  });

  it('refuses what is no payload, with a sentence', async () => {
    for (const payload of garbage) await street.fails('append home-1', payload);
    assert.equal(await size(), GENESIS);
  });

  it('refuses numbers, texts and lists that are none', async () => {
    const order = orderOf('home-1', 'buy', 500, 200_000);
    const meter = meterOf('home-1', 10, 0);
    const battery = {
      type: 'battery',
      member: 'home-1',
      interval: FIRST,
      chargeWh: 1,
      dischargeWh: 0,
      socPerMille: 500,
      setpoints: [],
      reasons: [],
    };
    const cases: [Payload, string, readonly unknown[]][] = [
      [order, 'wh', [...notIntegers, 0, -1]],
      [order, 'limit', notIntegers],
      [order, 'interval', ['', '2017-07-10T06:10Z', '2017-07-10T06:15', '2017-13-10T06:15Z', 5, null]],
      [
        order,
        'member',
        ['', 'Home-1', 'home_1', '__proto__', 'h'.repeat(64), 'x'.repeat(1_000_000), 7, null, ['home-1']],
      ],
      [order, 'side', ['', 'BUY', 1, null]],
      [meter, 'importWh', [...notIntegers.filter((value) => value !== null), -1]],
      [meter, 'importWh', [null]],
      [meter, 'quality', ['', 'good', 'missing', 5]],
      [meter, 'exportCounterWh', ['1', -1, 0.5]],
      [meter, 'reason', ['broken', 5, { code: 'x'.repeat(201), text: '' }]],
      [battery, 'socPerMille', [-1, 1001, 0.5, '500']],
      [battery, 'setpoints', [null, 'x'.repeat(1_000_000), [null], [{ time: 'now', setpointW: 1, code: 'a' }]]],
      [battery, 'reasons', [{}, [{ code: 'a', cycles: 0 }]]],
      [
        note('a'),
        'text',
        ['', 5, null, 'x'.repeat(4001), 'x'.repeat(1_000_000), 'a\nb', 'a\u0000', '\ud800', 'e\u0301'],
      ],
      [note('a'), 'interval', ['now', 5]],
      [
        note('a'),
        'record',
        [null, 'signed', {}, { note: 'a' }, { note: 5, body: 'b' }, { note: 'x'.repeat(70_000), body: '' }],
      ],
    ];
    for (const [good, field, values] of cases) {
      for (const value of values) await street.fails('append home-1', { ...good, [field]: value });
    }
    assert.equal(await size(), GENESIS);
  });

  it('takes a script and a name from the prototype for what they are: text', async () => {
    for (const text of [
      '<script>alert(1)</script>',
      '__proto__',
      'constructor',
      '"; DROP TABLE leaf; --',
      '€ 日本 🌞',
    ]) {
      assert.equal((await street.first('append home-1', note(text)))['text'], text);
    }
  });

  /** Stops the flow, so that the database is free, and verifies it. */
  async function verifyAfterStop() {
    await street.stop();
    const result = await verifyDatabase(join(street.ledgerPath, 'ledger.sqlite'));
    await startAgain(false);
    return result;
  }

  async function startAgain(stop = true): Promise<StreetFlow> {
    const { userDir } = street;
    if (stop) await street.stop();
    street = await startStreet([appendNode('home-1')], { userDir });
    return street;
  }
});

for (const version of ['5', '4.1'] satisfies Version[]) {
  describe(`microgrid-ledger-append on Node-RED ${version}`, () => {
    let street: StreetFlow | undefined;

    afterEach(() => street?.stop());
    after(removeUserDirs);

    it('records, refuses and seals', async () => {
      street = await startStreet([appendNode('home-1'), appendNode('operator'), marketNode()], { version });
      await street.recordOrder('home-1', 'sell', 800, 100_000);
      await street.refuses('append home-1', meterOf('home-2', 1, 0), 'wrong-member');
      assert.equal((await street.gate())['volumeWh'], 0);
      await street.fails('append home-1', null);
    });

    it('says in every answer why the ledger cannot be opened', async () => {
      street = await startStreet([appendNode('home-1')], { version, ledger: { folder: '/dev/null/ledgers' } });
      assert.match(await street.fails('append home-1', note('a')), /\/dev\/null/);
    });
  });
}
