// Times of day in local zones: through days of 23, 25, 24.5 and 23.5 hours, under any zone of the machine.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { minuteOfDay, nextTimeOfDay, previousTimeOfDay, timeOfDay } from '../../src/time/time-of-day.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/New_York', 'Pacific/Apia'];
const HOUR = 3_600_000;
const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
const minute = (text: string) => minuteOfDay(text) ?? Number.NaN;

describe('times of day', () => {
  const next: [zone: string, after: string, time: string, moment: string, why: string][] = [
    ['Europe/Berlin', '2026-11-22T08:00Z', '18:00', '2026-11-22T17:00Z', 'today'],
    ['Europe/Berlin', '2026-11-22T17:00Z', '18:00', '2026-11-23T17:00Z', 'not now, but tomorrow'],
    ['Europe/Berlin', '2026-03-28T20:00Z', '07:00', '2026-03-29T05:00Z', 'a night of 23 hours'],
    ['Europe/Berlin', '2026-03-28T20:00Z', '02:30', '2026-03-29T01:30Z', 'a time that is skipped: as if it were not'],
    ['Europe/Berlin', '2026-10-24T20:00Z', '07:00', '2026-10-25T06:00Z', 'a night of 25 hours'],
    ['Europe/Berlin', '2026-10-24T20:00Z', '02:30', '2026-10-25T00:30Z', 'a time that comes twice: the first'],
    ['Europe/Berlin', '2026-10-25T00:30Z', '02:30', '2026-10-26T01:30Z', 'and then the next day'],
    ['Australia/Lord_Howe', '2026-04-04T10:00Z', '07:00', '2026-04-04T20:30Z', 'a day of 24.5 hours'],
    ['Asia/Kathmandu', '2026-11-22T00:00Z', '07:00', '2026-11-22T01:15Z', 'a zone of quarter hours'],
    ['UTC', '2026-12-31T23:59Z', '00:00', '2027-01-01T00:00Z', 'over the end of a year'],
  ];
  for (const [zone, after, time, moment, why] of next) {
    it(`${time} in ${zone}: ${why}`, () => {
      assert.equal(iso(nextTimeOfDay(Date.parse(after), minute(time), zone)), moment);
    });
  }

  it('looks back as well', () => {
    const at = Date.parse('2026-03-29T05:00Z');
    assert.equal(iso(previousTimeOfDay(at, minute('07:00'), 'Europe/Berlin')), '2026-03-28T06:00Z');
    assert.equal(iso(previousTimeOfDay(at, minute('18:00'), 'Europe/Berlin')), '2026-03-28T17:00Z');
  });

  it('always: ahead by at most a long day, and the clocks show it, but where they skip it', () => {
    const when = fc.integer({ min: Date.parse('2020-01-01T00:00Z'), max: Date.parse('2030-01-01T00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), when, fc.integer({ min: 0, max: 1439 }), (zone, after, at) => {
        const moment = nextTimeOfDay(after, at, zone);
        assert.ok(moment > after && moment - after <= 26 * HOUR, iso(moment));
        const shown = minute(timeOfDay(moment, zone));
        assert.ok(shown === at || shown === at + 60 || shown === at + 30, `${zone} ${iso(moment)} shows ${shown}`);
        assert.ok(previousTimeOfDay(moment, at, zone) < moment);
        assert.equal(nextTimeOfDay(moment - 1, at, zone), moment);
      }),
    );
  });

  it('reads times as people write them, and nothing else', () => {
    assert.deepEqual(['07:30', '7:30', ' 23:59 ', '0:00'].map(minuteOfDay), [450, 450, 1439, 0]);
    for (const text of ['', '24:00', '7', '7:5', '07:60', '-1:00', '07:30:00', 'noon', '７:30']) {
      assert.equal(minuteOfDay(text), null, text);
    }
  });
});
