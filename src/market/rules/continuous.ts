// Market rule `continuous/1` (market.md): one book per interval, open until the gate, with priority of price, then of time.
// The resting order's limit is the price; time is the position in the log, never a time that a sender wrote.
//
// Read from market.md and fixed here:
// - The list of orders is the log's order. So this is the one rule under which the order of the list counts.
// - A cancel takes back what is open of its order; what traded before it stands. One that names no order standing before
//   it is refused.
// - Where a member meets itself both orders are filled, but nobody supplied anybody: no pair, no money.
// - Trades of the same two members at the same price are one pair, in the place of the first. The feeder tree decides nothing.
import { quote } from '../../units.ts';
import { ContinuousBook, type Trade } from '../continuous-book.ts';
import { type Auction, type Clearing, checkAuction, type Pair } from '../order.ts';

export const CONTINUOUS = 'continuous/1';

/** What happened at one place of the log: an order came and traded, or what was open of it was taken back. */
export interface Step {
  /** Place of the order. */
  readonly place: number;
  readonly trades: readonly Trade[];
  readonly takenBackWh: number;
}

/**
 * Trades the orders of an interval one after the other.
 * @throws RangeError naming the field, where an order or a cancel is malformed, an id stands twice, a member is not in the
 *   roster, or the volume leaves 2^53-1 Wh
 */
export function clearContinuous(auction: Auction): Clearing {
  const { interval, orders } = auction;
  const { cancels: _, ...book } = auction;
  checkAuction(book);
  checkCancels(auction);
  const filledWh = new Float64Array(orders.length);
  const pairs = new Pairs();
  let volumeWh = 0;
  for (const { trades } of runBook(auction)) {
    for (const { buy, sell, wh, price } of trades) {
      filledWh[buy]! += wh;
      filledWh[sell]! += wh;
      volumeWh += wh;
      if (!Number.isSafeInteger(volumeWh)) {
        throw new RangeError('the traded volume does not fit 2^53-1 Wh; orders must be smaller');
      }
      pairs.add(orders[buy]!.member, orders[sell]!.member, wh, price);
    }
  }
  const fills = orders.map(({ id, member, side }, index) => ({ id, member, side, wh: filledWh[index]! }));
  return {
    rule: CONTINUOUS,
    interval,
    volumeWh,
    price: null,
    priceLow: null,
    priceHigh: null,
    fills,
    pairs: pairs.list,
  };
}

/** The log of an auction run through a book, step by step. */
export function* runBook({ orders, cancels = [] }: Auction): Generator<Step> {
  const book = new ContinuousBook();
  const cancelsAt = Map.groupBy(cancels, ({ after }) => after);
  const places = cancels.length === 0 ? new Map<string, number>() : placesOf(orders);
  for (let place = 0; place <= orders.length; place++) {
    for (const { order } of cancelsAt.get(place) ?? []) {
      yield { place: places.get(order)!, trades: [], takenBackWh: book.cancel(order) ?? 0 };
    }
    const order = orders[place];
    if (order) yield { place, trades: book.place(order), takenBackWh: 0 };
  }
}

/** @throws RangeError naming the cancel that names no order standing before it */
export function checkCancels({ orders, cancels = [] }: Auction): void {
  if (cancels.length === 0) return;
  const places = placesOf(orders);
  for (const [index, { order, after }] of cancels.entries()) {
    const place = places.get(order);
    if (place === undefined) throw new RangeError(`cancels[${index}].order ${quote(String(order))} names no order`);
    if (!Number.isSafeInteger(after) || after <= place || after > orders.length) {
      throw new RangeError(
        `cancels[${index}].after must be a whole number from ${place + 1} to ${orders.length}, the orders before it, but is ${String(after)}`,
      );
    }
  }
}

function placesOf(orders: Auction['orders']): Map<string, number> {
  return new Map(orders.map(({ id }, index) => [id, index]));
}

/** Trades added up by buyer, seller and price. */
class Pairs {
  readonly list: { buyer: string; seller: string; wh: number; price: number }[] = [];
  readonly #known = new Map<string, Map<string, Map<number, { wh: number }>>>();

  add(buyer: string, seller: string, wh: number, price: number): void {
    if (buyer === seller) return;
    const sellers = this.#known.get(buyer) ?? new Map<string, Map<number, { wh: number }>>();
    this.#known.set(buyer, sellers);
    const prices = sellers.get(seller) ?? new Map<number, { wh: number }>();
    sellers.set(seller, prices);
    const known = prices.get(price);
    if (known) known.wh += wh;
    else {
      const pair = { buyer, seller, wh, price } satisfies Pair;
      prices.set(price, pair);
      this.list.push(pair);
    }
  }
}
