// An energy community without an auction: shares by every kind of key once all meters are known, refuses keys that cannot be,
// hands keys out as files, and finds what the utility counts otherwise. What was shared survives a restart.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { settle } from '../../../src/settlement/settle.ts';
import type { TradedEnergy } from '../../../src/settlement/settlement.ts';
import { type Payload, removeUserDirs, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import {
  allocationNode,
  FIRST,
  garbage,
  meterOf,
  notIntegers,
  SECOND,
  settleNode,
} from '../../support/market-nodes.ts';

/** 2017-07-10T06:15Z is 08:15 in Vienna. */
const POINTS = 'home-1; AT-C1\nhome-2; AT-C2\nhome-3; AT-C3; AT-G3\n';

const keysOf = (keys: unknown, more: object = {}): Payload => ({
  type: 'keys',
  interval: FIRST,
  kind: 'dynamic-simple',
  keys: keys as Payload[],
  ...more,
});
const pairsOf = (clearing: Payload | undefined) =>
  ((clearing?.['pairs'] ?? []) as { buyer: string; seller: string; wh: number }[]).map(({ buyer, seller, wh }) => [
    buyer,
    seller,
    wh,
  ]);

describe('microgrid-allocation', () => {
  let street: StreetFlow;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  const start = async (more: object = {}, options: StreetOptions = {}) => {
    street = await startStreet([allocationNode(more), settleNode({ ledger: '' })], {
      ledger: false,
      community: { clock: 'real' },
      credentials: { allocation: { points: POINTS } },
      ...options,
    });
  };
  const again = async (more: object = {}) => {
    const { userDir } = street;
    await street.stop();
    await start(more, { userDir });
  };
  /** home-3 has 1000 Wh left, home-1 needs 600, home-2 900. @returns what left with the last meter */
  const meters = async (interval = FIRST) => {
    await street.ok('allocation', meterOf('home-1', 600, 0, interval));
    await street.ok('allocation', meterOf('home-2', 900, 0, interval));
    return street.ok('allocation', meterOf('home-3', 0, 1000, interval));
  };

  for (const version of ['5', '4.1'] as Version[]) {
    it(`shares by consumption, and what comes out is settled as it is (Node-RED ${version})`, async () => {
      await start({}, { version });
      const [clearings, open, keys] = await meters();
      const [clearing] = clearings ?? [];
      assert.deepEqual(pairsOf(clearing), [
        ['home-1', 'home-3', 400],
        ['home-2', 'home-3', 600],
      ]);
      const { rule, volumeWh, price, priceLow, priceHigh } = clearing as Record<string, unknown>;
      assert.deepEqual([rule, volumeWh, price, priceLow, priceHigh], ['allocation/1', 1000, 150_000, 150_000, 150_000]);
      assert.deepEqual(open, []);
      assert.deepEqual(keys?.[0]?.['keys'], [
        { producer: 'home-3', member: 'home-1', millionths: 400_000 },
        { producer: 'home-3', member: 'home-2', millionths: 600_000 },
      ]);
      assert.deepEqual(street.flow.status('allocation'), {
        fill: 'green',
        shape: 'dot',
        text: '06:15Z 1.0 kWh shared',
      });

      await street.ok('settle', clearing);
      await street.ok('settle', meterOf('home-1', 600, 0));
      await street.ok('settle', meterOf('home-2', 900, 0));
      const settlement = await street.first('settle', meterOf('home-3', 0, 1000));
      const amounts = (settlement['statements'] as { member: string; amount: number }[]).map(({ amount }) => amount);
      // At 15 ct between neighbours and 30 ct from the supplier.
      assert.deepEqual(amounts, [120_000_000, 180_000_000, -150_000_000]);
    });
  }

  it('gives a clearing that settle/1 takes by its rule; there are no orders, so no fills either', async () => {
    await start();
    const given = (await meters())[0]?.[0] as Record<string, unknown>;
    assert.deepEqual([given['orders'], given['fills']], [[], []]);
    const { fills: _fills, ...clearing } = given;
    const meter = (member: string, importWh: number, exportWh: number) =>
      ({ member, importWh, exportWh, quality: 'measured' }) as const;
    const metered = [meter('home-1', 600, 0), meter('home-2', 900, 0), meter('home-3', 0, 1000)];
    const { sum, lines } = settle({
      tariffs: { import: 300_000, feedIn: 80_000 },
      intervals: [{ interval: FIRST, clearing: clearing as unknown as TradedEnergy, meters: metered }],
    });
    assert.equal(sum, '0');
    assert.equal(lines.filter(({ code }) => code === 'trade').length, 2);
  });

  it('shares by fixed keys: unused parts stay, or go round again', async () => {
    const keys = 'home-1 70 %\nhome-2; 20,5';
    await start({ kind: 'static', keys });
    assert.deepEqual(pairsOf((await meters())[0]?.[0]), [
      ['home-1', 'home-3', 600],
      ['home-2', 'home-3', 205],
    ]);
    await street.stop();
    await start({ kind: 'static-redistributed', keys });
    assert.deepEqual(pairsOf((await meters())[0]?.[0]), [
      ['home-1', 'home-3', 600],
      ['home-2', 'home-3', 305],
    ]);
  });

  it('waits for the keys of an interval, in whatever order, and says so', async () => {
    await start({ kind: 'dynamic-simple' });
    assert.deepEqual((await meters())[0], []);
    const [, open] = await street.ok('allocation', meterOf('home-1', 1, 0, SECOND));
    assert.deepEqual(open, [{ type: 'open', interval: FIRST, members: [] }]);
    assert.equal(street.flow.status('allocation')?.text, '06:15Z open, no keys');
    const half = [{ member: 'home-2', millionths: 500_000 }];
    assert.deepEqual(pairsOf(await street.first('allocation', keysOf(half))), [['home-2', 'home-3', 500]]);
    assert.match(await street.fails('allocation', keysOf(half)), /come late: its surplus was shared already/);

    await street.ok('allocation', keysOf([], { interval: SECOND }));
    await street.ok('allocation', meterOf('home-2', 900, 0, SECOND));
    const last = await street.first('allocation', meterOf('home-3', 0, 1000, SECOND));
    assert.deepEqual([last['volumeWh'], last['price'], last['pairs']], [0, null, []]);
  });

  it('shares by the keys of each producer, or by what an auction traded', async () => {
    await start({ kind: 'dynamic-full' });
    const full = [{ producer: 'home-3', member: 'home-1', millionths: 250_000 }];
    await street.ok('allocation', keysOf(full, { kind: 'dynamic-full' }));
    assert.deepEqual(pairsOf((await meters())[0]?.[0]), [['home-1', 'home-3', 250]]);

    // home-3 sold 500 Wh and has 1000 left, so its keys come to half of that.
    const clearing = {
      ...{
        type: 'clearing',
        rule: 'uniform-price/1',
        interval: SECOND,
        volumeWh: 500,
        price: 1,
        priceLow: 1,
        priceHigh: 1,
      },
      ...{ orders: [], fills: [], pairs: [{ buyer: 'home-2', seller: 'home-3', wh: 500 }] },
    };
    await street.ok('allocation', clearing);
    const [shared, , keys] = await meters(SECOND);
    assert.deepEqual(pairsOf(shared?.[0]), [['home-2', 'home-3', 500]]);
    assert.deepEqual(keys?.[0]?.['keys'], [{ producer: 'home-3', member: 'home-2', millionths: 500_000 }]);
  });

  it('keeps an interval open while a meter is missing, and says whose', async () => {
    await start();
    await street.ok('allocation', meterOf('home-1', 600, 0));
    const [, open] = await street.ok('allocation', meterOf('home-2', null, null));
    assert.deepEqual(open, [{ type: 'open', interval: FIRST, members: ['home-2', 'home-3'] }]);
    assert.equal(street.flow.status('allocation')?.fill, 'yellow');
    await street.ok('allocation', meterOf('home-3', 0, 1000));
    assert.equal((await street.first('allocation', meterOf('home-2', 900, 0)))['volumeWh'], 1000);
  });

  it('refuses keys in the dialog that cannot be', async () => {
    const wrong: [object, RegExp][] = [
      [{ kind: 'static' }, /no keys are given/],
      [{ kind: 'static', keys: 'home-1 60\nhome-2 40.0001' }, /up to line 2 sum to more than 100 %/],
      [{ kind: 'static', keys: 'home-1 12.00001' }, /line 1 of the keys must be a number with at most 4 decimals/],
      [{ kind: 'static', keys: '\nhome-1 -1' }, /line 2 of the keys must be 0 or more/],
      [{ kind: 'static', keys: 'home-1 1\nhome-1 1' }, /line 2 of the keys names home-1 again/],
      [{ kind: 'static', keys: 'home-9 10' }, /"home-9", who is not among the members/],
      [{ kind: 'static', keys: 'half' }, /line 1 of the keys must be a member and its per cent/],
      [{ timeZone: 'Vienna' }, /time zone must be a name such as/],
    ];
    for (const [more, sentence] of wrong) {
      await start(more);
      assert.match(await street.fails('allocation', meterOf('home-1', 1, 0)), sentence);
      await street.stop();
    }
    await start({}, { credentials: { allocation: { points: 'home-1; AT-C1\nhome-2; AT-C1' } } });
    const said = await street.fails('allocation', meterOf('home-1', 1, 0));
    assert.match(said, /line 2 of the metering points has a metering point that stands there already/);
    assert.doesNotMatch(said, /AT-C1/);
  });

  it('refuses keys in messages that cannot be, and takes right ones after', async () => {
    await start({ kind: 'dynamic-full' });
    const key = { producer: 'home-3', member: 'home-1', millionths: 500_000 };
    const full = (keys: unknown, more: object = {}) => keysOf(keys, { kind: 'dynamic-full', ...more });
    const wrong: [Payload, RegExp][] = [
      [full([key, { ...key, member: 'home-2', millionths: 500_001 }]), /producer "home-3" sum to more than 1000000/],
      [full([key, key]), /"home-1" stands twice/],
      [full([{ ...key, member: 'home-9' }]), /who is not among the members/],
      [full([{ ...key, producer: 'home-9' }]), /who is not among the members/],
      [full([{ ...key, millionths: 1_000_001 }]), /millionths must be at most 1000000/],
      [full([{ member: 'home-1', millionths: 1 }]), /every key names the producer/],
      [keysOf([{ member: 'home-1', millionths: 1 }]), /shares by dynamic-full keys and takes no others/],
      [full([key], { interval: '2017-07-10T06:10Z' }), /interval must be a UTC quarter hour/],
    ];
    for (const [payload, sentence] of wrong) assert.match(await street.fails('allocation', payload), sentence);
    for (const millionths of [...notIntegers, -1]) await street.fails('allocation', full([{ ...key, millionths }]));
    await street.ok('allocation', full([key]));
    assert.deepEqual(pairsOf((await meters())[0]?.[0]), [['home-1', 'home-3', 500]]);
  });

  it('shares an interval once, also after a restart', async () => {
    await start();
    await meters();
    assert.deepEqual(await meters(), [[], [], [], []]);
    await again();
    assert.deepEqual(await meters(), [[], [], [], []]);
    assert.equal((await meters(SECOND))[0]?.length, 1);
  });

  it('shares anew where a simulation starts over', async () => {
    await start({}, { community: {} });
    street.at('2017-07-10T06:45Z');
    await meters();
    const { userDir } = street;
    await street.stop();
    await start({}, { community: {}, userDir });
    assert.equal((await meters())[0]?.length, 1);
  });

  describe('keys for the utility', () => {
    const ask = (more: object = {}) => ({ type: 'keys-export', from: FIRST, until: '2017-07-10T07:00Z', ...more });
    const files = async (more: object) => (await street.ok('allocation', ask(more)))[2] as Payload[];

    it('come as JSON, as rows, and as Enedis has them', async () => {
      await start({ timeZone: 'Europe/Paris' });
      await meters();
      await street.ok('allocation', meterOf('home-1', 500, 0, SECOND));
      await street.ok('allocation', meterOf('home-2', 1000, 0, SECOND));
      await street.ok('allocation', meterOf('home-3', 0, 1100, SECOND));
      await again({ timeZone: 'Europe/Paris' });

      const [json] = await files({ format: 'json' });
      assert.equal((JSON.parse(String(json?.['text'])) as { intervals: unknown[] }).intervals.length, 2);
      const [csv] = await files({ format: 'csv' });
      assert.equal(csv?.['name'], 'keys-2017-07-10-2017-07-10.csv');
      assert.deepEqual(String(csv?.['text']).split('\r\n'), [
        'interval;producer;member;percent',
        `${FIRST};home-3;home-1;40`,
        `${FIRST};home-3;home-2;60`,
        `${SECOND};home-3;home-1;33.3636`,
        `${SECOND};home-3;home-2;66.6364`,
        '',
      ]);
      const [enedis, ...more] = await files({ format: 'enedis' });
      assert.deepEqual(more, []);
      assert.deepEqual([enedis?.['name'], enedis?.['mediaType']], ['AT-G3.csv', 'text/csv']);
      const rows = String(enedis?.['text']).split('\r\n');
      assert.deepEqual(rows, ['Horodate;AT-C1;AT-C2', '10/07/2017 08:15;40;60', '10/07/2017 08:30;33,4;66,6', '']);
      assert.equal(street.flow.messages('allocation', 2).length, 3);
    });

    it('are refused where there are none, or for a time that is none', async () => {
      await start();
      assert.match(await street.fails('allocation', ask({ format: 'csv' })), /nothing was shared/);
      assert.match(await street.fails('allocation', ask({ format: 'xlsx' })), /format must be one of/);
      assert.match(await street.fails('allocation', ask({ format: 'csv', until: FIRST })), /a year at most/);
      assert.match(
        await street.fails('allocation', ask({ format: 'csv', until: '2019-01-01T00:00Z' })),
        /a year at most/,
      );
      assert.match(
        await street.fails('allocation', ask({ format: 'enedis', decimals: 5 })),
        /decimals must be at most 4/,
      );
    });
  });

  describe("the utility's figures", () => {
    const table = (...rows: string[]) => ({
      type: 'utility-figures',
      text: ['Zählpunkt;Zeit;Verbrauch [KWH];Zugeteilt [KWH];Überschuss [KWH]', ...rows].join('\n'),
    });
    const compare = async (payload: object) => (await street.ok('allocation', payload))[3]?.[0] as Payload;

    it('are compared with what was shared weeks ago', async () => {
      await start();
      await meters();
      await again();
      const result = await compare(
        table('AT-C1;10.07.2017 08:15;0,6;0,4;', 'AT-C2;10.07.2017 08:15;0,9;0,55;', 'AT-G3;10.07.2017 08:15;;;0,05'),
      );
      const found = (
        result['differences'] as { member: string; quantity: string; differenceWh: number; reason: { code: string } }[]
      ).map(({ member, quantity, differenceWh, reason }) => [member, quantity, differenceWh, reason.code]);
      assert.deepEqual(found, [
        ['home-2', 'allocated', -50, 'keys'],
        ['home-3', 'surplus', 50, 'keys'],
      ]);
      assert.equal(result['count'], 2);
      assert.deepEqual(street.flow.status('allocation'), { fill: 'yellow', shape: 'dot', text: '2 differences' });
    });

    it('that agree are said to', async () => {
      await start();
      await meters();
      const result = await compare(table('AT-C1;10.07.2017 08:15;0,600;0,401;'));
      assert.equal(result['count'], 0);
      assert.deepEqual(result['missingMembers'], ['home-2']);
      assert.equal(street.flow.status('allocation')?.fill, 'green');
    });

    it('outlive a line that a power cut tore', async () => {
      await start();
      await meters();
      const folder = join(street.userDir, 'microgrid/allocations/sunny-street.example_1');
      const [file = ''] = readdirSync(folder);
      appendFileSync(join(folder, file), '{"interval":"2017-07-10T06:30Z","mem');
      await again();
      await meters(SECOND);
      await again();
      const result = await compare(table('AT-C1;10.07.2017 08:15;0,6;0,4;', 'AT-C1;10.07.2017 08:30;0,6;0,4;'));
      assert.deepEqual([result['count'], result['notAllocated']], [0, []]);
      assert.match(street.flow.log, /1 lines of .* are damaged and left out/);
    });

    it('are refused with the line that is wrong', async () => {
      await start();
      assert.match(
        await street.fails('allocation', table('AT-C1;10.07.2017 08:15;viel;;')),
        /line 2: "Verbrauch \[KWH\]" is "viel"/,
      );
      assert.match(await street.fails('allocation', { type: 'utility-figures', text: 'x' }), /no row that heads/);
      assert.match(
        await street.fails('allocation', { type: 'utility-figures', text: '', columns: { a: 'b' } }),
        /a column must be one of/,
      );
    });
  });

  it('ignores other records of the stream, and refuses what is none', async () => {
    await start();
    assert.deepEqual(await street.ok('allocation', { type: 'note', text: 'a' }), [[], [], [], []]);
    assert.match(await street.fails('allocation', meterOf('home-9', 1, 0)), /home-9 is not a member/);
    assert.match(await street.fails('allocation', meterOf('home-1', 1, 0, '2099-01-01T00:00Z')), /but it is only/);
    for (const payload of garbage) await street.fails('allocation', payload);
  });

  it('forgets an epoch that was reset', async () => {
    await start({}, { community: {} });
    street.at('2017-07-10T06:45Z');
    await street.ok('allocation', meterOf('home-1', 600, 0));
    await street.ok('allocation', meterOf('home-2', 900, 0));
    await street.reset();
    assert.deepEqual(await street.ok('allocation', meterOf('home-3', 0, 1000)), [[], [], [], []]);
  });

  it('names metering points in files only', async () => {
    await start();
    await meters();
    await street.ok('allocation', { type: 'keys-export', from: FIRST, until: SECOND, format: 'csv' });
    assert.doesNotMatch(street.flow.everything, /AT-C/);
  });
});
