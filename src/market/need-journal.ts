// Puts a member's need together from what its devices report: per interval the meter's energy and, where there is a
// battery, the battery's. Need = import - export + discharge - charge, in Wh: what house and roof needed by themselves.
import { INTERVALS_PER_DAY, intervalAt, intervalStart } from '../time/interval.ts';
import { requireInteger } from '../units.ts';
import { DAYS_REMEMBERED, NeedHistory } from './need-history.ts';

/** How many intervals may wait for their second half; older ones are given up, never guessed. */
const LONGEST_WAIT = 8;

/** Intervals that are remembered one by one: two weeks, of which the history uses seven days. */
const REMEMBERED = 2 * DAYS_REMEMBERED * INTERVALS_PER_DAY;

/** More than any connection carries in a quarter hour, Wh: a device that says so is wrong, and must not bid. */
export const MOST_WH = 1_000_000_000;

export interface GridEnergy {
  readonly importWh: number | null;
  readonly exportWh: number | null;
}

export interface BatteryEnergy {
  readonly chargeWh: number;
  readonly dischargeWh: number;
}

export class NeedJournal {
  readonly #hasBattery: boolean;
  readonly #waiting = new Map<string, { grid?: GridEnergy; battery?: BatteryEnergy }>();
  /** Needs in Wh by the start of their interval in Unix ms. */
  readonly #known = new Map<number, number>();
  #newest = Number.NEGATIVE_INFINITY;
  #history = new NeedHistory();
  /** Whether an interval came that lies before one that the history has. */
  #outOfOrder = false;

  constructor(hasBattery: boolean) {
    this.#hasBattery = hasBattery;
  }

  /** The newest week of what is known, in order of time: enough to go on with after a restart. */
  get lastWeek(): [interval: string, needWh: number][] {
    const sorted = [...this.#known].sort(([a], [b]) => a - b).slice(-DAYS_REMEMBERED * INTERVALS_PER_DAY);
    return sorted.map(([start, wh]) => [intervalAt(start), wh]);
  }

  /** All that is known, in order of time. */
  get history(): NeedHistory {
    if (this.#outOfOrder) {
      this.#history = new NeedHistory();
      for (const [start, wh] of [...this.#known].sort(([a], [b]) => a - b)) this.#history.addAt(start, wh);
      this.#outOfOrder = false;
    }
    return this.#history;
  }

  /**
   * An interval that is known whole, such as one of the time before the member joined. The first value of an interval
   * counts. After a restart the meter may speak before the history does, so the past may come in any order.
   * @throws RangeError when nobody can need that much
   */
  past(interval: string, needWh: number): void {
    const start = intervalStart(interval);
    if (this.#known.has(start)) return;
    if (Math.abs(requireInteger(needWh, 'the need of an interval')) > MOST_WH) {
      throw new RangeError(`the need of ${interval} is ${needWh} Wh, more than a connection carries; check the meter`);
    }
    this.#known.set(start, needWh);
    if (this.#known.size > REMEMBERED) this.#known.delete(Math.min(...this.#known.keys()));
    if (start > this.#newest) {
      if (!this.#outOfOrder) this.#history.addAt(start, needWh);
      this.#newest = start;
    } else this.#outOfOrder = true;
  }

  /** Whether the need of this interval (or of a later one) is known. */
  knows(interval: string): boolean {
    return this.#newest >= intervalStart(interval);
  }

  meter(interval: string, grid: GridEnergy): void {
    this.#complete(interval, { ...this.#waiting.get(interval), grid });
  }

  battery(interval: string, battery: BatteryEnergy): void {
    this.#complete(interval, { ...this.#waiting.get(interval), battery });
  }

  #complete(interval: string, known: { grid?: GridEnergy; battery?: BatteryEnergy }): void {
    const { grid, battery } = known;
    if (!grid || (this.#hasBattery && !battery)) {
      if (this.#known.has(intervalStart(interval))) return;
      this.#waiting.set(interval, known);
      if (this.#waiting.size > LONGEST_WAIT) this.#waiting.delete([...this.#waiting.keys()].sort()[0] ?? '');
      return;
    }
    this.#waiting.delete(interval);
    if (grid.importWh === null || grid.exportWh === null) return;
    const net = grid.importWh - grid.exportWh + (battery ? battery.dischargeWh - battery.chargeWh : 0);
    this.past(interval, net);
  }
}
