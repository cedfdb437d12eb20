// Bills sum to zero, follow from what is recorded, and wait for a meter that is missing: the interval stays open, and the
// node says for whom it waits.
import assert from 'node:assert/strict';
import type { BillingRules } from '../../../nodes/microgrid-community/community.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { type Payload, removeUserDirs, soon, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  garbage,
  HOMES,
  marketNode,
  meterOf,
  notIntegers,
  SECOND,
  settleNode,
  verifyNode,
} from '../../support/market-nodes.ts';

const appends = [...HOMES, 'operator'].map((member) => appendNode(member));

interface Line {
  readonly account: string;
  readonly counterAccount: string;
  readonly wh: number;
  readonly price: number;
  readonly amount: number;
}
interface Row {
  readonly member: string;
  readonly importWh: number | null;
  readonly amount: number;
  readonly boughtWh: number;
  readonly soldWh: number;
  readonly supplierWh: number;
  readonly feedInWh: number;
}

const rowsOf = (settlement: Payload | undefined) => (settlement?.['statements'] ?? []) as Row[];
const linesOf = (settlement: Payload | undefined) => (settlement?.['lines'] ?? []) as Line[];

/** Every line is energy times price, and all accounts together are at zero. */
function balance(settlement: Payload | undefined): void {
  const due = new Map<string, bigint>();
  for (const { account, counterAccount, wh, price, amount } of linesOf(settlement)) {
    assert.equal(BigInt(wh) * BigInt(price), BigInt(amount));
    due.set(account, (due.get(account) ?? 0n) + BigInt(amount));
    due.set(counterAccount, (due.get(counterAccount) ?? 0n) - BigInt(amount));
  }
  assert.equal(
    [...due.values()].reduce((sum, amount) => sum + amount, 0n),
    0n,
  );
  for (const { member, amount } of rowsOf(settlement)) assert.equal(due.get(`member/${member}`) ?? 0n, BigInt(amount));
}

/** home-1 sells 700 Wh to home-2 at 20 ct/kWh. */
const clearing = (more: object = {}): Payload => ({
  type: 'clearing',
  rule: 'uniform-price/1',
  interval: FIRST,
  volumeWh: 700,
  price: 200_000,
  priceLow: 200_000,
  priceHigh: 200_000,
  orders: [],
  fills: [
    { id: '1', member: 'home-1', side: 'sell', wh: 700 },
    { id: '2', member: 'home-2', side: 'buy', wh: 700 },
  ],
  pairs: [{ buyer: 'home-2', seller: 'home-1', wh: 700 }],
  ...more,
});

