// From payloads to the fields of ledger records: what others must recompute goes in, words and receipts stay outside.
import assert from 'node:assert/strict';
import { readPayload } from '../../../nodes/shared/messages.ts';
import { draftOf } from '../../../nodes/shared/records.ts';

const interval = '2017-07-10T06:15Z';
const order = (id: string, side: 'buy' | 'sell', index?: number) => ({
  id,
  member: 'home-01',
  side,
  wh: 100,
  limit: 200_000,
  ...(index === undefined ? {} : { index }),
});
const clearing = (orders: object[], filled: number[]) => ({
  type: 'clearing',
  rule: 'uniform-price/1',
  interval,
  volumeWh: 60,
  price: 200_000,
  priceLow: 200_000,
  priceHigh: 200_000,
  orders,
  fills: orders.map((each, index) => ({ ...each, wh: filled[index], reason: { code: 'filled', text: 'All of it.' } })),
  pairs: [{ buyer: 'home-01', seller: 'home-02', wh: 60 }],
});

describe('records', () => {
  it('of a meter hold the code of the reason only', () => {
    const fields = {
      importWh: null,
      exportWh: null,
      importCounterWh: 5,
      exportCounterWh: null,
      quality: 'missing' as const,
    };
    const reason = { code: 'gap', text: 'The meter was not read.' };
    const payload = { type: 'meter', member: 'home-01', interval, ...fields, reason };
    assert.deepEqual(draftOf(readPayload(payload, 'meter')), {
      kind: 'meter',
      interval,
      fields: { ...fields, reason: 'gap' },
    });
    const sure = readPayload({ ...payload, importWh: 1, exportWh: 0, quality: 'measured', reason: null }, 'meter');
    assert.equal(draftOf(sure).fields['reason' as never], null);
  });

  it('of a battery, an order, a cancellation and a note', () => {
    const battery = {
      chargeWh: 1,
      dischargeWh: 2,
      socPerMille: null,
      setpoints: [],
      reasons: [{ code: 'ramp', cycles: 3 }],
    };
    assert.deepEqual(
      draftOf(readPayload({ type: 'battery', member: 'a', interval, ...battery }, 'battery')).fields,
      battery,
    );
    const placed = { side: 'buy' as const, wh: 5, limit: -7 };
    assert.deepEqual(
      draftOf(readPayload({ type: 'order', member: 'a', interval, id: 'x', ...placed }, 'order')).fields,
      placed,
    );
    assert.deepEqual(draftOf(readPayload({ type: 'cancel', member: 'a', interval, order: 'x' }, 'cancel')).fields, {
      order: 'x',
    });
    assert.deepEqual(draftOf(readPayload({ type: 'note', text: 'hello' }, 'note')), {
      kind: 'note',
      interval: null,
      fields: { text: 'hello' },
    });
  });

  it('of a clearing name the leaves of the orders that got something', () => {
    const payload = readPayload(
      clearing([order('a', 'buy', 12), order('b', 'sell', 15), order('c', 'sell', 17)], [60, 0, 60]),
      'clearing',
    );
    const { fields } = draftOf(payload) as { fields: Record<string, unknown> };
    assert.deepEqual(fields['fills'], [
      [12, 60],
      [17, 60],
    ]);
    assert.deepEqual(fields['pairs'], [['home-01', 'home-02', 60]]);
    assert.equal(fields['orders'], 3);
  });

  it('of a clearing without a ledger cannot be made', () => {
    const payload = readPayload(clearing([order('a', 'buy')], [60]), 'clearing');
    assert.throws(() => draftOf(payload), /made without a ledger.*choose the ledger in the market node/);
  });
});
