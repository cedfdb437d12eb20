// The feeder tree as a dialog or a record has it: rows become areas, or one sentence says which row is wrong.
import assert from 'node:assert/strict';
import { areasOf } from '../../src/market/area-limits.ts';
import { clear } from '../../src/market/clear.ts';
import { INTERVAL } from '../support/books.ts';

const ROOT = { area: 'street' };
const F1 = { area: 'f1', parent: 'street', importWh: 2500, exportWh: 0, fee: 10_000 };

describe('areasOf', () => {
  it('makes the areas of an auction, with the members that hang on each', () => {
    const homes = new Map([
      ['anna', 'f1'],
      ['ben', 'street'],
      ['cleo', 'f1'],
    ]);
    const areas = areasOf([F1, ROOT], homes);
    assert.deepEqual(areas, [
      { id: 'f1', parent: 'street', importWh: 2500, exportWh: 0, fee: 10_000, members: ['anna', 'cleo'] },
      { id: 'street', members: ['ben'] },
    ]);
    const orders = [
      { id: '1', member: 'anna', side: 'buy' as const, wh: 9000, limit: 300_000 },
      { id: '2', member: 'ben', side: 'sell' as const, wh: 9000, limit: 100_000 },
    ];
    assert.equal(clear('zonal/1', { interval: INTERVAL, orders, areas }).volumeWh, 2500);
  });

  it('null is like left out: no limit, no fee, the root', () => {
    const rows = [
      { area: 'street', parent: null, importWh: null, exportWh: null, fee: null },
      { area: 'f1', parent: 'street', importWh: null, exportWh: 5, fee: null },
    ];
    assert.deepEqual(areasOf(rows), [
      { id: 'street', members: [] },
      { id: 'f1', parent: 'street', exportWh: 5, members: [] },
    ]);
  });

  const deep = Array.from({ length: 17 }, (_, i) => ({ area: `a${i}`, ...(i === 0 ? {} : { parent: `a${i - 1}` }) }));
  const bad: readonly (readonly [name: string, rows: unknown, message: RegExp, homes?: [string, string][]])[] = [
    ['no list', { area: 'street' }, /^areas must be a list, but is an object$/],
    ['no row', [], /^areas must hold at least the root of the feeder tree, but is empty$/],
    ['a row that is text', ['street'], /^areas\[0\] must be an object with an area, but is the text "street"$/],
    ['a row without a name', [{ parent: 'street' }], /^areas\[0\]\.area must be well-formed text, but is undefined$/],
    ['a name that is no text', [{ area: '\ud800' }], /^areas\[0\]\.area must be well-formed text/],
    [
      'a slip of the pen',
      [ROOT, { ...F1, importWH: 5 }],
      /^areas\[1\] has the field "importWH"; known are area, parent/,
    ],
    ['an area twice', [ROOT, F1, F1], /^areas\[2\]\.area "f1" stands twice$/],
    ['an area on itself', [ROOT, { ...F1, parent: 'f1' }], /^areas\[1\]\.parent is "f1" itself/],
    ['a parent that is a number', [ROOT, { ...F1, parent: 5 }], /^areas\[1\]\.parent must be well-formed text/],
    ['an unknown parent', [ROOT, { ...F1, parent: 'x' }], /"f1" has the parent "x", which is not among the areas/],
    ['two roots', [ROOT, { area: 'other' }], /^exactly one area must have no parent.*"street", "other"/],
    ['a circle', [ROOT, { area: 'a', parent: 'b' }, { area: 'b', parent: 'a' }], /"a" is its own parent's parent/],
    ['too many levels', deep, /at most 16 levels/],
    ['a limit on the root', [{ ...ROOT, importWh: 5 }], /^areas\[0\]\.importWh belongs to an edge/],
    [
      'a negative limit',
      [ROOT, { ...F1, importWh: -1 }],
      /^areas\[1\]\.importWh must be a whole number from 0 .* is -1$/,
    ],
    ['half a Wh', [ROOT, { ...F1, exportWh: 0.5 }], /^areas\[1\]\.exportWh must be .* is 0\.5$/],
    ['NaN', [ROOT, { ...F1, importWh: Number.NaN }], /^areas\[1\]\.importWh must be .* is NaN$/],
    [
      'no limit as Infinity',
      [ROOT, { ...F1, importWh: Number.POSITIVE_INFINITY }],
      /^areas\[1\]\.importWh .* is Infinity$/,
    ],
    ['2^53 Wh', [ROOT, { ...F1, importWh: 2 ** 53 }], /^areas\[1\]\.importWh must be/],
    ['text', [ROOT, { ...F1, fee: '10000' }], /^areas\[1\]\.fee must be .* the text "10000"$/],
    ['a fee below 0', [ROOT, { ...F1, fee: -1 }], /^areas\[1\]\.fee must be/],
    ['a home in an unknown area', [ROOT], /^"anna" hangs on "f9", which is not among the areas$/, [['anna', 'f9']]],
    [
      'a home in two areas',
      [ROOT, F1],
      /"anna" stands in "street" and "f1"/,
      [
        ['anna', 'f1'],
        ['anna', 'street'],
      ],
    ],
  ];
  for (const [name, rows, message, homes] of bad) {
    it(`refuses ${name}`, () => assert.throws(() => areasOf(rows, homes), { name: 'RangeError', message }));
  }
});
