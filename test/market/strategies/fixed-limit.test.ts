// A price for buying, a price for selling: never worse than that, and nothing without one.
import assert from 'node:assert/strict';
import { fixedLimit } from '../../../src/market/strategies/fixed-limit.ts';
import { homeBattery, short, situation } from '../../support/situations.ts';

const limits = { buy: 120_000, sell: 180_000 };

describe('a fixed limit', () => {
  it('buys what is needed and sells what is left over, at the price that is set', () => {
    assert.deepEqual(short(fixedLimit(limits, situation(600)).bids), [['buy', 600, 120_000]]);
    assert.deepEqual(short(fixedLimit(limits, situation(-600)).bids), [['sell', 600, 180_000]]);
  });

  it('trades what the own battery leaves', () => {
    const battery = { ...homeBattery, storedWh: 200 };
    assert.deepEqual(short(fixedLimit(limits, situation(600, { battery })).bids), [['buy', 400, 120_000]]);
    const full = { ...homeBattery, storedWh: 6400 };
    assert.deepEqual(short(fixedLimit(limits, situation(-600, { battery: full })).bids), [['sell', 600, 180_000]]);
    const { silence } = fixedLimit(limits, situation(-600, { battery }));
    assert.deepEqual(silence, {
      code: 'nothing-left',
      text: 'At this hour 600 Wh are left over on average, and 600 Wh of that goes into the battery, so there is nothing to trade.',
      numbers: { expectedWh: -600, batteryWh: 600, days: 1 },
    });
  });

  it('says why', () => {
    const [bid] = fixedLimit(limits, situation(600, { battery: { ...homeBattery, storedWh: 200 } })).bids;
    assert.deepEqual(bid?.reason, {
      code: 'fixed-limit',
      text: 'At this hour 600 Wh are needed on average, and 200 Wh of that comes from the battery; 400 Wh are wanted up to 12.0 ct per kWh.',
      numbers: { expectedWh: 600, batteryWh: 200, days: 1, setLimit: 120_000 },
    });
  });

  it('never pays more or gets less than is set: comes down to the market, or stays away', () => {
    const beyond = { buy: 350_000, sell: 50_000 };
    assert.deepEqual(short(fixedLimit(beyond, situation(600)).bids), [['buy', 600, 300_000]]);
    assert.deepEqual(short(fixedLimit(beyond, situation(-600)).bids), [['sell', 600, 80_000]]);
    assert.match(fixedLimit(beyond, situation(600)).bids[0]?.reason.text ?? '', /set was 35\.0 ct/);
    const hopeless = { buy: 70_000, sell: 310_000 };
    assert.equal(fixedLimit(hopeless, situation(600)).silence?.code, 'limit-beyond-tariffs');
    assert.equal(fixedLimit(hopeless, situation(-600)).silence?.code, 'limit-beyond-tariffs');
    const free = { bounds: { min: -1_000_000, max: 1_000_000 } };
    assert.deepEqual(short(fixedLimit(hopeless, situation(600, free)).bids), [['buy', 600, 70_000]]);
  });

  it('has nothing to say on a side without a limit, or without a need', () => {
    assert.equal(fixedLimit({ sell: 180_000 }, situation(600)).silence?.code, 'no-limit');
    assert.equal(fixedLimit(limits, situation(0)).silence?.code, 'nothing-left');
    assert.equal(fixedLimit(limits, situation(null)).silence?.code, 'no-history');
  });
});
