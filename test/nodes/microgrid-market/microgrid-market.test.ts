// The gate closes, one price comes out, and every order that does not count is told why. With a ledger the book is what the
// log holds; without one, what arrived.
import assert from 'node:assert/strict';
import { clear, RULE_NAMES } from '../../../src/market/clear.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { type Payload, removeUserDirs, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  garbage,
  gateOf,
  HOMES,
  marketNode,
  meterOf,
  notIntegers,
  orderOf,
  SECOND,
  settleNode,
  verifyNode,
} from '../../support/market-nodes.ts';

const appends = [...HOMES, 'operator'].map((member) => appendNode(member));
const fillsOf = (payload: Payload | undefined) =>
  (payload?.['fills'] as { id: string; member: string; wh: number; reason?: { code: string; text: string } }[]) ?? [];
const idsOf = (payload: Payload | undefined) =>
  (payload?.['orders'] as { id: string }[] | undefined)?.map(({ id }) => id);

describe('microgrid-market', () => {
  let street: StreetFlow;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  describe('without a ledger', () => {
    const start = async (options: StreetOptions = {}) => {
      street = await startStreet([marketNode({ ledger: '' })], { ledger: false, ...options });
    };

    it('clears what arrived at one price, and tells each member its fills with the reason', async () => {
      await start();
      await street.ok('market', orderOf('home-1', 'sell', 1000, 100_000, { id: 's1' }));
      await street.ok('market', orderOf('home-1', 'sell', 400, 299_999, { id: 's2' }));
      await street.ok('market', orderOf('home-2', 'buy', 600, 250_000, { id: 'b1' }));
      assert.equal(street.flow.status('market')?.text, '3 orders for 06:15Z');
      const [clearing, refused, fills] = await street.ok('market', gateOf(FIRST), { topic: 'gate', mine: 1 });
      assert.deepEqual(refused, []);
      const { rule, volumeWh, price, pairs, type } = clearing?.[0] ?? {};
      assert.deepEqual(
        [type, rule, volumeWh, price, pairs],
        // The seller would have given more at 10 ct, so nobody pays more.
        ['clearing', 'uniform-price/1', 600, 100_000, [{ buyer: 'home-2', seller: 'home-1', wh: 600 }]],
      );
      assert.deepEqual(
        fills?.map(({ type, member, interval }) => [type, member, interval]),
        [
          ['fills', 'home-1', FIRST],
          ['fills', 'home-2', FIRST],
        ],
      );
      assert.deepEqual(
        fillsOf(fills?.[0]).map(({ id, wh }) => [id, wh]),
        [
          ['s1', 600],
          ['s2', 0],
        ],
      );
      assert.match(fillsOf(fills?.[0])[1]?.reason?.text ?? '', /EUR/);
      const [sent] = street.flow.messages('market') as { topic: string; mine: number }[];
      assert.deepEqual([sent?.topic, sent?.mine], [FIRST, 1]);
      assert.equal(street.flow.status('market')?.fill, 'green');
    });

    it('gives a clearing of an empty book too', async () => {
      await start();
      const [clearing, , fills] = await street.ok('market', gateOf(FIRST));
      const { price, volumeWh, orders } = clearing?.[0] ?? {};
      assert.deepEqual([price, volumeWh, orders, fills], [null, 0, [], []]);
    });

    it('refuses what is late, twice, too large, too dear, too many, unknown or without an id', async () => {
      await start({ community: { ordersPerMember: '2', maxOrderKWh: '1.5' } });
      const buy = (more: object) => orderOf('home-1', 'buy', 100, 200_000, { id: 'a', ...more });
      await street.refuses('market', buy({ wh: 1501 }), 'out-of-bounds');
      await street.refuses('market', buy({ limit: 300_001 }), 'out-of-bounds');
      await street.refuses('market', buy({ limit: 79_999 }), 'out-of-bounds');
      await street.refuses('market', buy({ member: 'home-9' }), 'unknown-member');
      await street.refuses('market', buy({ id: '' }), 'malformed');
      await street.refuses('market', buy({ id: '\ud800' }), 'malformed');
      await street.fails('market', buy({ id: undefined }));
      await street.ok('market', buy({}));
      await street.refuses('market', buy({}), 'duplicate');
      await street.ok('market', buy({ id: 'b' }));
      await street.refuses('market', buy({ id: 'c' }), 'over-quota');
      await street.ok('market', buy({ id: 'a', member: 'home-2', interval: SECOND }));
      const [clearing] = await street.ok('market', gateOf(FIRST));
      assert.deepEqual(idsOf(clearing?.[0]), ['a', 'b']);
      await street.refuses('market', buy({ id: 'd', member: 'home-3' }), 'late');
      await street.refuses('market', { type: 'cancel', member: 'home-1', interval: FIRST, order: 'a' }, 'late');
    });

    it('trades by preference first, and says so to market and members', async () => {
      await start();
      await street.ok('market', orderOf('home-1', 'sell', 500, 100_000, { id: 's', renewable: true }));
      await street.ok('market', orderOf('home-3', 'sell', 500, 90_000, { id: 't' }));
      const preference = { mode: 'only', from: 'renewable' };
      await street.ok('market', orderOf('home-2', 'buy', 300, 200_000, { id: 'b', preference }));
      const [clearing, , fills] = await street.ok('market', gateOf(FIRST));
      const met = { buy: 2, sell: 0, buyer: 'home-2', seller: 'home-1', wh: 300, price: 150_000 };
      assert.deepEqual([clearing?.[0]?.['preferred'], clearing?.[0]?.['volumeWh']], [[met], 0]);
      assert.deepEqual(fills?.find(({ member }) => member === 'home-1')?.['preferred'], [met]);
      assert.equal(fills?.find(({ member }) => member === 'home-3')?.['preferred'], undefined);
    });

    it('lets nobody take back the order of another', async () => {
      await start();
      await street.ok('market', orderOf('home-1', 'buy', 100, 200_000, { id: 'a' }));
      const cancel = { type: 'cancel', interval: FIRST, order: 'a' };
      await street.refuses('market', { ...cancel, member: 'home-2' }, 'unknown-order');
      await street.refuses('market', { ...cancel, member: 'home-1', interval: SECOND }, 'unknown-order');
      await street.ok('market', { ...cancel, member: 'home-1' });
      assert.deepEqual((await street.first('market', gateOf(FIRST)))['orders'], []);
    });

    it('does not clear an interval twice', async () => {
      await start();
      await street.ok('market', orderOf('home-1', 'buy', 100, 200_000, { id: 'a' }));
      await street.ok('market', gateOf(SECOND));
      for (const interval of [SECOND, FIRST]) {
        assert.deepEqual(await street.ok('market', gateOf(interval)), [[], [], []]);
        assert.equal(street.flow.status('market')?.fill, 'yellow');
      }
    });

    it('is open to everyone where the community has no members: an auction by hand', async () => {
      await start({ homes: [] });
      await street.ok('market', orderOf('anna', 'buy', 100, 200_000, { id: 'a' }));
      assert.equal((await street.first('market', gateOf(FIRST)))['price'], null);
    });

    it('forgets the orders of an epoch that was reset', async () => {
      await start();
      await street.ok('market', orderOf('home-1', 'buy', 100, 200_000, { id: 'a' }));
      await street.ok('market', gateOf(SECOND));
      await street.reset();
      await street.ok('market', orderOf('home-1', 'buy', 200, 200_000, { id: 'new' }));
      assert.deepEqual(idsOf(await street.first('market', gateOf(FIRST))), ['new']);
    });

    it('hears starts and ends without doing anything', async () => {
      await start();
      for (const event of ['start', 'end'])
        assert.deepEqual(await street.ok('market', { ...gateOf(FIRST), event }), [[], [], []]);
    });

    it('refuses malformed payloads with a sentence, and goes on', async () => {
      await start();
      const order = orderOf('home-1', 'buy', 100, 200_000, { id: 'a' });
      for (const payload of garbage) await street.fails('market', payload);
      for (const wh of [...notIntegers, 0, -5]) await street.fails('market', { ...order, wh });
      for (const limit of notIntegers) await street.fails('market', { ...order, limit });
      for (const side of ['', 'BUY', 5, null, ['buy']]) await street.fails('market', { ...order, side });
      for (const interval of ['', 'now', 5, null, '2017-07-10T06:16Z', 'x'.repeat(1_000_000)]) {
        await street.fails('market', { ...order, interval });
        await street.fails('market', gateOf(interval as string));
      }
      for (const event of ['', 'GATE', null, 5]) await street.fails('market', { ...gateOf(FIRST), event });
      for (const id of [5, null, 'x'.repeat(201), {}]) await street.fails('market', { ...order, id });
      await street.ok('market', order);
      assert.equal(((await street.first('market', gateOf(FIRST)))['orders'] as unknown[]).length, 1);
    });
  });

  describe('with a ledger', () => {
    const start = async (options: StreetOptions = {}) => {
      street = await startStreet([...appends, marketNode(), verifyNode()], options);
    };
    const again = async () => {
      const { userDir } = street;
      await street.stop();
      await start({ userDir });
    };

    it('clears the book of the log, and what it says verifies', async () => {
      await start();
      const orders = [
        await street.recordOrder('home-1', 'sell', 900, 100_000),
        await street.recordOrder('home-2', 'buy', 700, 250_000),
        await street.recordOrder('home-3', 'buy', 500, 200_000),
      ];
      for (const order of orders) await street.ok('market', order);
      assert.equal(street.flow.status('market')?.text, '3 orders for 06:15Z');
      const clearing = await street.gate();
      const book = clearing['orders'] as {
        id: string;
        index: number;
        member: string;
        side: 'buy';
        wh: number;
        limit: number;
      }[];
      assert.deepEqual(
        book.map(({ id, index }) => [id, index]),
        orders.map((order) => [(order['receipt'] as { id: string }).id, (order['receipt'] as { index: number }).index]),
      );
      const expected = clear('uniform-price/1', { interval: FIRST, members: HOMES, orders: book });
      assert.deepEqual(
        [clearing['price'], clearing['volumeWh'], clearing['pairs'], fillsOf(clearing).map(({ wh }) => wh)],
        [expected.price, 900, expected.pairs, expected.fills.map(({ wh }) => wh)],
      );
      const verified = await street.first('verify', {});
      assert.deepEqual([verified['ok'], verified['errors']], [true, []]);
    });

    it('clears what the log holds, whatever reached the market', async () => {
      await start();
      // Never wired to the market; and one that says more than was recorded.
      await street.recordOrder('home-1', 'sell', 900, 100_000);
      const order = await street.recordOrder('home-2', 'buy', 700, 250_000);
      await street.ok('market', { ...order, wh: 100_000 });
      const clearing = await street.gate();
      assert.deepEqual(
        (clearing['orders'] as { wh: number }[]).map(({ wh }) => wh),
        [900, 700],
      );
    });

    it('refuses an order that is not recorded, also one that pretends to be', async () => {
      await start();
      const recorded = await street.recordOrder('home-1', 'sell', 900, 100_000);
      const receipt = recorded['receipt'] as { id: string; index: number };
      await street.refuses('market', orderOf('home-1', 'buy', 100, 200_000), 'not-recorded');
      for (const fake of [
        { ...receipt, id: 'a'.repeat(64) },
        { ...receipt, index: 10_000 },
        { ...receipt, index: 2 ** 53 - 1 },
      ]) {
        await street.refuses('market', { ...recorded, receipt: fake }, 'not-recorded');
      }
      await street.refuses(
        'market',
        { type: 'cancel', member: 'home-1', interval: FIRST, order: receipt.id },
        'not-recorded',
      );
    });

    it('refuses no order that the ledger took in time, however late its message comes', async () => {
      await start();
      const order = await street.recordOrder('home-1', 'sell', 900, 100_000);
      const clearing = await street.gate();
      assert.equal((clearing['orders'] as unknown[]).length, 1);
      await street.ok('market', order);
    });

    it('seals an empty book too', async () => {
      await start();
      const clearing = await street.gate();
      assert.deepEqual([clearing['price'], clearing['orders']], [null, []]);
      assert.equal((await street.ledger.open()).state.cleared, FIRST);
      assert.equal((await street.ledger.open()).state.height, 1);
    });

    it('takes the book from the log after a restart between acceptance and seal', async () => {
      await start();
      const order = await street.recordOrder('home-1', 'sell', 900, 100_000);
      await street.recordOrder('home-2', 'buy', 700, 250_000);
      // The gate closed, and then the power went before the seal.
      street.at('2017-07-10T06:10Z');
      const lost = await street.first('market', gateOf(FIRST));
      await again();
      // A cancel of an order that this life has not seen.
      const cancel = {
        type: 'cancel',
        member: 'home-1',
        interval: FIRST,
        order: (order['receipt'] as { id: string }).id,
      };
      await street.ok('market', await street.first('append home-1', cancel));
      const clearing = await street.gate();
      assert.equal(lost['volumeWh'], 700);
      assert.deepEqual([clearing['volumeWh'], (clearing['orders'] as unknown[]).length], [0, 1]);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('does not clear again what is sealed', async () => {
      await start();
      await street.recordOrder('home-1', 'sell', 900, 100_000);
      await street.gate();
      assert.deepEqual(await street.ok('market', gateOf(FIRST)), [[], [], []]);
      assert.equal(street.flow.status('market')?.fill, 'yellow');
      await again();
      assert.deepEqual(await street.ok('market', gateOf(FIRST)), [[], [], []]);
    });

    it('closes no gate before its time: a message of a reset epoch must not end the new one', async () => {
      await start();
      await street.refuses('market', gateOf('2017-08-06T06:15Z'), 'too-early');
      await street.refuses('market', gateOf('9999-12-31T23:45Z'), 'too-early');
      await street.refuses('market', gateOf(FIRST), 'too-early');
      await street.recordOrder('home-1', 'sell', 900, 100_000);
      assert.equal(((await street.gate())['orders'] as unknown[]).length, 1);
    });

    it('hands out copies: changing a message does not change the book', async () => {
      await start();
      await street.recordOrder('home-1', 'sell', 900, 100_000);
      street.at('2017-07-10T06:10Z');
      const clearing = await street.first('market', gateOf(FIRST));
      const [order] = clearing['orders'] as { wh: number }[];
      assert.ok(order);
      order.wh = 5;
      const [entry] = (await (await street.ledger.open()).closeGate(FIRST)).entries();
      assert.equal(entry?.wh, 900);
    });

    it('rotates over the active members only, as every verifier does', async () => {
      await start();
      const ledger = await street.ledger.open();
      // home-3 leaves. Its change is signed by the operator alone.
      const entry = ledger.state.roster.get('home-3');
      assert.ok(entry);
      const { active: _active, ...kept } = entry;
      const change = { ...kept, action: 'leave' as const };
      const record = street.sign('operator', 'roster', null, change, { as: 'home-3' });
      assert.deepEqual(
        (await ledger.append([record])).map(({ ok }) => ok),
        [true],
      );
      await street.gate();
      // Six intervals of equal sells that compete: whoever is first in rotation gets the odd Wh.
      for (let i = 1; i <= 6; i++) {
        const interval = intervalAfter(FIRST, i);
        await street.recordOrder('home-1', 'sell', 500, 100_000, interval);
        await street.recordOrder('home-2', 'sell', 500, 100_000, interval);
        await street.recordOrder('home-2', 'buy', 333, 200_000, interval);
        await street.gate(interval);
      }
      const verified = await street.first('verify', {});
      assert.deepEqual([verified['ok'], verified['errors']], [true, []]);
    });

    it('refuses a community and a ledger that do not fit', async () => {
      street = await startStreet([
        marketNode({ id: 'none', community: '' }),
        marketNode({ id: 'odd', rule: 'mine/9' }),
        marketNode({ id: 'gone', ledger: 'no such node' }),
      ]);
      for (const id of ['none', 'odd', 'gone']) {
        assert.equal(street.flow.status(id)?.fill, 'red');
        await street.fails(id, gateOf(FIRST));
      }
    });
  });

  describe('by every rule', () => {
    const areas = [
      { id: 'street', parent: '', importKWh: '', exportKWh: '', fee: '' },
      { id: 'east', parent: 'street', importKWh: '0.7', exportKWh: '0.7', fee: '1' },
      { id: 'west', parent: 'street', importKWh: '', exportKWh: '', fee: '0.5' },
    ];
    const feeders = { 'home-2': 'east', 'home-3': 'west' };
    const nodes = (rule: string, more: object = {}) => [
      ...appends,
      marketNode({ rule, areas: JSON.stringify(areas), ...more }),
      settleNode(),
      verifyNode(),
    ];

    for (const rule of RULE_NAMES) {
      it(`${rule}: clears, is recorded, settles, and the whole verifies`, async () => {
        street = await startStreet(nodes(rule), { feeders });
        await street.recordOrder('home-1', 'sell', 1000, 100_000);
        await street.recordOrder('home-1', 'sell', 400, 130_000);
        await street.recordOrder('home-2', 'buy', 800, 250_000);
        await street.recordOrder('home-3', 'buy', 501, 200_000);
        const clearing = await street.gate();
        assert.equal(clearing['rule'], rule);
        assert.ok((clearing['volumeWh'] as number) > 0);
        assert.equal((clearing['areas'] as unknown[] | undefined)?.length, rule === 'zonal/1' ? 3 : undefined);
        assert.match(street.flow.status('market')?.text ?? '', /[1-9].*trades/);
        await street.ok('settle', clearing);
        street.at('2017-07-10T06:31Z');
        const meters = HOMES.map((member, i) => meterOf(member, 400 * i, 300));
        let bill: Payload | undefined;
        for (const meter of meters) {
          const recorded = await street.first(`append ${meter['member'] as string}`, meter);
          bill = (await street.ok('settle', recorded))[0]?.[0];
        }
        assert.ok(bill);
        await street.ok('append operator', bill);
        const verified = await street.first('verify', {});
        assert.deepEqual([verified['ok'], verified['errors'], verified['unchecked']], [true, [], 0]);
      });
    }

    it('records a rule that was chosen later, and clears by it from then on', async () => {
      street = await startStreet(nodes('uniform-price/1', { areas: '' }));
      await street.recordOrder('home-1', 'sell', 900, 100_000);
      assert.equal((await street.gate())['rule'], 'uniform-price/1');
      assert.equal((await street.ledger.open()).state.rules.version, 'rules/1');
      const userDir = street.flow.userDir;
      await street.stop();
      street = await startStreet(nodes('pay-as-bid/1', { areas: '', memberKWh: '1' }), { userDir });
      const { rules } = (await street.ledger.open()).state;
      assert.deepEqual([rules.version, rules.market], ['rules/2', 'pay-as-bid/1']);
      await street.recordOrder('home-1', 'sell', 900, 100_000, SECOND);
      await street.recordOrder('home-2', 'buy', 700, 250_000, SECOND);
      const tooMuch = { ...orderOf('home-2', 'buy', 301, 250_000), interval: SECOND };
      await street.refuses('append home-2', tooMuch, 'over-quota');
      const clearing = await street.gate(SECOND);
      assert.deepEqual([clearing['rule'], clearing['price'], clearing['volumeWh']], ['pay-as-bid/1', null, 700]);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('moves a home to another feeder when its dialog says so', async () => {
      street = await startStreet(nodes('zonal/1'), { feeders });
      const feederOf = async (home: string) => (await street.ledger.open()).state.roster.get(home)?.feeder;
      assert.deepEqual([await feederOf('home-1'), await feederOf('home-2')], [null, 'east']);
      const userDir = street.flow.userDir;
      await street.stop();
      street = await startStreet(nodes('zonal/1'), { feeders: { ...feeders, 'home-1': 'west' }, userDir });
      await street.gate();
      assert.deepEqual([await feederOf('home-1'), await feederOf('home-2')], ['west', 'east']);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('opens again after deploys without a block between them, wherever a home was moved', async () => {
      street = await startStreet(nodes('zonal/1'), { feeders });
      const userDir = street.flow.userDir;
      for (const feeder of ['west', 'west', 'east']) {
        await street.stop();
        street = await startStreet(nodes('zonal/1'), { feeders: { ...feeders, 'home-1': feeder }, userDir });
        await street.ledger.open();
      }
      await street.gate();
      assert.equal((await street.ledger.open()).state.roster.get('home-1')?.feeder, 'east');
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('clears without a ledger too, over the feeder tree', async () => {
      street = await startStreet([marketNode({ ledger: '', rule: 'zonal/1', areas: JSON.stringify(areas) })], {
        ledger: false,
        feeders,
      });
      await street.ok('market', orderOf('home-3', 'sell', 1000, 100_000, { id: 's' }));
      await street.ok('market', orderOf('home-2', 'buy', 1000, 250_000, { id: 'b' }));
      const clearing = await street.first('market', gateOf(FIRST));
      // The line of the east carries 700 Wh.
      assert.equal(clearing['volumeWh'], 700);
      assert.deepEqual((clearing['pairs'] as object[])[0], {
        buyer: 'home-2',
        seller: 'home-3',
        wh: 700,
        price: 250_000,
        sellerPrice: 100_000,
        networkFee: 15_000,
      });
    });

    it('refuses a tree that is none, bounds without room, and two markets that differ', async () => {
      const wrong: [RegExp, object][] = [
        [/parent nowhere/, { areas: JSON.stringify([...areas, { id: 'x', parent: 'nowhere' }]) }],
        [/each id once/, { areas: JSON.stringify([...areas, areas[1]]) }],
        [/no parent/, { areas: JSON.stringify([areas[1]]) }],
        [/small letters/, { areas: JSON.stringify([{ ...areas[0], id: 'The Street' }]) }],
        [/must be a list of areas/, { areas: 'street' }],
        [/correct one of them/, { lowestLimit: '20', highestLimit: '10' }],
        [/one of uniform-price/, { rule: 'allocation/1' }],
      ];
      const items = wrong.map(([, more], i) => marketNode({ id: `m${i}`, rule: 'zonal/1', ...more }));
      const last = marketNode({ id: 'other', rule: 'pay-as-bid/1' });
      street = await startStreet([...items, marketNode({ rule: 'zonal/1', areas: JSON.stringify(areas) }), last]);
      for (const [i, [message]] of wrong.entries()) {
        assert.equal(street.flow.status(`m${i}`)?.fill, 'red');
        assert.match(await street.fails(`m${i}`, gateOf(FIRST)), message);
      }
      assert.match(await street.fails('other', gateOf(FIRST)), /one market/);
      assert.notEqual(street.flow.status('market')?.fill, 'red');
    });
  });

  it('works the same on Node-RED 4.1', async () => {
    const version: Version = '4.1';
    street = await startStreet([...appends, marketNode()], { version });
    await street.recordOrder('home-1', 'sell', 900, 100_000);
    await street.recordOrder('home-2', 'buy', 700, 250_000);
    await street.refuses('market', orderOf('home-1', 'buy', 100, 200_000), 'not-recorded');
    assert.equal((await street.gate())['volumeWh'], 700);
  });
});
