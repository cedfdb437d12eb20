// Profiles: CSV to quarter hours, exactly, and an error that names the place for everything else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { bundledProfiles, openProfiles, profilePath } from '../../src/simulation/profile-store.ts';
import { ProfileError, type ProfileRow, readProfiles } from '../../src/simulation/profiles.ts';
import { intervalAt } from '../../src/time/interval.ts';
import { needSharedData } from '../support/shared-data.ts';

async function rowsOf(...pieces: string[]): Promise<[string, number[], number[]][]> {
  const rows: ProfileRow[] = [];
  for await (const row of (await readProfiles(pieces)).rows) rows.push(row);
  return rows.map(({ start, loadWh, pvWh }) => [intervalAt(start), [...loadWh], [...pvWh]]);
}

const text = (...lines: string[]) => `${lines.join('\n')}\n`;

describe('profiles', () => {
  it('reads quarter hours; what has no column is 0', async () => {
    const profiles = await readProfiles([text('start,a.load,b.pv,a.pv', '2026-11-22T08:15Z,10,20,30')]);
    assert.deepEqual(profiles.members, ['a', 'b']);
    const rows: ProfileRow[] = [];
    for await (const row of profiles.rows) rows.push(row);
    assert.deepEqual(rows, [{ start: Date.parse('2026-11-22T08:15Z'), loadWh: [10, 0], pvWh: [30, 20] }]);
  });

  it('spreads hours evenly, the Wh left over on the first quarters', async () => {
    const rows = await rowsOf(text('start,a.load', '2026-11-22T08:00Z,759', '2026-11-22T09:00Z,4'));
    assert.deepEqual(
      rows.map(([interval, [wh]]) => [interval.slice(11), wh]),
      [
        ['08:00Z', 190],
        ['08:15Z', 190],
        ['08:30Z', 190],
        ['08:45Z', 189],
        ['09:00Z', 1],
        ['09:15Z', 1],
        ['09:30Z', 1],
        ['09:45Z', 1],
      ],
    );
  });

  it('spreads half hours', async () => {
    const rows = await rowsOf(text('start,a.load', '2026-11-22T08:00Z,3', '2026-11-22T08:30Z,2'));
    assert.deepEqual(
      rows.map(([, [wh]]) => wh),
      [2, 1, 1, 1],
    );
  });

  it('makes no quarter hours of a hole, wherever it is', async () => {
    const hours = ['01:00', '05:00', '06:00', '09:00'];
    const rows = await rowsOf(text('start,a.load', ...hours.map((hour) => `2026-11-22T${hour}Z,4`)));
    assert.equal(rows.length, 16);
    assert.deepEqual([...new Set(rows.map(([interval]) => interval.slice(11, 13)))], ['01', '05', '06', '09']);
  });

  it('takes a single row as a quarter hour', async () => {
    assert.equal((await rowsOf(text('start,a.load', '2026-11-22T08:00Z,7'))).length, 1);
  });

  it('does not care how the text arrives: pieces, CRLF, byte order mark, blank last lines, no last newline', async () => {
    const lines = [
      'start,a.load,a.pv',
      '2026-11-22T08:00Z,1,2',
      '2026-11-22T08:15:00Z,3,4',
      '2026-11-22T08:30:00.000Z,5,6',
    ];
    const plain = await rowsOf(text(...lines));
    assert.equal(plain.length, 3);
    assert.deepEqual(await rowsOf(...text(...lines)), plain, 'one character at a time');
    assert.deepEqual(await rowsOf(`\uFEFF${lines.join('\r\n')}\r\n\r\n`), plain);
    assert.deepEqual(await rowsOf(lines.join('\n')), plain);
  });

  it('conserves every Wh', async () => {
    const cell = fc.integer({ min: 0, max: 999_999_999 });
    const minutes = fc.constantFrom(15, 30, 60);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 2, maxLength: 120 }),
        minutes,
        async (cells, step) => {
          const start = Date.parse('2026-11-22T00:00Z');
          const lines = cells.map(([load, pv], n) => `${intervalAt(start + n * step * 60_000)},${load},${pv}`);
          const rows = await rowsOf(text('start,a.load,a.pv', ...lines));
          assert.equal(rows.length, (cells.length * step) / 15);
          const parts = step / 15;
          cells.forEach(([load, pv], n) => {
            const own = rows.slice(n * parts, (n + 1) * parts);
            assert.equal(
              own.reduce((sum, [, [wh]]) => sum + wh!, 0),
              load,
            );
            assert.equal(
              own.reduce((sum, [, , [wh]]) => sum + wh!, 0),
              pv,
            );
            const loads = own.map(([, [wh]]) => wh!);
            assert.ok(Math.max(...loads) - Math.min(...loads) <= 1);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  describe('refuses, with line and column', () => {
    const good = '2026-11-22T08:00Z,1';
    const table: [name: string, content: string, line: number, column: number | null, what: RegExp][] = [
      ['nothing', '', 1, null, /is missing: a profile begins with start/],
      ['a header alone', 'start,a.load\n', 2, null, /needs at least one row/],
      ['semicolons', text('start;a.load', good), 1, 1, /must begin with "start", with commas/],
      ['an unknown column', text('start,a.load,a.heat', `${good},1`), 1, 3, /must be <member>.load or <member>.pv/],
      ['a bad member id', text('start,A.load', good), 1, 2, /"A.load"/],
      ['a column twice', text('start,a.load,a.load', `${good},1`), 1, 3, /stands there twice/],
      ['too few cells', text('start,a.load,a.pv', good), 2, null, /has 2 cells, but the header names 3/],
      ['too many cells', text('start,a.load', `${good},1`), 2, null, /has 3 cells/],
      ['local time', text('start,a.load', '2026-11-22T08:00,1'), 2, 1, /must be a UTC quarter hour/],
      ['no quarter hour', text('start,a.load', '2026-11-22T08:05Z,1'), 2, 1, /must be a UTC quarter hour/],
      ['a day that is not', text('start,a.load', '2026-02-30T08:00Z,1'), 2, 1, /must be a UTC quarter hour/],
      ['time that stands', text('start,a.load', good, good), 3, 1, /must be later/],
      ['time that goes back', text('start,a.load', good, '2026-11-22T07:45Z,1'), 3, 1, /must be later/],
      ['rows hours apart', text('start,a.load', good, '2026-11-22T10:00Z,1'), 2, 1, /120 minutes apart at least/],
      [
        'rows out of step',
        text('start,a.load', good, '2026-11-22T09:00Z,1', '2026-11-22T10:15Z,1'),
        4,
        1,
        /start is 75 minutes after the row before, but the rows of this profile cover 60 minutes each/,
      ],
      ['quotation marks in the header', text('start,"a.load"', good), 1, 2, /in quotation marks/],
      ['quotation marks in a row', text('start,a.pv,a.load', '2026-11-22T08:00Z,0,"1"'), 2, 3, /in quotation marks/],
      ['rows 45 minutes apart', text('start,a.load', good, '2026-11-22T08:45Z,1'), 2, 1, /45 minutes apart/],
      ...['', ' 1', '1.5', '-1', '1e3', 'NaN', '0x10', '9999999999'].map(
        (cell): [string, string, number, number, RegExp] => [
          `the cell ${JSON.stringify(cell)}`,
          text('start,a.pv,a.load', `2026-11-22T08:00Z,0,${cell}`),
          2,
          3,
          /a\.load must be whole Wh/,
        ],
      ),
    ];
    for (const [name, content, line, column, what] of table) {
      it(name, async () => {
        await assert.rejects(rowsOf(content), (error: unknown) => {
          assert.ok(error instanceof ProfileError, String(error));
          assert.deepEqual([error.line, error.column], [line, column]);
          assert.match(error.message, what);
          return true;
        });
      });
    }

    it('rows that turn shorter after the step is settled', async () => {
      const start = Date.parse('2026-11-22T00:00Z');
      const lines = Array.from({ length: 100 }, (_, hour) => `${intervalAt(start + hour * 3_600_000)},1`);
      const late = `${intervalAt(start + 99 * 3_600_000 + 900_000)},1`;
      await assert.rejects(
        rowsOf(text('start,a.load', ...lines, late)),
        /line 102, column 1: start is 15 minutes after/,
      );
    });

    it('rows that fall out of step after the step is settled', async () => {
      const start = Date.parse('2026-11-22T00:00Z');
      const lines = Array.from({ length: 100 }, (_, hour) => `${intervalAt(start + hour * 3_600_000)},1`);
      const late = `${intervalAt(start + 99 * 3_600_000 + 4_500_000)},1`;
      await assert.rejects(
        rowsOf(text('start,a.load', ...lines, late)),
        /line 102, column 1: start is 75 minutes after/,
      );
    });

    it('a stream without end, be it of blank lines', async () => {
      function* endless() {
        yield 'start,a.load\n';
        for (;;) yield '\n'.repeat(100);
      }
      await assert.rejects(readProfiles(endless(), 10_000), /longer than any profile/);
    });

    it('bytes that are not UTF-8', async () => {
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield Uint8Array.of(0x73, 0xff, 0x0a);
      }
      await assert.rejects(readProfiles(bytes()), /not UTF-8/);
    });
  });

  describe('of the package', () => {
    it('are chosen by name', async () => {
      assert.ok(bundledProfiles().includes('street'));
      const { members } = await openProfiles('street');
      const homes = Array.from({ length: 8 }, (_, n) => `home-0${n + 1}`);
      assert.deepEqual(members, [...homes, 'bakery', 'office']);
    });

    it('name what there is when the name is wrong', () => {
      assert.throws(() => profilePath('no-such'), /no profile "no-such": neither a CSV file.*street/);
    });

    it('carry their licence', () => {
      const notice = readFileSync(profilePath('street').replace('street.csv', 'README.md'), 'utf8');
      assert.match(notice, /Copyright Intelligent Environments Laboratory/);
      assert.match(notice, /MIT/);
    });

    it('are the shared data, byte for byte', function () {
      const shared = needSharedData(this, 'demo/street.csv');
      assert.ok(readFileSync(shared).equals(readFileSync(profilePath('street'))));
    });
  });
});
