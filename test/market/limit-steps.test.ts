// Fewer steps out of many: nothing is bought above or sold below what it is worth, and no Wh is lost but where a side must go.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fewerSteps, type LimitStep } from '../../src/market/limit-steps.ts';

const steps = (...pairs: [number, number][]): LimitStep[] => pairs.map(([wh, limit]) => ({ wh, limit }));

describe('fewer steps', () => {
  it('joins where it costs least, at the limit of the outer', () => {
    const demand = steps([100, 30], [100, 29], [100, 10]);
    assert.deepEqual(fewerSteps(demand, [], 2).demand, steps([200, 29], [100, 10]));
    assert.deepEqual(fewerSteps(demand, [], 1).demand, steps([300, 10]));
    assert.deepEqual(fewerSteps([], steps([10, 5], [400, 6], [10, 20]), 2).supply, steps([410, 6], [10, 20]));
  });

  it('leaves the larger side where there is room for one order only', () => {
    assert.deepEqual(fewerSteps(steps([10, 5]), steps([20, 9]), 1), { demand: [], supply: steps([20, 9]) });
    assert.deepEqual(fewerSteps(steps([30, 5]), steps([20, 9]), 1), { demand: steps([30, 5]), supply: [] });
    assert.deepEqual(fewerSteps(steps([30, 5]), steps([20, 9]), 0), { demand: [], supply: [] });
  });

  it('always: at most so many, every Wh at a limit that it bears', () => {
    const side = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), { maxLength: 6 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 2, max: 8 }), (down, up, most) => {
        const far = (list: typeof down, i: number) => list.slice(0, i + 1).reduce((sum, [, by]) => sum + by, 0);
        const demand = down.map(([wh], i) => ({ wh, limit: 100 - far(down, i) }));
        const supply = up.map(([wh], i) => ({ wh, limit: 100 + far(up, i) }));
        const fewer = fewerSteps(demand, supply, most);
        assert.ok(fewer.demand.length + fewer.supply.length <= most);
        const singly = (list: readonly LimitStep[]) => list.flatMap((one) => new Array<number>(one.wh).fill(one.limit));
        const [before, after] = [singly(demand), singly(fewer.demand)];
        assert.equal(after.length, before.length);
        assert.ok(after.every((each, i) => each <= before[i]!));
        const [asked, asks] = [singly(supply), singly(fewer.supply)];
        assert.equal(asks.length, asked.length);
        assert.ok(asks.every((each, i) => each >= asked[i]!));
      }),
    );
  });
});
