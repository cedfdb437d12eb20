// Orders, auctions and their results, as every rule of the market takes and gives them (market.md).
// Energy in integer Wh, limits and prices in integer micro-currency per kWh (may be negative).
import { describe, quote } from '../units.ts';

export type Side = 'buy' | 'sell';

/** The will to buy at most at, or to sell at least at, `limit`, up to `wh`. Any part of it may be filled. */
export interface Order {
  readonly id: string;
  readonly member: string;
  readonly side: Side;
  /** Wh, 1 to 2^53-1. */
  readonly wh: number;
  /** Micro-currency per kWh. */
  readonly limit: number;
  /** On a sell: surplus of the member's own renewable plant, as the member declares. Nobody measures it. */
  readonly renewable?: true;
  readonly preference?: Preference;
}

/**
 * Whom an order wants to trade with: `only` with these, or with these `first` and then with anybody. On a buy it says from
 * whom, on a sell to whom. Resolved before the rule (preferred.ts).
 */
export interface Preference {
  readonly mode: 'only' | 'first';
  /** Named partners; members on one's own feeder; on a buy only: renewable surplus. */
  readonly from: 'partners' | 'feeder' | 'renewable';
  /** With `from: 'partners'` only: ids, sorted by bytes, each once, without the member itself. */
  readonly partners?: readonly string[];
}

/** Where a member hangs in the feeder tree. A feeder belongs to one substation; names are compared as text. */
export interface Place {
  readonly feeder: string;
  readonly substation: string;
}

/** A part of the feeder tree of `zonal/1`: a home, a feeder, a substation, the community (feeders.ts). */
export interface Area {
  readonly id: string;
  /** The area above; left out at the root of the tree, and only there. */
  readonly parent?: string;
  /** The most that may come in from above, and go out, in Wh per interval; left out: no limit. */
  readonly importWh?: number;
  readonly exportWh?: number;
  /** Micro-currency for each kWh that crosses the edge, either way; left out: 0. */
  readonly fee?: number;
  /** Members whose homes hang on this area itself, not on one below it. */
  readonly members?: readonly string[];
}

export interface Auction {
  /** Delivery interval, such as `2026-11-22T08:15Z`. */
  readonly interval: string;
  /** Roster for the rotation, in any order; default: the members with orders. */
  readonly members?: readonly string[];
  readonly orders: readonly Order[];
  /** Feeder tree, where known. It decides only who is paired with whom, never who trades or at what price. */
  readonly places?: ReadonlyMap<string, Place>;
  /** Feeder tree with capacities and fees, for `zonal/1` alone: there it decides who trades, and at what price. */
  readonly areas?: readonly Area[];
  /** Orders taken back, for a rule that trades before the gate. In a sealed auction they are not in the book at all. */
  readonly cancels?: readonly Cancel[];
}

/** Takes back what is still open of an order. */
export interface Cancel {
  /** Id of the order. */
  readonly order: string;
  /** How many of the auction's orders stand in the log before it. */
  readonly after: number;
}

export interface Fill {
  readonly id: string;
  readonly member: string;
  readonly side: Side;
  /** Wh traded, 0 to the order's own Wh. */
  readonly wh: number;
}

/** Who supplied whom, in Wh above 0. */
export interface Pair {
  readonly buyer: string;
  readonly seller: string;
  readonly wh: number;
  /** What the buyer pays per kWh, where the clearing has no one price. */
  readonly price?: number;
  /** What the seller receives per kWh, where that is not what the buyer pays: the difference goes to the fund. */
  readonly sellerPrice?: number;
  /** What of this difference goes to the network, where the rule knows the lines between the two; what is left, to the fund. */
  readonly networkFee?: number;
}

/** Two orders that met by preference, before the rule, and what both trade at per kWh. */
export interface Preferred {
  /** Places of the orders in `auction.orders`. */
  readonly buy: number;
  readonly sell: number;
  readonly buyer: string;
  readonly seller: string;
  readonly wh: number;
  readonly price: number;
}

