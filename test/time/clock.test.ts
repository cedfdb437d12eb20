// Both clocks: what they show, when they call back, and that pace, pause and jumps never lose or repeat a callback.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_SPEED, realClock, SimulatedClock, systemTimers } from '../../src/time/clock.ts';
import { manualTimers } from '../support/manual-timers.ts';

const start = Date.parse('2017-07-10T06:00Z');

describe('simulated clock', () => {
  it('runs at its speed from its start', () => {
    const timers = manualTimers();
    const clock = new SimulatedClock(start, 180, timers);
    assert.equal(clock.now(), start);
    timers.pass(1000);
    assert.equal(clock.now(), start + 180_000);
    assert.equal(clock.simulated, true);
    assert.equal(clock.speed, 180);
  });

  it('calls back once its time has come, in the order of the times', () => {
    const timers = manualTimers();
    const clock = new SimulatedClock(start, 100, timers);
    const called: [string, number][] = [];
    for (const [name, after] of [
      ['late', 900],
      ['soon', 300],
      ['now', 0],
      ['past', -50_000],
    ] as const) {
      clock.at(start + after * 1000, () => called.push([name, (clock.now() - start) / 1000]));
    }
    timers.pass(8999);
    assert.deepEqual(called, [
      ['now', 0],
      ['past', 0],
      ['soon', 300],
    ]);
    timers.pass(1);
    assert.deepEqual(called.at(-1), ['late', 900]);
    assert.equal(timers.waiting, 0);
  });

  it('never calls back a cancelled wait', () => {
    const timers = manualTimers();
    const clock = new SimulatedClock(start, 1, timers);
    const cancel = clock.at(start + 1000, () => assert.fail('cancelled'));
    clock.setSpeed(50);
    cancel();
    timers.pass(10_000);
    assert.equal(timers.waiting, 0);
  });

  it('stands still while paused, and goes on from there', () => {
    const timers = manualTimers();
    const clock = new SimulatedClock(start, 60, timers);
    const called: number[] = [];
    clock.at(start + 60_000, () => called.push(clock.now()));
    timers.pass(500);
    clock.pause();
    assert.equal(clock.speed, 0);
    timers.pass(100_000);
    assert.equal(clock.now(), start + 30_000);
    assert.equal(called.length, 0);
    clock.at(start, () => called.push(-1));
    timers.pass(1);
    assert.equal(called.length, 0, 'a wait that begins while paused waits for the resumption');
    clock.resume();
    assert.equal(clock.speed, 60);
    timers.pass(500);
    assert.deepEqual(called, [-1, start + 60_000]);
  });

  it('keeps a speed that was set while paused for afterwards', () => {
    const timers = manualTimers();
    const clock = new SimulatedClock(start, 1, timers);
    clock.pause();
    clock.setSpeed(10);
    timers.pass(1000);
    assert.equal(clock.now(), start);
    clock.resume();
    timers.pass(1000);
    assert.equal(clock.now(), start + 10_000);
  });

  it('jumps both ways; what waits is due by the new time', () => {
    const timers = manualTimers();
    const clock = new SimulatedClock(start, 1, timers);
    const called: string[] = [];
    clock.at(start + 5000, () => called.push('five'));
    clock.jumpTo(start + 4000);
    timers.pass(999);
    assert.deepEqual(called, []);
    clock.jumpTo(start);
    timers.pass(4999);
    assert.deepEqual(called, []);
    timers.pass(1);
    assert.deepEqual(called, ['five']);
  });

  it('refuses a speed that is no pace, and keeps the one it has', () => {
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, MAX_SPEED + 1, 1e300]) {
      assert.throws(() => new SimulatedClock(start, speed), /speed must be above 0 and at most 100000, but is/);
      const clock = new SimulatedClock(start, 2, manualTimers());
      assert.throws(() => clock.setSpeed(speed), RangeError);
      assert.equal(clock.speed, 2);
    }
  });

  it('waits longer than a timer of the machine can', () => {
    const timers = manualTimers();
    // As systemTimers: a delay beyond 2^31-1 ms comes early.
    const clipped = {
      ...timers,
      now: timers.now,
      after: (ms: number, call: () => void) => timers.after(Math.min(ms, 2 ** 31 - 1), call),
    };
    const clock = new SimulatedClock(start, 1, clipped);
    const called: number[] = [];
    const month = 60 * 86_400_000;
    clock.at(start + month, () => called.push(clock.now()));
    timers.pass(month - 1);
    assert.deepEqual(called, []);
    timers.pass(1);
    assert.deepEqual(called, [start + month]);
  });

  it('never goes back, whatever is done to its pace, and calls each wait exactly once', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('pass' as const), value: fc.integer({ min: 0, max: 5000 }) }),
      fc.record({ do: fc.constant('speed' as const), value: fc.double({ min: 0.001, max: 1000, noNaN: true }) }),
      fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const), value: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step), fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 5 }), (steps, times) => {
        const timers = manualTimers();
        const clock = new SimulatedClock(start, 1, timers);
        const calls = times.map(() => 0);
        times.forEach((time, index) => {
          clock.at(start + time, () => {
            calls[index] = (calls[index] ?? 0) + 1;
            assert.ok(clock.now() >= start + time, 'too early');
          });
        });
        let last = clock.now();
        for (const { do: what, value } of steps) {
          if (what === 'pass') timers.pass(value);
          else if (what === 'speed') clock.setSpeed(value);
          else clock[what]();
          assert.ok(clock.now() >= last, 'went back');
          last = clock.now();
        }
        clock.resume();
        clock.setSpeed(1000);
        timers.pass(20);
        assert.ok(
          calls.every((count) => count === 1),
          String(calls),
        );
      }),
    );
  });
});

