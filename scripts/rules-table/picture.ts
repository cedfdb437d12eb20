// The picture docs/images/rules-compared.svg: for each rule what every home saves, what the street saves, and what it draws from the
// grid. Made by hand, without a library; readable in light and dark (it follows the reader's colour scheme and brings its own ground),
// and without colours: who loses is a hollow diamond, who gains a full circle. Colours are those of Okabe and Ito.
import { grouped as digits, kWh, type Row, rowsOf, spreadOf } from './derived.ts';
import type { Comparison, StreetFigures } from './run.ts';

const WIDTH = 1180;
const ROW = 54;
const TOP = 116;
/** Left and right ends of the three charts, in px. */
const HOMES = { left: 160, right: 546 };
const SAVED = { left: 620, right: 830 };
const DRAWN = { left: 904, right: 1114 };
/** Marks nearer to each other than this are set one above the other. */
const MARK = 12;
const NANO = 1_000_000_000;
const MWH = 1_000_000;

const STYLE = `
  .ground { fill: #ffffff; }
  text { fill: #1f2328; font: 14px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
  .head { font-size: 16px; font-weight: 600; }
  .small { font-size: 13px; }
  .value { font-size: 13px; stroke: #ffffff; stroke-width: 3; paint-order: stroke; }
  .quiet { fill: #59636e; }
  .grid { stroke: #d1d9e0; stroke-width: 1; }
  .zero { stroke: #59636e; stroke-width: 1; }
  .range { stroke: #8c959f; stroke-width: 2; }
  .median { stroke: #1f2328; stroke-width: 2.5; }
  .same { fill: #59636e; }
  .gains { fill: #0072b2; }
  .loses { fill: #ffffff; stroke: #d55e00; stroke-width: 2; }
  .with { fill: #009e73; }
  .without { fill: #b6bec7; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; }
    text { fill: #e6edf3; }
    .value { stroke: #0d1117; }
    .quiet { fill: #9da7b1; }
    .grid { stroke: #30363d; }
    .zero, .range { stroke: #7d8590; }
    .median { stroke: #e6edf3; }
    .same { fill: #9da7b1; }
    .gains { fill: #56b4e9; }
    .loses { fill: #0d1117; stroke: #e69f00; }
    .with { fill: #00b383; }
    .without { fill: #545d68; }
  }`;

export function rulesPicture(year: Comparison): string {
  const rows = rowsOf(year);
  const bottom = TOP + (rows.length + 1) * ROW;
  const homes = scale(HOMES, mostOfHomes(rows), 20);
  const saved = scale(SAVED, mostOfStreet(rows), 400);
  const drawn = scale(DRAWN, year.supplierOnly.withoutBatteries.boundaryImportWh / MWH, 20);
  const first = TOP + ROW / 2;
  const none = { withBatteries: 0, withoutBatteries: 0 };
  const body = [
    ...headOf(HOMES, 'What each home saves, EUR a year', 'against the supplier alone, with batteries'),
    ...headOf(SAVED, 'What the street saves, EUR', 'all ten homes, a year'),
    ...headOf(DRAWN, 'Drawn from the grid, MWh', 'all ten homes, a year'),
    ...legendOfHomes(),
    ...[SAVED, DRAWN].flatMap(legendOfBars),
    ...[homes, saved, drawn].flatMap((each) => axis(each, bottom)),
    `<text x="${HOMES.left - 16}" y="${first + 4}" text-anchor="end">supplier only</text>`,
    `<circle class="same" cx="${homes.at(0)}" cy="${first}" r="5"/>`,
    ...bars(none, first, saved, grouped),
    ...bars(drawOf(year.supplierOnly), first, drawn, oneDecimal),
    ...rows.flatMap((row, index) => {
      const y = first + (index + 1) * ROW;
      const savings = { withBatteries: row.savedNano / NANO, withoutBatteries: row.savedWithoutBatteriesNano / NANO };
      return [
        ...labelOf(row, y),
        ...marksOf(row, y, homes),
        ...bars(savings, y, saved, grouped),
        ...bars(drawOf(row), y, drawn, oneDecimal),
      ];
    }),
  ];
  const height = bottom + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">Ten homes for a year under each market rule</title>
<desc id="desc">${describe(rows, year)}</desc>
<style>${STYLE}
</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>
${body.join('\n')}
</svg>
`;
}

/** For who cannot see the picture. */
function describe(rows: readonly Row[], { supplierOnly }: Comparison): string {
  const saves = rows.map(({ label, savedByHome, savedNano, savedWithoutBatteriesNano }) => {
    const { min, median, max } = spreadOf(savedByHome.values());
    const homes = `homes save ${euro(min)} to ${euro(max)} EUR, median ${euro(median)}`;
    return `${label}: ${homes}, the street ${euro(savedNano)} EUR and without batteries ${euro(savedWithoutBatteriesNano)}`;
  });
  const draws = ({ withBatteries, withoutBatteries }: Pick<Row, 'withBatteries' | 'withoutBatteries'>) =>
    `${kWh(withBatteries.boundaryImportWh)} kWh with batteries and ${kWh(withoutBatteries.boundaryImportWh)} without`;
  return `${saves.join('; ')}. With the supplier only the street draws ${draws(supplierOnly)}; under ${rows[0]!.label} ${draws(rows[0]!)}.`;
}

interface Scale {
  readonly ticks: readonly number[];
  /** px */
  at(value: number): number;
}

/** From 0 to the first tick that holds all. */
function scale({ left, right }: typeof HOMES, most: number, step: number): Scale {
  const count = Math.ceil(most / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return { ticks, at: (value) => px(left + (value * (right - left)) / (count * step)) };
}

function axis({ ticks, at }: Scale, bottom: number): string[] {
  return ticks.flatMap((tick) => [
    `<line class="${tick === 0 ? 'zero' : 'grid'}" x1="${at(tick)}" x2="${at(tick)}" y1="${TOP}" y2="${bottom}"/>`,
    `<text class="small quiet" x="${at(tick)}" y="${bottom + 18}" text-anchor="middle">${grouped(tick)}</text>`,
  ]);
}

function headOf({ left }: typeof HOMES, head: string, more: string): string[] {
  return [
    `<text class="head" x="${left}" y="32">${head}</text>`,
    `<text class="small quiet" x="${left}" y="52">${more}</text>`,
  ];
}

function labelOf({ rule, keys }: Row, y: number): string[] {
  const x = HOMES.left - 16;
  if (keys === undefined) return [`<text x="${x}" y="${y + 4}" text-anchor="end">${rule}</text>`];
  return [
    `<text x="${x}" y="${y - 4}" text-anchor="end">${rule}</text>`,
    `<text class="small quiet" x="${x}" y="${y + 12}" text-anchor="end">${keys} keys</text>`,
  ];
}

/** Every home under a rule, their range and their median, and the name of the one that saves most. */
function marksOf({ savedByHome, gainByHome }: Row, y: number, { at }: Scale): string[] {
  const x = (nano: number) => at(nano / NANO);
  const { min, median, max } = spreadOf(savedByHome.values());
  const sorted = [...savedByHome].sort((a, b) => a[1] - b[1]);
  const heights = setApart(sorted.map(([, nano]) => x(nano)));
  return [
    `<line class="range" x1="${x(min)}" x2="${x(max)}" y1="${y}" y2="${y}"/>`,
    `<line class="median" x1="${x(median)}" x2="${x(median)}" y1="${y - 20}" y2="${y + 20}"/>`,
    ...sorted.map(([home, nano], index) => mark(gainByHome.get(home)!, x(nano), y + heights[index]!)),
    `<text class="small quiet" x="${px(x(max) + 10)}" y="${y + 4}">${sorted.at(-1)![0]}</text>`,
  ];
}

/** How far from its row each mark stands, so that none hides another. @param places rising */
function setApart(places: readonly number[]): number[] {
  const levels = [0, -MARK, MARK];
  const last = levels.map(() => Number.NEGATIVE_INFINITY);
  return places.map((place) => {
    const free = last.findIndex((before) => place - before >= MARK);
    const level = free === -1 ? last.indexOf(Math.min(...last)) : free;
    last[level] = place;
    return levels[level]!;
  });
}

/** @param gain against `uniform-price/1` */
function mark(gain: number, x: number, y: number): string {
  if (gain === 0) return `<circle class="same" cx="${x}" cy="${y}" r="5"/>`;
  if (gain > 0) return `<circle class="gains" cx="${x}" cy="${y}" r="5"/>`;
  return `<path class="loses" d="M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>`;
}

