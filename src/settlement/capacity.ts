// The capacity charge: what a member's highest quarter hour of a local month costs. It is billed once, with the last quarter
// hour of the month, by the tariffs that hold then.
//
// Fixed here:
// - The highest quarter hour is that with the largest metered net (import - export) above 0, in Wh; 1 Wh is 4 W on average.
//   Estimated energy counts like measured energy, energy that is not known does not count.
// - The charge is on the W above those that are free. W x micro-currency per kW is nano-currency, exact. Its line holds the Wh
//   of the quarter hour above the free ones, and the price of a kWh in it, which is 4 times the price of a kW.
import { compareBytes } from '../market/rotation.ts';
import type { Peak } from './settlement.ts';
import type { Capacity } from './tariffs.ts';

/** Highest quarter hours by month and member, until they are billed. */
export class Peaks {
  readonly #months = new Map<string, Map<string, number>>();

  constructor(known: readonly Peak[] = []) {
    for (const { month, member, wh } of known) this.note(month, member, wh);
  }

  note(month: string, member: string, wh: number): void {
    const members = this.#months.get(month) ?? new Map<string, number>();
    if (wh > 0 && wh > (members.get(member) ?? 0)) this.#months.set(month, members.set(member, wh));
  }

  /** The Wh of a month by member; they are billed now, and forgotten here. */
  take(month: string): ReadonlyMap<string, number> {
    const members = this.#months.get(month) ?? new Map<string, number>();
    this.#months.delete(month);
    return members;
  }

  /** Sorted by month, then by member (bytes). */
  list(): Peak[] {
    return [...this.#months]
      .flatMap(([month, members]) => [...members].map(([member, wh]): Peak => ({ member, month, wh })))
      .sort((a, b) => compareBytes(a.month, b.month) || compareBytes(a.member, b.member));
  }
}

/** What of a quarter hour is charged, in Wh, and the price of a kWh in it. */
export function capacityCharge(peakWh: number, { price, freeW = 0 }: Capacity): { wh: number; price: number } {
  return { wh: Math.max(0, peakWh - freeW / 4), price: 4 * price };
}
