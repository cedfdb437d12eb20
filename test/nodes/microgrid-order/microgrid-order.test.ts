// Orders from what the member's last days needed: after the last meter is in or a share of the time to the gate is over,
// signed, within the tariffs, and never twice for one interval.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecord } from '../../../src/ledger/record.ts';
import { openNote, verifierOf } from '../../../src/log/note.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { newUserDir, type Payload, removeUserDirs, soon, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  garbage,
  LEDGER,
  meterOf,
  notIntegers,
  orderNode,
  SECOND,
} from '../../support/market-nodes.ts';
import { sleep } from '../../support/node-red.ts';

const NOW = '2017-07-10T06:00Z';
const LAST = '2017-07-10T05:45Z';
const start = (interval: string, bidding: unknown): Payload => ({
  type: 'interval',
  event: 'start',
  interval,
  bidding,
});
const BEGIN = start(NOW, FIRST);
const battery = (socPerMille: number | null, more: object = {}): Payload => ({
  type: 'battery',
  member: 'home-1',
  interval: LAST,
  chargeWh: 0,
  dischargeWh: 0,
  socPerMille,
  setpoints: [],
  reasons: [],
  ...more,
});

/** The last days: this need (+) or surplus (-) in every quarter hour, up to an hour ago. */
function history(netWh: number, days = 7): Payload {
  const count = days * 96;
  const intervals = Array.from({ length: count }, (_, i) => ({
    interval: intervalAfter(NOW, i - count - 4),
    loadWh: Math.max(0, netWh),
    pvWh: Math.max(0, -netWh),
  }));
  return { type: 'history', member: 'home-1', intervals };
}

