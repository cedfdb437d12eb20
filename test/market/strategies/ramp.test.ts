// From a careful limit to the supplier's price, in steps that all fit before the gate and into the quota.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ramp, rampStepAt, rampSteps, rampTime } from '../../../src/market/strategies/ramp.ts';
import { short, situation } from '../../support/situations.ts';

const settings = { buyFrom: 100_000, sellFrom: 280_000, steps: 5 };
const MINUTE = 60_000;

describe('a ramp to the gate', () => {
  it('moves in equal steps from the careful limit to the supplier', () => {
    const buys = [0, 1, 2, 3, 4].map((step) => ramp(settings, situation(600, { step })).bids[0]?.limit);
    assert.deepEqual(buys, [100_000, 150_000, 200_000, 250_000, 300_000]);
    const sells = [0, 1, 2, 3, 4].map((step) => ramp(settings, situation(-600, { step })).bids[0]?.limit);
    assert.deepEqual(sells, [280_000, 230_000, 180_000, 130_000, 80_000]);
  });

  it('begins half way between the tariffs where nothing is set', () => {
    assert.deepEqual(short(ramp({ steps: 3 }, situation(600, { step: 0 })).bids), [['buy', 600, 190_000]]);
    assert.deepEqual(short(ramp({ steps: 3 }, situation(-600, { step: 1 })).bids), [['sell', 600, 135_000]]);
  });

  it('has as many steps as the quota admits; one alone is the last', () => {
    assert.deepEqual([rampSteps(settings, 10), rampSteps(settings, 3), rampSteps(settings, 1)], [5, 3, 1]);
    assert.equal(ramp(settings, situation(600, { step: 0, maxOrders: 1 })).bids[0]?.limit, 300_000);
    assert.equal(ramp(settings, situation(600, { step: 2, maxOrders: 3 })).bids[0]?.limit, 300_000);
  });

  it('is at its last step in a tenth of the time before the gate, and knows its step after a jump', () => {
    const [opened, gate] = [0, 10 * MINUTE];
    const times = [0, 1, 2, 3].map((step) => rampTime(step, 4, opened, gate) / MINUTE);
    assert.deepEqual(times, [0, 3, 6, 9]);
    const steps = [-5, 0, 2.9, 3, 8.9, 9, 500].map((time) => rampStepAt(time * MINUTE, 4, opened, gate));
    assert.deepEqual(steps, [0, 0, 0, 1, 2, 3, 3]);
  });

  it('always: steps rise in time, before the gate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(86_400_000), fc.nat(86_400_000), (of, opened, open) => {
        const gate = opened + open;
        for (let step = 0; step < of; step++) {
          const time = rampTime(step, of, opened, gate);
          assert.ok(time >= opened && time <= gate);
          if (step > 0) assert.ok(time >= rampTime(step - 1, of, opened, gate));
          if (open > 1000) assert.equal(rampStepAt(time, of, opened, gate), step);
        }
      }),
    );
  });

  it('says where on the way it is', () => {
    assert.equal(
      ramp(settings, situation(600, { step: 1 })).bids[0]?.reason.text,
      'At this hour 600 Wh are needed on average; at step 2 of 5, 600 Wh are wanted up to 15.0 ct per kWh, on the way from 10.0 ct to 30.0 ct at the gate.',
    );
    assert.match(
      ramp(settings, situation(-600)).bids[0]?.reason.text ?? '',
      /at step 5 of 5, 600 Wh are offered from 8\.0 ct per kWh, the supplier's price, which is the last\.$/,
    );
  });

  it('begins where the market does, when its careful limit is beyond', () => {
    const beyond = { buyFrom: 20_000, sellFrom: 500_000, steps: 5 };
    assert.equal(ramp(beyond, situation(600, { step: 0 })).bids[0]?.limit, 80_000);
    assert.equal(ramp(beyond, situation(600, { step: 2 })).bids[0]?.limit, 190_000);
    assert.equal(ramp(beyond, situation(-600, { step: 0 })).bids[0]?.limit, 300_000);
    const free = { bounds: { min: -1_000_000, max: 1_000_000 }, step: 0 };
    assert.equal(ramp(beyond, situation(600, free)).bids[0]?.limit, 20_000);
  });

  it('leaves the last step out where the supplier is better than the market', () => {
    const cheap = { tariffs: { import: 60_000, feedIn: 50_000 } };
    assert.equal(ramp({ steps: 3 }, situation(600, cheap)).silence?.code, 'supplier-is-better');
  });
});
