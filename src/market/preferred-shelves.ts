// Who may meet whom by preference, without looking at pairs: every lot lies on shelves, and a lot looks for others on shelves.
// Two lots may meet in a round exactly when
// - they are of different members in one zone, one to buy and one to sell, and
// - one of them wishes for the other, by what the round is for: partners, then feeder, then renewable surplus, and
// - neither has an `only` preference that does not accept the other.
// Shelves give all such pairs of a round, but for some that an earlier round gave; never a pair that may not meet, but for
// lots of one member, which whoever looks has to pass over. So each round costs as much as there are lots and names.
import type { Lot } from './preferred-lots.ts';

export const ROUNDS = ['partners', 'feeder', 'renewable'] as const;
export type Round = (typeof ROUNDS)[number];

/** Kinds of shelves: what lies there of a member (by turn), of a feeder or of a zone. */
type Kind =
  // Lots of a member: that accept anybody, that accept only its feeder, that accept only renewable surplus.
  | 'open'
  | 'only-feeder'
  | 'only-renewable'
  // Lots that name a member as partner: all, those on its feeder, renewable ones. (And all of one member: `#namingBy`.)
  | 'naming'
  | 'naming-near'
  | 'naming-renewable'
  // Lots on a feeder: that wish for it, the same and renewable, those that also accept it, those that accept renewable only.
  | 'wishing-feeder'
  | 'wishing-feeder-renewable'
  | 'open-feeder'
  | 'only-renewable-feeder'
  // Lots in a zone: renewable surplus, wishes for it.
  | 'renewable'
  | 'wishing-renewable';

/** The shelves of one side, and where a lot of the other side looks. */
export class Shelving<Shelf> {
  readonly #make: () => Shelf;
  readonly #shelves = new Map<Kind, Map<number, Shelf>>();
  /** Lots that name a member, by its turn, and then by the turn of the member whose lots they are. */
  readonly #namingBy = new Map<number, Map<number, Shelf>>();
  readonly #seekers: Seekers;

  /**
   * @param make an empty shelf
   * @param seekers the lots of the other side: what none of them looks for need not be shelved
   */
  constructor(make: () => Shelf, seekers: readonly Lot[]) {
    this.#make = make;
    this.#seekers = new Seekers(seekers);
  }

  /** The shelves on which a lot lies, made where there are none yet. */
  of({ home: { turn, zone, feeder }, preference, partners, renewable }: Lot): Shelf[] {
    const shelves: Shelf[] = [];
    const lies = (kind: Kind, at: number) => shelves.push(this.#made(kind, at));
    const only = preference?.mode === 'only' ? preference.from : null;
    if (only === null) lies('open', turn);
    else if (only !== 'partners') lies(only === 'feeder' ? 'only-feeder' : 'only-renewable', turn);
    const { open, onlyFeeder, onlyRenewable, onlyPartners } = this.#seekers;
    for (const named of partners) {
      if (open.has(named.turn)) lies('naming', named.turn);
      const near = feeder !== undefined && named.feeder === feeder;
      if (near && onlyFeeder.has(named.turn)) lies('naming-near', named.turn);
      if (renewable && onlyRenewable.has(named.turn)) lies('naming-renewable', named.turn);
      if (!onlyPartners.get(named.turn)?.has(turn)) continue;
      const naming = madeIn(this.#namingBy, named.turn, () => new Map<number, Shelf>());
      shelves.push(madeIn(naming, turn, this.#make));
    }
    if (feeder !== undefined && only !== 'partners') {
      if (preference?.from === 'feeder') lies(renewable ? 'wishing-feeder-renewable' : 'wishing-feeder', feeder);
      else lies(only === 'renewable' ? 'only-renewable-feeder' : 'open-feeder', feeder);
    }
    if (renewable && only === null) lies('renewable', zone);
    if (preference?.from === 'renewable') lies('wishing-renewable', zone);
    return shelves;
  }

  /** The shelves on which a lot of the other side finds whom it may meet in a round. */
  for(lot: Lot, round: Round): Shelf[] {
    const shelves: Shelf[] = [];
    if (round === 'partners') this.#forPartners(lot, shelves);
    else if (round === 'feeder') this.#forFeeder(lot, shelves);
    else this.#forRenewable(lot, shelves);
    return shelves;
  }

  #forPartners({ home: { turn, feeder }, preference, partners, renewable }: Lot, shelves: Shelf[]): void {
    const only = preference?.mode === 'only' ? preference.from : null;
    const naming = only === 'partners' ? this.#namingBy.get(turn) : undefined;
    for (const named of partners) {
      this.#look('open', named.turn, shelves);
      if (feeder !== undefined && named.feeder === feeder) this.#look('only-feeder', named.turn, shelves);
      if (renewable) this.#look('only-renewable', named.turn, shelves);
      const by = naming?.get(named.turn);
      if (by) shelves.push(by);
    }
    if (only === null) this.#look('naming', turn, shelves);
    else if (only === 'feeder') this.#look('naming-near', turn, shelves);
    else if (only === 'renewable') this.#look('naming-renewable', turn, shelves);
  }

  #forFeeder({ home: { feeder }, preference, renewable }: Lot, shelves: Shelf[]): void {
    const only = preference?.mode === 'only' ? preference.from : null;
    // Who accepts partners only has met them in the first round.
    if (feeder === undefined || only === 'partners') return;
    this.#look('wishing-feeder-renewable', feeder, shelves);
    if (only === 'renewable') return;
    this.#look('wishing-feeder', feeder, shelves);
    if (preference?.from !== 'feeder') return;
    this.#look('open-feeder', feeder, shelves);
    if (renewable) this.#look('only-renewable-feeder', feeder, shelves);
  }

  #forRenewable({ home: { zone }, preference, renewable }: Lot, shelves: Shelf[]): void {
    if (preference?.from === 'renewable') this.#look('renewable', zone, shelves);
    else if (renewable && preference?.mode !== 'only') this.#look('wishing-renewable', zone, shelves);
  }

  #made(kind: Kind, at: number): Shelf {
    return madeIn(
      madeIn(this.#shelves, kind, () => new Map<number, Shelf>()),
      at,
      this.#make,
    );
  }

  #look(kind: Kind, at: number, shelves: Shelf[]): void {
    const shelf = this.#shelves.get(kind)?.get(at);
    if (shelf) shelves.push(shelf);
  }
}

/** Which members have lots that would look for others that name them, by what these lots accept. */
class Seekers {
  readonly open = new Set<number>();
  readonly onlyFeeder = new Set<number>();
  readonly onlyRenewable = new Set<number>();
  /** With the partners they name. */
  readonly onlyPartners = new Map<number, Set<number>>();

  constructor(lots: readonly Lot[]) {
    for (const { home, preference, partners } of lots) {
      if (preference?.mode !== 'only') this.open.add(home.turn);
      else if (preference.from === 'feeder') this.onlyFeeder.add(home.turn);
      else if (preference.from === 'renewable') this.onlyRenewable.add(home.turn);
      else {
        const named = madeIn(this.onlyPartners, home.turn, () => new Set());
        for (const { turn } of partners) named.add(turn);
      }
    }
  }
}

function madeIn<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