/** What the rule makes of a book; but for `preferred`, all of it is about what preferences left. */
export interface Clearing {
  readonly rule: string;
  readonly interval: string;
  readonly volumeWh: number;
  /** Null where nothing is traded, and where pairs have prices of their own. So are its bounds, but for a rule that sets two prices. */
  readonly price: number | null;
  readonly priceLow: number | null;
  readonly priceHigh: number | null;
  /** One per order, in the order of `auction.orders`, also where 0 Wh are filled. */
  readonly fills: readonly Fill[];
  readonly pairs: readonly Pair[];
  /** Left out where nothing was traded by preference. */
  readonly preferred?: readonly Preferred[];
}

/** Side, Wh and limit of an order, for rules that read orders one by one. @throws RangeError naming the field */
export function checkFields({ side, wh, limit }: Order, index: number): void {
  if (!Number.isSafeInteger(wh) || wh < 1) {
    throw new RangeError(`orders[${index}].wh must be a whole number from 1 to 2^53-1, but is ${describe(wh)}`);
  }
  if (!Number.isSafeInteger(limit)) {
    throw new RangeError(`orders[${index}].limit must be a whole number within 2^53-1, but is ${describe(limit)}`);
  }
  if (side !== 'buy' && side !== 'sell') {
    throw new RangeError(`orders[${index}].side must be "buy" or "sell", but is ${describe(side)}`);
  }
}

/**
 * Checks what no rule can work without. Side, Wh and limit are checked where a rule reads them.
 * @throws RangeError with a sentence that names the field
 */
export function checkAuction(auction: Auction): void {
  refuseCancels(auction);
  checkOrders(auction);
  refusePreferences(auction);
}

/**
 * Ids and members that are well-formed text, each id once, each member in the roster where one is given.
 * @throws RangeError with a sentence that names the field
 */
export function checkOrders(auction: Auction): void {
  const roster = auction.members && checkMembers(auction.members);
  const ids = new Set<string>();
  const { orders } = auction;
  for (let i = 0; i < orders.length; i++) {
    const order = orders[i]!;
    if (!isText(order.id))
      throw new RangeError(`orders[${i}].id must be well-formed text, but is ${describe(order.id)}`);
    if (!isText(order.member)) {
      throw new RangeError(`orders[${i}].member must be well-formed text, but is ${describe(order.member)}`);
    }
    ids.add(order.id);
    if (ids.size !== i + 1) {
      throw new RangeError(`orders[${i}].id ${quote(order.id)} stands twice; every order needs an id of its own`);
    }
    if (roster && !roster.has(order.member)) {
      throw new RangeError(`orders[${i}].member is ${quote(order.member)}, who is not among the members`);
    }
  }
}

/** A rule knows no preferences, and would trade with whom an order does not accept. */
function refusePreferences({ orders }: Auction): void {
  const index = orders.findIndex(({ preference }) => preference !== undefined);
  if (index < 0) return;
  throw new RangeError(`orders[${index}].preference is resolved before the rule runs; clear the auction by clear()`);
}

/** A sealed auction that was given a cancel would trade what was taken back; rules that take cancels check them themselves. */
export function refuseCancels({ cancels = [] }: Auction): void {
  if (cancels.length > 0) {
    throw new RangeError(
      'cancels belong to continuous/1; a sealed auction is given the book without the orders taken back',
    );
  }
}

function checkMembers(members: readonly string[]): ReadonlySet<string> {
  const known = new Set<string>();
  for (let i = 0; i < members.length; i++) {
    const member = members[i]!;
    if (!isText(member)) throw new RangeError(`members[${i}] must be well-formed text, but is ${describe(member)}`);
    known.add(member);
    if (known.size !== i + 1) throw new RangeError(`members[${i}] ${quote(member)} stands twice in the roster`);
  }
  return known;
}

/** Non-empty text without lone surrogates: only such text has UTF-8 bytes to sort by. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.isWellFormed();
}
