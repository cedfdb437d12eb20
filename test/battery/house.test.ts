// What a house may need, by readings that are not of the same moment: how wide the range is, and how it becomes a point.
import assert from 'node:assert/strict';
import {
  doingThen,
  followSetpoint,
  followTrail,
  initialTrail,
  nearest,
  REACH_MS,
  SKEW_MS,
  type Trail,
} from '../../src/battery/house.ts';
import { start } from '../support/battery-play.ts';

interface Look {
  /** Seconds after the start. */
  readonly at: number;
  readonly gridW?: number;
  readonly batteryW: number;
  readonly meterAge?: number;
  /** What the battery is told then. */
  readonly tell?: number;
}

/** Plays looks one after another; what the battery may have been doing at the last one. */
function play(looks: readonly Look[], from: Trail = initialTrail) {
  let trail = from;
  let range = { lowW: 0, highW: 0 };
  for (const { at, gridW = 0, batteryW, meterAge = 0, tell } of looks) {
    const now = start + at * 1000;
    const seen = { gridW, batteryW, meterAt: now - meterAge * 1000, batteryAt: now };
    trail = followTrail(trail, seen, 0);
    range = doingThen(trail, seen);
    if (tell !== undefined) trail = followSetpoint(trail, tell, now);
    assert.deepEqual(JSON.parse(JSON.stringify(trail)), trail, 'the memory is plain JSON');
  }
  return { trail, range: [range.lowW, range.highW] };
}
const range = (looks: readonly Look[]) => play(looks).range;
const every = (from: number, to: number, look: Omit<Look, 'at'>): Look[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ at: from + i, ...look }));

