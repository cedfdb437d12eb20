// The prices node: one message of a service in, one of the project out, and a refusal that leaves the flow alive.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readPayload } from '../../../nodes/shared/messages.ts';
import { communityNode, pricesNode, type RunningFlow, removeUserDirs, startFlow } from '../../support/flow.ts';
import { needSharedData } from '../../support/shared-data.ts';

describe('microgrid-prices', () => {
  let flow: RunningFlow;
  const start = async (more: object = {}, community: object = {}, options: object = {}) => {
    flow = await startFlow([communityNode(community), pricesNode(more)], options);
    flow.community.pause();
    return flow;
  };
  const plain = (prices: readonly unknown[], more: object = {}) => ({
    start: '2017-07-10T06:00Z',
    minutes: 60,
    prices,
    ...more,
  });
  afterEach(() => flow.stop());
  after(removeUserDirs);

  for (const version of ['5', '4.1'] as const) {
    it(`gives quarter hours, and shows the price of now (Node-RED ${version})`, async () => {
      await start({}, {}, { version });
      flow.send('prices', plain([0.1845, -0.05]));
      const payload = await flow.next('prices', 0);
      assert.equal(payload.type, 'prices');
      const { currency, intervals, gaps } = readPayload(payload, 'prices');
      assert.deepEqual([currency, intervals.length, gaps], ['EUR', 8, []]);
      assert.deepEqual(intervals[3], { interval: '2017-07-10T06:45Z', price: 184_500 });
      assert.deepEqual(intervals[4], { interval: '2017-07-10T07:00Z', price: -50_000 });
      assert.deepEqual(flow.status('prices'), { fill: 'green', shape: 'dot', text: '18.4 ct now' });
      assert.deepEqual(flow.caught, []);
    });
  }

  it('reads an ENTSO-E document from another property, as text and as bytes', async function () {
    const text = readFileSync(needSharedData(this, 'prices/entsoe_DE-LU_2026-02-02_PT15M_A44.xml'), 'utf8');
    await start({ property: 'payload.body' });
    for (const body of [text, Buffer.from(text)]) {
      const from = flow.payloads('prices').length;
      flow.send('prices', { body });
      const payload = await flow.next('prices', 0, () => true, { from });
      assert.equal((payload['intervals'] as unknown[]).length, 192);
    }
    assert.deepEqual(flow.status('prices'), { fill: 'green', shape: 'dot', text: '192 prices' });
  });

  it('shows gaps', async () => {
    await start();
    flow.send('prices', plain([0.1, null, 0.3]));
    const { gaps } = readPayload(await flow.next('prices', 0), 'prices');
    assert.equal(gaps.length, 4);
    assert.deepEqual(flow.status('prices'), { fill: 'yellow', shape: 'dot', text: '8 prices, 4 gaps' });
  });

  it('refuses what it cannot read, and goes on', async () => {
    await start();
    const cases: [unknown, RegExp][] = [
      [undefined, /the message has no msg\.payload/],
      ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /defines a document type/],
      ['<a>', /no whole XML document/],
      [{ error: 'quota' }, /there are no prices in an object/],
      [plain([1], { currency: 'NOK' }), /the prices are in NOK, but sunny-street\.example counts in EUR/],
      [plain(['free']), /a price must be a number/],
    ];
    for (const [payload, sentence] of cases) assert.match(await flow.refused('prices', payload), sentence);
    assert.deepEqual(flow.payloads('prices'), []);
    flow.send('prices', plain([0.2]));
    await flow.next('prices', 0);
    assert.equal(flow.status('prices')?.fill, 'green');
  });

  it('refuses a configuration that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ community: '' }, /no community is chosen/],
      [{ property: ' ' }, /where the prices are is missing/],
      [{ property: 'a[' }, /"a\[" is no property of a message/],
      [{ unit: 'MJ' }, /the unit of the prices must be one of kWh, ct\/kWh, MWh/],
    ];
    for (const [fields, sentence] of cases) {
      flow = await startFlow([communityNode(), pricesNode(fields)]);
      assert.match(await flow.nextError('prices'), sentence, JSON.stringify(fields));
      await flow.stop();
    }
    await start();
  });
});
