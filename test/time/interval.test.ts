// Names of delivery intervals: UTC quarter hours, and nothing else, whatever the time zone of the machine.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  INTERVAL_MS,
  INTERVALS_PER_DAY,
  intervalAfter,
  intervalAt,
  intervalEnd,
  intervalStart,
  isInterval,
} from '../../src/time/interval.ts';

describe('intervals', () => {
  it('are named by the start of their quarter hour', () => {
    const cases: [string, string][] = [
      ['2026-11-22T08:15:00.000Z', '2026-11-22T08:15Z'],
      ['2026-11-22T08:29:59.999Z', '2026-11-22T08:15Z'],
      ['2026-11-22T08:30:00.000Z', '2026-11-22T08:30Z'],
      ['1969-12-31T23:59:59.999Z', '1969-12-31T23:45Z'],
    ];
    for (const [time, name] of cases) assert.equal(intervalAt(Date.parse(time)), name);
  });

  it('start, end and follow each other', () => {
    const start = Date.parse('2017-07-10T23:45:00Z');
    assert.equal(intervalStart('2017-07-10T23:45Z'), start);
    assert.equal(intervalEnd('2017-07-10T23:45Z'), start + INTERVAL_MS);
    assert.equal(intervalAfter('2017-07-10T23:45Z'), '2017-07-11T00:00Z');
    assert.equal(intervalAfter('2016-02-28T00:00Z', 2 * INTERVALS_PER_DAY), '2016-03-01T00:00Z');
    assert.equal(intervalAfter('2017-07-10T00:00Z', -1), '2017-07-09T23:45Z');
  });

  it('are told from everything else', () => {
    const wrong = [
      ...[
        '2017-07-10T06:10Z',
        '2017-07-10T06:15',
        '2017-07-10T06:15:00Z',
        '2017-07-10T06:15+02:00',
        '2017-07-10 06:15Z',
      ],
      ...[
        '2017-02-30T06:15Z',
        '2017-13-10T06:15Z',
        '2017-07-10T24:00Z',
        '2017-07-10T25:15Z',
        '',
        ' 2017-07-10T06:15Z',
        'now',
      ],
      ...[undefined, null, 0, 1499666400000, {}, [], ['2017-07-10T06:15Z'], new Date(0)],
    ];
    for (const value of wrong) {
      assert.equal(isInterval(value), false, String(value));
      assert.throws(() => intervalStart(value as string), /is not a UTC quarter hour such as 2026-11-22T08:15Z/);
    }
    assert.throws(
      () => intervalStart('x'.repeat(1000)),
      (error: Error) => error.message.length < 120,
    );
  });

  it('have one name for each quarter hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
        const name = intervalAt(ms);
        assert.ok(isInterval(name));
        const start = intervalStart(name);
        assert.ok(start <= ms && ms < start + INTERVAL_MS && start % INTERVAL_MS === 0);
        assert.equal(intervalAt(start), name);
      }),
    );
  });
});
