// The strategies in a real flow: a ramp replaces its own orders within the quota, a flexible load is told and remembers, the value of
// stored energy follows what auctions paid; restarts, other wires, other members. The default is in microgrid-order.test.ts.
import assert from 'node:assert/strict';
import { readRecord } from '../../../src/ledger/record.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { type Payload, removeUserDirs, soon, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import { appendNode, FIRST, garbage, marketNode, meterOf, orderNode, SECOND } from '../../support/market-nodes.ts';
import { sleep } from '../../support/node-red.ts';

const NOW = '2017-07-10T06:00Z';
const LAST = '2017-07-10T05:45Z';
const start = (interval = NOW, bidding = FIRST): Payload => ({ type: 'interval', event: 'start', interval, bidding });
const history = (netWh: (index: number) => number): Payload => ({
  type: 'history',
  member: 'home-1',
  intervals: Array.from({ length: 7 * 96 }, (_, i) => {
    const wh = netWh(i % 96);
    return { interval: intervalAfter(NOW, i - 7 * 96 - 1), loadWh: Math.max(0, wh), pvWh: Math.max(0, -wh) };
  }),
});
const fillsOf = (interval: string, ids: readonly string[], wh: number, price: number | null = 200_000): Payload => ({
  type: 'fills',
  member: 'home-1',
  interval,
  price,
  fills: ids.map((id) => ({ id, member: 'home-1', side: 'buy', wh })),
});

