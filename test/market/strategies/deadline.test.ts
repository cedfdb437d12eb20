// So much by a time: the limit rises as the slack shrinks, and the deadline is always met where it can be.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FlexibleNeed } from '../../../src/market/flexible-need.ts';
import { deadline, slackOf } from '../../../src/market/strategies/deadline.ts';
import { NOON, short, situation, tariffs } from '../../support/situations.ts';

const MS = 900_000;
const HOUR = 4 * MS;
/** A car at 12:00 UTC, 13:00 in Berlin, that takes 4 kW, so 1000 Wh in a quarter hour. */
const car = (remainingWh: number, hours: number): FlexibleNeed => ({
  remainingWh,
  deadline: NOON + hours * HOUR,
  maxW: 4000,
  zone: 'Europe/Berlin',
});
const bidsOf = (flexible: FlexibleNeed, change = {}) => deadline(situation(null, { flexible, ...change })).bids;

describe('a need before a deadline', () => {
  it('is worth as much of the way between the tariffs as it fills the time that is left', () => {
    assert.deepEqual(short(bidsOf(car(4000, 4))), [['buy', 1000, 80_000 + 220_000 / 4]]);
    assert.deepEqual(short(bidsOf(car(4000, 2))), [['buy', 1000, 80_000 + 220_000 / 2]]);
    assert.deepEqual(short(bidsOf(car(300, 1))), [['buy', 300, 96_500]]);
  });

  it('buys at any price what cannot wait, and the rest of the quarter hour at what it is worth', () => {
    assert.deepEqual(short(bidsOf(car(4000, 1))), [['buy', 1000, 300_000]]);
    assert.deepEqual(short(bidsOf(car(3600, 1))), [
      ['buy', 600, 300_000],
      ['buy', 400, 278_000],
    ]);
    assert.deepEqual(short(bidsOf(car(300, 0.25))), [['buy', 300, 300_000]]);
    assert.deepEqual(short(bidsOf(car(3600, 1), { maxOrders: 1 })), [['buy', 600, 300_000]]);
  });

  it('takes what still can come where not all can, and says so', () => {
    const [bid, ...others] = bidsOf(car(9000, 1));
    assert.deepEqual(short([bid!, ...others]), [['buy', 1000, 300_000]]);
    assert.deepEqual(bid?.reason, {
      code: 'no-slack',
      text: "Of 9000 Wh only 4000 Wh can still come by 14:00; 1000 Wh cannot wait and are wanted at any price up to the supplier's, 30.0 ct per kWh.",
      numbers: { remainingWh: 9000, intervals: 4, capacityWh: 1000, mustWh: 1000 },
    });
  });

  it('counts only whole quarter hours before the deadline', () => {
    const late = { ...car(1000, 1), deadline: NOON + 2 * MS - 1 };
    assert.deepEqual(slackOf(late, NOON), { intervals: 1, capacityWh: 1000, mustWh: 1000, mayWh: 0 });
    assert.equal(
      deadline(situation(null, { flexible: { ...late, deadline: NOON + MS - 1 } })).silence?.code,
      'no-need',
    );
  });

  it('says why, in the local time of the load', () => {
    assert.deepEqual(bidsOf(car(4000, 4))[0]?.reason, {
      code: 'slack',
      text: 'By 17:00 4000 Wh are needed, 25 % of what can come until then; so 1000 Wh are wanted now up to 13.5 ct per kWh.',
      numbers: { remainingWh: 4000, intervals: 16, capacityWh: 1000, mustWh: 0 },
    });
    const done = deadline(situation(null, { flexible: car(0, 4) }));
    assert.equal(done.silence?.text, 'Nothing is needed by 17:00 any more, so nothing is ordered.');
  });

  const play = fc.record({
    maxW: fc.integer({ min: 400, max: 22_000 }),
    intervals: fc.integer({ min: 1, max: 60 }),
    fill: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 60, maxLength: 60 }),
    share: fc.integer({ min: 1, max: 100 }),
    part: fc.nat(MS - 1),
  });

  it('always: met where it was possible, whatever the neighbours sell, and limits rise while nothing is bought', () => {
    fc.assert(
      fc.property(play, ({ maxW, intervals, fill, share, part }) => {
        const capacity = Math.floor(maxW / 4);
        let remainingWh = Math.floor((intervals * capacity * share) / 100);
        const by = NOON + intervals * MS + part;
        let before = 0;
        let boughtBefore = 0;
        for (let i = 0; i < intervals; i++) {
          const start = NOON + i * MS;
          const flexible = { remainingWh, deadline: by, maxW, zone: 'UTC' };
          const { bids } = deadline(situation(null, { start, flexible, maxOrderWh: 1e9 }));
          // At any price up to the supplier's: what no neighbour sells, the supplier does.
          const must = bids.filter(({ limit }) => limit === tariffs.import).reduce((sum, { wh }) => sum + wh, 0);
          const may = bids.filter(({ limit }) => limit < tariffs.import);
          const bought = must + may.reduce((sum, { wh }) => sum + Math.floor((wh * fill[i]!) / 100), 0);
          assert.ok(bought <= Math.min(capacity, remainingWh));
          const [first] = may;
          if (first && boughtBefore === 0) assert.ok(first.limit >= before, 'the limit fell while nothing was bought');
          before = first?.limit ?? before;
          boughtBefore = bought;
          remainingWh -= bought;
        }
        assert.equal(remainingWh, 0);
      }),
      { numRuns: 300 },
    );
  });
});
