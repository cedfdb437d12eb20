import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareBytes, rotate, rotationStart } from '../../src/market/rotation.ts';
import { naiveRotation } from '../support/naive-auction.ts';

describe('rotation', () => {
  const starts: readonly (readonly [interval: string, members: number, start: number])[] = [
    ['1970-01-01T00:00Z', 7, 0],
    ['1970-01-01T00:15Z', 7, 1],
    ['1970-01-01T23:45Z', 96, 95],
    // A day later the same member would come again in a street of 96; the day number moves it on.
    ['1970-01-02T00:00Z', 96, 1],
    ['2026-11-22T08:15Z', 4, (1_994_817 + 20_779) % 4],
    ['2026-11-22T08:15Z', 3, (1_994_817 + 20_779) % 3],
    ['2026-11-22T08:15Z', 1, 0],
    ['2026-11-22T08:15Z', 0, 0],
    // One quarter hour and one day before 1970: -2 mod 5.
    ['1969-12-31T23:45Z', 5, 3],
  ];
  for (const [interval, members, start] of starts) {
    it(`${interval}: ${members} members begin with number ${start}`, () => {
      assert.equal(rotationStart(interval, members), start);
    });
  }

  it('refuses what is no interval', () => {
    assert.throws(() => rotationStart('2026-11-22T08:16Z', 3), /not a UTC quarter hour/);
  });

  it('compares as UTF-8 bytes do, also beyond the basic plane', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(Math.sign(compareBytes(a, b)), bytes);
      }),
      { numRuns: 2000 },
    );
    assert.ok(compareBytes('\u{ff5e}', '\u{1f600}') < 0 && '\u{ff5e}' > '\u{1f600}');
  });

  it('turns the sorted members, whatever order they come in', () => {
    const members = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(members, fc.integer({ min: 0, max: 3_000_000 }), (list, quarter) => {
        const interval = `${new Date(quarter * 900_000).toISOString().slice(0, 16)}Z`;
        assert.deepEqual(rotate(list, interval), naiveRotation(list, interval));
      }),
    );
  });

  it('leaves the list it was given as it was', () => {
    const members = ['b', 'a'];
    rotate(members, '2026-11-22T08:15Z');
    assert.deepEqual(members, ['b', 'a']);
  });
});