describe('microgrid-settle', () => {
  let street: StreetFlow;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  describe('without a ledger', () => {
    const start = async (options: StreetOptions = {}) => {
      street = await startStreet([settleNode({ ledger: '' })], { ledger: false, ...options });
    };

    it('bills trades at their price, and what deviates to and from the supplier', async () => {
      await start();
      await street.ok('settle', clearing());
      await street.ok('settle', meterOf('home-1', 0, 1000));
      await street.ok('settle', meterOf('home-2', 650, 0));
      const [settlements, open, statements] = await street.ok('settle', meterOf('home-3', 40, 0));
      const settlement = settlements?.[0];
      assert.deepEqual(open, []);
      assert.deepEqual(
        linesOf(settlement).map((line) => Object.values(line)),
        [
          ['member/home-2', 'member/home-1', 700, 200_000, 140_000_000, 'trade'],
          // home-1 gave 300 Wh more than it sold, home-2 took 50 Wh less than it bought, home-3 bought nothing.
          ['supplier', 'member/home-1', 300, 80_000, 24_000_000, 'feed-in'],
          ['supplier', 'member/home-2', 50, 80_000, 4_000_000, 'feed-in'],
          ['member/home-3', 'supplier', 40, 300_000, 12_000_000, 'import'],
        ],
      );
      assert.deepEqual(
        rowsOf(settlement).map(({ member, amount }) => [member, amount]),
        [
          ['home-1', -164_000_000],
          ['home-2', 136_000_000],
          ['home-3', 12_000_000],
        ],
      );
      balance(settlement);
      assert.deepEqual(settlement?.['tariffs'], { import: 300_000, feedIn: 80_000 });
      assert.deepEqual(
        statements?.map(({ type, member, interval }) => [type, member, interval]),
        HOMES.map((home) => ['statement', home, FIRST]),
      );
      assert.deepEqual(
        street.flow.messages('settle', 2).map(({ topic }) => topic),
        HOMES,
      );
      assert.equal(street.flow.status('settle')?.fill, 'green');
    });

    it('takes the parts in any order, and settles once', async () => {
      await start();
      const parts = [meterOf('home-3', 40, 0), meterOf('home-1', 0, 1000), clearing(), meterOf('home-2', 650, 0)];
      for (const part of parts) await street.ok('settle', part);
      assert.equal(street.flow.payloads('settle').length, 1);
      for (const part of parts) await street.ok('settle', part);
      assert.equal(street.flow.payloads('settle').length, 1);
    });

    it('keeps the interval open while a meter is missing, says whose, and takes a late value', async () => {
      await start();
      await street.ok('settle', clearing());
      await street.ok('settle', meterOf('home-1', 0, 1000));
      const [, open] = await street.ok('settle', meterOf('home-2', null, null));
      assert.deepEqual(open, [{ type: 'open', interval: FIRST, members: ['home-2', 'home-3'] }]);
      assert.equal(street.flow.status('settle')?.fill, 'yellow');
      await street.ok('settle', meterOf('home-3', 40, 0));
      const [settlement] = await street.ok('settle', meterOf('home-2', 650, 0));
      assert.equal(settlement?.[0]?.['interval'], FIRST);
    });

    it('says that an interval is overdue once the meters of the next one come, and says it once', async () => {
      await start();
      for (const interval of [FIRST, SECOND]) await street.ok('settle', clearing({ interval }));
      for (const home of ['home-1', 'home-2']) await street.ok('settle', meterOf(home, 1, 0));
      assert.deepEqual(street.flow.payloads('settle', 1), []);
      for (const home of HOMES) await street.ok('settle', meterOf(home, 1, 0, SECOND));
      assert.deepEqual(street.flow.payloads('settle', 1), [{ type: 'open', interval: FIRST, members: ['home-3'] }]);
      assert.deepEqual(
        street.flow.payloads('settle').map(({ interval }) => interval),
        [SECOND],
      );
    });

    it('does not bill a trade without the meters of both sides, whoever is a member now', async () => {
      await start({ homes: ['home-1'] });
      await street.ok('settle', clearing());
      const [settlement, open] = await street.ok('settle', meterOf('home-1', null, null));
      assert.deepEqual(settlement, []);
      assert.deepEqual(open?.[0]?.['members'], ['home-1', 'home-2']);
      assert.deepEqual(await street.ok('settle', meterOf('home-1', 0, 700)), [[], [], []]);
    });

    it('bills an interval in which nothing was traded, and one of nothing at all', async () => {
      await start();
      await street.ok('settle', clearing({ price: null, priceLow: null, priceHigh: null, pairs: [], volumeWh: 0 }));
      for (const home of HOMES) await street.ok('settle', meterOf(home, 0, 0));
      const [settlement] = street.flow.payloads('settle');
      assert.deepEqual([linesOf(settlement), rowsOf(settlement).length], [[], 3]);
    });

    it('ignores other records of the stream', async () => {
      await start();
      const others = [
        { type: 'note', text: 'a' },
        { type: 'order', member: 'home-1', interval: FIRST, side: 'buy', wh: 1, limit: 1 },
        {
          type: 'battery',
          member: 'home-1',
          interval: FIRST,
          chargeWh: 0,
          dischargeWh: 0,
          socPerMille: null,
          setpoints: [],
          reasons: [],
        },
      ];
      for (const other of others) assert.deepEqual(await street.ok('settle', other), [[], [], []]);
    });

    it('refuses a meter of nobody', async () => {
      await start();
      assert.match(await street.fails('settle', meterOf('home-9', 1, 0)), /home-9 is not a member/);
    });

    it('refuses an amount that no integer holds, and keeps the interval for a value that one does', async () => {
      await start();
      await street.ok('settle', clearing());
      await street.ok('settle', meterOf('home-1', 0, 1000));
      await street.ok('settle', meterOf('home-2', 650, 0));
      assert.match(await street.fails('settle', meterOf('home-3', 2 ** 53 - 1, 0)), /does not fit/);
      for (const interval of [SECOND]) {
        await street.ok('settle', clearing({ interval }));
        for (const home of HOMES) await street.ok('settle', meterOf(home, 700, 700, interval));
      }
      assert.deepEqual(
        street.flow.payloads('settle').map(({ interval }) => interval),
        [SECOND],
      );
    });

    it('forgets an epoch that was reset', async () => {
      await start();
      await street.ok('settle', clearing());
      for (const home of ['home-1', 'home-2']) await street.ok('settle', meterOf(home, 1, 0));
      await street.reset();
      assert.deepEqual(await street.ok('settle', meterOf('home-3', 1, 0)), [[], [], []]);
    });

    it('refuses malformed payloads with a sentence, and goes on', async () => {
      await start();
      for (const payload of garbage) await street.fails('settle', payload);
      for (const wh of [...notIntegers.filter((value) => value !== null), -1]) {
        await street.fails('settle', { ...meterOf('home-1', 0, 0), importWh: wh });
        await street.fails('settle', clearing({ volumeWh: wh }));
        await street.fails('settle', clearing({ pairs: [{ buyer: 'home-2', seller: 'home-1', wh }] }));
      }
      for (const price of notIntegers.filter((value) => value !== null))
        await street.fails('settle', clearing({ price }));
      for (const pairs of [
        null,
        'x'.repeat(1_000_000),
        [null],
        [[]],
        [{ buyer: '__proto__', seller: 'home-1', wh: 1 }],
      ]) {
        await street.fails('settle', clearing({ pairs }));
      }
      // A measured value that is not there, and a price that is not there.
      await street.ok('settle', clearing({ price: null }));
      for (const home of ['home-1', 'home-2']) await street.ok('settle', meterOf(home, 1, 0));
      assert.match(await street.fails('settle', meterOf('home-3', 1, 0)), /price is null/);
      await street.ok('settle', clearing());
      assert.equal(street.flow.payloads('settle').length, 1);
    });
  });

  describe('with a ledger', () => {
    const start = async (options: StreetOptions = {}) => {
      street = await startStreet([...appends, marketNode(), settleNode(), verifyNode()], options);
    };
    const again = async (options: StreetOptions = {}) => {
      const { userDir } = street;
      await street.stop();
      await start({ ...options, userDir });
    };
    const trade = async (interval = FIRST) => {
      await street.recordOrder('home-1', 'sell', 700, 100_000, interval);
      await street.recordOrder('home-2', 'buy', 700, 300_000, interval);
      return street.gate(interval);
    };
    const meter = (home: string, wh: number, interval = FIRST) =>
      street.first(`append ${home}`, meterOf(home, wh, 0, interval));

    it('settles what is recorded, is recorded itself, and the whole verifies', async () => {
      await start();
      await street.ok('settle', await trade());
      for (const home of HOMES) await street.ok('settle', await meter(home, 100));
      const [settlement] = street.flow.payloads('settle');
      balance(settlement);
      await street.ok('append operator', settlement);
      const verified = await street.first('verify', {});
      assert.deepEqual([verified['ok'], verified['unchecked'], verified['errors']], [true, 0, []]);
      await street.gate(SECOND);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('refuses what is not recorded, or only pretends to be', async () => {
      await start();
      assert.match(await street.fails('settle', meterOf('home-1', 100, 0)), /not in the ledger yet/);
      assert.match(await street.fails('settle', clearing()), /not in the ledger yet/);
      const receipt = { id: 'a'.repeat(64), index: 3, duplicate: false };
      await street.ok('settle', await trade());
      for (const home of ['home-1', 'home-2']) await street.ok('settle', await meter(home, 100));
      const fake = { ...meterOf('home-3', 0, 5000), receipt };
      assert.match(await street.fails('settle', fake), /does not hold the meter of home-3/);
      assert.deepEqual(street.flow.payloads('settle'), []);
    });

    it('bills what the ledger holds, whatever a message made of it on its way', async () => {
      await start();
      const cleared = await trade();
      await street.ok('settle', { ...cleared, price: 1 });
      for (const home of HOMES) await street.ok('settle', { ...(await meter(home, 100)), importWh: 1 });
      const [settlement] = street.flow.payloads('settle');
      assert.equal(linesOf(settlement)[0]?.price, 200_000);
      assert.deepEqual(
        rowsOf(settlement).map(({ importWh }) => importWh),
        [100, 100, 100],
      );
      await street.ok('append operator', settlement);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('is not recorded as altered on its way: the true one still is', async () => {
      await start();
      await street.ok('settle', await trade());
      for (const home of HOMES) await street.ok('settle', await meter(home, 100));
      const [settlement] = street.flow.payloads('settle');
      const [first, ...lines] = linesOf(settlement);
      const lies = [
        { tariffs: { import: 310_000, feedIn: 80_000 } },
        { lines: [] },
        { lines: [{ ...first, account: 'member/home-3' }, ...lines] },
        { statements: rowsOf(settlement).map((row) => ({ ...row, importWh: 99 })) },
      ];
      for (const lie of lies) {
        const text = await street.refuses('append operator', { ...settlement, ...lie }, 'wrong-settlement');
        assert.match(text, /in the settlement of 2017-07-10T06:15Z are not what the recorded clearing and meters give/);
      }
      await street.ok('append operator', settlement);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('takes up after a restart what was left open, and only that', async () => {
      await start();
      const intervals = [FIRST, SECOND, intervalAfter(SECOND)];
      for (const interval of intervals) await trade(interval);
      for (const interval of intervals.slice(0, 2)) for (const home of HOMES) await meter(home, 100, interval);
      await meter('home-1', 100, intervals[2]);
      // The first was settled in the life before; of the second all parts were recorded, of the third not.
      await again();
      await soon(
        () => street.flow.payloads('settle').length === 2,
        () => JSON.stringify(street.flow.payloads('settle')),
      );
      const recovered = street.flow.payloads('settle');
      assert.deepEqual(
        recovered.map(({ interval }) => interval),
        intervals.slice(0, 2),
      );
      await street.ok('append operator', recovered[0]);
      await again();
      await soon(
        () => street.flow.payloads('settle').length === 1,
        () => JSON.stringify(street.flow.payloads('settle')),
      );
      assert.deepEqual(
        street.flow.payloads('settle').map(({ interval }) => interval),
        [SECOND],
      );
      await street.ok('append operator', street.flow.payloads('settle')[0]);
      for (const home of ['home-2', 'home-3']) await street.ok('settle', await meter(home, 50, intervals[2]));
      await soon(
        () => street.flow.payloads('settle').length === 2,
        () => 'the third interval was not settled',
      );
      await street.ok('append operator', street.flow.payloads('settle')[1]);
      assert.deepEqual(street.flow.caught, []);
      const verified = await street.first('verify', {});
      assert.deepEqual([verified['ok'], verified['errors']], [true, []]);
    });

    it('settles the others after a restart when one interval cannot be', async () => {
      // The dearest tariff and the largest energy are more than any bill can hold: recorded before somebody noticed.
      const dearest = { community: { importTariff: '1000' } };
      await start(dearest);
      for (const interval of [FIRST, SECOND]) await trade(interval);
      await meter('home-1', 10 ** 9, FIRST);
      for (const home of ['home-2', 'home-3']) await meter(home, 100, FIRST);
      for (const home of HOMES) await meter(home, 100, SECOND);
      await again(dearest);
      await soon(
        () => street.flow.payloads('settle').length > 0,
        () => 'nothing was settled',
      );
      assert.deepEqual(
        street.flow.payloads('settle').map(({ interval }) => interval),
        [SECOND],
      );
      assert.match(street.flow.caught.map(({ error }) => error.message).join(), /does not fit/);
    });

    it('gives no second bill for what is settled', async () => {
      await start();
      const cleared = await trade();
      const metered = [];
      for (const home of HOMES) metered.push(await meter(home, 100));
      for (const part of [cleared, ...metered]) await street.ok('settle', part);
      await street.ok('append operator', street.flow.payloads('settle')[0]);
      await again();
      for (const part of [cleared, ...metered]) await street.ok('settle', part);
      assert.deepEqual(street.flow.payloads('settle'), []);
    });
  });

  describe('with a tariff, estimates and corrections', () => {
    const tariff = JSON.stringify({
      timeZone: 'Europe/Paris',
      periods: [
        {
          from: '2017-01-01',
          import: { kind: 'dynamic', markup: 100_000 },
          feedIn: { kind: 'fixed', price: 80_000 },
          levies: 10_000,
          vatBasisPoints: 2000,
        },
      ],
    });
    const start = async ({ tariff, estimateAfterHours }: BillingRules) => {
      const settle = settleNode({ estimateAfterHours: estimateAfterHours ?? '' });
      street = await startStreet([...appends, marketNode(), settle, verifyNode()]);
      if (tariff) street.community.declareTariff(tariff);
      const ledger = await street.ledger.open();
      await soon(
        () => ledger.state.rules.version === 'rules/2',
        () => 'the rules stay as they were',
      );
    };
    const trade = async (interval = FIRST) => {
      await street.recordOrder('home-1', 'sell', 700, 100_000, interval);
      await street.recordOrder('home-2', 'buy', 700, 300_000, interval);
      return street.gate(interval);
    };
    const tell = async (home: string, wh: number | null, type = 'meter', interval = FIRST) => {
      const recorded = await street.first(`append ${home}`, {
        ...meterOf(home, wh, wh === null ? null : 0, interval),
        type,
      });
      return street.ok('settle', recorded);
    };
    const record = async (settlement: Payload | undefined) => {
      assert.ok(settlement);
      await street.ok('append operator', settlement);
    };
    const verified = async () => {
      await street.gate(intervalAfter(FIRST, 40));
      const { ok, errors, unchecked } = await street.first('verify', {});
      assert.deepEqual([ok, errors, unchecked], [true, [], 0]);
    };

    it('bills by the price that was recorded, and says what it waits for before', async () => {
      await start({ tariff, estimateAfterHours: null });
      await street.ok('settle', await trade());
      for (const home of ['home-1', 'home-2']) await tell(home, 1000);
      const last = await street.first('append home-3', meterOf('home-3', 10, 0));
      assert.match(await street.fails('settle', last), /no price for 2017-07-10T06:15Z/);
      const prices = { type: 'prices', currency: 'EUR', intervals: [{ interval: FIRST, price: 50_000 }], gaps: [] };
      await street.ok('append operator', prices);
      // The first price counts; the same prices once more change nothing.
      await street.ok('append operator', { ...prices, intervals: [{ interval: FIRST, price: 1 }] });
      const settlement = (await street.ok('settle', last))[0]?.[0];
      const imported = linesOf(settlement).filter(({ counterAccount }) => counterAccount === 'supplier');
      assert.deepEqual(new Set(imported.map(({ price }) => price)), new Set([150_000]));
      await record(settlement);
      await verified();
    });

    it('bills each interval whose price is known, whatever another one lacks', async () => {
      await start({ tariff });
      for (const interval of [FIRST, SECOND]) {
        await street.ok('settle', await trade(interval));
        for (const home of ['home-1', 'home-2']) await tell(home, 1000, 'meter', interval);
        const last = await street.first('append home-3', meterOf('home-3', 10, 0, interval));
        assert.match(await street.fails('settle', last), /no price/);
      }
      const prices = {
        type: 'prices',
        currency: 'EUR',
        intervals: [{ interval: SECOND, price: 50_000 }],
        gaps: [FIRST],
      };
      const recorded = await street.first('append operator', prices);
      const { error, out } = await street.give('settle', recorded);
      assert.match(error?.message ?? '', /no price for 2017-07-10T06:15Z/);
      assert.deepEqual(
        out[0]?.map(({ interval }) => interval),
        [SECOND],
      );
    });

    it('settles a late value by what it changes, and a correction of that again', async () => {
      await start({ estimateAfterHours: 24 });
      await street.ok('settle', await trade());
      for (const home of HOMES) await tell(home, 1000);
      const [first] = street.flow.payloads('settle');
      await record(first);
      const second = (await tell('home-3', 1200, 'correction'))[0]?.[0];
      assert.deepEqual([first?.['number'], second?.['number']], [0, 1]);
      assert.deepEqual(
        linesOf(second).map(({ wh }) => wh),
        [-1000, 1200],
      );
      await record(second);
      // The same value once more changes nothing.
      assert.deepEqual(await tell('home-3', 1200, 'correction'), [[], [], []]);
      await record((await tell('home-3', 900, 'correction'))[0]?.[0]);
      await verified();
    });

    it('estimates what no meter told, once the rules say so', async () => {
      await start({ estimateAfterHours: 0 });
      await street.ok('settle', await trade());
      await tell('home-1', 0);
      await tell('home-3', 0);
      assert.equal((await tell('home-2', null))[1]?.[0]?.['type'], 'open');
      const next = (await street.ok('settle', await street.gate(SECOND)))[0]?.[0];
      // The second interval begins when the first is over.
      assert.equal(next?.['interval'], FIRST);
      assert.deepEqual(
        rowsOf(next).map(({ member, importWh }) => [member, importWh]),
        [
          ['home-1', 0],
          ['home-2', 700],
          ['home-3', 0],
        ],
      );
      await record(next);
      await verified();
    });
  });

  it('settles and recovers the same on Node-RED 4.1', async () => {
    const version: Version = '4.1';
    const nodes = [...appends, marketNode(), settleNode()];
    street = await startStreet(nodes, { version });
    await street.recordOrder('home-1', 'sell', 700, 100_000);
    await street.ok('settle', await street.gate());
    for (const home of HOMES) await street.ok(`append ${home}`, meterOf(home, 10, 0));
    const { userDir } = street;
    await street.stop();
    street = await startStreet(nodes, { version, userDir });
    await soon(
      () => street.flow.payloads('settle').length === 1,
      () => 'nothing was recovered',
    );
    balance(street.flow.payloads('settle')[0]);
  });
});
