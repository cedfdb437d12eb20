// The feeder tree as it is laid out, and each way in which areas can fail to be a tree.
import assert from 'node:assert/strict';
import { feederTree } from '../../src/market/feeders.ts';
import type { Area } from '../../src/market/order.ts';

const street: Area[] = [
  { id: 'b', parent: 'street', fee: 2, importWh: 5, members: ['m'] },
  { id: 'street' },
  { id: 'home', parent: 'b', fee: 3, exportWh: 0, members: ['n'] },
  { id: 'a', parent: 'street' },
];

describe('feederTree', () => {
  it('lays areas out from the root down, each level in order of id, whatever order they came in', () => {
    for (const areas of [street, street.toReversed()]) {
      const laidOut = feederTree(areas).areas;
      assert.deepEqual(
        laidOut.map(({ id, parent, depth, feeToRoot }) => [id, parent, depth, feeToRoot]),
        [
          ['street', -1, 0, 0],
          ['a', 0, 1, 0],
          ['b', 0, 1, 2],
          ['home', 2, 2, 5],
        ],
      );
      assert.deepEqual(
        laidOut.slice(1).map(({ importWh, exportWh }) => [importWh, exportWh]),
        [
          [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
          [5, Number.POSITIVE_INFINITY],
          [Number.POSITIVE_INFINITY, 0],
        ],
      );
    }
  });

  it('knows where each home hangs', () => {
    const tree = feederTree(street);
    assert.deepEqual(['m', 'n', 'x'].map(tree.areaOf), [2, 3, undefined]);
  });

  const chain = (levels: number): Area[] =>
    Array.from({ length: levels }, (_, level) =>
      level === 0 ? { id: '0' } : { id: `${level}`, parent: `${level - 1}` },
    );

  it('takes 16 levels', () => {
    assert.equal(feederTree(chain(16)).areas.at(-1)!.depth, 15);
  });

  const edge = (change: object): Area[] => [{ id: 'r' }, { id: 'a', parent: 'r', ...change }];
  const refused: readonly (readonly [name: string, areas: Area[], message: RegExp])[] = [
    ['two roots', [{ id: 'a' }, { id: 'b' }], /exactly one area must have no parent, .* but there is "a", "b"/],
    ['no root', [{ id: 'a', parent: 'a' }], /exactly one area must have no parent, .* but there is none/],
    ['a circle', [{ id: 'r' }, { id: 'a', parent: 'b' }, { id: 'b', parent: 'a' }], /"a" is its own parent's parent/],
    ['an unknown parent', edge({ parent: 'q' }), /^area "a" has the parent "q", which is not among the areas$/],
    ['an id twice', [...edge({}), { id: 'a', parent: 'r' }], /^areas\[2\]\.id "a" stands twice$/],
    ['an empty id', edge({ id: '' }), /^areas\[1\]\.id must be well-formed text, but is the text ""$/],
    ['17 levels', chain(17), /at most 16 levels, but "16" lies deeper/],
    ['a member twice', edge({ members: ['m', 'm'] }), /^member "m" stands twice in area "a"/],
    [
      'a member in two areas',
      [
        { id: 'r', members: ['m'] },
        { id: 'a', parent: 'r', members: ['m'] },
      ],
      /"m" stands in "r" and "a"/,
    ],
    ['members that are no list', edge({ members: 'm' }), /^areas\[1\]\.members must be a list, but is the text "m"$/],
    [
      'a line on the root',
      [{ id: 'r', importWh: 5 }],
      /^areas\[0\]\.importWh belongs to an edge, but the root has none/,
    ],
    ['a capacity below 0', edge({ importWh: -1 }), /^areas\[1\]\.importWh must be a whole number from 0 .* -1$/],
    ['half a Wh', edge({ exportWh: 0.5 }), /^areas\[1\]\.exportWh must be .* 0\.5$/],
    [
      'an infinite capacity',
      edge({ exportWh: Number.POSITIVE_INFINITY }),
      /^areas\[1\]\.exportWh must be .* Infinity$/,
    ],
    ['a fee below 0', edge({ fee: -1 }), /^areas\[1\]\.fee must be/],
    ['NaN', edge({ fee: Number.NaN }), /^areas\[1\]\.fee must be .* NaN$/],
    [
      'fees that leave what is exact',
      edge({ fee: 2 ** 52 }),
      /the fees from area "a" to the root must sum to less than 2\^52/,
    ],
  ];
  for (const [name, areas, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => feederTree(areas), { name: 'RangeError', message });
    });
  }
});
