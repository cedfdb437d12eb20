// The auction of an interval as everyone who holds the log sees it: the rules in force, the roster of the header before, the
// book. What the market clears, what the operator signs and what a member recomputes is this one.
import type { DeclaredArea } from '../ledger/areas.ts';
import type { Book, BookEntry } from '../ledger/book.ts';
import { bookOf } from '../ledger/judge.ts';
import { auctionMembers } from '../ledger/roster.ts';
import type { LedgerState } from '../ledger/state.ts';
import type { Area, Auction, Place } from '../market/order.ts';
import { CONTINUOUS } from '../market/rules/continuous.ts';
import { ZONAL } from '../market/rules/zonal.ts';

export interface RecordedAuction extends Auction {
  readonly members: readonly string[];
  readonly orders: readonly BookEntry[];
}

/** @param state before the clearing is folded */
export function auctionOf(
  { rules, roster }: Pick<LedgerState, 'rules' | 'roster'>,
  interval: string,
  book: Book,
): RecordedAuction {
  const orders = bookOf(rules, book);
  const members = auctionMembers(roster, orders);
  // Under rules of version 1 nothing is told of whom an order wants; the record has no place for what would come of it.
  if (rules.version === 'rules/1') return { interval, members, orders: orders.map(withoutWishes) };
  const auction = { interval, members, orders };
  return {
    ...auction,
    ...(rules.market === CONTINUOUS ? { cancels: book.cancels() } : {}),
    ...feedersFor(rules.market, rules.areas, members, (member) => roster.get(member)?.feeder),
  };
}

function withoutWishes(entry: BookEntry): BookEntry {
  if (!entry.renewable && !entry.preference) return entry;
  const { renewable: _renewable, preference: _preference, ...order } = entry;
  return order;
}

/** Where the members hang, for network fees by distance; undefined where the rules know no feeder tree. */
export function placesOf({
  rules,
  roster,
}: Pick<LedgerState, 'rules' | 'roster'>): ReadonlyMap<string, Place> | undefined {
  if (rules.version === 'rules/1' || rules.areas.length === 0) return undefined;
  return placesIn(rules.areas, [...roster.keys()], (member) => roster.get(member)?.feeder);
}

/**
 * What a rule is told of the feeder tree: `zonal/1` the areas with their homes, the others how near members are to each other.
 * @param feederOf area that a member names; who names none, or none of these, hangs on the root
 */
export function feedersFor(
  rule: string,
  areas: readonly DeclaredArea[],
  members: readonly string[],
  feederOf: FeederOf,
): Pick<Auction, 'areas' | 'places'> {
  if (areas.length === 0) return {};
  if (rule !== ZONAL) return { places: placesIn(areas, members, feederOf) };
  const homeOf = homesOn(areas, feederOf);
  return { areas: withHomes(areas, Map.groupBy(members, homeOf)) };
}

type FeederOf = (member: string) => string | null | undefined;

/** The area on which a member hangs: the root where it names none of them. */
function homesOn(areas: readonly DeclaredArea[], feederOf: FeederOf): (member: string) => string {
  const known = new Set(areas.map(({ id }) => id));
  const root = areas.find(({ parent }) => parent === null)!.id;
  return (member) => {
    const feeder = feederOf(member);
    return feeder != null && known.has(feeder) ? feeder : root;
  };
}

function placesIn(areas: readonly DeclaredArea[], members: readonly string[], feederOf: FeederOf): Map<string, Place> {
  const parents = new Map(areas.map(({ id, parent }) => [id, parent ?? id]));
  const homeOf = homesOn(areas, feederOf);
  const place = (feeder: string): Place => ({ feeder, substation: parents.get(feeder)! });
  return new Map(members.map((member) => [member, place(homeOf(member))]));
}

function withHomes(areas: readonly DeclaredArea[], homes: ReadonlyMap<string, readonly string[]>): Area[] {
  return areas.map(({ id, parent, importWh, exportWh, fee }) => ({
    id,
    ...(parent === null ? {} : { parent, fee }),
    ...(importWh === null ? {} : { importWh }),
    ...(exportWh === null ? {} : { exportWh }),
    members: homes.get(id) ?? [],
  }));
}
