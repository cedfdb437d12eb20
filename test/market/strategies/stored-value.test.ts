// Orders at what one Wh more in the battery is worth on the mean of the last days: tables by hand, and the money they are for.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Situation } from '../../../src/market/bidding.ts';
import type { Replay } from '../../../src/market/replay.ts';
import { worthOfStore } from '../../../src/market/stored-worth.ts';
import { storedValue } from '../../../src/market/strategies/stored-value.ts';
import { homeBattery, short, situation, tariffs } from '../../support/situations.ts';

const hour = (needWh: number, price: number | null = null) => ({
  needWh,
  buy: tariffs.import,
  sell: price ?? tariffs.feedIn,
});

/** A day that begins with this need, and goes on like that. */
const day = (storedWh: number, now: number, ...after: number[]): Replay => ({
  storedWh,
  now: hour(now),
  after: after.map((needWh) => hour(needWh)),
});

const bidsOf = (days: Replay[], change: Partial<Situation> = {}, wear = 0) =>
  storedValue({ wear }, situation(0, { battery: homeBattery, replays: () => days, ...change })).bids;

/** A night that uses more than the battery holds, and a noon that fills it. */
const night = new Array<number>(10).fill(1000);
const noon = new Array<number>(10).fill(-1000);

describe('the marginal value of stored energy', () => {
  it('offers a surplus at what it will spare tonight, less the losses, and takes more for that', () => {
    const room = { ...homeBattery, chargeWh: 800 };
    const night800 = [day(0, -800, ...night)];
    assert.deepEqual(short(bidsOf(night800, { battery: room })), [['sell', 800, 270_000]]);
    // Both at the same worth: a hair apart, so that it does not trade with itself.
    assert.deepEqual(short(bidsOf(night800)), [
      ['buy', 450, 270_000],
      ['sell', 800, 270_001],
    ]);
    // With 3 ct of wear the night is worth that much less.
    assert.deepEqual(short(bidsOf(night800, { battery: room }, 30_000)), [['sell', 800, 243_000]]);
  });

  it('offers it at the feed-in tariff where the sun fills the battery anyway', () => {
    assert.deepEqual(short(bidsOf([day(0, -800, ...noon, ...night)])), [['sell', 800, 80_000]]);
  });

  it('offers what is stored and not needed before the sun, at what it would cost to store it again, plus wear', () => {
    // 8 ct of sun make 8.9 ct of stored energy. Bought for less, it would spare the battery as well.
    const evening = [day(6400, 200, ...noon, ...night)];
    assert.deepEqual(short(bidsOf(evening)), [
      ['buy', 200, 88_889],
      ['sell', 1050, 88_890],
    ]);
    assert.deepEqual(short(bidsOf(evening, {}, 20_000)), [
      ['buy', 200, 108_889],
      ['sell', 1050, 108_890],
    ]);
  });

  it('buys what it lacks, and fills the battery for less', () => {
    assert.deepEqual(short(bidsOf([day(0, 500, ...night)])), [
      ['buy', 500, 300_000],
      ['buy', 1250, 270_000],
    ]);
  });

  it('waits for a better price that the same hour paid on the days before', () => {
    const evening = { storedWh: 6400, now: hour(0), after: [hour(0, 250_000), hour(0), hour(0)] };
    assert.deepEqual(short(bidsOf([evening])), [['sell', 1250, 80_000]]);
    const small = { ...homeBattery, dischargeWh: 3200 };
    // Both intervals could give half of it; the first waits no longer than the second lasts.
    const after = { ...evening, after: [hour(0, 250_000)] };
    assert.deepEqual(short(bidsOf([after], { battery: { ...small, usableWh: 3200 } })), []);
  });

  it('falls with quantity where the days differ: several orders, as many as are admitted', () => {
    // Before the sun comes back one day needs 100 Wh, one 300 Wh, one 450 Wh of the 500 Wh that are stored.
    const days = [100, 300, 450].map((needWh) => day(500, 0, needWh, ...noon, ...night));
    const supplyOf = (change: Partial<Situation>) =>
      short(bidsOf(days, { battery: { ...homeBattery, chargeWh: 1000 }, ...change })).filter(
        ([side]) => side === 'sell',
      );
    assert.deepEqual(supplyOf({}), [
      ['sell', 50, 88_889],
      ['sell', 150, 159_260],
      ['sell', 200, 229_630],
    ]);
    // A step that goes is sold at the limit of the next: never below what it is worth.
    assert.deepEqual(supplyOf({ maxOrders: 2 }), [
      ['sell', 200, 159_260],
      ['sell', 200, 229_630],
    ]);
  });

  it('is the newsvendor without a battery: dear what every day needed, cheap what few did', () => {
    const days = [100, 200, 300].map((needWh) => day(0, needWh));
    const { bids } = storedValue({ wear: 0 }, situation(0, { replays: () => days }));
    assert.deepEqual(short(bids), [
      ['buy', 100, 300_000],
      ['buy', 100, 226_666],
      ['buy', 100, 153_333],
    ]);
  });

  it('says what the energy would have been worth, and on how many days', () => {
    const evenings = [day(6400, 200, ...noon, ...night), day(6400, 300, ...noon, ...night)];
    const [, , offer] = bidsOf(evenings, {}, 20_000);
    assert.deepEqual(offer?.reason, {
      code: 'stored-worth',
      text: 'On the mean of the last 2 days keeping this energy would have been worth 10.9 ct per kWh, so 950 Wh are offered from that.',
      numbers: { days: 2, expectedWh: 250, storedWh: 6400, wear: 20_000, worth: 108_890 },
    });
  });

  it('always: sells only above, and buys only below, what each Wh brings in the best of all courses', () => {
    const need = fc.integer({ min: -8, max: 8 });
    const made = fc.record({
      usableWh: fc.integer({ min: 1, max: 15 }),
      power: fc.integer({ min: 1, max: 6 }),
      stored: fc.nat(15),
      wear: fc.nat(50_000),
      needs: fc.array(need, { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(made, ({ usableWh, power, stored, wear, needs }) => {
        const battery = {
          storedWh: Math.min(stored, usableWh),
          usableWh,
          chargeWh: power,
          dischargeWh: power,
          roundTripPerMille: 1000,
        };
        const [first = 0, ...rest] = needs;
        const replay = day(battery.storedWh, first, ...rest);
        const { bids } = storedValue({ wear }, situation(0, { battery, replays: () => [replay], maxOrders: 100 }));
        const steps = worthOfStore({ ...battery, wear }, replay.after, Math.max(0, tariffs.feedIn - wear));
        const worths = steps.flatMap(({ wh, worth }) => new Array<number>(wh).fill(worth));
        const ahead = (at: number) => worths.slice(0, at).reduce((sum, each) => sum + each, 0);
        const money = (position: number) => {
          const wanted = first - position;
          const out = Math.max(0, Math.min(wanted, power, battery.storedWh));
          const put = Math.max(0, Math.min(-wanted, power, usableWh - battery.storedWh));
          const open = wanted - out + put;
          return (
            ahead(battery.storedWh - out + put) -
            out * wear -
            Math.max(0, open) * tariffs.import +
            Math.max(0, -open) * tariffs.feedIn
          );
        };
        // Any part of the orders may be filled, from the best limit on: at their limits no part loses.
        let [position, paid] = [0, 0];
        for (const { wh, limit } of bids.filter(({ side }) => side === 'buy')) {
          for (let i = 0; i < wh; i++) {
            position += 1;
            paid += limit;
            assert.ok(money(position) - paid >= money(0), `a buy at ${limit} loses`);
          }
        }
        [position, paid] = [0, 0];
        for (const { wh, limit } of bids.filter(({ side }) => side === 'sell')) {
          for (let i = 0; i < wh; i++) {
            position -= 1;
            paid += limit;
            assert.ok(money(position) + paid >= money(0), `a sale at ${limit} loses`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