describe('microgrid-order with a strategy', () => {
  let street: StreetFlow;

  const begin = async (more: object, options: StreetOptions = {}, others: Parameters<typeof startStreet>[0] = []) => {
    street = await startStreet([orderNode({ configVersion: 2, ...defaults, ...more }), ...others], options);
  };
  const defaults = {
    outside: 'no',
    renewable: 'no',
    preferMode: 'none',
    preferFrom: 'partners',
  };
  const sent = () => street.flow.payloads('order');
  const short = () => sent().map(({ side, wh, limit }) => [side, wh, limit]);
  const status = () => street.flow.status('order')?.text;
  const needs = async (netWh: number) => {
    await street.ok(
      'order',
      history(() => netWh),
    );
    await street.ok('order', meterOf('home-1', Math.max(0, netWh), Math.max(0, -netWh), LAST));
  };
  const until = (count: number) =>
    soon(
      () => sent().length === count,
      () => `there are ${sent().length} messages, not ${count}`,
    );

  afterEach(() => street?.stop());
  after(removeUserDirs);

  for (const version of ['5', '4.1'] as const satisfies readonly Version[]) {
    it(`trades at a fixed limit, with the reason in message and status (Node-RED ${version})`, async () => {
      await begin({ strategy: 'fixed-limit', buyLimit: '12,5', sellLimit: '18' }, { version });
      await needs(300);
      await street.ok('order', start());
      assert.deepEqual(short(), [['buy', 300, 125_000]]);
      assert.deepEqual(sent()[0]?.['reason'], {
        code: 'fixed-limit',
        text: 'At this hour 300 Wh are needed on average; 300 Wh are wanted up to 12.5 ct per kWh.',
        numbers: { expectedWh: 300, batteryWh: 0, days: 7, setLimit: 125_000 },
      });
      assert.equal(status(), 'buy 300 Wh 12.5 ct, fixed limit');
    });
  }

  it('takes any price, and what the supplier asks just now where it is told', async () => {
    await begin({ strategy: 'price-taker' });
    await needs(300);
    const intervals = [{ interval: FIRST, price: 220_000 }];
    await street.ok('order', { type: 'prices', currency: 'EUR', intervals, gaps: [] });
    await street.ok('order', start());
    street.at('2017-07-10T06:15Z');
    await street.ok('order', meterOf('home-1', 300, 0, NOW));
    await street.ok('order', start(FIRST, SECOND));
    assert.deepEqual(short(), [
      ['buy', 300, 220_000],
      ['buy', 300, 300_000],
    ]);
  });

  it('keeps to the bounds of its market, and goes beyond the tariffs only where the dialog says so', async () => {
    const wide = marketNode({ lowestLimit: '5', highestLimit: '40' });
    const fixed = { strategy: 'fixed-limit', buyLimit: '50' };
    await begin({ ...fixed, outside: 'yes' }, {}, [
      wide,
      orderNode({ id: 'usual', configVersion: 2, ...defaults, ...fixed }),
    ]);
    await needs(300);
    await street.ok('order', start());
    assert.deepEqual(short(), [['buy', 300, 400_000]]);
    await street.stop();
    await begin(fixed, {}, [marketNode({ highestLimit: '25' })]);
    await needs(300);
    await street.ok('order', start());
    assert.deepEqual(short(), [['buy', 300, 250_000]]);
  });

  it('orders for a load at each of its prices, without any history', async () => {
    await begin({ strategy: 'demand-curve', curve: '0.5 at 28; 1 at 18' });
    await street.ok('order', start());
    assert.deepEqual(short(), [
      ['buy', 500, 280_000],
      ['buy', 1000, 180_000],
    ]);
    assert.equal(status(), 'buy 500 Wh 28.0 ct, step 1/2');
  });

  describe('a ramp', () => {
    const ramp = { strategy: 'ramp', rampBuy: '10', rampSell: '', rampSteps: '3' };

    it('replaces its order step by step until the gate, through ledger and market', async () => {
      await begin(ramp, {}, [appendNode('home-1'), appendNode('operator'), marketNode()]);
      await needs(300);
      await street.ok('order', start());
      assert.deepEqual(short(), [['buy', 300, 100_000]]);
      assert.equal(status(), 'buy 300 Wh 10.0 ct, step 1/3');
      // Nine tenths of the ten minutes to the gate, in two halves.
      street.at('2017-07-10T06:04:29Z');
      await sleep(20);
      assert.equal(sent().length, 1);
      street.at('2017-07-10T06:04:30Z');
      await until(3);
      street.at('2017-07-10T06:09Z');
      await until(5);
      const [first, cancel, second, again, third] = sent();
      assert.deepEqual([cancel?.['order'], again?.['order']], [first?.['id'], second?.['id']]);
      assert.deepEqual([second?.['limit'], third?.['limit']], [200_000, 300_000]);
      const { head, body } = readRecord(cancel?.['record'] as { note: string; body: string });
      assert.deepEqual(
        [head.kind, head.interval, (body as { order?: string }).order],
        ['cancel', FIRST, first?.['id']],
      );
      for (const payload of sent()) await street.ok('market', await street.first('append home-1', payload));
      street.at('2017-07-10T06:10:01Z');
      await sleep(20);
      assert.equal(sent().length, 5);
      const clearing = await street.gate();
      const book = (clearing['orders'] as { limit: number }[]).map(({ limit }) => limit);
      assert.deepEqual(book, [300_000]);
    });

    it('keeps to the quota: cancelled orders count in it', async () => {
      await begin({ ...ramp, rampSteps: '20' }, { community: { ordersPerMember: '2' } }, [appendNode('home-1')]);
      await needs(300);
      await street.ok('order', start());
      street.at('2017-07-10T06:09Z');
      await until(3);
      street.at('2017-07-10T06:09:59Z');
      await sleep(20);
      assert.deepEqual(
        sent().map(({ type, limit }) => [type, limit]),
        [
          ['order', 100_000],
          ['cancel', undefined],
          ['order', 300_000],
        ],
      );
      for (const payload of sent()) await street.ok('append home-1', payload);
    });

    it('leaves steps out when the clock jumps, and none is placed after the gate', async () => {
      await begin(ramp);
      await needs(300);
      await street.ok('order', start());
      street.at('2017-07-10T06:09:30Z');
      await until(3);
      assert.equal(sent().at(-1)?.['limit'], 300_000);
      await street.stop();
      await begin(ramp);
      await needs(300);
      await street.ok('order', start());
      street.at('2017-07-10T06:10Z');
      await sleep(30);
      assert.equal(sent().length, 1);
    });

    it('goes on after a restart with the order that stands', async () => {
      await begin(ramp);
      await needs(300);
      await street.ok('order', start());
      const [first] = sent();
      const { userDir } = street;
      await street.stop();
      await begin(ramp, { userDir });
      await street.ok('order', start());
      assert.deepEqual(sent(), []);
      street.at('2017-07-10T06:05Z');
      await until(2);
      assert.deepEqual([sent()[0]?.['order'], sent()[1]?.['limit']], [first?.['id'], 200_000]);
    });

    it('leaves the order of another node of the member alone', async () => {
      await begin(ramp);
      await needs(300);
      await street.ok('order', start());
      const { userDir } = street;
      await street.stop();
      await begin({ ...ramp, id: 'twin' }, { userDir });
      await street.ok('twin', start());
      street.at('2017-07-10T06:09Z');
      await sleep(20);
      assert.deepEqual(street.flow.payloads('twin'), []);
    });

    it('ends with a reset, and with the result of its auction', async () => {
      await begin(ramp);
      await needs(300);
      await street.ok('order', start());
      await street.ok('order', fillsOf(FIRST, [String(sent()[0]?.['id'])], 300));
      street.at('2017-07-10T06:09Z');
      await sleep(20);
      assert.equal(sent().length, 1);
      await street.reset();
      street.at('2017-07-10T06:09Z');
      await sleep(20);
      assert.equal(sent().length, 1);
    });
  });

  describe('a need before a deadline', () => {
    const car = {
      strategy: 'deadline',
      needKWh: '0',
      needKW: '4',
      needFrom: '',
      needBy: '10:00',
      zone: 'Europe/Berlin',
    };
    const need = (remainingWh: number, more: object = {}) => ({ type: 'need', member: 'home-1', remainingWh, ...more });

    it('is told by a message, also while bidding is open, and answers with its slack', async () => {
      await begin(car);
      await street.ok('order', start());
      assert.deepEqual(sent(), []);
      assert.equal(status(), 'nothing needed');
      // 10:00 in Berlin is 08:00 UTC: seven quarter hours of 1 kWh from 06:15 on.
      await street.ok('order', need(3500));
      assert.deepEqual(short(), [['buy', 1000, 190_000]]);
      assert.equal(status(), 'buy 1.0 kWh 19.0 ct, slack 50 %');
      await street.ok('order', need(3500));
      assert.equal(sent().length, 1, 'not twice for one interval');
    });

    it('counts what it has bought, and what ran because it could not wait', async () => {
      await begin(car);
      await street.ok('order', need(6600));
      await street.ok('order', start());
      // 600 Wh of the first quarter hour cannot wait.
      assert.deepEqual(short(), [
        ['buy', 600, 300_000],
        ['buy', 400, 287_240],
      ]);
      const ids = sent().map(({ id }) => String(id));
      await street.ok('order', fillsOf(FIRST, [ids[1]!, 'of another node'], 350));
      street.at('2017-07-10T06:15Z');
      await street.ok('order', start(FIRST, SECOND));
      // 6000 Wh are left for six quarter hours: 350 Wh were bought of what may wait, less than the 600 Wh that had to run.
      assert.deepEqual(short().slice(2), [['buy', 1000, 300_000]]);
    });

    it('counts what it bought by preference before the rule', async () => {
      await begin(car);
      await street.ok('order', need(3500));
      await street.ok('order', start());
      const [{ id, wh, limit } = {}] = sent();
      const own = { id, member: 'home-1', side: 'buy', wh, limit };
      const roof = { id: 'r', member: 'home-2', side: 'sell', wh: 900, limit: 80_000 };
      const none = { price: null, priceLow: null, priceHigh: null, pairs: [] };
      const nothing = [own, roof].map(({ id: of, member, side }) => ({ id: of, member, side, wh: 0 }));
      await street.ok('order', {
        ...{ type: 'clearing', rule: 'uniform-price/1', interval: FIRST, volumeWh: 0, ...none },
        orders: [own, roof],
        fills: nothing,
        preferred: [{ buy: 0, sell: 1, buyer: 'home-1', seller: 'home-2', wh: 900, price: 100_000 }],
      });
      street.at('2017-07-10T06:15Z');
      await street.ok('order', start(FIRST, SECOND));
      // 2600 Wh are left for six quarter hours of 1000 Wh.
      assert.deepEqual(short().slice(1), [['buy', 1000, 80_000 + 220 * 433]]);
    });

    it('remembers all that through a restart', async () => {
      await begin(car);
      await street.ok('order', need(6600));
      await street.ok('order', start());
      const { userDir } = street;
      await street.stop();
      await begin(car, { userDir });
      await street.ok('order', start());
      assert.deepEqual(sent(), []);
      street.at('2017-07-10T06:15Z');
      await street.ok('order', start(FIRST, SECOND));
      assert.deepEqual(short(), [['buy', 1000, 300_000]]);
      // A new epoch knows of no car.
      await street.reset();
      await street.ok('order', start());
      assert.equal(sent().length, 1);
    });

    it('comes every day by itself where the dialog says so', async () => {
      await begin({ ...car, needKWh: '3.5' });
      await street.ok('order', start());
      assert.deepEqual(short(), [['buy', 1000, 190_000]]);
    });

    it('stands beside the orders of the home', async () => {
      await begin({ strategy: 'price-taker' }, {}, [orderNode({ id: 'car', configVersion: 2, ...defaults, ...car })]);
      await needs(300);
      await street.ok('car', need(3500));
      await street.ok('order', start());
      await street.ok('car', start());
      assert.equal(sent().length, 1);
      assert.equal(street.flow.payloads('car').length, 1);
    });

    it('refuses a deadline that is over, far off or no time, a need of others, and nodes without a load', async () => {
      await begin(car, {}, [orderNode({ id: 'home' })]);
      assert.match(await street.fails('order', need(10, { deadline: '2017-07-10T05:00Z' })), /lies ahead/);
      await street.fails('order', need(10, { deadline: '2017-07-18T05:00Z' }));
      for (const deadline of ['07:00', '2017-07-10', 'soon', 5, '2017-13-10T05:00Z']) {
        await street.fails('order', need(10, { deadline }));
      }
      for (const wh of [-1, 1.5, '5', null, 2 ** 53, 1e12]) await street.fails('order', need(wh as number));
      for (const maxW of [0, -1, 1e9, '5']) await street.fails('order', need(10, { maxW }));
      assert.match(await street.fails('order', { ...need(10), member: 'home-2' }), /bids for home-1/);
      assert.match(await street.fails('home', need(10)), /serves no flexible load/);
      for (const payload of garbage) await street.fails('order', payload);
      await street.ok('order', need(3500));
      await street.ok('order', start());
      assert.equal(sent().length, 1);
    });
  });

  describe('the value of stored energy', () => {
    const stored = { strategy: 'stored-value', wear: '2', batteryKWh: '5', batteryKW: '4', minSoc: '0' };
    const battery = (socPerMille: number | null, interval = LAST): Payload => ({
      type: 'battery',
      member: 'home-1',
      interval,
      chargeWh: 0,
      dischargeWh: 0,
      socPerMille,
      setpoints: [],
      reasons: [],
    });

    it('keeps for the night what the night needs, and offers the rest', async () => {
      await begin(stored);
      // Nothing is needed now; from 07:00 on the sun gives more than the battery holds, and the evening needs it.
      await street.ok(
        'order',
        history((i) => (i < 4 ? 0 : i < 30 ? -800 : 100)),
      );
      await street.ok('order', meterOf('home-1', 0, 0, LAST));
      await street.ok('order', battery(1000));
      await street.ok('order', start());
      // Storing it again would cost 8 / 0.9 ct, and wear.
      assert.deepEqual(short(), [['sell', 1000, 108_889]]);
      assert.equal(status(), 'sell 1.0 kWh 10.9 ct, by worth');
      assert.match(
        String((sent()[0]?.['reason'] as { text?: string } | undefined)?.text),
        /^On the mean of the last 7 days keeping/,
      );
    });

    it('waits for an hour that paid better, also after a restart', async () => {
      const play = async () => {
        await street.ok(
          'order',
          history((i) => (i < 4 ? 0 : i < 30 ? -800 : 100)),
        );
        await street.ok('order', meterOf('home-1', 0, 0, LAST));
        await street.ok('order', battery(200));
        await street.ok('order', start());
      };
      await begin(stored);
      // Yesterday at 06:30 somebody paid 25 ct.
      for (let i = 96; i > 0; i--) {
        const price = i === 94 ? 250_000 : null;
        await street.ok('order', { ...fillsOf(intervalAfter(NOW, -i), [], 0, price), type: 'fills' });
      }
      await play();
      const [, , limit = 0] = short()[0] as [string, number, number];
      assert.ok(limit > 108_889, `${limit}`);
      const { userDir } = street;
      const asked = short();
      await street.stop();
      await begin(stored, { userDir });
      street.at('2017-07-10T06:15Z');
      await street.ok('order', meterOf('home-1', 0, 0, NOW));
      await street.ok('order', battery(200, NOW));
      await street.ok('order', start(FIRST, SECOND));
      // The hour itself has come: nothing better is ahead.
      assert.notDeepEqual(short(), asked);
      assert.equal(short()[0]?.[2], 108_889);
    });

    it('says nothing before a day is known, nor by a charge of long ago', async () => {
      await begin(stored);
      await street.ok('order', meterOf('home-1', 100, 0, LAST));
      await street.ok('order', battery(500));
      await street.ok('order', start());
      assert.equal(status(), 'no whole day yet');
      await street.ok(
        'order',
        history(() => 100),
      );
      await street.ok('order', battery(500, '2017-07-10T03:00Z'));
      await street.ok('order', start());
      assert.equal(status(), 'battery not known yet');
      assert.deepEqual(sent(), []);
    });

    it('is not led astray by results of another time, or of others', async () => {
      await begin(stored);
      const far = fillsOf('2017-08-06T06:00Z', [], 0);
      assert.match(await street.fails('order', far), /but it is only/);
      await street.ok('order', { ...fillsOf(FIRST, [], 0), member: 'home-2', fills: [] });
      const result = {
        rule: 'uniform-price/1',
        interval: NOW,
        volumeWh: 0,
        price: null,
        priceLow: null,
        priceHigh: null,
      };
      await street.ok('order', { type: 'clearing', ...result, orders: [], fills: [], pairs: [] });
    });
  });

  describe('preferences', () => {
    const prefers = { preferMode: 'only', preferFrom: 'partners', partners: 'home-3, home-2 home-3', renewable: 'yes' };

    it('travel with the order: whom on both sides, renewable on a sale', async () => {
      await begin({ strategy: 'price-taker', ...prefers });
      await needs(300);
      await street.ok('order', start());
      const [buy] = sent();
      const preference = { mode: 'only', from: 'partners', partners: ['home-2', 'home-3'] };
      assert.deepEqual([buy?.['preference'], buy?.['renewable']], [preference, undefined]);
      await street.stop();
      await begin({ strategy: 'price-taker', ...prefers, preferFrom: 'renewable' });
      await needs(-300);
      await street.ok('order', start());
      const [sell] = sent();
      assert.deepEqual([sell?.['preference'], sell?.['renewable']], [undefined, true]);
    });

    it('are signed and recorded, and a message cannot hide or invent them', async () => {
      // Rules of version 2: a market with a quota of energy.
      const market = marketNode({ memberKWh: '50' });
      await begin({ strategy: 'price-taker', ...prefers }, {}, [market, appendNode('home-1')]);
      await needs(300);
      await street.ok('order', start());
      const [order] = sent();
      const { body } = readRecord(order?.['record'] as { note: string; body: string });
      const { version, renewable, preference } = body as Record<string, unknown>;
      const wish = { mode: 'only', from: 'partners', partners: ['home-2', 'home-3'] };
      assert.deepEqual([version, renewable, preference], ['order/2', false, wish]);
      const { preference: _, ...hidden } = order as Record<string, unknown>;
      assert.match(
        await street.refuses('append home-1', hidden, 'contradiction'),
        /preference of the order is not what/,
      );
      const other = { ...order, preference: { mode: 'first', from: 'feeder' } };
      await street.refuses('append home-1', other, 'contradiction');
      await street.ok('append home-1', order);
      // The same from a hand-made message, signed on its way.
      const { record: __, id: ___, ...unsigned } = order as Record<string, unknown>;
      const sale = { ...unsigned, side: 'sell', preference: { mode: 'first', from: 'feeder' }, renewable: true };
      const recorded = await street.first('append home-1', sale);
      const { body: signed } = readRecord(recorded['record'] as { note: string; body: string });
      assert.deepEqual((signed as Record<string, unknown>)['preference'], {
        mode: 'first',
        from: 'feeder',
        partners: [],
      });
    });

    it('are refused by a ledger whose rules know none, and not dropped', async () => {
      await begin({ strategy: 'price-taker', ...prefers }, {}, [appendNode('home-1')]);
      await needs(300);
      await street.ok('order', start());
      const [order] = sent();
      const refused = await street.refuses('append home-1', order, 'malformed');
      assert.match(refused, /no place under rules of version 1; leave its preference out/);
      const { record: _, id: __, ...unsigned } = order as Record<string, unknown>;
      await street.refuses('append home-1', unsigned, 'malformed');
      const { preference: ___, ...plain } = unsigned;
      await street.ok('append home-1', plain);
    });

    it('of a member for itself, or of nobody, keep the node from starting', async () => {
      const node = (id: string, partners: string) =>
        orderNode({ id, configVersion: 2, ...defaults, strategy: 'price-taker', ...prefers, partners });
      street = await startStreet([node('self', 'home-1'), node('nobody', ' '), node('odd', 'Home 2')]);
      assert.match(await street.fails('self', start()), /nobody trades with itself; open this node/);
      assert.match(await street.fails('nobody', start()), /must name 1 to 100 members/);
      assert.match(await street.fails('odd', start()), /the text "Home"/);
    });
  });
});
