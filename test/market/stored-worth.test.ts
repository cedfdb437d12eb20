// The worth of stored energy against brute force: every course of charging and discharging, Wh by Wh, on small horizons.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Ahead, type Step, type Store, storedFrom, window, worthOfStore } from '../../src/market/stored-worth.ts';

const store: Store = { usableWh: 6, chargeWh: 3, dischargeWh: 3, roundTripPerMille: 1000, wear: 0 };

/** Worth of the first stored Wh, the second, ... */
const singly = (steps: readonly Step[]) => steps.flatMap(({ wh, worth }) => new Array<number>(wh).fill(worth));

/** Most money that `stored` Wh bring from `ahead[0]` on, in micro-currency x Wh / kWh: all moves of all intervals are tried. */
function bestOf(spec: Store, ahead: readonly Ahead[], leftOver: number): number[] {
  const { usableWh, chargeWh, dischargeWh, roundTripPerMille, wear } = spec;
  let best = Array.from({ length: usableWh + 1 }, (_, stored) => stored * leftOver);
  for (const { needWh, buy, sell } of [...ahead].reverse()) {
    const next = best;
    const inPrice = (price: number) => Math.ceil((price * 1000) / roundTripPerMille);
    const fromSurplus = Math.floor((Math.min(chargeWh, Math.max(0, -needWh)) * roundTripPerMille) / 1000);
    const mostIn = Math.floor((chargeWh * roundTripPerMille) / 1000);
    const toNeed = Math.min(dischargeWh, Math.max(0, needWh));
    best = next.map((_, stored) => {
      let most = Number.NEGATIVE_INFINITY;
      for (let out = 0; out <= Math.min(dischargeWh, stored); out++) {
        const spared = Math.min(out, toNeed);
        most = Math.max(most, next[stored - out]! + spared * buy + (out - spared) * sell - out * wear);
      }
      for (let put = 1; put <= Math.min(mostIn, usableWh - stored); put++) {
        const own = Math.min(put, fromSurplus);
        most = Math.max(most, next[stored + put]! - own * inPrice(sell) - (put - own) * inPrice(buy));
      }
      return most;
    });
  }
  return best;
}

describe('the worth of stored energy', () => {
  const table: [name: string, ahead: Ahead[], worth: number[]][] = [
    ['is what is left over where nothing comes', [], [5, 5, 5, 5, 5, 5]],
    [
      'is the import tariff for what will be needed, the feed-in tariff for the rest that can be given',
      [{ needWh: 2, buy: 30, sell: 8 }],
      [30, 30, 8, 5, 5, 5],
    ],
    [
      'is no more than a coming surplus brings, once that fills the battery anyway',
      [
        { needWh: -3, buy: 30, sell: 8 },
        { needWh: 3, buy: 30, sell: 8 },
        { needWh: 3, buy: 30, sell: 8 },
      ],
      [30, 30, 30, 8, 8, 8],
    ],
    [
      'rises to a dear hour that lies ahead',
      [
        { needWh: 3, buy: 20, sell: 8 },
        { needWh: 3, buy: 40, sell: 8 },
      ],
      // The last three can still be charged at 20 now, for 40 then.
      [20, 20, 20, 20, 20, 20],
    ],
  ];
  for (const [name, ahead, worth] of table) {
    it(name, () => assert.deepEqual(singly(worthOfStore(store, ahead, 5)), worth));
  }

  it('counts losses on the way in and wear on the way out', () => {
    const lossy = { ...store, roundTripPerMille: 500, wear: 3 };
    const night: Ahead = { needWh: 2, buy: 30, sell: 8 };
    assert.deepEqual(singly(worthOfStore(lossy, [night], 0)), [27, 27, 5, 0, 0, 0]);
    // A Wh out of tomorrow's sun costs two of it, at 8 each.
    assert.deepEqual(singly(worthOfStore(lossy, [{ needWh: -4, buy: 30, sell: 8 }, night], 0)), [27, 16, 5, 5, 5, 5]);
  });

  const spec = fc.record({
    usableWh: fc.integer({ min: 0, max: 12 }),
    chargeWh: fc.integer({ min: 0, max: 5 }),
    dischargeWh: fc.integer({ min: 0, max: 5 }),
    roundTripPerMille: fc.constantFrom(1000, 900, 600),
    wear: fc.integer({ min: 0, max: 6 }),
  });
  const hour = fc
    .record({ needWh: fc.integer({ min: -6, max: 6 }), sell: fc.integer({ min: 0, max: 30 }), over: fc.nat(20) })
    .map(({ needWh, sell, over }): Ahead => ({ needWh, sell, buy: sell + over }));

  it('always: what the best of all courses gains by each Wh', () => {
    fc.assert(
      fc.property(spec, fc.array(hour, { maxLength: 6 }), fc.nat(10), (made, ahead, leftOver) => {
        const best = bestOf(made, ahead, leftOver);
        const gains = best.slice(1).map((money, i) => money - best[i]!);
        assert.deepEqual(singly(worthOfStore(made, ahead, leftOver)), gains);
      }),
      { numRuns: 500 },
    );
  });

  it('always: as many Wh as fit, falling, whole numbers, also at negative prices', () => {
    const wild = fc
      .record({ needWh: fc.integer({ min: -6, max: 6 }), sell: fc.integer({ min: -30, max: 30 }), over: fc.nat(20) })
      .map(({ needWh, sell, over }): Ahead => ({ needWh, sell, buy: sell + over }));
    fc.assert(
      fc.property(spec, fc.array(wild, { maxLength: 12 }), (made, ahead) => {
        const steps = worthOfStore(made, ahead, 0);
        assert.equal(
          steps.reduce((sum, { wh }) => sum + wh, 0),
          made.usableWh,
        );
        steps.forEach(({ wh, worth }, i) => {
          assert.ok(Number.isSafeInteger(worth) && wh > 0);
          if (i > 0) assert.ok(worth < steps[i - 1]!.worth);
        });
      }),
    );
  });

  it('cuts a part out of its steps', () => {
    const steps = [
      { wh: 4, worth: 9 },
      { wh: 3, worth: 5 },
    ];
    assert.deepEqual(window(steps, 2, 3), [
      { wh: 2, worth: 9 },
      { wh: 1, worth: 5 },
    ]);
    assert.deepEqual(window(steps, 7, 2), []);
    assert.equal(storedFrom(7, { roundTripPerMille: 900 }), 6);
  });
});
