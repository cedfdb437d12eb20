// At any price up to the supplier's: it trades whenever anyone does.
import assert from 'node:assert/strict';
import { clear } from '../../../src/market/clear.ts';
import { priceTaker } from '../../../src/market/strategies/price-taker.ts';
import { homeBattery, short, situation } from '../../support/situations.ts';

describe('a price-taker', () => {
  it('buys at the import tariff and sells at the feed-in tariff', () => {
    assert.deepEqual(short(priceTaker(situation(600)).bids), [['buy', 600, 300_000]]);
    assert.deepEqual(short(priceTaker(situation(-600)).bids), [['sell', 600, 80_000]]);
  });

  it('follows a supplier whose price changes, within the market', () => {
    const at = (price: number) => priceTaker(situation(600, { tariffs: { import: price, feedIn: 80_000 } }));
    assert.deepEqual(short(at(220_000).bids), [['buy', 600, 220_000]]);
    assert.deepEqual(short(at(450_000).bids), [['buy', 600, 300_000]]);
    assert.equal(at(70_000).silence?.code, 'supplier-is-better');
  });

  it('does not buy what the battery gives, nor sell what it takes', () => {
    const battery = { ...homeBattery, storedWh: 3000 };
    assert.equal(priceTaker(situation(600, { battery })).silence?.code, 'nothing-left');
    assert.deepEqual(short(priceTaker(situation(1500, { battery })).bids), [['buy', 250, 300_000]]);
    assert.deepEqual(short(priceTaker(situation(-1500, { battery })).bids), [['sell', 250, 80_000]]);
  });

  it('trades with whoever offers anything', () => {
    const [bid] = priceTaker(situation(600)).bids;
    for (const limit of [80_000, 190_000, 300_000]) {
      const orders = [
        { id: 'a', member: 'taker', side: bid!.side, wh: bid!.wh, limit: bid!.limit },
        { id: 'b', member: 'roof', side: 'sell', wh: 600, limit } as const,
      ];
      assert.equal(clear('uniform-price/1', { interval: '2026-11-22T12:00Z', orders }).volumeWh, 600);
    }
  });

  it('says why', () => {
    assert.deepEqual(priceTaker(situation(600)).bids[0]?.reason, {
      code: 'price-taker',
      text: "At this hour 600 Wh are needed on average; 600 Wh are wanted at any price up to the supplier's, 30.0 ct per kWh.",
      numbers: { expectedWh: 600, batteryWh: 0, days: 1 },
    });
  });
});
