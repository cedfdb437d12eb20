// Splitting a total among batteries: by headroom, within everyone's limits, exact to the watt.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Part, share } from '../../src/battery/share.ts';

const part = (lowW: number, highW: number, givesWh: number, takesWh: number): Part => ({
  lowW,
  highW,
  givesWh,
  takesWh,
});
const like = (givesWh: number, takesWh: number) => part(-5000, 5000, givesWh, takesWh);

describe('sharing among batteries', () => {
  const rows: [name: string, total: number, parts: Part[], expect: number[]][] = [
    ['one takes all', 700, [like(1, 1)], [700]],
    ['who holds more gives more', 900, [like(1000, 0), like(2000, 0)], [300, 600]],
    ['who has more room takes more', -900, [like(0, 2000), like(0, 1000)], [-600, -300]],
    [
      'the rest goes to the largest remainder, then to the first',
      100,
      [like(1, 0), like(1, 0), like(1, 0)],
      [34, 33, 33],
    ],
    ['what one cannot, the others do', 4000, [part(0, 500, 9000, 0), like(1000, 0), like(1000, 0)], [500, 1750, 1750]],
    ['nobody can do more than all', 9000, [part(0, 500, 1, 0), part(0, 700, 1, 0)], [500, 700]],
    ['without end', Number.NEGATIVE_INFINITY, [part(-500, 0, 1, 0), part(-700, 0, 1, 0)], [-500, -700]],
    ['one that is forced away from zero is made up for', 0, [part(300, 500, 1, 1), like(1, 1)], [300, -300]],
    ['without headroom all count alike', 100, [like(0, 0), like(0, 0)], [50, 50]],
    ['nobody', 100, [], []],
  ];
  for (const [name, total, parts, expect] of rows) {
    it(name, () => assert.deepEqual(share(total, parts), expect));
  }

  it('adds up exactly within all limits, and follows the order of the batteries', () => {
    const partArb = fc
      .tuple(
        fc.integer({ min: -9000, max: 9000 }),
        fc.integer({ min: 0, max: 9000 }),
        fc.nat(2_000_000),
        fc.nat(2_000_000),
      )
      .map(([lowW, width, givesWh, takesWh]) => part(lowW, lowW + width, givesWh, takesWh));
    fc.assert(
      fc.property(
        fc.integer({ min: -60_000, max: 60_000 }),
        fc.array(partArb, { minLength: 1, maxLength: 8 }),
        (total, parts) => {
          const watts = share(total, parts);
          const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
          const [least, most] = [sum(parts.map(({ lowW }) => lowW)), sum(parts.map(({ highW }) => highW))];
          assert.equal(sum(watts), Math.max(least, Math.min(most, total)));
          for (const [i, { lowW, highW }] of parts.entries()) {
            const own = watts[i] ?? Number.NaN;
            assert.ok(Number.isInteger(own) && !Object.is(own, -0) && own >= lowW && own <= highW);
          }
          // Equal batteries get the same, to the watt.
          const twice = share(2 * total, [...parts, ...parts]);
          for (const i of parts.keys()) assert.ok(Math.abs((twice[i] ?? 0) - (twice[i + parts.length] ?? 0)) <= 1);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