describe('real clock', () => {
  it('shows the time of the wall, and calls back when the wall shows it', () => {
    const timers = manualTimers();
    const clock = realClock(timers, () => start + timers.now());
    const called: number[] = [];
    clock.at(start + 3_600_000, () => called.push(clock.now()));
    timers.pass(3_599_999);
    assert.deepEqual(called, []);
    timers.pass(1);
    assert.deepEqual(called, [start + 3_600_000]);
    assert.deepEqual([clock.simulated, clock.speed], [false, 1]);
  });

  it('looks again within a minute when the wall was set', () => {
    const timers = manualTimers();
    let shift = 0;
    const clock = realClock(timers, () => start + timers.now() + shift);
    const called: string[] = [];
    clock.at(start + 7_200_000, () => called.push('after two hours'));
    clock.at(start + 100, () => called.push('set back'));
    timers.pass(50);
    shift = 7_200_000;
    timers.pass(60_000);
    assert.deepEqual(called, ['set back', 'after two hours']);
    const again: string[] = [];
    clock.at(clock.now() + 1000, () => again.push('one second'));
    shift -= 3_600_000;
    timers.pass(60_000);
    assert.deepEqual(again, []);
    timers.pass(3_600_000);
    assert.deepEqual(again, ['one second']);
  });

  it('is cancelled at any time', () => {
    const timers = manualTimers();
    const clock = realClock(timers, () => timers.now());
    const cancel = clock.at(120_000, () => assert.fail('cancelled'));
    timers.pass(90_000);
    cancel();
    timers.pass(90_000);
    assert.equal(timers.waiting, 0);
  });

  it('calls back through the machine timers, and cancels them', async () => {
    const cancel = systemTimers.after(1, () => assert.fail('cancelled'));
    cancel();
    const before = systemTimers.now();
    await new Promise<void>((resolve) => systemTimers.after(-5, resolve));
    await new Promise<void>((resolve) => systemTimers.after(5, resolve));
    assert.ok(systemTimers.now() - before >= 4);
  });
});
