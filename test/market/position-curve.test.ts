// What a position is worth: against the plain money of a member whose battery makes the connection meet it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CurvePoint, positionCurve, sumOfCurves } from '../../src/market/position-curve.ts';
import { type Step, type Store, storedFrom, worthOfStore } from '../../src/market/stored-worth.ts';

const store: Store = { usableWh: 1000, chargeWh: 300, dischargeWh: 300, roundTripPerMille: 1000, wear: 2 };
const worth: Step[] = [
  { wh: 400, worth: 28 },
  { wh: 600, worth: 10 },
];

/** Worth of the Wh from a position to the next. */
function worthAt(points: readonly CurvePoint[], position: number): number {
  return points.findLast(({ from }) => from <= position)?.worth ?? Number.NaN;
}

const FIRST = Number.NEGATIVE_INFINITY;

describe('the worth of a position', () => {
  it('with a need: spares what is stored, then fills the battery, then is fed in', () => {
    assert.deepEqual(positionCurve(store, 500, { needWh: 200, buy: 35, sell: 8 }, worth), [
      { from: FIRST, worth: 35 },
      // Sold 100 and needed 200: the battery gives all that it can, down to 200 Wh.
      { from: -100, worth: 30 },
      { from: 100, worth: 12 },
      { from: 200, worth: 10 },
      { from: 500, worth: 8 },
    ]);
  });

  it('with a surplus: beyond what is stored of it, it is sold', () => {
    assert.deepEqual(positionCurve(store, 1000, { needWh: -400, buy: 35, sell: 8 }, worth), [
      { from: FIRST, worth: 35 },
      { from: -700, worth: 12 },
      { from: -400, worth: 8 },
    ]);
  });

  it('without a battery: the need at what the supplier asks, the rest at what it pays', () => {
    const none = { usableWh: 0, chargeWh: 0, dischargeWh: 0, roundTripPerMille: 1000, wear: 0 };
    const curve = (needWh: number) => positionCurve(none, 0, { needWh, buy: 30, sell: 8 }, []);
    assert.deepEqual(curve(250), [
      { from: FIRST, worth: 30 },
      { from: 250, worth: 8 },
    ]);
    // Over several days: the newsvendor's rule, a share of the days needed it.
    assert.deepEqual(sumOfCurves([curve(100), curve(300), curve(-50)]), [
      { from: FIRST, worth: 90 },
      { from: -50, worth: 68 },
      { from: 100, worth: 46 },
      { from: 300, worth: 24 },
    ]);
  });

  it('always: falls, and is what one Wh more gains where nothing is rounded', () => {
    const situation = fc.record({
      usableWh: fc.integer({ min: 0, max: 20 }),
      power: fc.integer({ min: 0, max: 8 }),
      stored: fc.nat(20),
      needWh: fc.integer({ min: -10, max: 10 }),
      wear: fc.nat(5),
      worths: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 3, maxLength: 3 }),
    });
    fc.assert(
      fc.property(situation, ({ usableWh, power, stored, needWh, wear, worths }) => {
        const spec = { usableWh, chargeWh: power, dischargeWh: power, roundTripPerMille: 1000, wear };
        const storedWh = Math.min(stored, usableWh);
        const [buy, sell] = [35, 8];
        const ahead = worths.map((price, i) => ({ needWh: i % 2 === 0 ? 3 : -2, buy: price + 5, sell: price }));
        const steps = worthOfStore(spec, ahead, 0);
        const points = positionCurve(spec, storedWh, { needWh, buy, sell }, steps);
        points.forEach(({ worth: at }, i) => {
          assert.ok(at >= sell && at <= buy);
          if (i > 0) assert.ok(at <= points[i - 1]!.worth);
        });
        const bringing = (count: number) =>
          steps
            .flatMap(({ wh, worth: each }) => new Array<number>(wh).fill(each))
            .slice(0, count)
            .reduce((sum, each) => sum + each, 0);
        /** Money after a position, the position itself not counted. */
        const money = (position: number) => {
          const wanted = needWh - position;
          const out = Math.max(0, Math.min(wanted, power, storedWh));
          const put = Math.max(0, Math.min(-wanted, power, usableWh - storedWh));
          const rest = wanted - out + put;
          return (
            bringing(storedWh - out + storedFrom(put, spec)) -
            out * wear -
            Math.max(0, rest) * buy +
            Math.max(0, -rest) * sell
          );
        };
        for (let position = -20; position < 20; position++) {
          const gain = Math.min(buy, Math.max(sell, money(position + 1) - money(position)));
          assert.equal(worthAt(points, position), gain, `at ${position}`);
        }
      }),
    );
  });
});