describe('microgrid-order', () => {
  let street: StreetFlow;

  const begin = async (more: object = {}, options: StreetOptions = {}) => {
    street = await startStreet([orderNode(more), appendNode('home-1')], options);
  };
  const orders = () => street.flow.payloads('order');
  const sum = () => orders().reduce((total, { wh }) => total + Number(wh), 0);

  afterEach(() => street?.stop());
  after(removeUserDirs);

  it('buys what the same quarter hour of the last days needed, in signed orders within the tariffs', async () => {
    await begin();
    await street.ok('order', history(300));
    await street.ok('order', meterOf('home-1', 280, 0, LAST));
    assert.deepEqual(orders(), []);
    await street.ok('order', BEGIN);
    assert.equal(sum(), 300);
    for (const order of orders()) {
      assert.deepEqual([order['member'], order['interval'], order['side']], ['home-1', FIRST, 'buy']);
      const limit = Number(order['limit']);
      assert.ok(limit > 80_000 && limit < 300_000, `${limit}`);
      assert.match((order['reason'] as { text: string }).text, /\d+ Wh/);
      const record = order['record'] as { note: string; body: string };
      const { id, head, body } = readRecord(record);
      assert.deepEqual([id, head.ledger, head.member, head.interval], [order['id'], LEDGER, 'home-1', FIRST]);
      const { side, wh, limit: signed } = body as { side: string; wh: number; limit: number };
      assert.deepEqual([side, wh, signed], ['buy', order['wh'], limit]);
      openNote(record.note, [verifierOf(street.member('home-1').keys.record.vkey)]);
      await street.ok('append home-1', order);
    }
    assert.equal(street.flow.messages('order')[0]?.topic, 'home-1');
    assert.match(street.flow.status('order')?.text ?? '', /^buy .* ct$/);
  });

  it('uses its history also when the meter spoke first, as after a restart', async () => {
    await begin();
    await street.ok('order', meterOf('home-1', 900, 0, LAST));
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    assert.equal(sum(), 300);
  });

  it('knows the last week after a restart, where nobody tells it again', async () => {
    await begin();
    await street.ok('order', history(300));
    await street.ok('order', meterOf('home-1', 900, 0, LAST));
    await street.ok('order', BEGIN);
    const { userDir } = street;
    await street.stop();
    await begin({}, { userDir });
    street.at('2017-07-10T06:15Z');
    await street.ok('order', meterOf('home-1', 900, 0, NOW));
    await street.ok('order', start(FIRST, SECOND));
    assert.equal(sum(), 300);
    // A new epoch is a new street.
    await street.reset();
    await street.community.ready();
    await street.ok('order', BEGIN);
    street.at('2017-07-10T06:07Z');
    await street.flow.nextStatus('order', ({ text }) => text === 'no history yet');
  });

  it('sells the surplus of a roof', async () => {
    await begin();
    await street.ok('order', history(-400));
    await street.ok('order', meterOf('home-1', 0, 400, LAST));
    await street.ok('order', BEGIN);
    assert.ok(orders().every(({ side }) => side === 'sell'));
    assert.equal(sum(), 400);
  });

  it('knows only its last interval at first, and says so', async () => {
    await begin();
    await street.ok('order', BEGIN);
    await street.ok('order', meterOf('home-1', 120, 20, LAST));
    assert.equal(sum(), 100);
    assert.match(JSON.stringify(orders()[0]?.['reason']), /last/);
  });

  it('places nothing without any history, and is ready for the next interval', async () => {
    await begin();
    await street.ok('order', BEGIN);
    street.at('2017-07-10T06:07Z');
    await street.flow.nextStatus('order', ({ text }) => text === 'no history yet');
    assert.deepEqual(orders(), []);
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    street.at('2017-07-10T06:09:30Z');
    await soon(
      () => sum() === 300,
      () => 'the same interval may still be ordered for',
    );
  });

  it('waits for the last meter as long as the gate allows, then bids without it', async () => {
    await begin();
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    // The gate closes at 06:10; it waits until 06:06.
    street.at('2017-07-10T06:05:50Z');
    await sleep(30);
    assert.deepEqual(orders(), []);
    street.at('2017-07-10T06:06Z');
    await soon(
      () => sum() === 300,
      () => 'no order at the deadline',
    );
    await street.ok('order', meterOf('home-1', 1, 0, LAST));
    assert.equal(sum(), 300);
  });

  it('does not wait longer once the meter has come', async () => {
    await begin();
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    await street.ok('order', meterOf('home-1', 300, 0, LAST));
    assert.equal(sum(), 300);
    street.at('2017-07-10T06:06Z');
    await sleep(20);
    assert.equal(sum(), 300);
  });

  describe('with a battery', () => {
    const withBattery = { batteryKWh: '10', batteryKW: '4' };

    it('waits for the battery too, and offers what is stored beyond the need', async () => {
      await begin(withBattery);
      await street.ok('order', history(100));
      await street.ok('order', BEGIN);
      await street.ok('order', meterOf('home-1', 100, 0, LAST));
      assert.deepEqual(orders(), []);
      await street.ok('order', battery(1000));
      // 96 quarter hours of need ahead are 9.6 kWh: nothing of the 9 kWh is to spare.
      assert.ok(orders().every(({ side }) => side === 'buy'));
    });

    it('does not guess a charge that it does not know', async () => {
      await begin(withBattery);
      await street.ok('order', history(-100));
      await street.ok('order', meterOf('home-1', 0, 100, LAST));
      await street.ok('order', battery(null));
      await street.ok('order', BEGIN);
      assert.equal(street.flow.status('order')?.text, 'battery not known yet');
      assert.deepEqual(orders(), []);
    });

    it('asks less for its surplus the fuller it is', async () => {
      const limitAt = async (socPerMille: number) => {
        await begin(withBattery);
        await street.ok('order', history(-400));
        await street.ok('order', meterOf('home-1', 0, 400, LAST));
        await street.ok('order', battery(socPerMille));
        await street.ok('order', BEGIN);
        const [order] = orders();
        assert.deepEqual([order?.['side'], order?.['wh']], ['sell', 400]);
        await street.stop();
        return Number(order?.['limit']);
      };
      const limits = [await limitAt(100), await limitAt(500), await limitAt(1000)];
      assert.deepEqual(
        limits,
        [...limits].sort((a, b) => b - a),
      );
      assert.ok(
        limits.every((limit) => limit > 80_000 && limit < 300_000) && new Set(limits).size === 3,
        limits.join(),
      );
      await begin();
    });

    it('refuses limits of charge that leave nothing between them', async () => {
      await begin({ ...withBattery, minSoc: '80', maxSoc: '20' });
      assert.equal(street.flow.status('order')?.fill, 'red');
      assert.match(await street.fails('order', BEGIN), /lowest charge is not below the highest/);
    });
  });

  describe('never twice for one interval', () => {
    const ready = async (options: StreetOptions = {}) => {
      await begin({}, options);
      await street.ok('order', history(300));
      await street.ok('order', meterOf('home-1', 300, 0, LAST));
    };

    it('in one life', async () => {
      await ready();
      await street.ok('order', BEGIN);
      await street.ok('order', BEGIN);
      assert.equal(sum(), 300);
      await street.ok('order', start(FIRST, FIRST));
      street.at('2017-07-10T06:09:59Z');
      await sleep(20);
      assert.equal(sum(), 300);
    });

    it('in two', async () => {
      await ready();
      await street.ok('order', BEGIN);
      assert.equal(sum(), 300);
      const { userDir } = street;
      await street.stop();
      await ready({ userDir });
      await street.ok('order', BEGIN);
      assert.deepEqual(orders(), []);
      assert.match(street.flow.status('order')?.text ?? '', /before/);
      street.at('2017-07-10T06:15Z');
      await street.ok('order', meterOf('home-1', 300, 0, NOW));
      await street.ok('order', start(FIRST, SECOND));
      assert.equal(sum(), 300);
    });

    it('but again in a new epoch, from a new history', async () => {
      await ready();
      await street.ok('order', BEGIN);
      await street.reset();
      await street.community.ready();
      await street.ok('order', BEGIN);
      street.at('2017-07-10T06:07Z');
      await street.flow.nextStatus('order', ({ text }) => text === 'no history yet');
      await street.ok('order', history(-200));
      await street.ok('order', BEGIN);
      street.at('2017-07-10T06:09:30Z');
      await soon(
        () => orders().at(-1)?.['side'] === 'sell',
        () => 'no order in the new epoch',
      );
    });

    it('and two nodes for one member share that memory', async () => {
      street = await startStreet([orderNode(), orderNode({ id: 'twin' })]);
      for (const id of ['order', 'twin']) {
        await street.ok(id, history(300));
        await street.ok(id, meterOf('home-1', 300, 0, LAST));
        await street.ok(id, BEGIN);
      }
      assert.ok(orders().length > 0);
      assert.deepEqual(street.flow.payloads('twin'), []);
    });

    it('even where that cannot be remembered: no order then, and an error', async () => {
      const userDir = newUserDir();
      mkdirSync(join(userDir, 'microgrid'));
      writeFileSync(join(userDir, 'microgrid/orders'), 'in the way');
      await ready({ userDir });
      const { error } = await street.give('order', BEGIN);
      assert.ok(error);
      assert.deepEqual(orders(), []);
      assert.equal(street.flow.status('order')?.fill, 'red');
    });

    it('and a memory that cannot be read is left aside with a warning', async () => {
      await ready();
      await street.ok('order', BEGIN);
      const folder = join(street.userDir, 'microgrid/orders');
      const [name = ''] = readdirSync(folder);
      const { needs, ...kept } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      assert.deepEqual([kept, needs.length, needs.at(-1)], [{ epoch: 1, bidFor: FIRST }, 7 * 96, [LAST, 300]]);
      for (const garbled of [
        '',
        '{',
        'null',
        '{"epoch":"1","bidFor":5}',
        `{"epoch":1,"bidFor":"","needs":[["${LAST}",1e12]]}`,
      ]) {
        writeFileSync(join(folder, name), garbled);
        const { userDir } = street;
        await street.stop();
        await ready({ userDir });
        await street.ok('order', BEGIN);
        assert.equal(sum(), 300, garbled);
        assert.ok(/left aside/.test(street.flow.log), 'no warning');
      }
      assert.ok(existsSync(join(folder, name)));
    });
  });

  it('stays within the largest order and the number of orders of its community', async () => {
    await begin({}, { community: { maxOrderKWh: '0.05', ordersPerMember: '1' } });
    await street.ok('order', history(300));
    await street.ok('order', meterOf('home-1', 300, 0, LAST));
    await street.ok('order', BEGIN);
    assert.deepEqual(
      orders().map(({ wh }) => wh),
      [50],
    );
    await street.ok('append home-1', orders()[0]);
  });

  it('does nothing about gates and ends, and without a start', async () => {
    await begin();
    await street.ok('order', history(300));
    for (const event of ['gate', 'end']) await street.ok('order', { ...BEGIN, event });
    street.at('2017-07-10T06:09Z');
    await sleep(20);
    assert.deepEqual(orders(), []);
  });

  it('places nothing for an epoch that was reset while it waited', async () => {
    await begin();
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    await street.reset();
    street.at('2017-07-10T06:09Z');
    await sleep(20);
    assert.deepEqual(orders(), []);
  });

  it('is not led astray by messages of another time', async () => {
    await begin();
    const far = '2017-08-06T06:00Z';
    assert.match(await street.fails('order', meterOf('home-1', 5, 0, far)), /but it is only/);
    await street.fails('order', battery(500, { interval: far }));
    await street.fails('order', {
      type: 'history',
      member: 'home-1',
      intervals: [{ interval: far, loadWh: 1, pvWh: 0 }],
    });
    assert.match(await street.fails('order', start(far, intervalAfter(far))), /not open for orders yet/);
    assert.match(await street.fails('order', start(NOW, undefined)), /wire it from a microgrid-interval node/);
    await street.ok('order', history(300));
    await street.ok('order', meterOf('home-1', 300, 0, LAST));
    await street.ok('order', BEGIN);
    assert.equal(sum(), 300);
  });

  it('refuses messages of another member', async () => {
    await begin();
    assert.match(await street.fails('order', meterOf('home-2', 5, 0)), /bids for home-1, but the meter is of home-2/);
    await street.fails('order', { ...battery(5), member: 'home-2' });
    await street.fails('order', { ...history(5), member: 'home-2' });
  });

  it('refuses malformed payloads and impossible energy with a sentence, and goes on', async () => {
    await begin({ batteryKWh: '10' });
    for (const payload of garbage) await street.fails('order', payload);
    for (const wh of [...notIntegers, -1]) {
      if (wh !== null) await street.fails('order', { ...meterOf('home-1', 0, 0, LAST), exportWh: wh });
      await street.fails('order', battery(500, { chargeWh: wh }));
      await street.fails('order', {
        type: 'history',
        member: 'home-1',
        intervals: [{ interval: LAST, loadWh: wh, pvWh: 0 }],
      });
    }
    for (const soc of [-1, 1001, 2 ** 53 - 1, '500', 50.5, Number.NaN])
      await street.fails('order', battery(soc as number));
    for (const intervals of [null, 'x'.repeat(1_000_000), [null], [[]], {}]) {
      await street.fails('order', { type: 'history', member: 'home-1', intervals });
    }
    for (const interval of ['', 'now', null, 5]) await street.fails('order', start(interval as string, FIRST));
    for (const bidding of ['', 'now', null, 5, '9999-12-31T23:45Z']) await street.fails('order', start(NOW, bidding));
    await street.ok('order', battery(500));
    assert.match(
      await street.fails('order', meterOf('home-1', 2 ** 53 - 1, 0, LAST)),
      /more than a connection carries/,
    );
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    street.at('2017-07-10T06:06Z');
    await soon(
      () => orders().length > 0,
      () => 'no order any more',
    );
  });

  it('is red without a member, and with numbers that are none', async () => {
    street = await startStreet([
      orderNode({ id: 'nobody', member: '' }),
      orderNode({ id: 'odd', batteryKWh: 'many' }),
      orderNode({ id: 'weak', efficiency: '0' }),
      orderNode({ id: 'new', configVersion: 2 }),
    ]);
    for (const id of ['nobody', 'odd', 'weak', 'new']) {
      assert.equal(street.flow.status(id)?.fill, 'red', id);
      await street.fails(id, BEGIN);
    }
  });

  it('bids the same on Node-RED 4.1', async () => {
    const version: Version = '4.1';
    await begin({}, { version });
    await street.ok('order', history(300));
    await street.ok('order', BEGIN);
    await street.ok('order', meterOf('home-1', 300, 0, LAST));
    assert.equal(sum(), 300);
  });
});
