// The utility's figures as a table of text: what each metering point consumed, gave and was allocated in each quarter hour.
// Two layouts, told apart by what stands before the first row that begins with a time:
// - wide, as Austria's EDA platform reports: the rows `MeteringpointID` and `Metercode` head the columns, each row is a time;
// - long: a row of headers, then one row per metering point and time.
import type { WallClock } from '../../time/wall-clock.ts';
import { type ColumnMeaning, meaningOf, namedColumns, type Quantity, type Role, readHeader } from './columns.ts';
import { type CsvRow, parseCsv } from './csv.ts';
import { type EnergyUnit, milliWhOf } from './energy-text.ts';
import { isTimeText, LocalTimes } from './local-times.ts';

export interface TableSettings {
  /** Of times that have no offset. */
  readonly clock: WallClock;
  /** Where a header names none. */
  readonly unit: EnergyUnit;
  /** Whether a row is named by when its time begins or by when it ends. */
  readonly stamp: 'start' | 'end';
  /** Headers of the table that are not known. */
  readonly columns?: Readonly<Record<string, Role>>;
}

export interface Figure {
  readonly point: string;
  readonly quantity: Quantity;
  /** Unix ms. */
  readonly start: number;
  readonly milliWh: number;
}

export interface UtilityTable {
  /** How long each figure is: 15, 30 or 60 minutes. */
  readonly minutes: number;
  readonly figures: readonly Figure[];
  /** Headers of columns that were left aside. */
  readonly ignored: readonly string[];
}

/** A column with values: whose, and of what. */
interface ValueColumn extends ColumnMeaning {
  readonly index: number;
  readonly header: string;
  /** Null in the long layout, where each row names its own. */
  readonly point: string | null;
}

interface Layout {
  readonly columns: readonly ValueColumn[];
  readonly ignored: readonly string[];
  readonly rows: readonly CsvRow[];
  readonly time: number;
  /** Column of the metering point in the long layout. */
  readonly point: number | null;
}

const MINUTE_MS = 60_000;
const STEPS = [15, 30, 60];
/** Columns and rows that sum others up, and columns of quality. */
const isTotal = (text: string) => /^(?:total|summe|spaltensumme|somme|sum|mm)$/i.test(text);

/** @throws RangeError naming the line of the table */
export function readFigures(text: string, settings: TableSettings): UtilityTable {
  const rows = parseCsv(text);
  const named = namedColumns(settings.columns ?? {});
  const layout = wideLayout(rows, named) ?? longLayout(rows, named);
  const { columns, ignored } = preferred(layout);
  const times = new LocalTimes(settings.clock);
  const figures: Figure[] = [];
  const moments = new Set<number>();
  for (const { line, cells } of layout.rows) {
    const first = cells[layout.time] ?? '';
    const point = layout.point === null ? '' : (cells[layout.point] ?? '');
    if (isTotal(point) || (!isTimeText(first) && isTotal(readHeader(first).name))) continue;
    const moment = at(line, 'the time', () => times.momentOf(first, point));
    if (moment % (15 * MINUTE_MS) !== 0) throw new RangeError(`line ${line}: the time ${first} is no quarter hour`);
    moments.add(moment);
    for (const column of columns) {
      const cell = cells[column.index] ?? '';
      if (cell === '') continue;
      const milliWh = at(line, `"${column.header}"`, () => milliWhOf(cell, column.unit ?? settings.unit));
      figures.push({ point: column.point ?? point, quantity: column.role as Quantity, start: moment, milliWh });
    }
  }
  const minutes = stepOf(moments);
  const shift = settings.stamp === 'end' ? minutes * MINUTE_MS : 0;
  return {
    minutes,
    figures: shift === 0 ? figures : figures.map((figure) => ({ ...figure, start: figure.start - shift })),
    ignored,
  };
}

