// Load and PV profiles as CSV: `start` in UTC, then `<member>.load` and `<member>.pv` in integer Wh per row of 15, 30 or 60
// minutes. Read row by row, so that memory does not grow with the file, and given out as UTC quarter hours.
import { INTERVAL_MS, isInterval } from '../time/interval.ts';
import { describe } from '../units.ts';

/** Energy of one quarter hour, by position in `members`. */
export interface ProfileRow {
  /** Start of the interval, Unix ms. */
  readonly start: number;
  readonly loadWh: readonly number[];
  readonly pvWh: readonly number[];
}

/** A profile that is open for reading; `rows` can be walked once. */
export interface Profiles {
  /** Ids in the order of their first column. */
  readonly members: readonly string[];
  readonly rows: AsyncIterable<ProfileRow>;
}

/** What is wrong with a profile, and where; line and column count from 1. */
export class ProfileError extends Error {
  readonly line: number;
  readonly column: number | null;

  constructor(line: number, column: number | null, what: string) {
    super(`the profile's line ${line}${column === null ? '' : `, column ${column}`}: ${what}`);
    this.name = 'ProfileError';
    this.line = line;
    this.column = column;
  }
}

/** Rows looked at before the length of a step is settled: the shortest distance between any two of them. */
const LOOK_AHEAD = 96;
const LONGEST_LINE = 1_000_000;
/** Bytes, or characters of text: a year of a thousand members is a third of it, and a stream without end is no profile. */
const MOST = 1024 ** 3;
const STEPS = [1, 2, 4].map((quarters) => quarters * INTERVAL_MS);

interface Column {
  readonly name: string;
  readonly member: number;
  readonly pv: boolean;
}

interface FileRow {
  readonly start: number;
  readonly line: number;
  readonly loadWh: readonly number[];
  readonly pvWh: readonly number[];
}

/** Turns the text of a profile into quarter hours, piece by piece. Pure: no file, no clock. */
export class ProfileParser {
  readonly members: string[] = [];
  #columns: readonly Column[] | null = null;
  #rest = '';
  #line = 0;
  #held: FileRow[] = [];
  #lastStart: number | null = null;
  #shortest = Number.POSITIVE_INFINITY;
  #step: number | null = null;

