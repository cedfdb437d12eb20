// The tariff node in a real flow: a tariff for each moment, prices that come late, twice or wrong, a restart, and the table in its
// dialog.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { Span } from '../../../nodes/microgrid-tariff/day-table.ts';
import tariff from '../../../nodes/microgrid-tariff/microgrid-tariff.ts';
import { readPayload } from '../../../nodes/shared/messages.ts';
import {
  communityNode,
  intervalNode,
  newUserDir,
  type RunningFlow,
  removeUserDirs,
  startFlow,
  tariffNode,
} from '../../support/flow.ts';

const START = '2017-07-10T06:00Z';
const NEXT = '2017-07-10T06:15Z';
const event = (name: string, interval: string, more: object = {}) => ({
  type: 'interval',
  event: name,
  interval,
  ...more,
});
const prices = (intervals: Readonly<Record<string, number>>, more: object = {}) => ({
  type: 'prices',
  currency: 'EUR',
  intervals: Object.entries(intervals).map(([interval, price]) => ({ interval, price })),
  gaps: [],
  ...more,
});
const row = (more: object) => ({
  name: '',
  price: '20',
  days: 'all',
  from: '',
  to: '',
  seasonFrom: '',
  seasonTo: '',
  ...more,
});
const rates = (...rows: object[]) => JSON.stringify(rows.map(row));
const NIGHT = {
  importKind: 'time-of-use',
  importRates: rates({ name: 'night', price: '24,3', from: '22:00', to: '06:00' }),
};
const DYNAMIC = { importKind: 'dynamic', importMarkup: '1.5' };

