// Local time both ways, over the days with 23 and 25 hours, and over zones whose summer is not an hour.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { localText, WallClock } from '../../src/time/wall-clock.ts';

const utc = (text: string) => Date.parse(text);

describe('wall clock', () => {
  const vienna = new WallClock('Europe/Vienna');

  it('shows local time', () => {
    assert.equal(localText(vienna.localAt(utc('2026-07-10T08:15Z'))), '2026-07-10 10:15');
    assert.equal(localText(vienna.localAt(utc('2026-12-31T23:30Z'))), '2027-01-01 00:30');
    assert.equal(localText(new WallClock('Asia/Kathmandu').localAt(utc('2026-01-01T00:00Z'))), '2026-01-01 05:45');
  });

  it('finds the one moment, none in spring, two in autumn', () => {
    assert.deepEqual(vienna.moments(utc('2026-07-10T10:15Z')), [utc('2026-07-10T08:15Z')]);
    assert.deepEqual(vienna.moments(utc('2026-03-29T02:15Z')), []);
    assert.deepEqual(vienna.moments(utc('2026-10-25T02:15Z')), [utc('2026-10-25T00:15Z'), utc('2026-10-25T01:15Z')]);
    // Lord Howe turns its clocks by half an hour.
    const island = new WallClock('Australia/Lord_Howe');
    assert.deepEqual(island.moments(utc('2026-10-04T02:15Z')), []);
    assert.equal(island.moments(utc('2026-04-05T01:45Z')).length, 2);
  });

  for (const [day, quarters] of [
    ['2026-03-29', 92],
    ['2026-03-30', 96],
    ['2026-10-25', 100],
  ] as const) {
    it(`${day} has ${quarters} quarter hours`, () => {
      const start = utc(`${day}T00:00Z`);
      const moments = Array.from({ length: 96 }, (_, quarter) => vienna.moments(start + quarter * 900_000)).flat();
      assert.equal(moments.length, quarters);
      const sorted = moments.toSorted((a, b) => a - b);
      assert.ok(sorted.every((ms, index) => index === 0 || ms - sorted[index - 1]! === 900_000));
    });
  }

  it('finds every moment again', () => {
    const zones = ['Europe/Paris', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/New_York', 'UTC'];
    const quarter = fc.integer({ min: utc('2015-01-01T00:00Z') / 900_000, max: utc('2035-01-01T00:00Z') / 900_000 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), quarter, (zone, at) => {
        const clock = new WallClock(zone);
        assert.ok(clock.moments(clock.localAt(at * 900_000)).includes(at * 900_000));
      }),
    );
  });

  it('is of a place', () => {
    assert.throws(() => new WallClock('Europe/Nowhere'), /no time zone, such as Europe\/Vienna/);
  });
});
