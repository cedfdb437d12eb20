import assert from 'node:assert/strict';
import {
  books,
  Calendar,
  intervalsOf,
  isMonth,
  monthAfter,
  monthAt,
  periodOf,
} from '../../../src/settlement/statement/period.ts';

const utc = (ms: number) => new Date(ms).toISOString().slice(0, 16);

describe('the month of a statement', () => {
  const rows: readonly (readonly [month: string, zone: string, start: string, end: string, intervals: number])[] = [
    ['2026-05', 'UTC', '2026-05-01T00:00', '2026-06-01T00:00', 31 * 96],
    ['2026-05', 'Europe/Paris', '2026-04-30T22:00', '2026-05-31T22:00', 31 * 96],
    // The clock goes forward on 29 March and back on 25 October.
    ['2026-03', 'Europe/Paris', '2026-02-28T23:00', '2026-03-31T22:00', 31 * 96 - 4],
    ['2026-10', 'Europe/Paris', '2026-09-30T22:00', '2026-10-31T23:00', 31 * 96 + 4],
    ['2026-02', 'Asia/Kathmandu', '2026-01-31T18:15', '2026-02-28T18:15', 28 * 96],
    // Half an hour of summer time.
    ['2026-04', 'Australia/Lord_Howe', '2026-03-31T13:00', '2026-04-30T13:30', 30 * 96 + 2],
    ['2026-10', 'Australia/Lord_Howe', '2026-09-30T13:30', '2026-10-31T13:00', 31 * 96 - 2],
    ['2024-02', 'Pacific/Kiritimati', '2024-01-31T10:00', '2024-02-29T10:00', 29 * 96],
    // A clock that goes forward at midnight: the day begins at 01:00.
    ['2026-12', 'America/Santiago', '2026-12-01T03:00', '2027-01-01T03:00', 31 * 96],
    // A day that the place left out when it crossed the date line.
    ['2011-12', 'Pacific/Apia', '2011-12-01T10:00', '2011-12-31T10:00', 30 * 96],
  ];
  for (const [month, zone, start, end, intervals] of rows) {
    it(`${month} in ${zone} has ${intervals} quarter hours`, () => {
      const period = periodOf(month, zone);
      assert.deepEqual([utc(period.start), utc(period.end), period.intervals], [start, end, intervals]);
      const all = [...intervalsOf(period)];
      assert.equal(all.length, intervals);
      assert.equal(all[0], `${start}Z`);
    });
  }

  it('closes some days after its end, on the clock of the place', () => {
    const { opens, closes } = periodOf('2026-03', 'Europe/Paris', 5);
    assert.deepEqual([utc(opens), utc(closes)], ['2026-03-05T23:00', '2026-04-05T22:00']);
    assert.equal(periodOf('2026-04', 'Europe/Paris', 5).opens, closes);
  });

  it('books every settlement into exactly one month, whenever it comes', () => {
    const months = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05'].map((month) =>
      periodOf(month, 'Europe/Paris'),
    );
    for (const interval of ['2026-01-31T22:45Z', '2026-01-31T23:00Z', '2026-02-14T12:00Z', '2026-02-28T22:45Z']) {
      const begin = Date.parse(interval) + 900_000;
      for (const days of [0, 0.5, 1, 2.9, 3, 4, 17, 31, 33, 60]) {
        const at = begin + days * 86_400_000;
        const found = months.filter((period) => books(period, interval, at)).map(({ month }) => month);
        assert.equal(found.length, 1, `${interval} settled ${days} days later stands in ${found}`);
      }
    }
    const [, february, march] = months;
    assert.ok(books(february!, '2026-02-28T22:45Z', Date.parse('2026-03-03T22:59Z')));
    assert.ok(books(march!, '2026-02-28T22:45Z', Date.parse('2026-03-03T23:00Z')));
  });

  it('refuses what is no month, no zone, no closing', () => {
    for (const month of ['2026-13', '2026-00', '2026-5', '26-05', '', 'May 2026', null, 202_605]) {
      assert.equal(isMonth(month), false);
      assert.throws(() => periodOf(month as string, 'UTC'), /2026-05/);
    }
    assert.throws(() => periodOf('2026-05', 'Mars/Olympus'), RangeError);
    for (const days of [0, -1, 1.5, 28, Number.NaN]) assert.throws(() => periodOf('2026-05', 'UTC', days), /days/);
  });

  it('counts months across years', () => {
    assert.equal(monthAfter('2026-12'), '2027-01');
    assert.equal(monthAfter('2026-01', -1), '2025-12');
    assert.equal(monthAfter('2026-05', 20), '2028-01');
    assert.equal(monthAt(Date.parse('2026-05-31T22:30Z'), 'Europe/Paris'), '2026-06');
  });

  it('tells the two hours of autumn apart', () => {
    const calendar = new Calendar('Europe/Paris');
    assert.equal(calendar.text(Date.parse('2026-10-25T00:15Z')), '2026-10-25 02:15 +02:00');
    assert.equal(calendar.text(Date.parse('2026-10-25T01:15Z')), '2026-10-25 02:15 +01:00');
    assert.equal(new Calendar('America/St_Johns').text(Date.parse('2026-01-01T00:00Z')), '2025-12-31 20:30 -03:30');
    assert.equal(new Calendar('Asia/Kathmandu').text(Date.parse('2026-01-01T00:00Z')), '2026-01-01 05:45 +05:45');
  });
});
