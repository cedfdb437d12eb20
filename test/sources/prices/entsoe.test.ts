// ENTSO-E day-ahead prices: a real answer of the platform against a reading of it by other means, and the rules of curve
// types, steps, sequences and days of 23 and 25 hours on documents made for it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readEntsoe } from '../../../src/sources/prices/entsoe.ts';
import { needSharedData } from '../../support/shared-data.ts';

interface Series {
  readonly start: string;
  readonly end: string;
  readonly step?: string;
  readonly curve?: string;
  readonly sequence?: number;
  readonly currency?: string;
  readonly unit?: string;
  readonly points: readonly (readonly [position: number | string, price: number | string])[];
}

function publication(...series: readonly Series[]): string {
  const all = series.map(
    ({ start, end, step = 'PT60M', curve, sequence, currency = 'EUR', unit = 'MWH', points }) => `<TimeSeries>
      <currency_Unit.name>${currency}</currency_Unit.name><price_Measure_Unit.name>${unit}</price_Measure_Unit.name>
      ${sequence ? `<classificationSequence_AttributeInstanceComponent.position>${sequence}</classificationSequence_AttributeInstanceComponent.position>` : ''}
      ${curve ? `<curveType>${curve}</curveType>` : ''}
      <Period><timeInterval><start>${start}</start><end>${end}</end></timeInterval><resolution>${step}</resolution>
      ${points.map(([position, price]) => `<Point><position>${position}</position><price.amount>${price}</price.amount></Point>`).join('')}
      </Period></TimeSeries>`,
  );
  return `<?xml version="1.0"?><Publication_MarketDocument xmlns="urn:x"><type>A44</type>${all.join('')}</Publication_MarketDocument>`;
}

const HOURS = { start: '2026-11-22T00:00Z', end: '2026-11-22T02:00Z' };
const prices = (document: string) => readEntsoe(document).intervals.map(({ price }) => price);
const four = (price: number) => Array.from({ length: 4 }, () => price);

