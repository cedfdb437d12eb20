// The last days again: needs in their sequence, the battery brought forward to the interval, prices where there was a trade.
import assert from 'node:assert/strict';
import { NeedHistory } from '../../src/market/need-history.ts';
import { PriceHistory } from '../../src/market/price-history.ts';
import { type Lookout, replays, storedAfter } from '../../src/market/replay.ts';

const MS = 900_000;
const DAY = 96;
const battery = { storedWh: 1000, usableWh: 5000, chargeWh: 1000, dischargeWh: 1000, roundTripPerMille: 900 };
const tariffs = { import: 300_000, feedIn: 80_000 };

/** Days in which every quarter hour needs its number, and 1000 more on each later day. */
function history(days: number, until = days * DAY): NeedHistory {
  const needs = new NeedHistory();
  for (let i = 0; i < until; i++) needs.addAt(i * MS, (i % DAY) + 1000 * Math.floor(i / DAY));
  return needs;
}

const look = (change: Partial<Lookout>): Lookout => ({
  needs: history(2),
  prices: new PriceHistory(),
  supplier: () => tariffs,
  position: () => 0,
  battery,
  knownAt: 2 * DAY * MS,
  ...change,
});

describe('the last days again', () => {
  it('newest first, a day ahead from the interval on', () => {
    const [newest, oldest, ...none] = replays(look({}), 2 * DAY * MS);
    assert.deepEqual([newest?.now.needWh, oldest?.now.needWh, none.length], [1000, 0, 0]);
    assert.deepEqual([newest?.after.length, newest?.after[0]?.needWh, newest?.after.at(-1)?.needWh], [DAY, 1001, 1000]);
  });

  it('knows none before a day is known nearly whole, and bridges what is missing in one', () => {
    assert.deepEqual(replays(look({ needs: history(1, 87) }), DAY * MS), []);
    const [day, ...others] = replays(look({ needs: history(1, 90) }), DAY * MS);
    assert.equal(others.length, 0);
    assert.deepEqual([day?.after[88]?.needWh, day?.after[89]?.needWh, day?.after[94]?.needWh], [89, 89, 89]);
  });

  it('brings the battery forward through what runs until then, by the need and by what was traded', () => {
    const start = 2 * DAY * MS + 2 * MS;
    const stored = (change: Partial<Lookout>) => replays(look(change), start).map(({ storedWh }) => storedWh);
    // Two intervals of 1000 Wh and 1001 Wh need; of 0 Wh and 1 Wh on the day before.
    assert.deepEqual(stored({}), [0, 999]);
    assert.deepEqual(stored({ knownAt: start }), [1000, 1000]);
    // What was bought spares the battery, or fills it.
    assert.deepEqual(stored({ position: (at) => (at === 2 * DAY * MS ? 1500 : 0) }), [450, 1899]);
    assert.deepEqual(stored({ battery: { ...battery, storedWh: 9000 }, knownAt: start }), [5000, 5000]);
  });

  it('takes of the auctions what a sale would have brought; buying is counted at the supplier', () => {
    const prices = new PriceHistory();
    for (let i = 0; i < 2 * DAY; i++) prices.addAt(i * MS, i % DAY === 1 ? 200_000 + i : null);
    const [newest, oldest] = replays(look({ prices }), 2 * DAY * MS);
    assert.deepEqual(newest?.after[0], { needWh: 1001, buy: 300_000, sell: 200_097 });
    assert.deepEqual(oldest?.after[0]?.sell, 200_001);
    assert.deepEqual(newest?.after[1]?.sell, 80_000);
  });

  it('takes the supplier as it is said to be ahead, and never sells above it', () => {
    const prices = new PriceHistory();
    for (let i = 0; i < DAY; i++) prices.addAt(i * MS, 250_000);
    const supplier = (at: number) => (at % (2 * MS) === 0 ? tariffs : { import: 100_000, feedIn: 80_000 });
    const [day] = replays(look({ prices, supplier }), 2 * DAY * MS);
    assert.deepEqual([day?.now.buy, day?.after[0]?.buy, day?.after[0]?.sell], [300_000, 100_000, 100_000]);
  });

  it('charges and gives within power and room', () => {
    const stored = (storedWh: number, wantedWh: number) => storedAfter(battery, storedWh, wantedWh);
    assert.deepEqual(
      [stored(500, 700), stored(2000, 1500), stored(2000, -500), stored(4900, -500)],
      [0, 1000, 2450, 5000],
    );
    assert.equal(stored(2000, -3000), 2900);
  });
});

describe('prices of the last days', () => {
  it('keeps a week by quarter hour, and knows no trade from no price', () => {
    const prices = new PriceHistory();
    assert.equal(prices.priceAt(0, 0), null);
    for (let day = 0; day < 9; day++) prices.addAt(day * DAY * MS, day === 8 ? null : day);
    assert.deepEqual(
      [0, 1, 6, 7].map((back) => prices.priceAt(20 * DAY * MS, back)),
      [null, 7, 2, null],
    );
  });
});
