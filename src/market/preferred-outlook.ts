// Of an order that met nobody by preference: with whom it could have met, and at which limit it would have.
//
// Why the limit is exact: an order that met nobody left no trace, so with a better limit the stage runs the same up to its
// turn. It then meets a lot of the other side that is not over in that round, if limits cross, or that is over, if it comes
// before the lot that finished it. Neither asks for more than the best of each shelf; so an answer costs no run of the stage.

import type { Stage } from './preferred.ts';
import { compareWishes, type Lot } from './preferred-lots.ts';
import { ROUNDS, type Round, Shelving } from './preferred-shelves.ts';

export interface Outlook {
  /** The best limit of those it could meet, whatever became of them; null where there is nobody. */
  readonly best: number | null;
  /** The limit from which on it would have met somebody; null where none would. */
  readonly limit: number | null;
  /** Whether that limit is exact; else it is one that would, and one step less may do. */
  readonly exact: boolean;
}

export const NO_OUTLOOK: Outlook = { best: null, limit: null, exact: true };

/** Prepared once for a book. */
export class Outlooks {
  readonly #stage: Stage;
  readonly #lotOf = new Map<number, Lot>();
  readonly #sides: Readonly<Record<'buy' | 'sell', Shelving<Summary>>>;

  constructor(stage: Stage) {
    this.#stage = stage;
    const { buys, sells, ends } = stage;
    for (const lot of [...buys, ...sells]) for (const index of lot.orders) this.#lotOf.set(index, lot);
    const shelved = (lots: readonly Lot[], seekers: readonly Lot[]) => {
      const shelving = new Shelving(() => new Summary(ends), seekers);
      for (const lot of lots) for (const summary of shelving.of(lot)) summary.lots.push(lot);
      return shelving;
    };
    this.#sides = { buy: shelved(buys, sells), sell: shelved(sells, buys) };
  }

  /** @param index of an order that met nobody */
  of(index: number): Outlook {
    const lot = this.#lotOf.get(index);
    if (!lot) return NO_OUTLOOK;
    const { side, member } = lot;
    const others = this.#sides[side === 'buy' ? 'sell' : 'buy'];
    const sign = side === 'buy' ? 1 : -1;
    let [best, open, finisher] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1];
    for (const round of ROUNDS) {
      for (const summary of others.for(lot, round)) {
        const { limits, opens, finishers } = summary.of(round, sign);
        best = Math.min(best, limits.without(member));
        open = Math.min(open, opens.without(member));
        finisher = Math.max(finisher, -finishers.without(member));
      }
    }
    if (best === Number.POSITIVE_INFINITY) return NO_OUTLOOK;
    const ahead = finisher < 0 ? null : this.#ahead(lot, finisher, sign);
    const least = Math.min(open, ahead?.value ?? Number.POSITIVE_INFINITY);
    return {
      best: sign * best + 0,
      limit: Number.isSafeInteger(least) ? sign * least + 0 : null,
      exact: ahead === null || ahead.exact || open < ahead.value,
    };
  }

  /** The limit (times `sign`, so that less is easier) with which a lot comes before another of its side. */
  #ahead(lot: Lot, place: number, sign: 1 | -1): { readonly value: number; readonly exact: boolean } {
    const other = (lot.side === 'buy' ? this.#stage.buys : this.#stage.sells)[place]!;
    const turn = lot.home.turn - other.home.turn || compareWishes(lot, other);
    // Joining a lot of its own member it would be filled in order of id; in it already, it got nothing.
    const joins = turn === 0 && lot !== other;
    return { value: sign * other.limit + (turn < 0 ? 0 : 1), exact: !joins };
  }
}

/** The least value, and the least of another member than that one's. */
class Least {
  #first: { readonly value: number; readonly member: string } | null = null;
  #second = Number.POSITIVE_INFINITY;

  offer(value: number, member: string): void {
    if (!this.#first || value < this.#first.value) {
      if (this.#first && this.#first.member !== member) this.#second = this.#first.value;
      this.#first = { value, member };
    } else if (member !== this.#first.member) this.#second = Math.min(this.#second, value);
  }

  /** Of all but one member; infinite where there is none. */
  without(member: string): number {
    if (!this.#first) return Number.POSITIVE_INFINITY;
    return this.#first.member === member ? this.#second : this.#first.value;
  }
}

interface Sums {
  /** Limits, times the seeker's sign. */
  readonly limits: Least;
  /** The same of lots that are not over when the round ends. */
  readonly opens: Least;
  /** Places, times -1, of the lots that finished others in this round. */
  readonly finishers: Least;
}

/** The lots of a shelf, and the best of them for who looks there. A shelf is looked at in one round only. */
class Summary {
  readonly lots: Lot[] = [];
  readonly #ends: Stage['ends'];
  #sums: Sums | null = null;

  constructor(ends: Stage['ends']) {
    this.#ends = ends;
  }

  of(round: Round, sign: 1 | -1): Sums {
    this.#sums ??= this.#sum(round, sign);
    return this.#sums;
  }

  #sum(round: Round, sign: 1 | -1): Sums {
    const sums: Sums = { limits: new Least(), opens: new Least(), finishers: new Least() };
    const now = ROUNDS.indexOf(round);
    for (const lot of this.lots) {
      const value = sign * lot.limit;
      sums.limits.offer(value, lot.member);
      const end = this.#ends.get(lot);
      const over = end ? ROUNDS.indexOf(end.round) : ROUNDS.length;
      if (over > now) sums.opens.offer(value, lot.member);
      else if (end && over === now) sums.finishers.offer(-end.met, lot.member);
    }
    return sums;
  }
}