  /** Takes the next piece of text. @returns the quarter hours it completes @throws ProfileError */
  push(text: string): ProfileRow[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() as string;
    if (this.#rest.length > LONGEST_LINE) {
      throw new ProfileError(this.#line + 1, null, 'the line is longer than any profile needs');
    }
    const out: ProfileRow[] = [];
    for (const line of lines) this.#take(line, out);
    return out;
  }

  /** The text is over. @returns the last quarter hours @throws ProfileError when there is no header or no row */
  end(): ProfileRow[] {
    const out: ProfileRow[] = [];
    if (this.#rest !== '') this.#take(this.#rest, out);
    this.#rest = '';
    if (!this.#columns)
      throw new ProfileError(1, null, 'the header is missing: a profile begins with start,<member>.load,...');
    if (this.#lastStart === null) throw new ProfileError(2, null, 'the profile needs at least one row');
    if (this.#step === null) this.#settleStep(out);
    return out;
  }

  #take(raw: string, out: ProfileRow[]): void {
    this.#line += 1;
    const unmarked = this.#line === 1 && raw.startsWith('\uFEFF') ? raw.slice(1) : raw;
    const line = unmarked.endsWith('\r') ? unmarked.slice(0, -1) : unmarked;
    if (line.includes('"')) {
      const column = line.slice(0, line.indexOf('"')).split(',').length;
      throw new ProfileError(
        this.#line,
        column,
        'a cell is in quotation marks; write names, times and Wh without them',
      );
    }
    if (!this.#columns) {
      this.#columns = this.#readHeader(line);
    } else if (line.trim() !== '') {
      this.#place(this.#readRow(line, this.#columns), out);
    }
  }

  #readHeader(line: string): Column[] {
    const names = line.split(',');
    if (names[0] !== 'start') {
      throw new ProfileError(
        1,
        1,
        `the header must begin with "start", with commas between the columns, but is ${describe(names[0])}`,
      );
    }
    const seen = new Set<string>();
    return names.slice(1).map((name, index) => {
      const match = /^([a-z0-9][a-z0-9-]{0,62})\.(load|pv)$/.exec(name);
      if (!match?.[1]) {
        throw new ProfileError(1, index + 2, `the name must be <member>.load or <member>.pv, but is ${describe(name)}`);
      }
      if (seen.has(name)) throw new ProfileError(1, index + 2, `${name} stands there twice`);
      seen.add(name);
      if (!this.members.includes(match[1])) this.members.push(match[1]);
      return { name, member: this.members.indexOf(match[1]), pv: match[2] === 'pv' };
    });
  }

  #readRow(line: string, columns: readonly Column[]): FileRow {
    const cells = line.split(',');
    const start = this.#readStart(cells[0] as string);
    if (cells.length !== columns.length + 1) {
      throw new ProfileError(
        this.#line,
        null,
        `the row has ${cells.length} cells, but the header names ${columns.length + 1}`,
      );
    }
    const loadWh = new Array<number>(this.members.length).fill(0);
    const pvWh = new Array<number>(this.members.length).fill(0);
    columns.forEach(({ name, member, pv }, index) => {
      const cell = cells[index + 1] as string;
      if (!/^\d{1,9}$/.test(cell)) {
        const what = `${name} must be whole Wh, 0 to 999999999 without sign or decimals, but is ${describe(cell)}`;
        throw new ProfileError(this.#line, index + 2, what);
      }
      (pv ? pvWh : loadWh)[member] = Number(cell);
    });
    return { start, line: this.#line, loadWh, pvWh };
  }

  #readStart(cell: string): number {
    const name = cell.replace(/(T\d{2}:\d{2}):00(?:\.000)?Z$/, '$1Z');
    if (!isInterval(name)) {
      const what = `start must be a UTC quarter hour such as 2026-11-22T08:15Z, but is ${describe(cell)}`;
      throw new ProfileError(this.#line, 1, what);
    }
    return Date.parse(name);
  }

  /** Holds the first rows back until the step is known, then passes each on as its quarter hours. */
  #place(row: FileRow, out: ProfileRow[]): void {
    if (this.#lastStart !== null) {
      const distance = row.start - this.#lastStart;
      if (distance <= 0) throw new ProfileError(row.line, 1, 'start must be later than in the row before');
      if (this.#step !== null) requireStep(row, distance, this.#step);
      this.#shortest = Math.min(this.#shortest, distance);
    }
    this.#lastStart = row.start;
    if (this.#step !== null) {
      spread(row, this.#step, out);
      return;
    }
    this.#held.push(row);
    if (this.#shortest === INTERVAL_MS || this.#held.length >= LOOK_AHEAD) this.#settleStep(out);
  }

  #settleStep(out: ProfileRow[]): void {
    const [first] = this.#held;
    // A single row has no distance to measure; it is taken as what it most often is, a quarter hour (said in --help).
    const step = this.#held.length === 1 ? INTERVAL_MS : this.#shortest;
    if (!STEPS.includes(step)) {
      const what = `the rows from here on are ${step / 60_000} minutes apart at least, but must be 15, 30 or 60`;
      throw new ProfileError(first?.line ?? 2, 1, what);
    }
    this.#step = step;
    this.#held.forEach((row, index) => {
      const before = this.#held[index - 1];
      if (before) requireStep(row, row.start - before.start, step);
      spread(row, step, out);
    });
    this.#held = [];
  }
}

/** Rows may be missing, but those that are there keep step; else some cover another time than they say. */
function requireStep(row: FileRow, distance: number, step: number): void {
  if (distance % step === 0) return;
  const minutes = (ms: number) => `${ms / 60_000} minutes`;
  const what = `start is ${minutes(distance)} after the row before, but the rows of this profile cover ${minutes(step)} each`;
  throw new ProfileError(row.line, 1, what);
}

/** A row as its quarter hours: evenly, with the Wh left over on the first ones, so that the sum is exactly the row's. */
function spread(row: FileRow, step: number, out: ProfileRow[]): void {
  const parts = step / INTERVAL_MS;
  const share = (wh: number, part: number) => Math.floor(wh / parts) + (part < wh % parts ? 1 : 0);
  for (let part = 0; part < parts; part++) {
    out.push({
      start: row.start + part * INTERVAL_MS,
      loadWh: row.loadWh.map((wh) => share(wh, part)),
      pvWh: row.pvWh.map((wh) => share(wh, part)),
    });
  }
}

/**
 * Opens a profile that arrives in pieces (bytes of UTF-8, or text).
 * @param most bytes or characters that are read
 * @throws ProfileError, here for the header and its first rows, later while `rows` is walked
 */
export async function readProfiles(
  pieces: AsyncIterable<Uint8Array | string> | Iterable<string>,
  most = MOST,
): Promise<Profiles> {
  const parser = new ProfileParser();
  const batches = parse(parser, pieces, most);
  // The header is known with the first batch.
  const first = await batches.next();
  return { members: parser.members, rows: rowsOf(first.done ? [] : first.value, batches) };
}

async function* parse(
  parser: ProfileParser,
  pieces: AsyncIterable<Uint8Array | string> | Iterable<string>,
  most: number,
): AsyncGenerator<ProfileRow[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most) throw new RangeError('the profile is longer than any profile needs; cut it into parts');
    const rows = parser.push(typeof piece === 'string' ? piece : decode(decoder, piece));
    if (rows.length > 0) yield rows;
  }
  // A character cut off at the very end of the file is found only now.
  parser.push(decode(decoder));
  yield parser.end();
}

async function* rowsOf(
  first: readonly ProfileRow[],
  batches: AsyncGenerator<ProfileRow[]>,
): AsyncGenerator<ProfileRow> {
  try {
    yield* first;
    for await (const batch of batches) yield* batch;
  } finally {
    // Whoever stops early lets go of the file too.
    await batches.return(undefined);
  }
}

/** @param piece the next one; without it, the end */
function decode(decoder: TextDecoder, piece?: Uint8Array): string {
  try {
    return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
  } catch {
    throw new Error('the profile is not UTF-8 text; save it as CSV in UTF-8');
  }
}
