// Net-demand curves: merged, seen through an edge, and read at a net import.
import assert from 'node:assert/strict';
import { type NetCurve, netCurve, positionOf, throughEdge } from '../../src/market/net-curve.ts';

type Step = readonly [limit: number, kind: 'buy' | 'sell', wh: number];
const NONE = Number.POSITIVE_INFINITY;

const curve = (start: number, ...steps: Step[]): NetCurve =>
  netCurve(
    start,
    steps.map(([limit]) => limit),
    steps.map(([, kind, wh]) => (kind === 'sell' ? -wh : wh)),
  );
const read = ({ start, limits, energy }: NetCurve) => [
  start,
  ...limits.map((limit, i): Step => [limit, energy[i]! < 0 ? 'sell' : 'buy', Math.abs(energy[i]!)]),
];

describe('netCurve', () => {
  it("sorts steps from the highest down, the buys' first, and adds those that are alike", () => {
    const merged = curve(-7, [3, 'sell', 5], [3, 'buy', 1], [9, 'buy', 2], [-4, 'sell', 2], [3, 'buy', 1]);
    assert.deepEqual(read(merged), [-7, [9, 'buy', 2], [3, 'buy', 2], [3, 'sell', 5], [-4, 'sell', 2]]);
  });

  it('may have no step at all', () => {
    assert.deepEqual(read(curve(0)), [0]);
  });
});

describe('throughEdge', () => {
  const area = curve(-10, [30, 'buy', 4], [20, 'buy', 8], [10, 'sell', 10]);
  const seen: readonly (readonly [
    name: string,
    edge: readonly [importWh: number, exportWh: number, fee: number],
    steps: readonly (number | Step)[],
  ])[] = [
    ['a wide edge without a fee changes nothing', [NONE, NONE, 0], read(area)],
    [
      'a fee parts what keeps energy in from what brings it in',
      [NONE, NONE, 3],
      [-10, [33, 'buy', 4], [23, 'buy', 6], [17, 'buy', 2], [7, 'sell', 10]],
    ],
    ['export cuts the steps worth most', [NONE, 7, 0], [-7, [30, 'buy', 1], [20, 'buy', 8], [10, 'sell', 10]]],
    ['import cuts the steps worth least', [5, NONE, 0], [-10, [30, 'buy', 4], [20, 'buy', 8], [10, 'sell', 3]]],
    ['one step can be cut on both ends', [1, 2, 1], [-2, [21, 'buy', 2], [19, 'buy', 1]]],
    ['import only', [6, 0, 1], [0, [19, 'buy', 2], [9, 'sell', 4]]],
    ['export only', [0, 6, 1], [-6, [21, 'buy', 6]]],
    ['a shut edge', [0, 0, 1], [0]],
  ];
  for (const [name, [importWh, exportWh, fee], steps] of seen) {
    it(name, () => {
      const curve = throughEdge(area, { importWh, exportWh, fee });
      assert.deepEqual(read(curve), steps);
      assert.ok(!Object.is(curve.start, -0));
    });
  }
});

describe('positionOf', () => {
  const area = curve(-3, [9, 'buy', 3], [5, 'sell', 3]);
  const rows: readonly (readonly [net: number, index: number, taken: number, low: number, high: number])[] = [
    [-3, 0, 0, 9, NONE],
    [-1, 0, 2, 9, 9],
    [0, 1, 0, 5, 9],
    [1, 1, 1, 5, 5],
    [3, 2, 0, -NONE, 5],
  ];
  for (const [net, index, taken, low, high] of rows) {
    it(`net import ${net}: ${taken} Wh into step ${index}, supported from ${low} to ${high}`, () => {
      assert.deepEqual(positionOf(area, net), { index, taken, low, high });
    });
  }
});