interface Pair {
  readonly withBatteries: number;
  readonly withoutBatteries: number;
}

function drawOf(run: { readonly [Kind in keyof Pair]: StreetFigures }): Pair {
  return {
    withBatteries: run.withBatteries.boundaryImportWh / MWH,
    withoutBatteries: run.withoutBatteries.boundaryImportWh / MWH,
  };
}

function bars(
  { withBatteries, withoutBatteries }: Pair,
  y: number,
  { at }: Scale,
  write: (value: number) => string,
): string[] {
  const bar = (kind: string, value: number, top: number) => [
    `<rect class="${kind}" x="${at(0)}" y="${top}" width="${px(at(value) - at(0))}" height="13"/>`,
    `<text class="value" x="${px(at(value) + 6)}" y="${top + 11}">${write(value)}</text>`,
  ];
  return [...bar('with', withBatteries, y - 15), ...bar('without', withoutBatteries, y + 1)];
}

function legendOfHomes(): string[] {
  const entry = (x: number, drawing: string, text: string) =>
    `<g transform="translate(${HOMES.left + x} 82)">${drawing}<text class="small" x="12" y="4">${text}</text></g>`;
  return [
    entry(5, mark(1, 0, 0), 'more than by uniform-price/1'),
    entry(238, mark(-1, 0, 0), 'less'),
    entry(294, mark(0, 0, 0), 'same'),
    entry(350, '<line class="median" x1="4" x2="4" y1="-9" y2="9"/>', 'median'),
  ];
}

function legendOfBars({ left }: typeof HOMES): string[] {
  const entry = (x: number, kind: string, text: string) =>
    `<rect class="${kind}" x="${x}" y="76" width="13" height="13"/><text class="small" x="${x + 18}" y="87">${text}</text>`;
  return [entry(left, 'with', 'with batteries'), entry(left + 126, 'without', 'without')];
}

const mostOfHomes = (rows: readonly Row[]): number =>
  Math.max(...rows.flatMap(({ savedByHome }) => [...savedByHome.values()])) / NANO;
const mostOfStreet = (rows: readonly Row[]): number =>
  Math.max(...rows.flatMap(({ savedNano, savedWithoutBatteriesNano }) => [savedNano, savedWithoutBatteriesNano])) /
  NANO;
const euro = (nano: number): string => grouped(nano / NANO);
const grouped = (value: number): string => digits(Math.round(value));
const oneDecimal = (value: number): string => {
  const tenths = Math.round(value * 10);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
};
/** A tenth of a pixel is enough, and the same text everywhere. */
const px = (value: number): number => Math.round(value * 10) / 10;
