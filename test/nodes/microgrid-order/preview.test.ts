// What the dialog shows while a person chooses: over HTTP, by the same strategies as in the flow, with what a running node knows.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { Preview } from '../../../nodes/microgrid-order/preview.ts';
import { intervalAfter } from '../../../src/time/interval.ts';
import { loadDefinition } from '../../support/editor.ts';
import { removeUserDirs, type Version } from '../../support/flow.ts';
import { type StreetFlow, startStreet } from '../../support/market-flow.ts';
import { garbage, nodeOf, orderNode } from '../../support/market-nodes.ts';

const { defaults } = loadDefinition('microgrid-order');
const stored = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]));

describe('the preview of an order node', () => {
  let street: StreetFlow;
  const ask = async (fields: object, more: object = {}): Promise<Preview & { readonly error?: string }> => {
    const about = { id: 'order', at: '18:00', kWh: '2.4', charge: '60' };
    const body = { ...about, fields: { ...stored, zone: 'UTC', member: nodeOf('home-1'), ...fields }, ...more };
    const { body: answer } = await helper.request().post('/microgrid/order/preview').send(body).expect(200);
    return answer;
  };
  const lines = ({ orders }: Preview) => orders.map(({ side, energy, price }) => `${side} ${energy} ${price}`);
  const begin = async (version: Version = '5') => {
    street = await startStreet([orderNode()], { version });
  };
  afterEach(() => street?.stop());
  after(removeUserDirs);

  for (const version of ['5', '4.1'] as const) {
    it(`tells what would be ordered, and why (Node-RED ${version})`, async () => {
      await begin(version);
      assert.deepEqual(await ask({ strategy: 'fixed-limit', buyLimit: '21' }), {
        orders: [
          {
            side: 'buy',
            energy: '600 Wh',
            price: '21.0 ct',
            why: 'At this hour 600 Wh are needed on average; 600 Wh are wanted up to 21.0 ct per kWh.',
          },
        ],
        silence: null,
        assumed: [],
      });
    });
  }

  it('of every strategy', async () => {
    await begin();
    const shown: [fields: object, expected: string[]][] = [
      [{ strategy: 'last-days' }, ['buy 600 Wh 26.3 ct']],
      [{ strategy: 'price-taker' }, ['buy 600 Wh 30.0 ct']],
      [{ strategy: 'price-taker', batteryKWh: '1', batteryKW: '5' }, ['buy 100 Wh 30.0 ct']],
      [{ strategy: 'ramp', rampBuy: '10', rampSteps: '5' }, ['buy 600 Wh 10.0 ct', 'buy 600 Wh 30.0 ct']],
      [{ strategy: 'stored-value', wear: '0' }, ['buy 600 Wh 30.0 ct']],
      // 2.4 kWh by 20:00 at 4 kW: 30 % of what can come.
      [{ strategy: 'deadline', needBy: '20:00', needKW: '4' }, ['buy 1.0 kWh 14.6 ct']],
      [{ strategy: 'demand-curve', curve: '0.5 at 28; 1 at 18' }, ['buy 500 Wh 28.0 ct', 'buy 1.0 kWh 18.0 ct']],
    ];
    for (const [fields, expected] of shown)
      assert.deepEqual(lines(await ask(fields)), expected, JSON.stringify(fields));
    assert.deepEqual(lines(await ask({ strategy: 'price-taker' }, { kWh: '-2,4' })), ['sell 600 Wh 8.0 ct']);
  });

  it('says why nothing would be ordered', async () => {
    await begin();
    const { orders, silence } = await ask({ strategy: 'fixed-limit', sellLimit: '21' });
    assert.deepEqual([orders, silence?.endsWith('so nothing is ordered.')], [[], true]);
  });

  it('says what it assumes: the tariffs of a new community, a day that is not known', async () => {
    await begin();
    const { assumed } = await ask({ strategy: 'stored-value', member: '' });
    assert.deepEqual(assumed, ['tariffs', 'day']);
    assert.deepEqual((await ask({ strategy: 'price-taker', member: 'gone' })).assumed, ['tariffs']);
  });

  it('takes the days that the running node knows', async () => {
    await begin();
    const intervals = Array.from({ length: 96 }, (_, i) => {
      const wh = i < 30 ? -800 : 100;
      const interval = intervalAfter('2017-07-10T06:00Z', i - 97);
      return { interval, loadWh: Math.max(0, wh), pvWh: Math.max(0, -wh) };
    });
    const battery = { strategy: 'stored-value', wear: '0', batteryKWh: '5', minSoc: '0' };
    const before = await ask(battery, { at: '06:30', kWh: '0', charge: '100' });
    assert.deepEqual(before.assumed, ['day']);
    await street.ok('order', { type: 'history', member: 'home-1', intervals });
    const after = await ask(battery, { at: '06:30', kWh: '0', charge: '100' });
    assert.deepEqual([after.assumed, lines(after)], [[], ['sell 1.3 kWh 8.9 ct']]);
  });

  it('answers what is wrong in a sentence, whatever it is asked', async () => {
    await begin();
    const wrong: [fields: object, more: object, sentence: RegExp][] = [
      [{ strategy: 'fixed-limit' }, {}, /^a fixed limit needs a price to buy at or a price to sell at$/],
      [{ strategy: 'none' }, {}, /^the strategy must be one of last-days/],
      [{ batteryKWh: 'big' }, {}, /^the battery \(kWh\) must be a number/],
      [{ batteryKWh: '5', minSoc: '90', maxSoc: '10' }, {}, /never be used/],
      [{}, { at: 'noon' }, /time of day such as 18:00/],
      [{}, { at: 5 }, /time of day/],
      [{}, { kWh: 'much' }, /^the need \(kWh\) must be a number/],
      [{}, { charge: '101' }, /^the charge \(%\) must be between 0 and 100/],
    ];
    for (const [fields, more, sentence] of wrong) assert.match(String((await ask(fields, more)).error), sentence);
    for (const body of [...garbage, { fields: null }].filter((each) => typeof each === 'object')) {
      const { body: answer } = await helper
        .request()
        .post('/microgrid/order/preview')
        .send((body ?? {}) as object)
        .expect(200);
      assert.match(String(answer.error), /^.{5,200}$/);
    }
  });
});