function wideLayout(rows: readonly CsvRow[], named: ReadonlyMap<string, Role>): Layout | null {
  const begin = rows.findIndex(({ cells }) => isTimeText(cells[0] ?? ''));
  const heads = new Map(rows.slice(0, Math.max(0, begin)).map(({ cells }) => [readHeader(cells[0] ?? '').name, cells]));
  const points = heads.get('meteringpointid') ?? heads.get('metering point id') ?? heads.get('zahlpunkt');
  const codes = heads.get('metercode') ?? heads.get('meter code');
  if (!points || !codes) return null;
  const columns: ValueColumn[] = [];
  const ignored = new Set<string>();
  for (const [index, header] of codes.entries()) {
    const point = points[index] ?? '';
    if (index === 0 || point === '' || header === '' || isTotal(point) || isTotal(header)) continue;
    const meaning = meaningOf(header, named);
    if (meaning && isQuantity(meaning.role)) columns.push({ ...meaning, index, header, point });
    else ignored.add(header);
  }
  return { columns, ignored: [...ignored], rows: rows.slice(begin), time: 0, point: null };
}

/** @throws RangeError where no row heads a metering point and a time */
function longLayout(rows: readonly CsvRow[], named: ReadonlyMap<string, Role>): Layout {
  for (const [index, { cells }] of rows.slice(0, 50).entries()) {
    const meanings = cells.map((header) => meaningOf(header, named));
    const column = (role: Role) => meanings.findIndex((meaning) => meaning?.role === role);
    const [point, time] = [column('point'), column('time')];
    if (point === -1 || time === -1) continue;
    const columns = cells.flatMap((header, place): ValueColumn[] => {
      const meaning = meanings[place];
      return meaning && isQuantity(meaning.role) ? [{ ...meaning, index: place, header, point: null }] : [];
    });
    const ignored = cells.filter((header, place) => header !== '' && (meanings[place]?.role ?? 'ignore') === 'ignore');
    return { columns, ignored, rows: rows.slice(index + 1), time, point };
  }
  throw new RangeError(
    'the table has no row that heads a metering point and a time; say in `columns` which of its headers these are',
  );
}

/** Of several columns of one metering point and quantity, the first by preference that has any value. */
function preferred({ columns, ignored, rows }: Layout): { columns: ValueColumn[]; ignored: string[] } {
  const groups = Map.groupBy(columns, ({ point, role }) => `${role} ${point ?? ''}`);
  const chosen = [...groups.values()].flatMap((group) => {
    const ranked = group.toSorted((a, b) => a.rank - b.rank);
    const filled = ranked.find(({ index }) => rows.some(({ cells }) => (cells[index] ?? '') !== ''));
    return filled ? [filled] : [];
  });
  if (chosen.length === 0) {
    throw new RangeError('the table has no column of energy that is known; say in `columns` what its headers mean');
  }
  const kept = new Set(chosen.map(({ header }) => header));
  const dropped = columns.map(({ header }) => header).filter((header) => !kept.has(header));
  return { columns: chosen, ignored: [...new Set([...ignored, ...dropped])] };
}

function isQuantity(role: Role): role is Quantity {
  return role !== 'point' && role !== 'time' && role !== 'ignore';
}

/** The shortest time between two rows. @throws RangeError where it is no part of a day that can be compared */
function stepOf(moments: ReadonlySet<number>): number {
  const sorted = [...moments].sort((a, b) => a - b);
  if (sorted.length === 0) throw new RangeError('the table has no row with a time');
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < sorted.length; i++) shortest = Math.min(shortest, sorted[i]! - sorted[i - 1]!);
  const minutes = sorted.length === 1 ? 15 : shortest / MINUTE_MS;
  if (STEPS.includes(minutes)) return minutes;
  throw new RangeError(
    `the rows of the table are ${minutes} minutes apart; quarter hours, half hours and hours can be read`,
  );
}

function at<Value>(line: number, what: string, read: () => Value): Value {
  try {
    return read();
  } catch (problem) {
    throw new RangeError(`line ${line}: ${what} ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}
