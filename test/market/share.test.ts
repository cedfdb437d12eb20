import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shareAmongMembers, shareProRata } from '../../src/market/share.ts';

const inTurn = (candidates: readonly number[]) => candidates;

describe('sharing pro rata', () => {
  const rows: readonly (readonly [amount: number, weights: (number | bigint)[], parts: number[]])[] = [
    [0, [3, 4], [0, 0]],
    [7, [3, 4], [3, 4]],
    [3, [6], [3]],
    [3, [3, 1, 2], [2, 0, 1]], // exact parts 1.5, 0.5, 1: equal remainders, the first in turn has the odd Wh
    [1, [1, 2], [0, 1]],
    [10, [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1], [4, 3, 3]],
    [2 ** 53 - 1, [2n ** 53n, 2n ** 53n], [2 ** 52, 2 ** 52 - 1]],
    [2 ** 53 - 2, [2 ** 53 - 1], [2 ** 53 - 2]],
  ];
  for (const [amount, weights, parts] of rows) {
    it(`${amount} among ${weights.join(', ')}`, () => {
      assert.deepEqual(shareProRata(amount, weights, inTurn), parts);
    });
  }

  it('asks for the rotation only where equal remainders cannot all have a Wh', () => {
    const never = () => assert.fail('the rotation does not matter here');
    assert.deepEqual(shareProRata(4, [3, 3, 6], never), [1, 1, 2]);
    assert.deepEqual(
      shareProRata(2, [1, 1, 1, 3], () => [2, 1, 0]),
      [0, 0, 1, 1],
    );
  });

  it('gives whole Wh that sum to the amount, within one of the exact share and never above the claim', () => {
    const weight = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 12 }), fc.maxSafeNat(), (weights, seed) => {
        const total = weights.reduce((sum, w) => sum + BigInt(w), 0n);
        const amount = BigInt(seed) % (total + 1n);
        if (amount > BigInt(Number.MAX_SAFE_INTEGER)) return;
        const parts = shareProRata(Number(amount), weights, inTurn);
        assert.equal(
          parts.reduce((sum, part) => sum + BigInt(part), 0n),
          amount,
        );
        for (const [i, part] of parts.entries()) {
          const floor = (amount * BigInt(weights[i]!)) / total;
          assert.ok(BigInt(part) === floor || BigInt(part) === floor + 1n);
          assert.ok(part <= weights[i]!);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("fills each member's orders in order of id, and leaves other orders alone", () => {
    const filled = new Float64Array([9, 0, 0, 0]);
    const claims = [
      { index: 1, id: 'y', member: 'a', wh: 4 },
      { index: 2, id: 'x', member: 'a', wh: 4 },
      { index: 3, id: 'z', member: 'b', wh: 8 },
    ];
    shareAmongMembers(11, claims, filled, () => ['b', 'a']);
    assert.deepEqual([...filled], [9, 1, 4, 6]);
  });
});
