// What clock and calendar of a place show: days on which the clock is changed by an hour or by half of one, zones off by
// quarter hours, and the same under any zone and language of the machine.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { isDate, localClock } from '../../src/time/local-time.ts';

describe('local time', () => {
  const rows: readonly (readonly [zone: string, utc: string, date: string, weekday: number, clock: string])[] = [
    ['UTC', '2026-11-22T08:15Z', '2026-11-22', 7, '08:15'],
    ['Europe/Paris', '2026-01-01T22:45Z', '2026-01-01', 4, '23:45'],
    ['Europe/Paris', '2026-01-01T23:00Z', '2026-01-02', 5, '00:00'],
    // Spring: 01:45 is followed by 03:00.
    ['Europe/Paris', '2026-03-29T00:45Z', '2026-03-29', 7, '01:45'],
    ['Europe/Paris', '2026-03-29T01:00Z', '2026-03-29', 7, '03:00'],
    // Autumn: 02:00 to 03:00 comes twice.
    ['Europe/Paris', '2026-10-25T00:45Z', '2026-10-25', 7, '02:45'],
    ['Europe/Paris', '2026-10-25T01:00Z', '2026-10-25', 7, '02:00'],
    ['Europe/Paris', '2026-10-25T02:00Z', '2026-10-25', 7, '03:00'],
    // Lord Howe changes by half an hour.
    ['Australia/Lord_Howe', '2026-04-04T14:45Z', '2026-04-05', 7, '01:45'],
    ['Australia/Lord_Howe', '2026-04-04T15:00Z', '2026-04-05', 7, '01:30'],
    ['Australia/Lord_Howe', '2026-10-03T15:15Z', '2026-10-04', 7, '01:45'],
    ['Australia/Lord_Howe', '2026-10-03T15:30Z', '2026-10-04', 7, '02:30'],
    ['Asia/Kathmandu', '2026-02-28T18:15Z', '2026-03-01', 7, '00:00'],
    ['Pacific/Chatham', '2026-06-30T11:15Z', '2026-07-01', 3, '00:00'],
    ['America/St_Johns', '2026-12-31T03:30Z', '2026-12-31', 4, '00:00'],
    ['Pacific/Kiritimati', '2026-12-31T10:00Z', '2027-01-01', 5, '00:00'],
  ];
  for (const [zone, utc, date, weekday, clock] of rows) {
    it(`${zone} at ${utc}: ${date} ${clock}`, () => {
      const [hour, minute] = clock.split(':').map(Number);
      assert.deepEqual(localClock(zone)(Date.parse(utc)), { date, weekday, minute: hour! * 60 + minute! });
    });
  }

  it('tells days that exist', () => {
    for (const day of ['2026-02-28', '2024-02-29', '0001-01-01']) assert.equal(isDate(day), true, day);
    for (const day of ['2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00Z', '', 20260101, null]) {
      assert.equal(isDate(day), false, String(day));
    }
  });

  it('is the same under every zone and language of the machine', function () {
    this.timeout(240_000);
    if (process.env['MICROGRID_TEST_CHILD']) return this.skip();
    const files = ['test/time/local-time.test.ts', 'test/settlement/resolve.test.ts', 'test/settlement/settle.test.ts'];
    const args = [
      'node_modules/mocha/bin/mocha.js',
      '--no-config',
      '--exit',
      '--timeout',
      '60000',
      '--reporter',
      'dot',
      ...files,
    ];
    const machines = [
      { TZ: 'Australia/Lord_Howe', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      { TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
      { TZ: 'UTC', LANG: 'ar_EG.UTF-8', LC_ALL: 'ar_EG.UTF-8' },
      { TZ: 'Europe/Paris', LANG: 'th_TH.UTF-8', LC_ALL: 'th_TH.UTF-8' },
    ];
    for (const machine of machines) {
      const env = { ...process.env, ...machine, MICROGRID_TEST_CHILD: '1' };
      assert.match(execFileSync(process.execPath, args, { env, encoding: 'utf8' }), /passing/, machine.TZ);
    }
  });
});
