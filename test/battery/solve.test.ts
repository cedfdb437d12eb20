// The solver: the nearest setpoint to the wish within limits of falling hardness, with the reason of what decided.
import assert from 'node:assert/strict';
import { type Bound, solve } from '../../src/battery/solve.ts';

const limit = (side: Bound['side'], watts: number, code: string): Bound => ({
  side,
  watts,
  reason: { code, text: code, numbers: { [code]: watts } },
});
const atMost = (watts: number, code: string) => limit('atMost', watts, code);
const atLeast = (watts: number, code: string) => limit('atLeast', watts, code);
const wish = (watts: number) => ({ watts, reason: { code: 'wish', text: 'wish' } });

describe('solving limits and a wish', () => {
  const rows: [name: string, bounds: Bound[], wanted: number, watts: number, code: string, also?: string][] = [
    ['no limit', [], 70, 70, 'wish'],
    ['a wish inside', [atMost(100, 'a'), atLeast(-100, 'b')], 70, 70, 'wish'],
    ['a wish on the edge decides itself', [atMost(70, 'a')], 70, 70, 'wish'],
    ['the tightest limit wins, first', [atMost(10, 'a'), atMost(20, 'b')], 70, 10, 'a'],
    ['the tightest limit wins, last', [atMost(20, 'a'), atMost(10, 'b')], 70, 10, 'b'],
    ['two at the same value decide together', [atMost(10, 'a'), atMost(10, 'b')], 70, 10, 'a', 'b'],
    ['below', [atLeast(-10, 'a'), atMost(5, 'b')], -70, -10, 'a'],
    ['a softer limit yields to a harder one', [atMost(0, 'hard'), atLeast(50, 'soft')], -70, 0, 'soft', 'hard'],
    ['and the harder one alone decides the other way', [atMost(0, 'hard'), atLeast(50, 'soft')], 70, 0, 'hard'],
    ['zero is never minus zero', [atLeast(-0, 'a')], -70, 0, 'a'],
  ];
  for (const [name, bounds, wanted, watts, code, also] of rows) {
    it(name, () => {
      const solution = solve(bounds, wish(wanted));
      assert.ok(Object.is(solution.watts, watts), `${solution.watts}`);
      assert.equal(solution.reason.code, code);
      assert.equal(solution.limited, code !== 'wish');
      assert.equal(solution.reason.numbers?.['also'], also);
      for (const named of [code, also ?? code].filter((part) => part !== 'wish')) {
        assert.ok(Object.hasOwn(solution.reason.numbers ?? {}, named), named);
      }
    });
  }
});
