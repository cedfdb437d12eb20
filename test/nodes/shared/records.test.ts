// From payloads to records: what is kept, what is left out, and that a message cannot say something else than its record.
import assert from 'node:assert/strict';
import { type Payload, readPayload } from '../../../nodes/shared/messages.ts';
import { contradiction, draftOf } from '../../../nodes/shared/records.ts';
import type { RecordKind } from '../../../src/ledger/kinds.ts';
import { makeRecord, readRecord } from '../../../src/ledger/record.ts';
import { keysOf, ORIGIN } from '../../ledger/street.ts';

const FIRST = '2026-11-22T08:15Z';
type Recordable = Parameters<typeof draftOf>[0];

const fill = (id: string, wh: number) => ({ id, member: 'home-1', side: 'sell' as const, wh });
const payloads: Readonly<Record<string, unknown>> = {
  meter: {
    type: 'meter',
    member: 'home-1',
    interval: FIRST,
    importWh: 5,
    exportWh: 0,
    importCounterWh: 105,
    exportCounterWh: 3,
    quality: 'estimated',
    reason: { code: 'gap', text: 'the meter was away', numbers: { seconds: 90 } },
  },
  order: {
    type: 'order',
    member: 'home-1',
    interval: FIRST,
    side: 'buy',
    wh: 5,
    limit: 200_000,
    id: 'mine',
    reason: { code: 'need', text: 'because' },
  },
  cancel: { type: 'cancel', member: 'home-1', interval: FIRST, order: 'a'.repeat(64) },
  battery: {
    type: 'battery',
    member: 'home-1',
    interval: FIRST,
    chargeWh: 5,
    dischargeWh: 0,
    socPerMille: 500,
    setpoints: [{ time: '2026-11-22T08:15:00.000Z', setpointW: -20, code: 'surplus' }],
    reasons: [{ code: 'surplus', cycles: 3 }],
  },
  note: { type: 'note', text: 'hello' },
  settlement: {
    type: 'settlement',
    interval: FIRST,
    tariffs: { import: 3, feedIn: 1 },
    lines: [{ account: 'member/home-1', counterAccount: 'supplier', wh: 5, price: 3, amount: 15, code: 'import' }],
    statements: [
      {
        member: 'home-1',
        importWh: 5,
        exportWh: 0,
        quality: 'measured',
        boughtWh: 0,
        soldWh: 0,
        supplierWh: 5,
        feedInWh: 0,
        amount: 15,
      },
    ],
  },
  clearing: {
    type: 'clearing',
    rule: 'uniform-price/1',
    interval: FIRST,
    volumeWh: 5,
    price: 9,
    priceLow: 8,
    priceHigh: 10,
    orders: [
      { ...fill('a', 5), limit: 8, index: 12 },
      { ...fill('b', 7), limit: 11, index: 15 },
    ],
    fills: [fill('a', 5), fill('b', 0)],
    pairs: [{ buyer: 'home-2', seller: 'home-1', wh: 5 }],
  },
};
const read = (payload: unknown) =>
  readPayload(payload, 'meter', 'order', 'cancel', 'battery', 'note', 'settlement', 'clearing') as Recordable;

function recordOf(payload: Recordable, member = 'home-1') {
  const { kind, interval, fields } = draftOf(payload, 'rules/1');
  const head = { ledger: ORIGIN, member, kind, interval, time: '2026-11-22T08:00:00.000Z' };
  return readRecord(makeRecord<RecordKind>(keysOf(member).record, head, fields, (count) => new Uint8Array(count)));
}

describe('draftOf', () => {
  for (const [type, payload] of Object.entries(payloads)) {
    it(`makes a record of a ${type} that its kind allows`, () => {
      const { head, body } = recordOf(read(payload));
      assert.deepEqual([head.kind, head.interval], [type, type === 'note' ? null : FIRST]);
      assert.ok(body);
    });
  }

  it('keeps the code of a reason, not its words, and what an order is, not why', () => {
    assert.deepEqual(draftOf(read(payloads['meter']), 'rules/1').fields, {
      importWh: 5,
      exportWh: 0,
      importCounterWh: 105,
      exportCounterWh: 3,
      quality: 'estimated',
      reason: 'gap',
    });
    assert.deepEqual(draftOf(read(payloads['order']), 'rules/1').fields, { side: 'buy', wh: 5, limit: 200_000 });
  });

  it('names the orders of a clearing by their leaves, and only the filled ones', () => {
    assert.deepEqual(draftOf(read(payloads['clearing']), 'rules/1').fields, {
      rule: 'uniform-price/1',
      orders: 2,
      volumeWh: 5,
      price: 9,
      priceLow: 8,
      priceHigh: 10,
      fills: [[12, 5]],
      pairs: [['home-2', 'home-1', 5]],
    });
  });

  it('refuses a clearing whose orders are in no log', () => {
    const { orders, ...rest } = read(payloads['clearing']) as Payload<'clearing'>;
    const without = { ...rest, orders: orders.map(({ index: _index, ...order }) => order) };
    assert.throws(() => draftOf(without, 'rules/1'), /choose the ledger in the market node/);
    assert.throws(() => draftOf({ ...rest, orders: [] }, 'rules/1'), /choose the ledger/);
  });
});

const contradicted = (payload: Recordable, record: Parameters<typeof contradiction>[1]) =>
  contradiction(payload, record, 'rules/1');

describe('contradiction', () => {
  for (const [type, payload] of Object.entries(payloads)) {
    it(`finds none between a ${type} and its own record, and one in every field that is recorded`, () => {
      const good = read(payload);
      const record = recordOf(good);
      assert.equal(contradicted(good, record), null);
      for (const [name, value] of Object.entries(draftOf(good, 'rules/1').fields)) {
        const body = { ...record.body, [name]: typeof value === 'number' ? value + 1 : 'something else' };
        assert.match(contradicted(good, { ...record, body } as never) ?? '', new RegExp(name));
        const { [name]: _gone, ...without } = record.body as Record<string, unknown>;
        assert.ok(contradicted(good, { ...record, body: without } as never));
      }
    });
  }

  it('finds another kind, author or interval', () => {
    const meter = read(payloads['meter']);
    assert.match(
      contradicted(meter, recordOf(read(payloads['order']))) ?? '',
      /is a meter, but the record in it is a order/,
    );
    assert.match(contradicted(meter, recordOf(meter, 'home-2')) ?? '', /of home-1, but the record in it is of home-2/);
    assert.match(
      contradicted({ ...meter, interval: '2026-11-22T08:30Z' } as Recordable, recordOf(meter)) ?? '',
      /08:30Z/,
    );
    const note = read(payloads['note']);
    assert.match(contradicted({ ...note, interval: FIRST } as Recordable, recordOf(note)) ?? '', /none/);
  });
});
