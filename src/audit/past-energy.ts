// What meters measured in the last weeks, for estimates (estimate/1): a fixed number of bytes per member, so that reading a log
// of years takes no more memory than reading one of weeks.
import { CORRECTED_INTERVALS } from '../ledger/judge.ts';
import { INTERVAL_MS, INTERVALS_PER_DAY, intervalStart } from '../time/interval.ts';

/** The oldest basis of an estimate lies 28 days before an interval that may still be settled or corrected. */
const SLOTS = CORRECTED_INTERVALS + 30 * INTERVALS_PER_DAY;
/** Meters speak of what is over, so what lies this far ahead of the auctions takes nobody's place. */
const AHEAD = INTERVALS_PER_DAY;
/** Values so far ahead that are remembered as such. */
const MOST_AHEAD = 10_000;
/** Quarter hour (number since 1970), imported and exported Wh. */
const WIDTH = 3;
const EMPTY = -(2 ** 31);
const WITHHELD = -1;

export interface Energy {
  readonly importWh: number;
  readonly exportWh: number;
}

export class PastEnergy {
  readonly #members = new Map<string, Int32Array>();
  readonly #ahead = new Set<string>();

  /**
   * @param energy null where it is withheld from this reader; undefined where nothing was measured
   * @param cleared the newest cleared interval, or ''
   */
  add(member: string, interval: string, energy: Energy | null | undefined, cleared: string): void {
    const number = intervalStart(interval) / INTERVAL_MS;
    if (cleared !== '' && number > intervalStart(cleared) / INTERVAL_MS + AHEAD) {
      if (this.#ahead.size < MOST_AHEAD) this.#ahead.add(`${member} ${number}`);
      return;
    }
    let slots = this.#members.get(member);
    if (!slots) {
      if (energy === undefined) return;
      slots = new Int32Array(SLOTS * WIDTH);
      for (let i = 0; i < slots.length; i += WIDTH) slots[i] = EMPTY;
      this.#members.set(member, slots);
    }
    const at = slotOf(number);
    if (slots[at]! > number) return;
    if (energy === undefined) {
      // A correction says that what was measured was not.
      if (slots[at] === number) slots[at] = EMPTY;
      return;
    }
    slots[at] = number;
    slots[at + 1] = energy?.importWh ?? WITHHELD;
    slots[at + 2] = energy?.exportWh ?? WITHHELD;
  }

  /** Undefined where nothing was measured, null where it is not known any more or never was. */
  get(member: string, interval: string): Energy | null | undefined {
    const number = intervalStart(interval) / INTERVAL_MS;
    const slots = this.#members.get(member);
    const at = slotOf(number);
    // Whether more was said so far ahead than is remembered, nobody knows.
    if (this.#ahead.size >= MOST_AHEAD || this.#ahead.has(`${member} ${number}`)) return null;
    if (!slots || slots[at]! < number) return undefined;
    const [found, importWh, exportWh] = slots.subarray(at, at + WIDTH) as unknown as [number, number, number];
    return found > number || importWh === WITHHELD ? null : { importWh, exportWh };
  }
}

const slotOf = (number: number) => (((number % SLOTS) + SLOTS) % SLOTS) * WIDTH;