describe('microgrid-tariff', () => {
  let flow: RunningFlow;
  const start = async (more: object = {}, options: object = {}) => {
    flow = await startFlow([communityNode(), tariffNode(more)], { more: [tariff], ...options });
    flow.community.pause();
  };
  const sent = () =>
    flow.payloads('tariff').map((payload) => {
      const { interval, tariffs } = readPayload(payload, 'tariff');
      return `${interval.slice(11)} ${tariffs.import}`;
    });
  const refusals = () => flow.payloads('tariff', 1).map(({ code, text }) => `${String(code)}: ${String(text)}`);
  const after1 = async (send: () => void, count: number) => {
    const from = flow.payloads('tariff').length;
    send();
    await flow.next('tariff', 0, () => flow.payloads('tariff').length >= from + count);
  };
  afterEach(() => flow.stop());
  after(removeUserDirs);

  for (const version of ['5', '4.1'] as const) {
    it(`at a start tells the tariff of now and of what can be ordered for, else that of the moment (Node-RED ${version})`, async () => {
      await start(NIGHT, { version });
      await after1(() => flow.send('tariff', event('start', '2017-07-10T19:45Z', { bidding: '2017-07-10T20:00Z' })), 2);
      assert.deepEqual(sent(), ['19:45Z 300000', '20:00Z 243000']);
      await after1(() => flow.send('tariff', event('end', '2017-07-10T20:00Z')), 1);
      assert.deepEqual(flow.payloads('tariff')[2], {
        type: 'tariff',
        interval: '2017-07-10T20:00Z',
        tariffs: { import: 243_000, feedIn: 80_000 },
        rates: { import: 'night' },
      });
      assert.deepEqual(flow.status('tariff'), { fill: 'green', shape: 'dot', text: '24.3 ct, night rate' });
      assert.deepEqual([flow.caught, refusals()], [[], []]);
    });
  }

  it('follows the moments of the interval node', async () => {
    flow = await startFlow(
      [communityNode(), { ...intervalNode(), wires: [['tariff'], [], [], []], outputs: 0 }, tariffNode()],
      {
        more: [tariff],
      },
    );
    await flow.next('tariff', 0, ({ interval }) => interval === NEXT);
    assert.deepEqual(sent(), ['06:00Z 300000', '06:15Z 300000']);
  });

  it('carries every charge of the dialog, and nothing that is 0', async () => {
    await start({
      networkFeeder: '1',
      networkBeyond: '7,05',
      levies: '2.05',
      vat: '19',
      feedInVat: '0,5',
      capacityPrice: '4.000001',
      capacityFreeKW: '2.5',
      balancing: 'penalty/1',
      penalty: '1',
    });
    await after1(() => flow.send('tariff', event('end', '2017-07-31T21:45Z')), 1);
    assert.deepEqual(flow.payloads('tariff')[0]?.['tariffs'], {
      import: 300_000,
      feedIn: 80_000,
      networkFee: { feeder: 10_000, beyond: 70_500 },
      levies: 20_500,
      vatBasisPoints: 1900,
      feedInVatBasisPoints: 50,
      balancing: { rule: 'penalty/1', penalty: 10_000 },
      capacity: { month: '2017-07', price: 4_000_001, freeW: 2500, due: true },
    });
  });

  it('a day on which the clock is changed: the hour that comes twice has its price twice', async () => {
    await start({ importKind: 'time-of-use', importRates: rates({ name: 'two', from: '02:00', to: '03:00' }) });
    const autumn = ['2017-10-28T23:45Z', '2017-10-29T00:00Z', '2017-10-29T01:45Z', '2017-10-29T02:00Z'];
    for (const interval of [...autumn, '2017-03-26T01:00Z'])
      await after1(() => flow.send('tariff', event('end', interval)), 1);
    assert.deepEqual(sent(), ['23:45Z 300000', '00:00Z 200000', '01:45Z 200000', '02:00Z 300000', '01:00Z 300000']);
  });

  it('outside its days it sends nothing, and says so', async () => {
    await start({ validFrom: '2017-07-01', validUntil: '2017-07-11' });
    flow.send('tariff', event('end', '2017-07-10T22:00Z'));
    await flow.nextStatus('tariff', ({ text }) => text === 'says nothing of 2017-07-10');
    await after1(() => flow.send('tariff', event('end', '2017-07-10T21:45Z')), 1);
    assert.deepEqual([sent(), flow.caught], [['21:45Z 300000'], []]);
  });

  describe('with prices', () => {
    it('adds the markup, also to a negative price', async () => {
      await start(DYNAMIC);
      flow.send('tariff', prices({ [START]: 100_000, [NEXT]: -50_000 }));
      await flow.nextStatus('tariff', ({ text }) => text === '2 prices');
      await after1(() => flow.send('tariff', event('start', START, { bidding: NEXT })), 2);
      assert.deepEqual(sent(), ['06:00Z 115000', '06:15Z -35000']);
      assert.equal(flow.status('tariff')?.text, '11.5 ct');
    });

    it('guesses nothing: the tariff is sent once the price comes', async () => {
      await start(DYNAMIC);
      flow.send('tariff', event('start', START, { bidding: NEXT }));
      const refusal = await flow.next('tariff', 1);
      assert.deepEqual(
        [refusal['code'], refusal['refused']],
        ['no-price', { type: 'interval', event: 'start', interval: START }],
      );
      assert.deepEqual(flow.status('tariff'), { fill: 'yellow', shape: 'dot', text: 'no price for 06:00Z' });
      assert.deepEqual([sent(), flow.caught], [[], []]);
      await after1(() => flow.send('tariff', prices({ [NEXT]: 2 })), 1);
      await after1(() => flow.send('tariff', prices({ [START]: 1 })), 1);
      assert.deepEqual(sent(), ['06:15Z 15002', '06:00Z 15001']);
    });

    it('sends what is known where the price of only one of two is missing', async () => {
      await start(DYNAMIC);
      flow.send('tariff', prices({ [START]: 7 }));
      await after1(() => flow.send('tariff', event('start', START, { bidding: NEXT })), 1);
      assert.equal((await flow.next('tariff', 1))['code'], 'no-price');
      assert.deepEqual(sent(), ['06:00Z 15007']);
    });

    it('a price that was used stands; of a message that says otherwise the rest is taken', async () => {
      await start(DYNAMIC);
      flow.send('tariff', prices({ [NEXT]: 1, '2017-07-10T06:30Z': 1 }));
      await after1(() => flow.send('tariff', event('end', NEXT)), 1);
      const sentence = await flow.refused(
        'tariff',
        prices({ [NEXT]: 2, '2017-07-10T06:30Z': 2, '2017-07-10T06:45Z': 2 }),
      );
      assert.match(
        sentence,
        /the price of 2017-07-10T06:15Z is 1 and stands, but now 2 came; the other prices were taken/,
      );
      assert.equal((await flow.next('tariff', 1))['code'], 'changed-price');
      for (const interval of [NEXT, '2017-07-10T06:30Z', '2017-07-10T06:45Z']) {
        await after1(() => flow.send('tariff', event('end', interval)), 1);
      }
      assert.deepEqual(sent(), ['06:15Z 15001', '06:15Z 15001', '06:30Z 15002', '06:45Z 15002']);
    });

    it('a price of a quarter hour that has begun stands too, and the same price again is no contradiction', async () => {
      await start(DYNAMIC);
      flow.send('tariff', prices({ [START]: 1 }));
      flow.send('tariff', prices({ [START]: 1 }));
      assert.match(await flow.refused('tariff', prices({ [START]: 2 })), /is 1 and stands/);
    });

    const bad: readonly (readonly [name: string, payload: object, code: string, text: RegExp])[] = [
      [
        'another currency',
        prices({}, { currency: 'NOK' }),
        'wrong-currency',
        /in NOK, but sunny-street\.example counts in EUR/,
      ],
      [
        'half a price',
        prices({ [NEXT]: 0.5 }),
        'malformed',
        /the prices is malformed: .*price must be a whole number, but is 0\.5/,
      ],
      ['NaN', prices({ [NEXT]: Number.NaN }), 'malformed', /price must be a whole number, but is NaN/],
      ['2^53', prices({ [NEXT]: 2 ** 53 }), 'malformed', /price must be a whole number/],
      ['no quarter hour', prices({ '2017-07-10T06:10Z': 1 }), 'malformed', /must be a UTC quarter hour/],
      [
        'two prices of one quarter hour',
        prices({}, { intervals: [1, 2].map((price) => ({ interval: NEXT, price })) }),
        'malformed',
        /there are two prices for 2017-07-10T06:15Z: 1 and 2/,
      ],
    ];
    for (const [name, payload, code, text] of bad) {
      it(`refuses ${name}, on the second output and to Catch nodes, and goes on`, async () => {
        await start(DYNAMIC);
        assert.match(await flow.refused('tariff', payload), text);
        const refusal = await flow.next('tariff', 1);
        assert.deepEqual([refusal['code'], refusal['type']], [code, 'refusal']);
        flow.send('tariff', prices({ [NEXT]: 3 }));
        await after1(() => flow.send('tariff', event('end', NEXT)), 1);
        assert.deepEqual(sent(), ['06:15Z 15003']);
      });
    }

    it('knows its prices after a restart', async () => {
      const userDir = newUserDir();
      await start(DYNAMIC, { userDir });
      flow.send('tariff', prices({ [NEXT]: 5 }));
      await flow.nextStatus('tariff', ({ text }) => text === '1 prices');
      await flow.stop();
      await start(DYNAMIC, { userDir });
      await after1(() => flow.send('tariff', event('end', NEXT)), 1);
      assert.deepEqual(sent(), ['06:15Z 15005']);
    });
  });

  it('takes nothing else', async () => {
    await start();
    assert.match(
      await flow.refused('tariff', { type: 'order' }),
      /expects msg\.payload\.type to be "interval" or "prices"/,
    );
    assert.match(await flow.refused('tariff', event('start', 'now')), /interval must be a UTC quarter hour/);
    assert.deepEqual(flow.payloads('tariff', 1), []);
  });

  it('refuses a configuration that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ community: '' }, /no community is chosen/],
      [{ timeZone: 'Mars' }, /the time zone must be one such as Europe\/Paris, but is "Mars"/],
      [{ importKind: 'spot' }, /the kind of the import price must be one of fixed, time-of-use, dynamic/],
      [{ importRates: '{}' }, /the import prices by hours must be a list of prices/],
      [{ importRates: rates({ from: '6' }) }, /the begin of a rate must be a quarter hour such as 22:00/],
      [{ importRates: rates({ from: '06:00', to: '06:00' }) }, /a rate begins and ends at 06:00; leave both empty/],
      [{ importRates: rates({ seasonFrom: '11-01' }) }, /a season needs its first and its last day/],
      [
        { importRates: rates({ seasonFrom: '11-31', seasonTo: '12-01' }) },
        /the first day of a season must be a month and a day/,
      ],
      [
        { ...NIGHT, importRates: rates({ from: '22:00', to: '06:00' }, { days: 'mon', from: '05:00', to: '07:00' }) },
        /row 2 of the import prices overlaps row 1 on mondays at 05:00: two prices would hold/,
      ],
      [
        { feedInKind: 'time-of-use', feedInRates: rates({}, {}) },
        /row 2 of the feed-in prices overlaps row 1 on mondays at 00:00/,
      ],
      [{ capacityFreeKW: '2.501' }, /must be in steps of 0\.004/],
      [{ vat: '101' }, /the VAT \(%\) must be between 0 and 100/],
      [{ holidays: '2017-12-25 25.12.' }, /the holidays must be days such as 2026-12-25, but one is "25\.12\."/],
      [{ validFrom: '2017-07-11', validUntil: '2017-07-11' }, /the tariff ends before it begins/],
    ];
    for (const [fields, sentence] of cases) {
      flow = await startFlow([communityNode(), tariffNode(fields)], { more: [tariff] });
      assert.match(await flow.nextError('tariff'), sentence, JSON.stringify(fields));
      await flow.stop();
    }
    await start();
  });

  describe('the table of its dialog', () => {
    interface Answer {
      readonly date?: string;
      readonly spans?: readonly Span[];
      readonly error?: string;
    }
    const table = async (fields: object, date: string): Promise<Answer> =>
      (
        await helper
          .request()
          .post('/microgrid/tariff/day')
          .send({ id: 'tariff', date, fields: tariffNode(fields) })
          .expect(200)
      ).body;
    const spans = ({ spans = [] }: Answer) =>
      spans.map(({ from, to, minutes, price, allIn, feedIn, rates, open }) =>
        [from, to, minutes / 60, price, allIn, feedIn, ...rates, ...(open ? [open] : [])].join(' '),
      );

    it('shows what a kWh costs on a day, with all charges', async () => {
      await start();
      const answer = await table({ ...NIGHT, networkBeyond: '7', levies: '2', vat: '19' }, '2017-07-10');
      assert.deepEqual(spans(answer), [
        '00:00 06:00 6 24.30 39.63 8.00 night',
        '06:00 22:00 16 30.00 46.41 8.00',
        '22:00 24:00 2 24.30 39.63 8.00 night',
      ]);
    });

    it('of 23 and 25 hours', async () => {
      await start();
      assert.equal(spans(await table(NIGHT, '2017-03-26'))[0], '00:00 06:00 5 24.30 24.30 8.00 night');
      assert.equal(spans(await table(NIGHT, '2017-10-29'))[0], '00:00 06:00 7 24.30 24.30 8.00 night');
      assert.equal(
        spans(await table({ ...NIGHT, timeZone: 'Australia/Lord_Howe' }, '2026-04-05'))[0],
        '00:00 06:00 6.5 24.30 24.30 8.00 night',
      );
    });

    it('with the prices that the running node knows, and without those that it does not', async () => {
      await start(DYNAMIC);
      flow.send('tariff', prices({ '2017-07-10T22:00Z': 100_000, '2017-07-10T22:15Z': 100_000 }));
      await flow.nextStatus('tariff', ({ text }) => text === '2 prices');
      assert.deepEqual(spans(await table(DYNAMIC, '2017-07-11')), [
        '00:00 00:30 0.5 11.50 11.50 8.00',
        '00:30 24:00 23.5    price-missing',
      ]);
    });

    it('of today, where no day is asked for', async () => {
      await start();
      const { date, spans: all } = await table({}, '');
      assert.match(String(date), /^20\d\d-\d\d-\d\d$/);
      assert.equal(all?.length, 1);
    });

    it('or a sentence, where the fields contradict each other', async () => {
      await start();
      assert.match(String((await table({ vat: 'x' }, '')).error), /the VAT \(%\) must be a number/);
      const twice = { importKind: 'time-of-use', importRates: rates({}, {}) };
      assert.match(String((await table(twice, '')).error), /^row 2 of the import prices overlaps row 1/);
      assert.match(String((await table({}, 'today')).error), /the day of the table must be one such as 2026-12-31/);
    });
  });
});
