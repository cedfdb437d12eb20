// Orders as the stage of preferences sees them (preferred.ts): in lots, best first. A lot is what a member has on one side at
// one limit with the same preference, so splitting an order changes nothing. Orders that no preference can reach make no lot.
import type { Auction, Order, Preference, Side } from './order.ts';
import { compareBytes } from './rotation.ts';

/** Where a member stands: its turn in the rotation, and whom it may meet. */
export interface Home {
  readonly turn: number;
  /** Members meet inside one zone only: under `zonal/1` the area, else all members are one. */
  readonly zone: number;
  /** Undefined where the member has no known place. */
  readonly feeder: number | undefined;
}

export interface Lot {
  readonly side: Side;
  /** Place among the lots of its side, best first. */
  readonly place: number;
  readonly member: string;
  readonly home: Home;
  readonly limit: number;
  readonly preference: Preference | undefined;
  /** Partners that it names, as far as they are known and stand in the same zone; the others are met by nobody. */
  readonly partners: readonly Home[];
  readonly renewable: boolean;
  /** Places of its orders in the book, in order of id. */
  readonly orders: readonly number[];
}

/**
 * The lots of one side, best first: buys from the highest limit down, sells from the lowest up; equal limits in rotation; a
 * member's lots at one limit by `compareWishes`.
 * @param counts which orders count, by place
 */
export function lotsOf(
  side: Side,
  orders: readonly Order[],
  homes: ReadonlyMap<string, Home>,
  counts: (index: number) => boolean,
): Lot[] {
  const sign = side === 'buy' ? -1 : 1;
  const entries: Entry[] = [];
  for (const [index, order] of orders.entries()) {
    if (order.side !== side || !counts(index)) continue;
    entries.push({ order, index, home: homes.get(order.member)!, key: sign * order.limit });
  }
  entries.sort((a, b) => compareEntries(a, b) || compareBytes(a.order.id, b.order.id));
  const lots: Lot[] = [];
  for (let from = 0; from < entries.length; ) {
    const first = entries[from]!;
    const own = [first.index];
    for (from++; from < entries.length && compareEntries(first, entries[from]!) === 0; from++)
      own.push(entries[from]!.index);
    const { order, home } = first;
    const { member, limit, preference } = order;
    const partners = partnersOf(order, home, homes);
    const renewable = order.renewable === true;
    lots.push({ side, place: lots.length, member, home, limit, preference, partners, renewable, orders: own });
  }
  return lots;
}

interface Entry {
  readonly order: Order;
  readonly index: number;
  readonly home: Home;
  /** The limit, mirrored for buys so that the least is the best. */
  readonly key: number;
}

function compareEntries(a: Entry, b: Entry): number {
  return a.key - b.key || a.home.turn - b.home.turn || compareWishes(a.order, b.order);
}

function partnersOf({ preference }: Order, { zone }: Home, homes: ReadonlyMap<string, Home>): Home[] {
  const partners: Home[] = [];
  for (const partner of preference?.partners ?? []) {
    const home = homes.get(partner);
    if (home?.zone === zone) partners.push(home);
  }
  return partners;
}

interface Wish {
  readonly preference?: Preference | undefined;
  readonly renewable?: boolean;
}

/**
 * Which of a member's lots at one limit comes first: `only` before `first` before none; partners, feeder, renewable; lists of
 * partners name by name, the shorter first where the longer goes on; what is not renewable before what is.
 */
export function compareWishes(a: Wish, b: Wish): number {
  return (
    rank(a.preference) - rank(b.preference) ||
    comparePartners(a.preference?.partners ?? [], b.preference?.partners ?? []) ||
    Number(a.renewable ?? false) - Number(b.renewable ?? false)
  );
}

const SOURCES = ['partners', 'feeder', 'renewable'];

function rank(preference: Preference | undefined): number {
  if (!preference) return 2 * SOURCES.length;
  return (preference.mode === 'only' ? 0 : SOURCES.length) + SOURCES.indexOf(preference.from);
}

function comparePartners(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareBytes(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Which orders a preference can reach: those that have one, and those on which another's may fall. */
export function reachable(orders: readonly Order[], homes: ReadonlyMap<string, Home>): (index: number) => boolean {
  const named = new Set<string>();
  const feeders = new Set<number | undefined>();
  let renewable = false;
  for (const { member, preference } of orders) {
    if (!preference) continue;
    for (const partner of preference.partners ?? []) named.add(partner);
    if (preference.from === 'feeder') feeders.add(homes.get(member)!.feeder);
    if (preference.from === 'renewable') renewable = true;
  }
  feeders.delete(undefined);
  return (index) => {
    const order = orders[index]!;
    if (order.preference || named.has(order.member) || (renewable && order.renewable === true)) return true;
    return feeders.size > 0 && feeders.has(homes.get(order.member)!.feeder);
  };
}

/**
 * Where the members of an auction stand.
 * @param turns place in the rotation by member
 * @param areaOf the area of a member, where areas are zones; there the area is the feeder too
 */
export function homesOf(
  { places }: Pick<Auction, 'places'>,
  turns: ReadonlyMap<string, number>,
  areaOf: ((member: string) => number | undefined) | null,
): Map<string, Home> {
  const feeders = new Map<string, number>();
  const homes = new Map<string, Home>();
  for (const [member, turn] of turns) {
    if (areaOf) {
      const area = areaOf(member);
      // A member without an area has no order, and meets nobody.
      homes.set(member, { turn, zone: area ?? -1, feeder: area });
      continue;
    }
    const place = places?.get(member);
    if (!place) {
      homes.set(member, { turn, zone: 0, feeder: undefined });
      continue;
    }
    // Two substations may each have a feeder of one name.
    const name = JSON.stringify([place.substation, place.feeder]);
    const feeder = feeders.get(name) ?? feeders.size;
    feeders.set(name, feeder);
    homes.set(member, { turn, zone: 0, feeder });
  }
  return homes;
}
