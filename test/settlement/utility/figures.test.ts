// The utility's tables: both layouts, units, local time over the days with 23 and 25 hours, and what is refused.
import assert from 'node:assert/strict';
import { readFigures, type TableSettings } from '../../../src/settlement/utility/figures.ts';
import { WallClock } from '../../../src/time/wall-clock.ts';
import { edaTable, longTable, type PointFigure } from '../../support/utility-tables.ts';

const vienna = new WallClock('Europe/Vienna');
const settings: TableSettings = { clock: vienna, unit: 'kWh', stamp: 'start' };
const read = (text: string, more: Partial<TableSettings> = {}) => readFigures(text, { ...settings, ...more });
const utc = (text: string) => Date.parse(text);
const QUARTER = 900_000;

describe("the utility's table", () => {
  for (const [day, next, quarters] of [
    ['2026-03-28T23:00Z', '2026-03-29T22:00Z', 92],
    ['2026-07-09T22:00Z', '2026-07-10T22:00Z', 96],
    ['2026-10-24T22:00Z', '2026-10-25T23:00Z', 100],
  ] as const) {
    it(`of EDA gives every quarter hour of a day of ${quarters}`, () => {
      const starts = Array.from({ length: (utc(next) - utc(day)) / QUARTER }, (_, index) => utc(day) + index * QUARTER);
      const figures = starts.flatMap((start, index): PointFigure[] => [
        { point: 'AT-C', start, wh: { consumption: 100 + index, allocated: 0.5 + index } },
        { point: 'AT-G', start, wh: { generation: 2 * index, surplus: 0 } },
      ]);
      const table = read(edaTable(vienna, figures));
      assert.equal(starts.length, quarters);
      assert.equal(table.minutes, 15);
      assert.equal(table.figures.length, quarters * 4);
      assert.deepEqual(table.ignored, []);
      for (const { point, start, wh } of figures) {
        for (const [quantity, value] of Object.entries(wh)) {
          const found = table.figures.filter(
            (figure) => figure.point === point && figure.start === start && figure.quantity === quantity,
          );
          assert.deepEqual(
            found.map(({ milliWh }) => milliWh),
            [value * 1000],
          );
        }
      }
    });
  }

  it('is read from the newest to the oldest too', () => {
    const starts = Array.from({ length: 20 }, (_, index) => utc('2026-10-24T22:00Z') + index * QUARTER);
    const figures = starts.map((start, index) => ({ point: 'AT-C', start, wh: { consumption: index } }));
    const [head, rows] = [5, edaTable(vienna, figures).split('\r\n')];
    const turned = [...rows.slice(0, head), ...rows.slice(head).reverse()].join('\n');
    const found = new Map(read(turned).figures.map(({ start, milliWh }) => [start, milliWh]));
    assert.deepEqual(
      starts.map((start) => found.get(start)),
      starts.map((_, index) => index * 1000),
    );
  });

  it('may have a row for each point and time, in UTC and Wh', () => {
    const start = utc('2026-07-10T08:15Z');
    const table = read(longTable([{ point: 'a', start, wh: { consumption: 1250, allocated: 800.5 } }]));
    assert.deepEqual(table.figures, [
      { point: 'a', quantity: 'consumption', start, milliWh: 1_250_000 },
      { point: 'a', quantity: 'allocated', start, milliWh: 800_500 },
    ]);
  });

  it('may be French, in half hours named by their end', () => {
    const text = [
      'Identifiant PRM;Horodate;Consommation (Wh);Autoconsommation (Wh);Nature',
      '19100000000001;2026-07-10T10:30:00+02:00;1 250;800;B',
      '19100000000001;2026-07-10T11:00:00+02:00;1 300;900;B',
    ].join('\n');
    const table = read(text, { stamp: 'end' });
    assert.equal(table.minutes, 30);
    assert.deepEqual(
      table.figures.map(({ start }) => new Date(start).toISOString().slice(11, 16)),
      ['08:00', '08:00', '08:30', '08:30'],
    );
    assert.deepEqual(table.ignored, ['Nature']);
  });

  it('takes 24:00 as the end of a day', () => {
    const table = read('point;time;consumption\na;10.07.2026 23:45;1\na;10.07.2026 24:00;2', { stamp: 'end' });
    assert.deepEqual(
      table.figures.map(({ start }) => new Date(start).toISOString()),
      ['2026-07-10T21:30:00.000Z', '2026-07-10T21:45:00.000Z'],
    );
  });

  it('leaves rows aside that sum others up', () => {
    const text = 'point;time;consumption\na;10.07.2026 08:15;1\nTOTAL;10.07.2026 08:15;1\na;Summe;1\n';
    assert.equal(read(text).figures.length, 1);
  });

  it('is understood where the headers are named by a person', () => {
    const text = 'Anlage;Uhr;Bezogen\na;10.07.2026 08:15;0,5';
    assert.throws(() => read(text), /no row that heads a metering point and a time; say in `columns`/);
    const columns = { ANLAGE: 'point', uhr: 'time', Bezogen: 'consumption' } as const;
    assert.equal(read(text, { columns }).figures[0]?.milliWh, 500_000);
    assert.throws(() => read(text, { columns: { anlage: 'point', uhr: 'time' } }), /no column of energy that is known/);
  });

  it('uses the column that has values where two mean the same', () => {
    const heads = [
      'Gesamte gemeinschaftliche Erzeugung [KWH]',
      'Erzeugung lt. Messung entsprechend dem Teilnahmefaktor und EC-ID [KWH]',
    ];
    const text = (first: string, second: string) =>
      `MeteringpointID;g;g\nMetercode;${heads.join(';')}\n10.07.2026 08:15;${first};${second}`;
    assert.deepEqual(
      read(text('5', '3')).figures.map(({ milliWh }) => milliWh),
      [3_000_000],
    );
    assert.deepEqual(
      read(text('5', '')).figures.map(({ milliWh }) => milliWh),
      [5_000_000],
    );
    assert.deepEqual(read(text('5', '3')).ignored, [heads[0]]);
  });

  it('does not take the share by key for what was allocated', () => {
    const text =
      'MeteringpointID;c;c\nMetercode;Anteil gemeinschaftliche Erzeugung [KWH];Eigendeckung gemeinschaftliche Erzeugung [KWH]\n10.07.2026 08:15;9;4';
    const { figures, ignored } = read(text);
    assert.deepEqual(
      figures.map(({ milliWh }) => milliWh),
      [4_000_000],
    );
    assert.deepEqual(ignored, ['Anteil gemeinschaftliche Erzeugung [KWH]']);
  });

  it('is refused with its line where it cannot be', () => {
    const long = (...rows: string[]) => ['point;time;consumption', ...rows].join('\n');
    const wrong: [string, RegExp][] = [
      ['', /no row that heads/],
      [long(), /no column of energy/],
      [long('a;29.03.2026 02:15;1'), /line 2: the time is 2026-03-29 02:15, which the clocks left out/],
      [
        long('a;10.07.2026 08:15;1', 'a;10.07.2026 08:15;1'),
        /line 3: the time is 2026-07-10 08:15, which was there before/,
      ],
      [long('a;25.10.2026 02:15;1', 'a;25.10.2026 02:15;1', 'a;25.10.2026 02:15;1'), /line 4: .* there before/],
      [long('a;10.07.2026 08:20;1'), /line 2: the time .* is no quarter hour/],
      [long('a;31.04.2026 08:15;1'), /line 2: the time is "31.04.2026 08:15", which is no time/],
      [long('a;10.07.2026 08:15;1', 'a;;1'), /line 3: the time is "", which is no time/],
      [
        `${edaTable(vienna, [{ point: 'c', start: utc('2026-07-10T08:15Z'), wh: { consumption: 1 } }])}\n;5`,
        /line 7: the time/,
      ],
      [long('a;morgen;1'), /line 2: the time is "morgen"/],
      [long('a;10.07.2026 08:15;viel'), /line 2: "consumption" is "viel", which is no number/],
      [long('a;10.07.2026 08:15;-1'), /line 2: "consumption" is below 0/],
      [long('a;10.07.2026 08:15;1', 'a;10.07.2026 09:00;1'), /rows of the table are 45 minutes apart/],
    ];
    for (const [text, sentence] of wrong) assert.throws(() => read(text), sentence, text);
  });
});