describe('what a battery may have been doing when the meter looked', () => {
  it('is what it shows, while it stands still', () => {
    assert.deepEqual(range([{ at: 0, batteryW: 700 }]), [700, 700]);
    assert.deepEqual(range(every(0, 20, { batteryW: 700 })), [700, 700]);
  });

  it('is all that it showed within the skew, and then the new value', () => {
    const quiet = every(0, 9, { batteryW: 0 });
    const skew = SKEW_MS / 1000;
    const moved = (seconds: number) => range([...quiet, ...every(10, 10 + seconds, { batteryW: 900 })]);
    assert.deepEqual(moved(0), [0, 900]);
    assert.deepEqual(moved(skew - 1), [0, 900]);
    assert.deepEqual(moved(skew), [900, 900]);
  });

  it('reaches back from when the meter was read, not from now', () => {
    const looks = [...every(0, 9, { batteryW: 0 }), ...every(10, 20, { batteryW: 900 })];
    assert.deepEqual(range(looks), [900, 900]);
    assert.deepEqual(range([...looks, { at: 21, batteryW: 900, meterAge: 9 }]), [0, 900]);
    assert.deepEqual(range([...looks, { at: 21, batteryW: 900, meterAge: 20 }]), [0, 0], 'all of it came later');
  });

  it('is what it was told, too, until it should have shown it', () => {
    const told = [{ at: 0, gridW: 2000, batteryW: 0, tell: 2000 }];
    const reach = REACH_MS / 1000;
    assert.deepEqual(range([...told, ...every(1, reach, { batteryW: 0 })]), [0, 2000]);
    assert.deepEqual(range([...told, ...every(1, reach + 1, { batteryW: 0 })]), [0, 0], 'it does not obey');
  });

  it('is what it was told for as long as it is on its way', () => {
    const slow = (seconds: number, perSecond: number) =>
      range([
        { at: 0, gridW: 5000, batteryW: 0, tell: 5000 },
        ...Array.from({ length: seconds }, (_, i) => ({
          at: i + 1,
          gridW: 5000 - (i + 1) * perSecond,
          batteryW: (i + 1) * perSecond,
        })),
      ]);
    assert.deepEqual(slow(30, 100), [2400, 5000]);
    assert.deepEqual(slow(30, 4), [96, 120], 'that is no way to 5000 W');
  });

  it('is not what it was told before, once that cannot show any more', () => {
    const looks = [
      { at: 0, batteryW: 0, tell: -1000 },
      { at: 1, batteryW: 0, tell: 3000 },
    ];
    assert.deepEqual(range([...looks, { at: 2, batteryW: 0 }]), [-1000, 3000]);
    assert.deepEqual(range([...looks, ...every(2, 8, { batteryW: 0 })]), [0, 3000]);
  });

  it('was not told what it was told after the meter looked', () => {
    const told = { at: 10, gridW: 500, batteryW: 0, tell: 500 };
    assert.deepEqual(range([told, { at: 12, batteryW: 0, meterAge: 3 }]), [0, 0]);
    assert.deepEqual(range([told, { at: 12, batteryW: 0, meterAge: 2 }]), [0, 500]);
  });

  it('may be what it did before, for as long as the meter shows no move', () => {
    const step = { at: 0, gridW: 2000, batteryW: 0, tell: 2000 };
    assert.deepEqual(range([step, ...every(1, 20, { gridW: 2000, batteryW: 2000 })]), [0, 2000], 'a very slow meter');
    assert.deepEqual(range([step, ...every(1, 20, { gridW: 0, batteryW: 2000 })]), [2000, 2000]);
    assert.deepEqual(range([step, ...every(1, 40, { gridW: 2000, batteryW: 2000 })]), [2000, 2000], 'not for ever');
  });

  /** Moves that both show at once, or the meter a second later. */
  const moves = (count: number, inStep: boolean): Look[] =>
    Array.from({ length: count }, (_, i) => {
      const [before, after] = i % 2 === 0 ? [0, 1000] : [1000, 0];
      return [
        ...every(i * 20, i * 20 + 9, { gridW: -before, batteryW: before }),
        { at: i * 20 + 10, gridW: inStep ? -after : -before, batteryW: after },
        ...every(i * 20 + 11, i * 20 + 19, { gridW: -after, batteryW: after }),
      ];
    }).flat();

  it('is no more than the last two readings, once moves have shown in both at once', () => {
    const next = (count: number, inStep: boolean) => {
      const t = count * 20;
      const watts = (count % 2) * 1000 + 500;
      return range([...moves(count, inStep), ...every(t, t + 2, { gridW: -watts, batteryW: watts })]);
    };
    assert.deepEqual(next(1, true), [1000, 1500]);
    assert.deepEqual(next(2, true), [500, 500]);
    assert.deepEqual(next(2, false), [0, 500]);
  });

  it('is all of it again with the first move that does not', () => {
    const t = 4 * 20;
    assert.deepEqual(range([...moves(4, true), ...every(t, t + 2, { gridW: 0, batteryW: 500 })]), [0, 500]);
  });

  it('survives a clock that is set, either way', () => {
    const { trail } = play([...every(0, 9, { batteryW: 0 }), { at: 10, batteryW: 0, tell: 900 }]);
    assert.deepEqual(play(every(-3600, -3590, { batteryW: 400 }), trail).range, [400, 400]);
    assert.deepEqual(play(every(7200, 7210, { batteryW: 400 }), trail).range, [400, 400]);
  });

  it('is remembered in few figures, however long it goes on', () => {
    const { trail } = play(every(0, 1000, { batteryW: 700 }));
    assert.ok(trail.readings.length < 20 && trail.setpoints.length < 20);
  });
});

describe('what is told of a range', () => {
  it('is the nearest to what is told already', () => {
    const need = { lowW: 1000, highW: 3000, nowW: 2500, gridW: 0, othersW: 0 };
    const rows: [toldW: number, offsetW: number, expected: number][] = [
      [0, 0, 1000],
      [2000, 0, 2000],
      [4000, 0, 3000],
      [2000, -1500, 1500],
      [2000, 1500, 2500],
    ];
    for (const [toldW, offsetW, expected] of rows) assert.equal(nearest({ ...need, toldW }, offsetW), expected);
    assert.equal(nearest({ ...need, toldW: 2000, othersW: 1500 }, 0), 500);
  });
});