describe('readEntsoe', () => {
  it('reads a real answer: the coupled auction, repeated positions filled', function () {
    const document = readFileSync(needSharedData(this, 'prices/entsoe_DE-LU_2026-02-02_PT15M_A44.xml'), 'utf8');
    // By other means: the series of sequence 1, cut out with expressions, a price carried on until the next one.
    const expected = document
      .split('<TimeSeries>')
      .filter((part) => /AttributeInstanceComponent\.position>1</.test(part))
      .flatMap((part) => {
        const points = new Map(
          [...part.matchAll(/<position>(\d+)<\/position>\s*<price.amount>([-\d.]+)</g)].map(([, position, price]) => [
            Number(position),
            Math.round(Number(price) * 1000),
          ]),
        );
        let last = Number.NaN;
        return Array.from({ length: 96 }, (_, i) => {
          last = points.get(i + 1) ?? last;
          return last;
        });
      });
    const found = readEntsoe(document);
    assert.equal(found.currency, 'EUR');
    assert.deepEqual(found.gaps, []);
    assert.deepEqual(
      found.intervals.map(({ price }) => price),
      expected,
    );
    assert.deepEqual(
      [found.intervals[0]?.interval, found.intervals.at(-1)?.interval],
      ['2026-02-01T23:00Z', '2026-02-03T22:45Z'],
    );
  });

  it('splits hours and half hours', () => {
    assert.deepEqual(
      prices(
        publication({
          ...HOURS,
          points: [
            [1, 50],
            [2, '-3.25'],
          ],
        }),
      ),
      [...four(50_000), ...four(-3250)],
    );
    const halves = {
      ...HOURS,
      step: 'PT30M',
      points: [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
    } as const;
    assert.deepEqual(
      prices(publication(halves)),
      [1, 1, 2, 2, 3, 3, 4, 4].map((price) => price * 1000),
    );
  });

  it('carries a price on where A03 leaves positions out, to the end of the period too', () => {
    const points = [
      [1, 5],
      [4, 6],
    ] as const;
    const carried = readEntsoe(publication({ ...HOURS, step: 'PT15M', curve: 'A03', points }));
    assert.deepEqual(
      carried.intervals.map(({ price }) => price / 1000),
      [5, 5, 5, 6, 6, 6, 6, 6],
    );
    assert.deepEqual(carried.gaps, []);
  });

  it('reports what A01 leaves out as gaps, and what A03 has no price before', () => {
    const points = [
      [2, 5],
      [4, 6],
    ] as const;
    const a01 = readEntsoe(publication({ ...HOURS, step: 'PT30M', points }));
    assert.deepEqual(a01.gaps, ['2026-11-22T01:00Z', '2026-11-22T01:15Z']);
    assert.equal(readEntsoe(publication({ ...HOURS, curve: 'A03', points: [[2, 5]] })).intervals.length, 4);
  });

  it('joins days, and takes one auction only', () => {
    const next = { start: '2026-11-22T02:00Z', end: '2026-11-22T03:00Z' };
    assert.deepEqual(
      prices(
        publication(
          { ...next, points: [[1, 9]] },
          {
            ...HOURS,
            points: [
              [1, 1],
              [2, 2],
            ],
          },
        ),
      ),
      [...four(1000), ...four(2000), ...four(9000)],
    );
    const twice = publication(
      {
        ...HOURS,
        sequence: 2,
        points: [
          [1, 7],
          [2, 7],
        ],
      },
      {
        ...HOURS,
        sequence: 1,
        points: [
          [1, 1],
          [2, 2],
        ],
      },
      { ...next, sequence: 2, points: [[1, 7]] },
    );
    assert.deepEqual(prices(twice), [...four(1000), ...four(2000)]);
    assert.deepEqual(
      prices(
        publication({
          ...HOURS,
          sequence: 2,
          points: [
            [1, 7],
            [2, 7],
          ],
        }),
      ),
      [...four(7000), ...four(7000)],
    );
  });

  it('takes the finest steps where a time is given in several', () => {
    const fine = {
      start: HOURS.start,
      end: '2026-11-22T01:00Z',
      step: 'PT15M',
      points: [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
    } as const;
    assert.deepEqual(
      prices(
        publication(
          {
            ...HOURS,
            points: [
              [1, 9],
              [2, 9],
            ],
          },
          fine,
        ),
      ),
      [1000, 2000, 3000, 4000, ...four(9000)],
    );
  });

  it('has 92 and 100 quarter hours on the days of the change of time', () => {
    const hours = (count: number) => Array.from({ length: count }, (_, i) => [i + 1, i] as const);
    const spring = { start: '2026-03-28T23:00Z', end: '2026-03-29T22:00Z', points: hours(23) };
    const autumn = { start: '2026-10-24T22:00Z', end: '2026-10-25T23:00Z', points: hours(25) };
    assert.equal(prices(publication(spring)).length, 92);
    assert.equal(prices(publication(autumn)).length, 100);
  });

  const document = publication({
    ...HOURS,
    points: [
      [1, 1],
      [2, 2],
    ],
  });
  const refused: [string, string, RegExp][] = [
    [
      'no data',
      '<Acknowledgement_MarketDocument><Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>',
      /^Error: ENTSO-E has no prices: No matching data found$/,
    ],
    [
      'load',
      document.replace('A44', 'A65'),
      /no document of day-ahead prices \(A44\), but a Publication_MarketDocument of type A65/,
    ],
    ['another document', '<html><type>A44</type></html>', /but a html of type A44/],
    ['no series', publication(), /names no currency/],
    [
      'two currencies',
      publication({ ...HOURS, points: [[1, 1]] }, { ...HOURS, currency: 'PLN', points: [[1, 1]] }),
      /no currency, or several/,
    ],
    ['gas', document.replace('MWH', 'GJ'), /prices per "GJ" are unknown/],
    [
      'a position beyond',
      publication({ ...HOURS, points: [[3, 1]] }),
      /has the position 3 twice, or has no such position/,
    ],
    [
      'a position twice',
      publication({
        ...HOURS,
        points: [
          [1, 1],
          [1, 2],
        ],
      }),
      /has the position 1 twice/,
    ],
    ['a crooked position', publication({ ...HOURS, points: [['1.5', 1]] }), /has the position 1\.5/],
    ['no price', publication({ ...HOURS, points: [[1, '']] }), /a price must be a number/],
    ['days', publication({ ...HOURS, step: 'P1D', points: [[1, 1]] }), /steps of "P1D" are unknown/],
    [
      'a crooked period',
      publication({ ...HOURS, end: '2026-11-22T01:30Z', points: [[1, 1]] }),
      /no whole number of PT60M/,
    ],
    [
      'crooked quarter hours',
      publication({ start: '2026-11-22T00:05Z', end: '2026-11-22T01:05Z', points: [[1, 1]] }),
      /does not lie on quarter hours/,
    ],
    [
      'local time',
      publication({ ...HOURS, start: '2026-11-22T00:00', points: [[1, 1]] }),
      /a period has no start in UTC/,
    ],
    [
      'centuries',
      publication({ start: '1026-11-22T00:00Z', end: '2026-11-22T01:00Z', points: [[1, 1]] }),
      /no whole number/,
    ],
    ['half a document', document.slice(0, -30), /no whole XML document/],
  ];
  for (const [name, text, sentence] of refused)
    it(`refuses ${name}`, () => assert.throws(() => readEntsoe(text), sentence));
});
