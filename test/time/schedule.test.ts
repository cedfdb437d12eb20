// The moments of a day: end, start and gate in this order, for every lead time, none left out and none twice.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { INTERVAL_MS, intervalAt, intervalEnd, intervalStart } from '../../src/time/interval.ts';
import { biddingInterval, type IntervalEvent, nextEvents } from '../../src/time/schedule.ts';

const at = (time: string) => Date.parse(`2017-07-10T${time}Z`);
const MINUTE = 60_000;

/** All events of a span, as a node meets them. */
function walk(from: number, to: number, leadMs: number): IntervalEvent[] {
  const events: IntervalEvent[] = [];
  for (let now = from; ; ) {
    const next = nextEvents(now, leadMs);
    const time = next[0]?.time ?? Number.POSITIVE_INFINITY;
    if (time > to) return events;
    events.push(...next);
    now = time;
  }
}

const shown = (events: readonly IntervalEvent[]) =>
  events.map(
    ({ event, interval, time }) => `${new Date(time).toISOString().slice(11, 16)} ${event} ${interval.slice(11, 16)}`,
  );

describe('schedule', () => {
  it('of a gate five minutes ahead', () => {
    assert.deepEqual(shown(walk(at('06:00'), at('06:30'), 5 * MINUTE)), [
      '06:10 gate 06:15',
      '06:15 end 06:00',
      '06:15 start 06:15',
      '06:25 gate 06:30',
      '06:30 end 06:15',
      '06:30 start 06:30',
    ]);
  });

  it('of a gate that coincides with a start: the gate comes last', () => {
    for (const [lead, gate] of [
      [0, '06:15'],
      [15, '06:30'],
      [60, '07:15'],
    ] as const) {
      assert.deepEqual(shown(nextEvents(at('06:00'), lead * MINUTE)), [
        '06:15 end 06:00',
        '06:15 start 06:15',
        `06:15 gate ${gate}`,
      ]);
    }
  });

  it('of a lead longer than an interval', () => {
    assert.deepEqual(shown(nextEvents(at('06:00'), 50 * MINUTE)), ['06:10 gate 07:00']);
  });

  it('offers for bidding the first interval whose gate is open', () => {
    const cases: [string, number, string][] = [
      ['06:00:00.000', 5, '06:15'],
      ['06:09:59.999', 5, '06:15'],
      ['06:10:00.000', 5, '06:30'],
      ['06:14:59.999', 0, '06:15'],
      ['06:15:00.000', 0, '06:30'],
      ['06:00:00.000', 60, '07:15'],
    ];
    for (const [time, lead, interval] of cases) {
      assert.equal(biddingInterval(at(time), lead * MINUTE).slice(11, 16), interval, `${time} ${lead}`);
    }
  });

  it('meets each interval once with each event, in time order, for any lead and any beginning', () => {
    const lead = fc.integer({ min: 0, max: 4 * INTERVAL_MS });
    const begin = fc.integer({ min: 0, max: 10 * INTERVAL_MS });
    fc.assert(
      fc.property(lead, begin, (leadMs, offset) => {
        const from = at('00:00') + offset;
        const to = from + 6 * INTERVAL_MS;
        const events = walk(from, to, leadMs);
        for (const kind of ['start', 'gate', 'end'] as const) {
          const some = events.filter(({ event }) => event === kind).map(({ interval }) => interval);
          assert.equal(some.length, 6, kind);
          some.forEach((interval, index) => {
            assert.equal(intervalStart(interval), intervalStart(some[0] ?? '') + index * INTERVAL_MS);
          });
        }
        for (const { event, interval, time } of events) {
          const due =
            event === 'end' ? intervalEnd(interval) : intervalStart(interval) - (event === 'gate' ? leadMs : 0);
          assert.equal(time, due);
          // What is offered right after an event is never an interval whose gate has closed.
          assert.ok(intervalStart(biddingInterval(time, leadMs)) - leadMs > time);
        }
        assert.deepEqual(
          events.map(({ time }) => time),
          events.map(({ time }) => time).sort((a, b) => a - b),
        );
        assert.equal(intervalAt(from) <= (events[0]?.interval ?? ''), true);
      }),
    );
  });
});
