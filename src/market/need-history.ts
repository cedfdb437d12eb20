// What a member needed in each quarter hour of its last days, and what it may therefore need next: the whole forecast of
// this project's bidding. Integer arithmetic, so that everyone computes the same forecast from the same readings.
import { INTERVAL_MS, INTERVALS_PER_DAY, intervalStart } from '../time/interval.ts';
import { requireInteger } from '../units.ts';

/** Days that are remembered per quarter hour of the day. Days without readings do not count and are not bridged. */
export const DAYS_REMEMBERED = 7;

/** Of so many of its quarter hours a day must be known before it can be played again. */
const LEAST_SLOTS = 88;

/** The expected need of one interval. Net need is load - PV in Wh, WITHOUT the battery: + = need, - = surplus. */
export interface Forecast {
  /** Mean in Wh, rounded half up. */
  readonly meanWh: number;
  /** Net needs of the days behind it in Wh, ascending; never empty. */
  readonly daysWh: readonly number[];
  /** `days`: the same quarter hour of the last days; `last`: no such day yet, so the last known interval. */
  readonly basis: 'days' | 'last';
}

/** Mean of integers, rounded half up. */
export function meanHalfUp(sum: number, count: number): number {
  const mean = Math.floor((2 * sum + count) / (2 * count));
  return mean === 0 ? 0 : mean;
}

/** The net needs of one member, by quarter hour of the UTC day. Grows to 96 x 7 numbers and no further. */
export class NeedHistory {
  readonly #slots: number[][] = Array.from({ length: INTERVALS_PER_DAY }, () => []);
  readonly #means = new Int32Array(INTERVALS_PER_DAY);
  #last: number | null = null;

  /**
   * Remembers a measured interval; intervals must come in their order in time.
   * @param netWh load - PV of the interval in Wh, without the battery
   */
  add(interval: string, netWh: number): void {
    this.addAt(intervalStart(interval), netWh);
  }

  /** As `add`, for callers that hold the start of the interval in Unix ms. */
  addAt(start: number, netWh: number): void {
    requireInteger(netWh, 'the net need of an interval');
    const slot = slotOf(start);
    const days = this.#slots[slot] as number[];
    days.push(netWh);
    if (days.length > DAYS_REMEMBERED) days.shift();
    let sum = 0;
    for (const wh of days) sum += wh;
    this.#means[slot] = meanHalfUp(sum, days.length);
    this.#last = netWh;
  }

  /** The forecast for an interval that starts at `start` (Unix ms), or null before the first reading. */
  forecastAt(start: number): Forecast | null {
    const slot = slotOf(start);
    const days = this.#slots[slot] as number[];
    if (days.length > 0) {
      return { meanWh: this.#means[slot] as number, daysWh: [...days].sort((a, b) => a - b), basis: 'days' };
    }
    return this.#last === null ? null : { meanWh: this.#last, daysWh: [this.#last], basis: 'last' };
  }

  /**
   * Energy in Wh that the member will need from the end of the interval until its own sun next gives a surplus, at most
   * a day ahead. While the sun shines, it is the need of the coming night.
   */
  needUntilSunWh(start: number): number {
    let slot = slotOf(start);
    let steps = 1;
    const next = () => this.#expectedIn((slot + steps) % INTERVALS_PER_DAY);
    if (this.#expectedIn(slot) <= 0) while (steps < INTERVALS_PER_DAY && next() <= 0) steps++;
    let sum = 0;
    for (slot = slotOf(start); steps < INTERVALS_PER_DAY && next() > 0; steps++) sum += next();
    return sum;
  }

  /**
   * The last days again, newest first: of each the net needs of `count` intervals from `start` on. What a day does not know
   * is as in its interval before. None before a day is known nearly whole.
   */
  replays(start: number, count: number): number[][] {
    const known = this.#slots.filter((days) => days.length > 0).length;
    if (known < LEAST_SLOTS) return [];
    const first = slotOf(start);
    const days = Math.max(...this.#slots.map(({ length }) => length));
    return Array.from({ length: days }, (_, back) => {
      let before = this.#expectedIn(first);
      return Array.from({ length: count }, (_, step) => {
        const slot = this.#slots[(first + step) % INTERVALS_PER_DAY] as number[];
        before = slot[Math.max(0, slot.length - 1 - back)] ?? before;
        return before;
      });
    });
  }

  #expectedIn(slot: number): number {
    return (this.#slots[slot] as number[]).length > 0 ? (this.#means[slot] as number) : (this.#last ?? 0);
  }
}

function slotOf(start: number): number {
  return Math.floor(start / INTERVAL_MS) % INTERVALS_PER_DAY;
}
