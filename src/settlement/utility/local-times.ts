// Times of a table as moments. With an offset a time is a moment; without one it is local, and in the hour that autumn has
// twice it is the next of the two that its column, or its metering point, has not had yet.
import { localText, type WallClock } from '../../time/wall-clock.ts';

const DAY_FIRST = /^(\d{1,2})[./](\d{1,2})[./](\d{4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?$/;
const YEAR_FIRST =
  /^(\d{4})[-/.](\d{2})[-/.](\d{2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?\s*(Z|[-+]\d{2}:?\d{2})?$/;

const DAY_MS = 86_400_000;

/** Fields as if they were UTC (ms), and the offset where the text has one. */
interface WrittenTime {
  readonly local: number;
  readonly offsetMs: number | null;
}

export class LocalTimes {
  readonly #clock: WallClock;
  readonly #taken = new Map<string, Set<number>>();
  readonly #last = new Map<string, number>();

  constructor(clock: WallClock) {
    this.#clock = clock;
  }

  /**
   * Unix ms of a time in a series, such as a metering point.
   * @throws RangeError with the end of a sentence
   */
  momentOf(text: string, series: string): number {
    const written = parseTime(text);
    if (!written) throw new RangeError(`is "${text.slice(0, 40)}", which is no time such as 10.07.2026 08:15`);
    const taken = this.#taken.get(series) ?? new Set();
    const candidates =
      written.offsetMs === null ? this.#clock.moments(written.local) : [written.local - written.offsetMs];
    if (candidates.length === 0) {
      throw new RangeError(`is ${localText(written.local)}, which the clocks left out when summer began`);
    }
    // Newest first is how some tables are sorted.
    const backwards = (this.#last.get(series) ?? Number.NEGATIVE_INFINITY) > candidates.at(-1)!;
    const open = (backwards ? candidates.toReversed() : candidates).find((ms) => !taken.has(ms));
    if (open === undefined) throw new RangeError(`is ${localText(written.local)}, which was there before`);
    this.#taken.set(series, taken.add(open));
    this.#last.set(series, open);
    return open;
  }
}

/** Whether text reads as a time: where the rows of values begin. */
export function isTimeText(text: string): boolean {
  return parseTime(text) !== null;
}

function parseTime(text: string): WrittenTime | null {
  const byDay = DAY_FIRST.exec(text);
  const byYear = YEAR_FIRST.exec(text);
  const [year, month, day] = byDay ? [byDay[3], byDay[2], byDay[1]] : [byYear?.[1], byYear?.[2], byYear?.[3]];
  const [, , , , hour, minute, second = '0', offset] = byDay ?? byYear ?? [];
  if (year === undefined) return null;
  // The end of a day may be written as 24:00.
  const midnight = hour === '24' && minute === '00' && Number(second) === 0;
  const fields = [year, month, day, midnight ? 0 : hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, sec = 0] = fields;
  const at = new Date(Date.UTC(y, mo - 1, d, h, mi, sec));
  const read = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes()];
  // The 31st of April would be read as the 1st of May.
  if (read.some((value, index) => value !== fields[index]) || sec > 59) return null;
  const local = at.getTime() + (midnight ? DAY_MS : 0);
  if (offset === undefined) return { local, offsetMs: null };
  const [, sign, hours, minutes] = /^([-+])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  const offsetMs = offset === 'Z' ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  return { local, offsetMs: sign === '-' ? -offsetMs : offsetMs };
}
