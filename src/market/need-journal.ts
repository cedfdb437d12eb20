// Puts a member's need together from what its devices report: per interval the meter's energy and, where there is a
// battery, the battery's. Need = import - export + discharge - charge, in Wh: what house and roof needed by themselves.
import { intervalStart } from '../time/interval.ts';
import { requireInteger } from '../units.ts';
import type { NeedHistory } from './need-history.ts';

/** How many intervals may wait for their second half; older ones are given up, never guessed. */
const LONGEST_WAIT = 8;

/** More than any connection carries in a quarter hour, Wh: a device that says so is wrong, and must not bid. */
const MOST_WH = 1_000_000_000;

export interface GridEnergy {
  readonly importWh: number | null;
  readonly exportWh: number | null;
}

export interface BatteryEnergy {
  readonly chargeWh: number;
  readonly dischargeWh: number;
}

export class NeedJournal {
  readonly history: NeedHistory;
  readonly #hasBattery: boolean;
  readonly #waiting = new Map<string, { grid?: GridEnergy; battery?: BatteryEnergy }>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(history: NeedHistory, hasBattery: boolean) {
    this.history = history;
    this.#hasBattery = hasBattery;
  }

  /**
   * An interval that is known whole, such as one of the time before the member joined.
   * @throws RangeError when nobody can need that much
   */
  past(interval: string, needWh: number): void {
    const start = intervalStart(interval);
    if (start <= this.#newest) return;
    if (Math.abs(requireInteger(needWh, 'the need of an interval')) > MOST_WH) {
      throw new RangeError(`the need of ${interval} is ${needWh} Wh, more than a connection carries; check the meter`);
    }
    this.history.addAt(start, needWh);
    this.#newest = start;
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
      this.#waiting.set(interval, known);
      for (const oldest of this.#waiting.keys()) {
        if (this.#waiting.size <= LONGEST_WAIT) break;
        this.#waiting.delete(oldest);
      }
      return;
    }
    this.#waiting.delete(interval);
    if (grid.importWh === null || grid.exportWh === null) return;
    const net = grid.importWh - grid.exportWh + (battery ? battery.dischargeWh - battery.chargeWh : 0);
    this.past(interval, net);
  }
}
