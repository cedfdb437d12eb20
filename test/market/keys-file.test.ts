// Keys as files: exact where they can be, and where decimals are few never above the whole and never far from the key.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { WHOLE } from '../../src/market/allocation-keys.ts';
import { enedisKeys, type IntervalKeys, keysCsv, keysJson } from '../../src/market/keys-file.ts';
import { WallClock } from '../../src/time/wall-clock.ts';

const clock = new WallClock('Europe/Paris');
const pointOf = (member: string, side: string) => `${side}-${member}`;
const key = (producer: string, member: string, millionths: number) => ({ producer, member, millionths });

describe('files of keys', () => {
  const intervals: IntervalKeys[] = [
    {
      interval: '2026-07-10T08:15Z',
      keys: [key('roof', 'a', 333_333), key('roof', 'b', 666_667), key('wind', 'a', 1)],
    },
    { interval: '2026-07-10T08:30Z', keys: [key('wind', 'b', 1_000_000)] },
  ];

  it('are exact as JSON and as rows', () => {
    const json = keysJson('keys', intervals);
    assert.equal(json.name, 'keys.json');
    assert.deepEqual(JSON.parse(json.text), { kind: 'dynamic-full', intervals });
    assert.equal(
      keysCsv('keys', intervals).text,
      [
        'interval;producer;member;percent',
        '2026-07-10T08:15Z;roof;a;33.3333',
        '2026-07-10T08:15Z;roof;b;66.6667',
        '2026-07-10T08:15Z;wind;a;0.0001',
        '2026-07-10T08:30Z;wind;b;100',
        '',
      ].join('\r\n'),
    );
  });

  it('are one for each producer as Enedis has them, in local time with decimal commas', () => {
    assert.deepEqual(enedisKeys(intervals, { clock, decimals: 1, pointOf }), [
      {
        name: 'producer-roof.csv',
        mediaType: 'text/csv',
        text: 'Horodate;consumer-a;consumer-b\r\n10/07/2026 10:15;33,3;66,7\r\n10/07/2026 10:30;0;0\r\n',
      },
      {
        name: 'producer-wind.csv',
        mediaType: 'text/csv',
        text: 'Horodate;consumer-a;consumer-b\r\n10/07/2026 10:15;0;0\r\n10/07/2026 10:30;0;100\r\n',
      },
    ]);
  });

  it('never come to more than the exact keys, and each is less than a step from its own', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 0, max: WHOLE }),
        fc.integer({ min: 0, max: 4 }),
        (weights, whole, decimals) => {
          const sum = weights.reduce((all, weight) => all + weight, 0);
          const exact = weights.map((weight) => Math.floor((whole * weight) / sum));
          const keys = exact.map((millionths, index) => key('roof', `m${String(index).padStart(2, '0')}`, millionths));
          const [file] = enedisKeys([{ interval: '2026-07-10T08:15Z', keys }], { clock, decimals, pointOf });
          const cells = (file?.text.split('\r\n')[1] ?? '').split(';').slice(1);
          const millionths = cells.map((cell) => Math.round(Number(cell.replace(',', '.')) * 10_000));
          const total = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
          assert.ok(total(millionths) <= total(exact));
          // What is cut off the sum is less than a step, and is shared by all.
          const step = 10 ** (4 - decimals);
          for (const [index, value] of millionths.entries()) assert.ok(Math.abs(value - exact[index]!) < 2 * step);
        },
      ),
    );
  });
});
