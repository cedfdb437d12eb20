// What a battery did in an interval: energy from the power seen, to the Wh over any number of intervals, and the reasons.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IntervalLog } from '../../src/battery/interval-log.ts';
import type { Decision } from '../../src/battery/state.ts';

const start = Date.parse('2017-07-10T06:00Z');
const decision = (setpointW: number, code: string): Decision => ({
  setpointW,
  state: 'idle',
  reason: { code, text: `${code}.` },
  validForSeconds: 60,
  write: 'set',
});

describe('interval log of a battery', () => {
  it('counts the power seen until the next look, apart by direction', () => {
    const log = new IntervalLog();
    log.seen(start, -3600, 500);
    log.seen(start + 600_000, 1200, 550);
    log.seen(start + 900_000, 0, 540);
    const { chargeWh, dischargeWh, socPerMille } = log.close();
    assert.deepEqual([chargeWh, dischargeWh, socPerMille], [600, 100, 540]);
  });

  it('carries what is less than a Wh into the next interval', () => {
    const log = new IntervalLog();
    let sum = 0;
    for (let second = 0; second <= 3600; second++) {
      log.seen(start + second * 1000, 100, 500);
      if (second % 7 === 0) sum += log.close().dischargeWh;
    }
    assert.equal(sum + log.close().dischargeWh, 100);
  });

  it('loses less than one Wh over any looks', () => {
    const looks = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 900_000 }), fc.integer({ min: -5000, max: 5000 }), fc.boolean()),
    );
    fc.assert(
      fc.property(looks, (all) => {
        const log = new IntervalLog();
        let [at, power, exact, counted] = [start, 0, { in: 0, out: 0 }, { in: 0, out: 0 }];
        log.seen(at, power, null);
        for (const [ms, next, close] of all) {
          if (power < 0) exact.in -= power * ms;
          else exact.out += power * ms;
          at += ms;
          power = next;
          log.seen(at, power, null);
          if (!close) continue;
          const entry = log.close();
          counted = { in: counted.in + entry.chargeWh, out: counted.out + entry.dischargeWh };
        }
        const last = log.close();
        assert.equal(counted.in + last.chargeWh, Math.floor(exact.in / 3_600_000));
        assert.equal(counted.out + last.dischargeWh, Math.floor(exact.out / 3_600_000));
      }),
    );
  });

  it('does not carry a power through a silence longer than an interval, nor backwards', () => {
    const log = new IntervalLog();
    log.seen(start, 4000, 500);
    log.seen(start + 86_400_000, 4000, 500);
    assert.equal(log.close().dischargeWh, 1000);
    log.seen(start, 4000, 500);
    assert.equal(log.close().dischargeWh, 0);
  });

  it('knows no state of charge where it was not told one', () => {
    const log = new IntervalLog();
    assert.equal(log.close().socPerMille, null);
    log.seen(start, 0, 1003.4);
    assert.equal(log.close().socPerMille, 1000);
    log.seen(start + 1000, 0, null);
    assert.equal(log.close().socPerMille, null, 'of the interval before');
  });

  it('lists changes of the setpoint or its reason, and counts the cycles of each reason', () => {
    const log = new IntervalLog();
    const cycles = [
      [0, 'meter-missing'],
      [500, 'self-consumption'],
      [500, 'self-consumption'],
      [500, 'max-discharge'],
      [500, 'self-consumption'],
    ] as const;
    cycles.forEach(([watts, code], second) => {
      log.decided(start + second * 1000, decision(watts, code));
    });
    const { setpoints, reasons } = log.close();
    assert.deepEqual(setpoints, [
      { time: '2017-07-10T06:00:00.000Z', setpointW: 0, code: 'meter-missing' },
      { time: '2017-07-10T06:00:01.000Z', setpointW: 500, code: 'self-consumption' },
      { time: '2017-07-10T06:00:03.000Z', setpointW: 500, code: 'max-discharge' },
      { time: '2017-07-10T06:00:04.000Z', setpointW: 500, code: 'self-consumption' },
    ]);
    assert.deepEqual(reasons, [
      { code: 'meter-missing', cycles: 1 },
      { code: 'self-consumption', cycles: 3 },
      { code: 'max-discharge', cycles: 1 },
    ]);
    log.decided(start + 5000, decision(500, 'self-consumption'));
    assert.equal(log.close().setpoints.length, 1, 'an interval begins with the setpoint that stands');
  });

  it('lists a hundred setpoints at most, and still counts all cycles', () => {
    const log = new IntervalLog();
    for (let index = 0; index < 5000; index++) log.decided(start + index, decision(index, 'ramp'));
    const { setpoints, reasons } = log.close();
    assert.equal(setpoints.length, 100);
    assert.deepEqual(reasons, [{ code: 'ramp', cycles: 5000 }]);
  });
});
