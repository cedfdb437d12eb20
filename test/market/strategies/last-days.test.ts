// Bids: what is expected becomes orders whose limits lie between the tariffs, in integers, each with its reason.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Bid } from '../../../src/market/bidding.ts';
import {
  lastDays,
  type Situation,
  type StoredEnergy,
  worthOfStored,
} from '../../../src/market/strategies/last-days.ts';

const tariffs = { import: 300_000, feedIn: 80_000 };
const battery: StoredEnergy = {
  storedWh: 0,
  usableWh: 6400,
  chargeWh: 1250,
  dischargeWh: 1250,
  roundTripPerMille: 900,
  needUntilSunWh: 0,
};

/** Forecast from the net needs of the last days. */
function days(...wh: number[]): Situation['forecast'] {
  const daysWh = [...wh].sort((a, b) => a - b);
  return { meanWh: Math.round(wh.reduce((sum, each) => sum + each, 0) / wh.length), daysWh, basis: 'days' };
}

const short = (list: readonly Bid[]) => list.map(({ side, wh, limit }) => [side, wh, limit]);

describe('bids by the last days', () => {
  describe('without a battery: the quantiles of the last days, in three steps', () => {
    const table: [name: string, daysWh: number[], expected: [string, number, number][]][] = [
      ['a need that never varies is one order', [400, 400, 400], [['buy', 400, 263_480]]],
      [
        'what nearly every day needed at a high limit, what few days needed at a low one',
        [100, 200, 300, 400, 500, 600, 700],
        [
          ['buy', 200, 263_480],
          ['buy', 200, 190_000],
          ['buy', 200, 116_740],
        ],
      ],
      ['a surplus that never varies is offered low', [-400, -400, -400], [['sell', 400, 116_740]]],
      [
        'a surplus on some days only is offered high',
        [-300, 0, 200],
        [
          ['buy', 200, 116_740],
          ['sell', 300, 263_480],
        ],
      ],
      ['no need, no order', [0, 0, 0], []],
      ['one day counts for all', [250], [['buy', 250, 263_480]]],
    ];
    for (const [name, daysWh, expected] of table) {
      it(name, () => assert.deepEqual(short(lastDays({ forecast: days(...daysWh), tariffs })), expected));
    }
  });

  describe('with a battery: at the worth of stored energy', () => {
    const worthHalf = 80_000 + Math.floor((220_000 * (950 - 425)) / 1000);
    const table: [name: string, need: number, change: Partial<StoredEnergy>, expected: [string, number, number][]][] = [
      ['surplus, empty battery: at what storing it is worth', -800, { needUntilSunWh: 5000 }, [['sell', 800, 260_100]]],
      ['surplus, full battery: near the feed-in tariff', -800, { storedWh: 6400 }, [['sell', 800, 91_800]]],
      ['need, empty battery: all of it, high', 500, { needUntilSunWh: 3000 }, [['buy', 500, 289_000]]],
      [
        'need, battery covers part until the sun: only the gap',
        500,
        { storedWh: 3200, needUntilSunWh: 2900 },
        [['buy', 200, worthHalf]],
      ],
      ['stored exactly what is needed until the sun: nothing', 500, { storedWh: 3500, needUntilSunWh: 3000 }, []],
      [
        'stored beyond the need until the sun: the rest is offered',
        500,
        { storedWh: 3200, needUntilSunWh: 2000 },
        [['sell', 700, worthHalf]],
      ],
      [
        'no more than the battery can give beside the own need',
        1000,
        { storedWh: 6400, needUntilSunWh: 1000 },
        [['sell', 250, 102_000]],
      ],
      [
        'a battery with nobody to serve quotes both sides',
        0,
        { storedWh: 3200 },
        [
          ['buy', 1250, Math.floor((worthHalf * 900) / 1000)],
          ['sell', 1250, worthHalf],
        ],
      ],
      ['a full one only sells', 0, { storedWh: 6400 }, [['sell', 1250, 102_000]]],
      ['without losses its own two quotes still do not meet', 0, { roundTripPerMille: 1000 }, [['buy', 1250, 288_999]]],
    ];
    for (const [name, need, change, expected] of table) {
      it(name, () => {
        const made = lastDays({ forecast: days(need), tariffs, battery: { ...battery, ...change } });
        assert.deepEqual(short(made), expected);
      });
    }
  });

  it('the worth of stored energy falls in a straight line from empty to full', () => {
    const at = (storedWh: number) => worthOfStored(tariffs, { ...battery, storedWh });
    assert.deepEqual([0, 1600, 3200, 4800, 6400].map(at), [289_000, 242_360, 195_500, 148_860, 102_000]);
  });

  it('gives every bid a code, the numbers behind it and a sentence', () => {
    const [first] = lastDays({ forecast: days(100, 200, 300, 400, 500, 600, 700), tariffs });
    assert.deepEqual(first?.reason, {
      code: 'need-of-days',
      text: 'At this hour 200 Wh or more were needed on 6 of the last 7 days, so 200 Wh are wanted up to 26.3 ct per kWh.',
      numbers: { expectedWh: 400, thresholdWh: 200, days: 7, daysReached: 6 },
    });
    const [offer] = lastDays({
      forecast: days(500),
      tariffs,
      battery: { ...battery, storedWh: 3200, needUntilSunWh: 2000 },
    });
    assert.equal(
      offer?.reason.text,
      'Of 3200 Wh stored, 2500 Wh are for the own need until the next sun; 700 Wh are offered at 19.6 ct per kWh.',
    );
  });

  it('says when only the last interval is known', () => {
    const forecast = { meanWh: 320, daysWh: [320], basis: 'last' } as const;
    const [bid] = lastDays({ forecast, tariffs });
    assert.equal(bid?.reason.code, 'need-of-last');
    assert.equal(
      bid?.reason.text,
      'In the last interval 320 Wh were needed; there is no earlier day at this hour yet.',
    );
  });

  it('cuts an order to the largest admitted, and says so', () => {
    const [bid] = lastDays({ forecast: days(5000), tariffs, maxOrderWh: 3000 });
    assert.equal(bid?.wh, 3000);
    assert.match(bid?.reason.text ?? '', /Cut to the community's largest order\.$/);
  });

  it('has nothing to say where the tariffs leave no price between them', () => {
    for (const feedIn of [299_999, 300_000, 310_000]) {
      assert.deepEqual(lastDays({ forecast: days(500), tariffs: { import: 300_000, feedIn } }), []);
    }
  });

  it('always: positive whole Wh, limits strictly between the tariffs, no own buy that meets an own sell', () => {
    const wh = fc.integer({ min: -5000, max: 5000 });
    const situation = fc.record({
      needs: fc.array(wh, { minLength: 1, maxLength: 7 }),
      feedIn: fc.integer({ min: -500_000, max: 500_000 }),
      span: fc.integer({ min: 0, max: 500_000 }),
      stored: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null }),
      usableWh: fc.integer({ min: 1, max: 20_000 }),
      power: fc.integer({ min: 0, max: 3000 }),
      roundTripPerMille: fc.integer({ min: 500, max: 1000 }),
      needUntilSunWh: fc.integer({ min: 0, max: 20_000 }),
      maxOrders: fc.integer({ min: 1, max: 7 }),
    });
    fc.assert(
      fc.property(situation, ({ needs, feedIn, span, stored, usableWh, power, maxOrders, ...rest }) => {
        const made = lastDays({
          forecast: days(...needs),
          tariffs: { import: feedIn + span, feedIn },
          maxOrders,
          ...(stored === null
            ? {}
            : {
                battery: {
                  ...rest,
                  usableWh,
                  storedWh: Math.floor((usableWh * stored) / 1000),
                  chargeWh: power,
                  dischargeWh: power,
                },
              }),
        });
        assert.ok(made.length <= maxOrders);
        for (const bid of made) {
          assert.ok(Number.isSafeInteger(bid.wh) && bid.wh > 0, `wh ${bid.wh}`);
          assert.ok(Number.isSafeInteger(bid.limit) && bid.limit > feedIn && bid.limit < feedIn + span, `${bid.limit}`);
          assert.ok(bid.reason.code && bid.reason.text.endsWith('.') && bid.reason.numbers);
        }
        const limitsOf = (side: Bid['side']) => made.filter((bid) => bid.side === side).map((bid) => bid.limit);
        assert.ok(Math.max(...limitsOf('buy')) < Math.min(...limitsOf('sell')));
      }),
    );
  });
});
